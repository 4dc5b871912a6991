"""How well an encoder guesses words that are masked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel

from nerbridge.alignment.subwords import SubwordSentence
from nerbridge.models.probe import (
    SAMPLE_SENTENCES,
    ProbedEncoder,
    Sentences,
    padded_batches,
    share,
    spread,
)

MASK_STRIDE = 7
"""Every how many words one is masked; also the number of passes over a sentence."""


@dataclass(frozen=True)
class MaskedAccuracy:
    """How well masked words are guessed; the accuracies are None where nothing was masked."""

    n_words: int
    n_pieces: int
    word_accuracy: float | None
    piece_accuracy: float | None
    n_too_long: int


@dataclass(frozen=True)
class _MaskedRow:
    """Subword ids with the mask in place of some words; ``word_of[i]`` owns ``positions[i]``."""

    ids: tuple[int, ...]
    positions: tuple[int, ...]
    word_of: tuple[int, ...]
    targets: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)


def score_masked_words(encoder: ProbedEncoder, sentences: Sentences) -> MaskedAccuracy | None:
    """Share of masked words, and of their pieces, that the masked-LM head guesses.

    Of at most `SAMPLE_SENTENCES` sentences, evenly spread, the words that contain a letter are
    masked, each of them once: in pass k of `MASK_STRIDE` those at the places k, k + 7, k + 14 …
    among such words of their sentence, all pieces of a word at once. A piece is right if it has
    the highest logit at its place; a word is right if all its pieces are. An unknown piece, and a
    word with one, is never right. Sentences longer than a row are left out and counted in
    ``n_too_long``. None if the encoder has no head.
    """
    if encoder.head_fault is not None:
        return None
    sample = spread(sentences, SAMPLE_SENTENCES)
    encoded = encoder.encode(sample)
    fitting = [
        (sub, words)
        for sub, words in zip(encoded, sample, strict=True)
        if len(sub) <= encoder.max_subwords
    ]
    rows = [
        row
        for sub, words in fitting
        for row in _masked_rows(sub, words, int(encoder.tokenizer.mask_token_id or 0))
    ]
    n_words = n_right_words = n_pieces = n_right_pieces = 0
    for row, guesses in _guess(encoder, rows):
        right = [
            # To guess that a piece is unknown proves nothing.
            guess == target != encoder.specials.unk
            for guess, target in zip(guesses, row.targets, strict=True)
        ]
        wrong_words = {
            word for word, is_right in zip(row.word_of, right, strict=True) if not is_right
        }
        n_words += len(set(row.word_of))
        n_right_words += len(set(row.word_of) - wrong_words)
        n_pieces += len(right)
        n_right_pieces += sum(right)
    return MaskedAccuracy(
        n_words,
        n_pieces,
        share(n_right_words, n_words),
        share(n_right_pieces, n_pieces),
        len(sample) - len(fitting),
    )


def _masked_rows(sub: SubwordSentence, words: Sequence[str], mask_id: int) -> Iterator[_MaskedRow]:
    maskable = [i for i, word in enumerate(words) if any(map(str.isalpha, word))]
    for first in range(min(MASK_STRIDE, len(maskable))):
        masked = set(maskable[first::MASK_STRIDE])
        positions = tuple(i for i, word in enumerate(sub.word_of) if word in masked)
        yield _MaskedRow(
            ids=tuple(
                mask_id if word in masked else id_
                for id_, word in zip(sub.ids, sub.word_of, strict=True)
            ),
            positions=positions,
            word_of=tuple(sub.word_of[i] for i in positions),
            targets=tuple(sub.ids[i] for i in positions),
        )


def _guess(
    encoder: ProbedEncoder, rows: Sequence[_MaskedRow]
) -> Iterator[tuple[_MaskedRow, list[int]]]:
    """Every row with the ids guessed at its masked positions."""
    ids_of_rows = [row.ids for row in rows]
    for indices, ids, mask in padded_batches(ids_of_rows, encoder.specials):
        is_masked = torch.zeros_like(ids, dtype=torch.bool)
        for i, index in enumerate(indices):
            # The start token comes before the subwords.
            is_masked[i, [1 + position for position in rows[index].positions]] = True
        guesses = iter(masked_logits(encoder.model, ids, mask, is_masked).argmax(-1).tolist())
        for index in indices:
            yield rows[index], [next(guesses) for _ in rows[index].positions]


def masked_logits(
    model: PreTrainedModel, ids: torch.Tensor, mask: torch.Tensor, is_wanted: torch.Tensor
) -> torch.Tensor:
    """Logits of a masked-LM model at the wanted positions only.

    A head over a quarter of a million pieces costs more than its encoder, so it is given nothing
    but the states of those positions.

    Args:
        model: any masked-LM model of transformers, in evaluation mode.
        ids: Shape: (n_rows, width), as ``mask`` and the boolean ``is_wanted``.
        mask: 0 at padding.
        is_wanted: where logits are wanted.

    Returns:
        Shape: (n_wanted, vocabulary size), row by row.
    """

    def keep_wanted(module: torch.nn.Module, inputs: Any, output: Any) -> Any:
        # The boolean index drops the axis of rows, and the head expects one.
        output.last_hidden_state = output.last_hidden_state[is_wanted][None]
        return output

    handle = model.base_model.register_forward_hook(keep_wanted)
    try:
        with torch.inference_mode():
            logits: torch.Tensor = model(input_ids=ids, attention_mask=mask).logits[0]
    finally:
        handle.remove()
    return logits
