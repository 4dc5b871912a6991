"""Logits and tags of whole sentences, however long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from nerbridge.alignment.decoding import decode_many
from nerbridge.alignment.subwords import (
    SpecialIds,
    SubwordSentence,
    encode_sentences,
    first_subwords,
)
from nerbridge.alignment.windows import Window, merge_windows, split_windows
from nerbridge.errors import ModelError
from nerbridge.labels import LabelSet
from nerbridge.models.encoder import max_window_subwords, model_tags, special_ids

Logits = NDArray[np.float32]


def predict_logits(
    model: PreTrainedModel | PeftModel,
    sentences: Sequence[SubwordSentence],
    *,
    specials: SpecialIds,
    max_subwords: int,
    overlap: int | None = None,
    batch_subwords: int = 4096,
) -> list[Logits]:
    """Logits of every word, read at its first subword, on the device the model is on.

    Sentences longer than ``max_subwords`` are cut into windows and put together again. Windows are
    sorted by length and batched; a result depends on its batch only by floating-point noise.

    Args:
        model: switched to evaluation mode for the call, then back.
        sentences: subwords without special tokens.
        specials: the tokens to put around a window and behind it.
        max_subwords: most subwords in a window, special tokens not counted.
        overlap: subwords neighbouring windows share; default a quarter of ``max_subwords``.
        batch_subwords: most positions in a batch, padding and special tokens counted.

    Returns:
        One array per sentence. Shape: (n_words, n_tags).

    Raises:
        ModelError: if ``max_subwords`` is more than the model has positions for.
    """
    if max_subwords > (limit := max_window_subwords(model)):
        raise ModelError(f"max_subwords={max_subwords}: the model takes at most {limit}. Lower it.")
    overlap = max_subwords // 4 if overlap is None else overlap
    windows = [
        window
        for index, sub in enumerate(sentences)
        for window in split_windows(sub, max_subwords, overlap, sentence=index)
    ]
    logits = _window_logits(model, sentences, windows, specials, batch_subwords)
    per_sentence: list[list[int]] = [[] for _ in sentences]
    for position, window in enumerate(windows):
        per_sentence[window.sentence].append(position)
    return [
        _sentence_logits(sub, [windows[i] for i in mine], [logits[i] for i in mine], model)
        for sub, mine in zip(sentences, per_sentence, strict=True)
    ]


def _sentence_logits(
    sub: SubwordSentence,
    windows: list[Window],
    logits: list[Logits],
    model: PreTrainedModel | PeftModel,
) -> Logits:
    if not windows:
        return np.zeros((0, len(model_tags(model))), dtype=np.float32)
    merged: Logits = merge_windows(windows, logits, len(sub))[first_subwords(sub)]
    return merged


def _window_logits(
    model: PreTrainedModel | PeftModel,
    sentences: Sequence[SubwordSentence],
    windows: Sequence[Window],
    specials: SpecialIds,
    batch_subwords: int,
) -> list[Logits]:
    """Logits of every window in the order given. Shape of each: (len(window), n_tags)."""
    found: list[Logits] = [np.zeros((0, 0), dtype=np.float32)] * len(windows)
    was_training = model.training
    model.eval()
    try:
        for batch in _batches(windows, batch_subwords):
            rows = [sentences[windows[i].sentence].ids[_slice(windows[i])] for i in batch]
            logits = _forward(model, rows, specials)
            for i, row in zip(batch, logits, strict=True):
                found[i] = row[1 : 1 + len(windows[i])]
    finally:
        model.train(was_training)
    return found


def _slice(window: Window) -> slice:
    return slice(window.start, window.end)


def _batches(windows: Sequence[Window], batch_subwords: int) -> Iterator[list[int]]:
    """Indices of windows, longest first, as many as fit a padded batch, at least one."""
    order = sorted(range(len(windows)), key=lambda i: -len(windows[i]))
    start = 0
    while start < len(order):
        width = len(windows[order[start]]) + 2
        n_rows = max(1, batch_subwords // width)
        yield order[start : start + n_rows]
        start += n_rows


def _forward(
    model: PreTrainedModel | PeftModel, rows: Sequence[tuple[int, ...]], specials: SpecialIds
) -> Logits:
    """Shape: (n_rows, longest row + 2, n_tags)."""
    width = max(len(row) for row in rows) + 2
    ids = np.full((len(rows), width), specials.pad, dtype=np.int64)
    mask = np.zeros((len(rows), width), dtype=np.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row) + 2] = (specials.start, *row, specials.end)
        mask[index, : len(row) + 2] = 1
    device = model.device
    with torch.inference_mode():
        output = model(
            input_ids=torch.from_numpy(ids).to(device),
            attention_mask=torch.from_numpy(mask).to(device),
        )
    logits: Logits = output.logits.float().cpu().numpy()
    return logits


def predict_tags(
    model: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[Sequence[str]],
    label_set: LabelSet,
    *,
    max_subwords: int,
    batch_subwords: int = 4096,
) -> list[list[str]]:
    """Valid IOB2 tags for sentences given as words in the form the model sees.

    Raises:
        ModelError: if the model's labels are not those of ``label_set``.
    """
    if (found := model_tags(model)) != label_set.tags:
        raise ModelError(f"the model's tags are {found}, expected {label_set.tags}.")
    specials = special_ids(tokenizer)
    subwords = encode_sentences(tokenizer.backend_tokenizer, sentences, specials.unk)
    logits = predict_logits(
        model,
        subwords,
        specials=specials,
        max_subwords=max_subwords,
        batch_subwords=batch_subwords,
    )
    return decode_many(logits, label_set)
