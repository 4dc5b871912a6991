"""Logits and tags of whole sentences from a torch model, however long the sentences are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from nerbridge.alignment.decoding import decode_many
from nerbridge.alignment.inference import Forward, Logits, predict_word_logits
from nerbridge.alignment.subwords import SpecialIds, SubwordSentence, encode_sentences
from nerbridge.errors import ModelError
from nerbridge.labels import LabelSet
from nerbridge.models.encoder import max_window_subwords, model_tags, special_ids


def predict_logits(
    model: PreTrainedModel | PeftModel,
    sentences: Sequence[SubwordSentence],
    *,
    specials: SpecialIds,
    max_subwords: int,
    overlap: int | None = None,
    batch_subwords: int = 4096,
) -> list[Logits]:
    """`nerbridge.alignment.inference.predict_word_logits` of a model, on the device it is on.

    The model is switched to evaluation mode for the call, then back.

    Returns:
        One array per sentence. Shape: (n_words, n_tags).

    Raises:
        ModelError: if ``max_subwords`` is more than the model has positions for.
    """
    if max_subwords > (limit := max_window_subwords(model)):
        raise ModelError(f"max_subwords={max_subwords}: the model takes at most {limit}. Lower it.")
    was_training = model.training
    model.eval()
    try:
        return predict_word_logits(
            torch_forward(model),
            sentences,
            n_tags=len(model_tags(model)),
            specials=specials,
            max_subwords=max_subwords,
            overlap=overlap,
            batch_subwords=batch_subwords,
        )
    finally:
        model.train(was_training)


def torch_forward(model: PreTrainedModel | PeftModel) -> Forward:
    """The model, which must be in evaluation mode, as a function of numpy arrays."""

    def forward(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        device = model.device
        with torch.inference_mode():
            output = model(
                input_ids=torch.from_numpy(ids).to(device),
                attention_mask=torch.from_numpy(mask).to(device),
            )
        logits: Logits = output.logits.float().cpu().numpy()
        return logits

    return forward


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
