"""Tokenizers and embeddings with only the pieces in use.

The pieces that stay keep their scores and their order, so that text made of them is cut as before:
its best segmentation is still there, and no better one can appear. Other text falls back to shorter
pieces. Nothing becomes unknown that was not.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import islice
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from nerbridge.alignment.subwords import SpecialIds, encode_sentences
from nerbridge.errors import ModelError
from nerbridge.exporting.sentences import SentenceWords, read_words
from nerbridge.models.manifest import HeldOutWords, VocabularySize
from nerbridge.models.word_model import TokenClassifier

_KINDS = ("Unigram", "WordPiece")
_BATCH = 200
_HELD_OUT_EVERY = 10
_NAMES = ("bos_token", "eos_token", "cls_token", "sep_token", "pad_token", "unk_token")


@dataclass(frozen=True)
class TrimmedTokenizer:
    """A smaller tokenizer; its id ``i`` is the full one's ``kept[i]``."""

    tokenizer: Tokenizer
    kept: tuple[int, ...]


def used_pieces(
    tokenizer: Tokenizer, batches: Iterable[Sequence[Sequence[str]]], unk_id: int
) -> set[int]:
    """Ids of all pieces that the sentences, given as words in model form, are cut into."""
    used: set[int] = set()
    for sentences in batches:
        for sub in encode_sentences(tokenizer, sentences, unk_id):
            used.update(sub.ids)
    return used


def trim_tokenizer(
    tokenizer: Tokenizer, used: Collection[int], specials: SpecialIds
) -> TrimmedTokenizer:
    """Keep the pieces ``used``, all special and added tokens, and all single characters.

    A piece stays too where one of its characters has no piece of its own, for without it the
    character would be unknown. The padding id does not change.

    Raises:
        ModelError: for a kind of tokenizer that this cannot be done to exactly.
    """
    document = json.loads(tokenizer.to_str())
    model = document["model"]
    if model["type"] not in _KINDS:
        raise ModelError(
            f"the vocabulary of a {model['type']} tokenizer cannot be trimmed exactly; it can for "
            f"{' and '.join(_KINDS)}. Export without --trim-vocabulary."
        )
    pieces = _pieces(model)
    # Encoders such as XLM-R count positions from the padding id: all ids up to it stay.
    wanted = {*used, *astuple(specials), *range(specials.pad + 1)}
    wanted |= {token["id"] for token in document["added_tokens"]}
    wanted |= _needed_for_any_text(model, pieces)
    kept = tuple(sorted(wanted))
    new_ids = {old: new for new, old in enumerate(kept)}
    _renumber(document, pieces, new_ids)
    return TrimmedTokenizer(Tokenizer.from_str(json.dumps(document, ensure_ascii=False)), kept)


def _pieces(model: Mapping[str, Any]) -> dict[str, int]:
    if model["type"] == "Unigram":
        return {piece: id_ for id_, (piece, _) in enumerate(model["vocab"])}
    return dict(model["vocab"])


def _needed_for_any_text(model: Mapping[str, Any], pieces: Mapping[str, int]) -> set[int]:
    prefix = model.get("continuing_subword_prefix", "")
    parts = {piece: _characters(piece, prefix) for piece in pieces}
    alone = {characters[0] for characters in parts.values() if len(characters) == 1}
    needed = {
        pieces[piece]
        for piece, characters in parts.items()
        if len(characters) == 1 or not alone.issuperset(characters)
    }
    if model["type"] == "Unigram":
        # An unknown character costs a fixed amount more than the rarest piece.
        scores = [score for _, score in model["vocab"]]
        needed.add(scores.index(min(scores)))
        if model["byte_fallback"]:
            needed |= {pieces[name] for byte in range(256) if (name := f"<0x{byte:02X}>") in pieces}
    return needed


def _characters(piece: str, prefix: str) -> tuple[str, ...]:
    """A piece's characters; in WordPiece one inside a word is another than one that begins it."""
    if not prefix:
        return tuple(piece)
    if piece.startswith(prefix) and len(piece) > len(prefix):
        return tuple(prefix + char for char in piece[len(prefix) :])
    return (*piece[:1], *(prefix + char for char in piece[1:]))


def _renumber(
    document: dict[str, Any], pieces: Mapping[str, int], new_ids: Mapping[int, int]
) -> None:
    model = document["model"]
    if model["type"] == "Unigram":
        model["vocab"] = [entry for id_, entry in enumerate(model["vocab"]) if id_ in new_ids]
        if model["unk_id"] is not None:
            model["unk_id"] = new_ids[model["unk_id"]]
    else:
        model["vocab"] = {piece: new_ids[id_] for piece, id_ in pieces.items() if id_ in new_ids}
    for token in document["added_tokens"]:
        token["id"] = new_ids[token["id"]]
    document["truncation"] = document["padding"] = None
    _renumber_post_processor(document["post_processor"], new_ids)


