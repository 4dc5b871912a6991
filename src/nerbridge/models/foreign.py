"""Load token classifiers of other tools: transformers folders and PEFT adapters."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from transformers import (
    AutoModelForTokenClassification,
    PretrainedConfig,
    PreTrainedModel,
)

from nerbridge.alignment.label_columns import read_label_names, rename_labels
from nerbridge.errors import EnvironmentProblem, ModelError, ModelWarning
from nerbridge.models.adapter import load_adapter
from nerbridge.models.encoder import (
    EncoderSource,
    check_tensors,
    labelled_config,
    load_pretrained,
    load_with_head,
    resolve_encoder,
)
from nerbridge.models.folder import (
    ADAPTER_CONFIG_FILE,
    ADAPTER_WEIGHT_FILE,
    check_safetensors,
)
from nerbridge.models.label_files import (
    find_label_names,
    n_head_columns,
    read_object,
    weight_files,
)
from nerbridge.models.torch_model import to_word_model, with_tokenizer
from nerbridge.models.word_model import TokenClassifier

LabelNames = Mapping[str, str | None]

_LEFTOVER = re.compile(r"(^|\.)(pooler|position_ids)(\.|$)")
"""Tensors that older versions of transformers saved in an encoder and that nothing reads."""


def load_foreign(
    folder: Path, *, base: str | None = None, names: LabelNames | None = None
) -> TokenClassifier:
    """Load a token classifier without ``nerbridge.json``; its words are read as they are.

    Args:
        folder: a transformers folder or a PEFT adapter with its head.
        base: the base encoder of an adapter; None is the one that its configuration names.
        names: names for labels that have none, as in ``{"LABEL_0": "O"}``.

    Warns:
        ModelWarning: if tensors or settings are left out.

    Raises:
        ModelError: if anything is missing, damaged or does not fit, or the labels cannot be read.
        EnvironmentProblem: if the base is a hub model that is neither cached nor reachable.
    """
    if (folder / ADAPTER_CONFIG_FILE).is_file():
        return _load_adapter(folder, base, names or {})
    return _load_classifier(folder, names or {})


def _load_classifier(folder: Path, new_names: LabelNames) -> TokenClassifier:
    source = resolve_encoder(str(folder.absolute()))
    n_columns = n_head_columns(weight_files(folder))
    if n_columns is None:
        raise ModelError(
            f"{folder}: no head of a token classifier; tensors missing: classifier.weight. The "
            "model is an encoder, or is made for another task. Train an encoder with `nerbridge "
            "run`. If you made the folder from a tagger, convert the original again with "
            "`nerbridge encoder convert` (AutoModel drops heads)."
        )
    names, place = find_label_names([folder], n_columns)
    columns = read_label_names(rename_labels(names, new_names), place)
    model, left_out = _load_leaving_out(source, labelled_config(source, names))
    if left_out:
        _warn(f"{folder}: not part of a token classifier, left out: {_some(left_out)}.")
    network = with_tokenizer(model, source, columns)
    return to_word_model(network, columns.label_set, script=None, folder=folder)


def _load_adapter(folder: Path, base: str | None, new_names: LabelNames) -> TokenClassifier:
    source = _find_base(folder, base)
    check_safetensors(folder, str(folder), [ADAPTER_WEIGHT_FILE])
    own = n_head_columns([folder / ADAPTER_WEIGHT_FILE])
    n_columns = own or n_head_columns(weight_files(source.folder))
    if n_columns is None:
        raise ModelError(
            f"{folder}: the adapter has no head, and its base {source.id} has none either; "
            "expected the weights of a classifier. Train the adapter with task_type TOKEN_CLS or "
            "modules_to_save=['classifier'], or name the token classifier it was trained on: "
            "base=FOLDER or --base FOLDER."
        )
    names, place = find_label_names([folder, source.folder], n_columns)
    columns = read_label_names(rename_labels(names, new_names), place)
    fresh, random = load_with_head(
        source, AutoModelForTokenClassification, labelled_config(source, names)
    )
    # An adapter saved without its head needs the trained head of its base, not a random one.
    if random and own is None:
        raise ModelError(
            f"{source.id}: tensors of the head are missing: {_some(random)}. Name the token "
            "classifier that the adapter was trained on: base=FOLDER or --base FOLDER."
        )
    model = load_adapter(fresh, folder, trainable=False)
    network = with_tokenizer(model, source, columns)
    return to_word_model(network, columns.label_set, script=None, folder=folder)


def _load_leaving_out(
    source: EncoderSource, config: PretrainedConfig
) -> tuple[PreTrainedModel, list[str]]:
    """Load a token classifier that others saved, in float32 and evaluation mode.

    Leftovers of pretraining (a pooler, position ids, the head of a language model) are left out.

    Returns:
        The model, and the names of the tensors that were left out.

    Raises:
        ModelError: if a tensor is missing or of another shape, or the encoder has others.
    """
    model, info = load_pretrained(source.folder, source.id, config)
    prefix = f"{model.base_model_prefix}."
    leftovers = {
        name
        for name in info["unexpected_keys"]
        if not name.startswith(prefix) or _LEFTOVER.search(name)
    }
    check_tensors(source.id, {**info, "unexpected_keys": info["unexpected_keys"] - leftovers})
    return model, sorted(leftovers)


def _find_base(folder: Path, base: str | None) -> EncoderSource:
    if base is not None:
        return resolve_encoder(base)
    config = read_object(folder / ADAPTER_CONFIG_FILE)
    found = config.get("base_model_name_or_path")
    if not isinstance(found, str) or not found:
        raise ModelError(
            f"{folder / ADAPTER_CONFIG_FILE}: base_model_name_or_path is {found!r}. Name the "
            "base encoder: base=FOLDER or --base FOLDER."
        )
    try:
        return resolve_encoder(found, config.get("revision"))
    except (ModelError, EnvironmentProblem) as error:
        raise type(error)(
            f"{folder}: the adapter needs its base encoder {found}, which cannot be loaded: "
            f"{error} If you have it, name its folder: base=FOLDER or --base FOLDER."
        ) from error


def _warn(message: str) -> None:
    warnings.warn(message, ModelWarning, stacklevel=2)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
