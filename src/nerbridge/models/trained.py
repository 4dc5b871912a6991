"""Token classifiers on torch, loaded from any folder that holds one."""

from __future__ import annotations

from pathlib import Path

import torch

from nerbridge.errors import EnvironmentProblem, ModelError
from nerbridge.models.adapter import load_adapter
from nerbridge.models.encoder import (
    EncoderSource,
    load_token_classifier,
    model_tags,
    resolve_encoder,
)
from nerbridge.models.foreign import LabelNames, load_foreign
from nerbridge.models.full import load_full
from nerbridge.models.manifest import MANIFEST_FILE, Manifest, read_manifest
from nerbridge.models.torch_model import AnyNetwork, to_word_model, with_tokenizer
from nerbridge.models.word_model import TokenClassifier


def load_torch(
    folder: Path,
    *,
    base: str | None = None,
    n_threads: int | None = None,
    names: LabelNames | None = None,
) -> TokenClassifier:
    """Load an adapter with its base, a merged model, or any token classifier of transformers.

    Args:
        folder: a model folder. Without ``nerbridge.json`` its words are read as they are, and its
            labels are read by `nerbridge.alignment.label_columns`.
        base: the base encoder of an adapter, if it has moved. It must be the same encoder.
        n_threads: threads of torch in the whole process; None does not change them.
        names: names for labels that have none, as in ``{"LABEL_0": "O"}``.

    Raises:
        ModelError: if anything is missing, damaged, pickled, in need of remote code, or does not
            fit.
        EnvironmentProblem: if the base is a hub model that is neither cached nor reachable.
    """
    if n_threads is not None:
        torch.set_num_threads(n_threads)
    if not (folder / MANIFEST_FILE).is_file():
        return load_foreign(folder, base=base, names=names)
    return _load_own(folder, base)


def _load_own(folder: Path, base: str | None) -> TokenClassifier:
    """An adapter or a full model that a run or an export wrote."""
    manifest = read_manifest(folder)
    label_set = manifest.label_set
    model: AnyNetwork
    if manifest.kind == "adapter":
        source = _find_base(folder, manifest, base)
        fresh = load_token_classifier(source, label_set, seed=0)
        model = load_adapter(fresh, folder, trainable=False)
    else:
        # This reports missing files of a folder before any of it is read.
        source = resolve_encoder(str(folder.absolute()))
        model = load_full(folder)
    if model_tags(model) != label_set.tags:
        raise ModelError(
            f"{folder}: config.json has the tags {', '.join(model_tags(model))}, nerbridge.json "
            f"the types {', '.join(label_set.types)}. Copy the model folder again."
        )
    return to_word_model(
        with_tokenizer(model, source),
        label_set,
        script=manifest.script,
        max_subwords=manifest.max_subwords,
        folder=folder,
        manifest=manifest,
    )


def _find_base(folder: Path, manifest: Manifest, base: str | None) -> EncoderSource:
    if base is not None:
        return resolve_encoder(base)
    if manifest.base is None:
        raise ModelError(
            f"{folder}: the base encoder of the adapter is not recorded. Name it: base=FOLDER or "
            "--base FOLDER."
        )
    try:
        return resolve_encoder(manifest.base.id, manifest.base.revision)
    except (ModelError, EnvironmentProblem) as error:
        raise type(error)(
            f"{folder}: the adapter needs its base encoder {manifest.base.id}, which cannot be "
            f"loaded: {error} If you have it, name its folder: base=FOLDER or --base FOLDER."
        ) from error
