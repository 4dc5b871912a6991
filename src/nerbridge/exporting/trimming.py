"""A model with only the vocabulary that some corpora use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from nerbridge.exporting.sentences import Words, read_words
from nerbridge.exporting.vocabulary import (
    count_changed,
    trim_embedding,
    trim_tokenizer,
    used_pieces,
)
from nerbridge.models.word_model import TokenClassifier

_BATCH = 200
_HELD_OUT_EVERY = 10
_NAMES = ("bos_token", "eos_token", "cls_token", "sep_token", "pad_token", "unk_token")


def trim_model(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    full: TokenClassifier,
    corpora: Sequence[str],
) -> tuple[PreTrainedTokenizerFast, dict[str, Any]]:
    """Keep the pieces that the corpora use, and those any text may need; in place.

    Args:
        model: without an adapter; its embedding shrinks.
        tokenizer: the model's.
        full: the same model as a word model, before.
        corpora: labelled corpora or plain text, see `nerbridge.exporting.sentences.read_words`.

    Returns:
        The smaller tokenizer, and what the manifest says of it as ``vocabulary``. Its ``held_out``
        tells what to expect of other text of the kind: every tenth sentence, cut by a vocabulary
        that is trimmed to the other nine.

    Raises:
        CorpusError: if a corpus cannot be read.
        ModelError: if the tokenizer or the embedding is of a kind that cannot be trimmed exactly.
    """
    specials, most, held_used = full.specials, set[int](), set[int]()
    held: list[Words] = []
    for batch in _batches(full, corpora):
        apart = batch[_HELD_OUT_EVERY - 1 :: _HELD_OUT_EVERY]
        rest = [w for i, w in enumerate(batch) if i % _HELD_OUT_EVERY != _HELD_OUT_EVERY - 1]
        most |= used_pieces(full.tokenizer, [rest], specials.unk)
        held_used |= used_pieces(full.tokenizer, [apart], specials.unk)
        held += apart
    without = trim_tokenizer(full.tokenizer, most, specials)
    changed = count_changed(full.tokenizer, without, held, specials.unk)
    trimmed = trim_tokenizer(full.tokenizer, most | held_used, specials)
    trim_embedding(model, trimmed.kept)
    facts = {
        "n_full": full.tokenizer.get_vocab_size(),
        "n_kept": len(trimmed.kept),
        "corpora": list(corpora),
        "held_out": changed,
    }
    names = {name: getattr(tokenizer, name, None) for name in _NAMES}
    smaller = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=trimmed.tokenizer,
        model_max_length=tokenizer.model_max_length,
        **{name: str(token) for name, token in names.items() if token is not None},
    )
    return smaller, facts


def _batches(full: TokenClassifier, corpora: Sequence[str]) -> Iterator[list[Words]]:
    """Sentences in model form, some at a time."""
    forms: Iterator[Words] = (
        [full.model_input(word) for word in words] for words in read_words(corpora)
    )
    while batch := list(islice(forms, _BATCH)):
        yield batch
