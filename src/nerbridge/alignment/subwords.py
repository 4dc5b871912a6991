"""Words to subword ids, and word labels to subword labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

IGNORE_INDEX = -100
"""Label of every position the loss must skip: later subwords, special tokens, padding."""


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """Ids of the tokens before, after and padding a window; ``unk`` replaces unmapped words."""

    start: int
    end: int
    pad: int
    unk: int


@dataclass(frozen=True, slots=True)
class SubwordSentence:
    """A sentence as subword ids, without special tokens.

    ``word_of[i]`` is the index of the word that subword ``i`` belongs to; it never decreases and
    skips no word: every word has at least one subword. ``n_unmapped`` counts the words of which
    the tokenizer kept nothing (such as a lone zero-width space) and that became one ``unk``.
    """

    ids: tuple[int, ...]
    word_of: tuple[int, ...]
    n_unmapped: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def n_words(self) -> int:
        """Number of words."""
        return self.word_of[-1] + 1 if self.word_of else 0


def encode_sentences(
    tokenizer: Tokenizer, sentences: Sequence[Sequence[str]], unk_id: int
) -> list[SubwordSentence]:
    """Encode sentences given as words; nothing is truncated, padded or lost.

    The subwords are those of the running text, the words joined by single spaces. Words that
    tokenise to nothing get the single subword ``unk_id`` and are counted in
    ``SubwordSentence.n_unmapped``. Safe in several threads if the tokenizer has neither truncation
    nor padding set.
    """
    if _needs_spaces(tokenizer):
        sentences = [_with_spaces(words) for words in sentences]
    with _whole_sentences(tokenizer):
        # One by one: encode_batch starts threads of its own, which a fork would lose, and on
        # sentences it is no faster.
        encodings = [
            tokenizer.encode(list(words), is_pretokenized=True, add_special_tokens=False)
            for words in sentences
        ]
    return [
        _to_subword_sentence(encoding, len(words), unk_id)
        for encoding, words in zip(encodings, sentences, strict=True)
    ]


def _needs_spaces(tokenizer: Tokenizer) -> bool:
    """Whether a word after the first is cut as in running text only with its space in front.

    Byte-level BPE (RoBERTa, ModernBERT, DeBERTa) and BPE over "▁" without a prefix (Gemma) write
    the space into the piece. The other tokenizers drop the space, or add the prefix themselves.
    """
    alone, spaced = _pieces(tokenizer, "a"), _pieces(tokenizer, " a")
    running = _pieces(tokenizer, "a a")
    # A plain space in a piece means that nothing cuts at spaces: each word is looked up whole.
    return " " not in spaced and running != alone + alone and running == alone + spaced


def _pieces(tokenizer: Tokenizer, text: str) -> str:
    """What the model is given to cut, written in one."""
    normalizer, pre_tokenizer = tokenizer.normalizer, tokenizer.pre_tokenizer
    text = text if normalizer is None else normalizer.normalize_str(text)
    if pre_tokenizer is None:
        return text
    return "".join(piece for piece, _ in pre_tokenizer.pre_tokenize_str(text))


def _with_spaces(words: Sequence[str]) -> list[str]:
    """The words as they stand in running text; an empty one stays empty."""
    return [f" {word}" if index and word else word for index, word in enumerate(words)]


@contextmanager
def _whole_sentences(tokenizer: Tokenizer) -> Iterator[None]:
    # A tokenizer.json may carry truncation (512 is common), which would drop words in silence.
    truncation, padding = tokenizer.truncation, tokenizer.padding
    if truncation is None and padding is None:
        # Nothing is switched: several threads may use the tokenizer at once.
        yield
        return
    tokenizer.no_truncation()
    tokenizer.no_padding()
    try:
        yield
    finally:
        if truncation is not None:
            tokenizer.enable_truncation(**truncation)
        if padding is not None:
            tokenizer.enable_padding(**padding)


def _to_subword_sentence(encoding: Encoding, n_words: int, unk_id: int) -> SubwordSentence:
    ids = encoding.ids
    word_of = [word for word in encoding.word_ids if word is not None]
    present = set(word_of)
    if len(present) == n_words:
        return SubwordSentence(tuple(ids), tuple(word_of))
    pairs = list(zip(word_of, ids, strict=True))
    missing = [word for word in range(n_words) if word not in present]
    # The sort is stable: the subwords of a word keep their order.
    pairs = sorted([*pairs, *((word, unk_id) for word in missing)], key=lambda pair: pair[0])
    return SubwordSentence(
        tuple(id_ for _, id_ in pairs), tuple(word for word, _ in pairs), len(missing)
    )


def first_subwords(sub: SubwordSentence) -> NDArray[np.int64]:
    """Position of the first subword of every word. Shape: (n_words,).

    >>> first_subwords(SubwordSentence(ids=(5, 6, 7), word_of=(0, 0, 1))).tolist()
    [0, 2]
    """
    word_of = np.asarray(sub.word_of, dtype=np.int64)
    return np.flatnonzero(np.diff(word_of, prepend=-1))


def align_labels(sub: SubwordSentence, label_ids: Sequence[int]) -> list[int]:
    """Give each word's label to its first subword and `IGNORE_INDEX` to the others.

    Args:
        sub: a sentence of ``n_words`` words.
        label_ids: one label id per word.

    Returns:
        One label per subword.

    Raises:
        ValueError: if there is not exactly one label per word.

    >>> align_labels(SubwordSentence(ids=(5, 6, 7), word_of=(0, 0, 1)), [3, 0])
    [3, -100, 0]
    """
    if len(label_ids) != sub.n_words:
        raise ValueError(f"{len(label_ids)} labels for {sub.n_words} words: expected one per word")
    labels = [IGNORE_INDEX] * len(sub)
    for position, label in zip(first_subwords(sub), label_ids, strict=True):
        labels[position] = label
    return labels