def _renumber_post_processor(processor: dict[str, Any] | None, new_ids: Mapping[int, int]) -> None:
    if processor is None:
        return
    for inner in processor.get("processors", []):
        _renumber_post_processor(inner, new_ids)
    # A template has its tokens in a dictionary; processors of BERT and RoBERTa have pairs.
    special_tokens = processor.get("special_tokens", {})
    for token in special_tokens.values() if isinstance(special_tokens, dict) else []:
        token["ids"] = [new_ids[id_] for id_ in token["ids"]]
    for name in ("cls", "sep"):
        if name in processor:
            content, id_ = processor[name]
            processor[name] = [content, new_ids[id_]]


def trim_embedding(model: PreTrainedModel, kept: Sequence[int]) -> None:
    """Keep these rows of the input embedding, in this order, in place.

    Ids named in the config are renumbered too.

    Raises:
        ModelError: if the embedding is no ordinary one, or has fewer rows than the tokenizer ids.
    """
    full = model.get_input_embeddings()
    if not isinstance(full, nn.Embedding) or kept[-1] >= full.num_embeddings:
        raise ModelError(
            f"cannot trim the vocabulary: the model's embedding is a {full}, the tokenizer's last "
            f"id {kept[-1]}. Export without --trim-vocabulary."
        )
    rows = full.weight.detach()[torch.tensor(kept)].clone()
    model.set_input_embeddings(
        nn.Embedding(len(rows), full.embedding_dim, full.padding_idx, _weight=rows)
    )
    new_ids = {old: new for new, old in enumerate(kept)}
    for name in ("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"):
        if (id_ := getattr(model.config, name, None)) is not None:
            setattr(model.config, name, new_ids.get(id_))
    model.config.vocab_size = len(kept)


def count_changed(
    full: Tokenizer, trimmed: TrimmedTokenizer, sentences: Sequence[Sequence[str]], unk_id: int
) -> HeldOutWords:
    """How sentences in model form are cut by both: words, words cut otherwise, subwords of both."""
    new_unk = trimmed.kept.index(unk_id)
    before = encode_sentences(full, sentences, unk_id)
    after = encode_sentences(trimmed.tokenizer, sentences, new_unk)
    n_changed = 0
    for old, new in zip(before, after, strict=True):
        cut: list[tuple[list[int], list[int]]] = [([], []) for _ in range(old.n_words)]
        for word, id_ in zip(old.word_of, old.ids, strict=True):
            cut[word][0].append(id_)
        for word, id_ in zip(new.word_of, new.ids, strict=True):
            # In the ids of the full tokenizer, so that both cuts can be compared.
            cut[word][1].append(trimmed.kept[id_])
        n_changed += sum(a != b for a, b in cut)
    return HeldOutWords(
        n_words=sum(sub.n_words for sub in before),
        n_words_changed=n_changed,
        n_subwords_full=sum(map(len, before)),
        n_subwords_trimmed=sum(map(len, after)),
    )


def trim_model(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    full: TokenClassifier,
    corpora: Sequence[str],
) -> tuple[PreTrainedTokenizerFast, VocabularySize]:
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
    held: list[SentenceWords] = []
    for batch in _batches(full, corpora):
        # A batch is a multiple of ten sentences: every tenth of it is every tenth of all.
        apart = batch[_HELD_OUT_EVERY - 1 :: _HELD_OUT_EVERY]
        rest = [w for i, w in enumerate(batch) if i % _HELD_OUT_EVERY != _HELD_OUT_EVERY - 1]
        most |= used_pieces(full.tokenizer, [rest], specials.unk)
        held_used |= used_pieces(full.tokenizer, [apart], specials.unk)
        held += apart
    # For the measurement only; the export also keeps what the held-out sentences use.
    without = trim_tokenizer(full.tokenizer, most, specials)
    changed = count_changed(full.tokenizer, without, held, specials.unk)
    trimmed = trim_tokenizer(full.tokenizer, most | held_used, specials)
    trim_embedding(model, trimmed.kept)
    vocabulary = VocabularySize(
        n_full=full.tokenizer.get_vocab_size(),
        n_kept=len(trimmed.kept),
        corpora=tuple(corpora),
        held_out=changed,
    )
    names = {name: getattr(tokenizer, name, None) for name in _NAMES}
    smaller = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=trimmed.tokenizer,
        model_max_length=tokenizer.model_max_length,
        **{name: str(token) for name, token in names.items() if token is not None},
    )
    return smaller, vocabulary


def _batches(full: TokenClassifier, corpora: Sequence[str]) -> Iterator[list[SentenceWords]]:
    """Sentences in model form, some at a time."""
    forms: Iterator[SentenceWords] = (
        [full.model_input(word) for word in words] for words in read_words(corpora)
    )
    while batch := list(islice(forms, _BATCH)):
        yield batch
