"""What an encoder is worth before any training on entities: figures to set two side by side.

Every figure is a function of the encoder, of texts and of nothing else: no seed, no training.
Words are given as their writers wrote them and are put into the encoder's model form here. What
it guesses of masked words is in `probe_masking`, what it says of names in `probe_names`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import torch
from transformers import AutoModelForMaskedLM, PreTrainedModel, PreTrainedTokenizerFast

from nerbridge.alignment.inference import pad_rows
from nerbridge.alignment.subwords import SpecialIds, SubwordSentence, encode_sentences
from nerbridge.models.encoder import (
    EncoderSource,
    load_tokenizer,
    load_with_head,
    max_window_subwords,
    resolve_encoder,
    special_ids,
)
from nerbridge.text.model_input import words_to_model_form

SAMPLE_SENTENCES = 200
"""Most sentences of a language that are masked or timed."""
BATCH_SENTENCES = 16
SPEED_ROUNDS = 3
MODEL_SUFFIXES = (".safetensors", ".json", ".model", ".txt")
"""Endings of the files that count as an encoder's size: weights, configuration, tokenizer."""

Sentences = Sequence[Sequence[str]]


@dataclass(frozen=True)
class ProbedEncoder:
    """An encoder in evaluation mode, in float32, under its masked-LM head.

    ``head_fault`` says why the head cannot be asked for words (None: it can). ``script`` is the
    one script its words are written in, or None.
    """

    source: EncoderSource
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    specials: SpecialIds
    script: str | None
    head_fault: str | None

    def encode(self, sentences: Sentences) -> list[SubwordSentence]:
        """Words as written to subwords of their model form."""
        forms = [words_to_model_form(words, self.script) for words in sentences]
        return encode_sentences(self.tokenizer.backend_tokenizer, forms, self.specials.unk)

    @property
    def max_subwords(self) -> int:
        """Most subwords in one row, special tokens not counted."""
        return max_window_subwords(self.model)


@dataclass(frozen=True)
class SubwordCounts:
    """How a tokenizer cuts a language; the shares are None where there are no words."""

    n_words: int
    subwords_per_word: float | None
    unknown_word_share: float | None


@dataclass(frozen=True)
class Speed:
    """Sentences and subwords (special tokens and padding not counted) per second."""

    sentences_per_s: float | None
    subwords_per_s: float | None
    n_sentences: int
    n_too_long: int
    n_threads: int


@dataclass(frozen=True)
class Size:
    """``n_parameters``: of the encoder, without the head. ``n_bytes``: see `measure_size`."""

    n_parameters: int
    n_bytes: int


def load_probed(spec: str, script: str | None) -> ProbedEncoder:
    """Find and load an encoder (``bundled:NAME``, folder or hub id) with its masked-LM head.

    Raises:
        ModelError: if it cannot be found or loaded; see `resolve_encoder`.
        EnvironmentProblem: if the hub cannot be reached and the model is not in the cache.
    """
    source = resolve_encoder(spec)
    tokenizer = load_tokenizer(source)
    model, random = load_with_head(source, AutoModelForMaskedLM)
    fault = None
    # Weights that no file has start at random: their guesses say nothing of the encoder.
    if random:
        fault = f"no masked-LM head in its files (missing: {', '.join(random[:3])})"
    elif tokenizer.mask_token_id is None:
        fault = "its tokenizer has no mask token"
    model.train(False)
    return ProbedEncoder(source, model, tokenizer, special_ids(tokenizer), script, fault)


def count_subwords(encoder: ProbedEncoder, sentences: Sentences) -> SubwordCounts:
    """Subwords per word, and the share of words with at least one unknown piece.

    All words count, punctuation too. A word of which the tokenizer keeps nothing is unknown.
    """
    encoded = encoder.encode(sentences)
    n_words = sum(sub.n_words for sub in encoded)
    unknown = sum(len(_unknown_words(sub, encoder.specials.unk)) for sub in encoded)
    n_subwords = sum(map(len, encoded))
    return SubwordCounts(n_words, share(n_subwords, n_words), share(unknown, n_words))


def _unknown_words(sub: SubwordSentence, unk: int) -> set[int]:
    return {word for word, id_ in zip(sub.word_of, sub.ids, strict=True) if id_ == unk}


def share(part: int, whole: int) -> float | None:
    """``part / whole``, or None of nothing.

    >>> share(1, 4), share(0, 0)
    (0.25, None)
    """
    return part / whole if whole else None


def spread(items: Sequence[Any], n: int) -> list[Any]:
    """At most ``n`` items, evenly spread, in order, the first among them.

    >>> spread("abcdefgh", 4)
    ['a', 'c', 'e', 'g']
    """
    n = min(n, len(items))
    return [items[i * len(items) // n] for i in range(n)]


def padded_batches(
    rows: Sequence[Sequence[int]], specials: SpecialIds
) -> Iterator[tuple[list[int], torch.Tensor, torch.Tensor]]:
    """Batches of `BATCH_SENTENCES` rows, sorted by length, between their special tokens.

    Yields:
        The indices of a batch's rows, their ids, and a mask that is 0 at padding. Shape of both:
        (n_rows, longest row + 2).
    """
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    for start in range(0, len(order), BATCH_SENTENCES):
        batch = order[start : start + BATCH_SENTENCES]
        ids, mask = map(torch.from_numpy, pad_rows([rows[index] for index in batch], specials))
        yield batch, ids, mask


def measure_speed(encoder: ProbedEncoder, sentences: Sentences) -> Speed:
    """Throughput of the encoder alone: no tokenizer, no head.

    At most `SAMPLE_SENTENCES` sentences, evenly spread, in batches of `BATCH_SENTENCES` sorted by
    length, in float32 with torch's number of threads; the median of `SPEED_ROUNDS` rounds after
    one that is not timed. Sentences longer than a row are left out (``n_too_long``).
    """
    sample = spread(sentences, SAMPLE_SENTENCES)
    rows = [sub.ids for sub in encoder.encode(sample) if len(sub) <= encoder.max_subwords]
    batches = [(ids, mask) for _, ids, mask in padded_batches(rows, encoder.specials)]
    # The first round also pays for memory and caches, so it is not counted.
    seconds = [_time_round(encoder.model, batches) for _ in range(1 + SPEED_ROUNDS)]
    per_s = 1 / median(seconds[1:]) if rows else None
    return Speed(
        sentences_per_s=per_s and len(rows) * per_s,
        subwords_per_s=per_s and sum(map(len, rows)) * per_s,
        n_sentences=len(rows),
        n_too_long=len(sample) - len(rows),
        n_threads=torch.get_num_threads(),
    )


def _time_round(model: PreTrainedModel, batches: Sequence[tuple[torch.Tensor, ...]]) -> float:
    start = perf_counter()
    with torch.inference_mode():
        for ids, mask in batches:
            model.base_model(input_ids=ids, attention_mask=mask)
    return perf_counter() - start


def measure_size(encoder: ProbedEncoder) -> Size:
    """Parameters of the encoder, and bytes of its folder's files in `MODEL_SUFFIXES`.

    The bytes include a head that is saved with the encoder.
    """
    files = [file for file in encoder.source.folder.iterdir() if file.suffix in MODEL_SUFFIXES]
    n_parameters = sum(parameter.numel() for parameter in encoder.model.base_model.parameters())
    return Size(n_parameters, sum(file.stat().st_size for file in files if file.is_file()))
