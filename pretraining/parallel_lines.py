"""Lines as a large encoder and its small copy read them; the vectors that the copy starts from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from prepare import LANGUAGES, to_one_script

SHARES = {"as": 0.5, "bn": 0.25, "hi": 0.25}
MAX_WORDS = 48
POOL = 16
"""Batches that are drawn together and sorted by length, so that little is padded."""


@dataclass(frozen=True)
class Settings:
    """What a run depends on; a resumed run must have the same."""

    tokens: float
    layers: int
    batch: int
    learning_rate: float
    masked: float
    mlm_weight: float
    seed: int


@dataclass(frozen=True)
class Batch:
    """One batch for both models. Words are numbered through the whole batch, so that word ``i`` of
    the teacher is word ``i`` of the student."""

    ids: Tensor
    mask: Tensor
    word_of: Tensor
    """Shape of all three: (batch, subwords); ``word_of`` is -1 outside words."""
    first: Tensor
    """Position of each word's first subword in the flattened batch. Shape: (words,)."""


def split_batch(encodings: Sequence[Encoding], pad: int, offsets: np.ndarray) -> Batch:
    """Pad, and number the words through the batch; ``offsets`` is each line's first word number."""
    length = max(len(encoding.ids) for encoding in encodings)
    ids = np.full((len(encodings), length), pad, np.int64)
    word_of = np.full((len(encodings), length), -1, np.int64)
    for row, encoding in enumerate(encodings):
        words = np.array([-1 if word is None else word for word in encoding.word_ids])
        ids[row, : len(words)] = encoding.ids
        word_of[row, : len(words)] = np.where(words >= 0, words + offsets[row], -1)
    flat = word_of.ravel()
    inside = np.flatnonzero(flat >= 0)
    _, index = np.unique(flat[inside], return_index=True)
    lengths = np.array([len(encoding.ids) for encoding in encodings])
    mask = np.arange(length) < lengths[:, None]
    return Batch(*map(torch.from_numpy, (ids, mask, word_of, inside[index])))


class Lines:
    """Batches of lines as both models see them: a function of (seed, step) alone."""

    def __init__(self, text: Path, teacher: Tokenizer, student: Tokenizer, settings: Settings):
        self.lines = {
            language: (text / f"{language}.txt").read_text("utf-8").splitlines()
            for language in LANGUAGES
        }
        self.teacher, self.student, self.settings = teacher, student, settings
        self.pads = tuple(find_pad(tokenizer) for tokenizer in (teacher, student))
        self._pool: tuple[int, list[list[str]]] = (-1, [])

    def __call__(self, step: int) -> tuple[Batch, Batch]:
        """The same lines for teacher and student."""
        size = self.settings.batch
        pool = self._draw(step // POOL)
        order = np.random.default_rng((self.settings.seed, 1, step // POOL)).permutation(POOL)
        place = int(order[step % POOL]) * size
        native = pool[place : place + size]
        one_script = [to_one_script(" ".join(words)).split() for words in native]
        encoded = [
            tokenizer.encode_batch(list(lines), is_pretokenized=True)
            for tokenizer, lines in zip(
                (self.teacher, self.student), (native, one_script), strict=True
            )
        ]
        # A word of which a tokenizer leaves nothing has no state that could be learned.
        kept = [
            row
            for row, (mine, theirs) in enumerate(zip(native, one_script, strict=True))
            if len(mine) == len(theirs)
            and all(covers(encodings[row], len(mine)) for encodings in encoded)
        ]
        offsets = np.cumsum([0, *(len(native[row]) for row in kept)])
        theirs, mine = (
            split_batch([encodings[row] for row in kept], pad, offsets)
            for encodings, pad in zip(encoded, self.pads, strict=True)
        )
        return theirs, mine

    def _draw(self, number: int) -> list[list[str]]:
        if self._pool[0] != number:
            rng = np.random.default_rng((self.settings.seed, 0, number))
            languages = rng.choice(
                list(SHARES), self.settings.batch * POOL, p=list(SHARES.values())
            )
            drawn = (
                self.lines[language][int(rng.integers(len(self.lines[language])))].split()
                for language in languages
            )
            self._pool = (number, sorted((words[:MAX_WORDS] for words in drawn), key=len))
        return self._pool[1]


def covers(encoding: Encoding, n_words: int) -> bool:
    """Whether every word has at least one piece."""
    return len({word for word in encoding.word_ids if word is not None}) == n_words


def find_pad(tokenizer: Tokenizer) -> int:
    found = tokenizer.token_to_id("<pad>")
    if found is None:
        raise SystemExit("The tokenizer has no <pad>; expected pieces in the way of XLM-R.")
    return int(found)


def start_embeddings(lines: Lines, teacher: Tensor, n_pieces: int, n_lines: int = 60_000) -> Tensor:
    """Each piece as the average of the teacher's pieces that spell it. Shape: (pieces, hidden).

    Words are counted in all languages. The pieces of one spelling are laid over those of the other
    by their share of the word's letters, since a letter may become two in the other script.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for language, share in SHARES.items():
        for line in lines.lines[language][: int(n_lines * share * 2)]:
            words = line.split()
            written = to_one_script(line).split()
            if len(words) == len(written):
                counts.update(zip(words, written, strict=True))
    native, one_script = zip(*counts, strict=True)
    weights = torch.zeros(n_pieces)
    sums = torch.zeros(n_pieces, teacher.shape[1])
    for start in range(0, len(native), 4096):
        part = slice(start, start + 4096)
        theirs = lines.teacher.encode_batch([[w] for w in native[part]], is_pretokenized=True)
        mine = lines.student.encode_batch([[w] for w in one_script[part]], is_pretokenized=True)
        pairs = zip(native[part], one_script[part], strict=True)
        for pair, old, new in zip(pairs, theirs, mine, strict=True):
            n_times = counts[pair]
            for i, low, high in spans(new):
                for j, other_low, other_high in spans(old):
                    shared = min(high, other_high) - max(low, other_low)
                    if shared > 0:
                        weights[i] += n_times * shared
                        sums[i] += n_times * shared * teacher[j]
    mean = teacher[5:].mean(0)
    seen = weights > 0
    sums[seen] /= weights[seen, None]
    sums[~seen] = mean
    for name in ("<s>", "<pad>", "</s>", "<unk>", "<mask>"):
        sums[lines.student.token_to_id(name)] = teacher[lines.teacher.token_to_id(name)]
    print(f"embeddings: {int(seen.sum())} of {n_pieces} pieces seen in {len(native):,} words")
    return sums


def spans(encoding: Encoding) -> list[tuple[int, float, float]]:
    """Piece id, and where it begins and ends in its word, both from 0 to 1."""
    inside = [
        (i, low, high)
        for i, (low, high), word in zip(
            encoding.ids, encoding.offsets, encoding.word_ids, strict=True
        )
        if word is not None
    ]
    length = max((high for _, _, high in inside), default=1)
    return [(i, low / length, high / length) for i, low, high in inside]
