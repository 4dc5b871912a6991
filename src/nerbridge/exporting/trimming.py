"""A model with only the vocabulary that some corpora use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from transformers import PreTrainedTokenizerFast

from nerbridge.exporting.merging import MergedModel
from nerbridge.exporting.sentences import Words, read_words
from nerbridge.exporting.vocabulary import (
    count_changed,
    trim_embedding,
    trim_tokenizer,
    used_pieces,
)
from nerbridge.tagging.backend import TaggerModel

_BATCH = 200
_HELD_OUT_EVERY = 10
_NAMES = ("bos_token", "eos_token", "cls_token", "sep_token", "pad_token", "unk_token")


@dataclass(frozen=True)
class TrimmedModel:
    """The smaller model; ``facts`` go into the manifest as ``vocabulary``.

    ``facts["held_out"]`` tells what to expect of other text of the kind: every tenth sentence, cut
    by a vocabulary trimmed to the other nine.
    """

    model: MergedModel
    facts: dict[str, Any]


def trim_model(merged: MergedModel, full: TaggerModel, corpora: Sequence[str]) -> TrimmedModel:
    """Keep the pieces that the corpora use, and those any text may need; in place.

    Args:
        merged: a model without adapter; its embedding shrinks.
        full: the same model as a tagger, before.
        corpora: labelled corpora or plain text, see `nerbridge.exporting.sentences.read_words`.

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
    trim_embedding(merged.model, trimmed.kept)
    facts = {
        "n_full": full.tokenizer.get_vocab_size(),
        "n_kept": len(trimmed.kept),
        "corpora": list(corpora),
        "held_out": changed,
    }
    names = {name: getattr(merged.tokenizer, name, None) for name in _NAMES}
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=trimmed.tokenizer,
        model_max_length=merged.tokenizer.model_max_length,
        **{name: str(token) for name, token in names.items() if token is not None},
    )
    return TrimmedModel(replace(merged, tokenizer=tokenizer), facts)


def _batches(full: TaggerModel, corpora: Sequence[str]) -> Iterator[list[Words]]:
    """Sentences in model form, some at a time."""
    forms: Iterator[Words] = (
        [full.model_input(word) for word in words] for words in read_words(corpora)
    )
    while batch := list(islice(forms, _BATCH)):
        yield batch
