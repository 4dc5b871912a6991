"""A trained model as a folder that runs elsewhere: what ``nerbridge export`` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nerbridge.errors import InputError, ModelError
from nerbridge.models.loading import find_model
from nerbridge.models.manifest import Manifest, ModelKind, read_manifest
from nerbridge.workflows.progress import Listener, Note, ignore


@dataclass(frozen=True)
class Exported:
    """The new folder, and what its ``nerbridge.json`` says of the model and of the checks."""

    folder: Path
    manifest: Manifest

    @property
    def n_bytes(self) -> int:
        """Size of the model's files."""
        return sum(file.n_bytes for file in self.manifest.files.values())


def export(
    model: str | Path,
    out: str | Path,
    *,
    format: Literal["onnx", "transformers"] = "onnx",
    quantise: Literal["int8"] | None = None,
    trim_vocabulary: Sequence[str | Path] = (),
    validation: str | Path | None = None,
    base: str | None = None,
    listen: Listener = ignore,
) -> Exported:
    """Merge, convert and check a trained model. A folder that predicts otherwise is not written.

    Args:
        model: a run folder (its best adapted model), a model folder, or a hub id.
        out: the folder to write. An earlier export there is replaced.
        format: ``"onnx"`` runs without torch, ``"transformers"`` is an ordinary folder of it.
        quantise: ``"int8"`` makes the weights a quarter of their size (ONNX only).
        trim_vocabulary: corpora or plain text (.txt) whose vocabulary is kept; () keeps all of it.
        validation: labelled sentences on which int8 must score as 32 bits do.
        base: where the base encoder of an adapter is now.
        listen: is told what is being done.

    Raises:
        InputError: the options do not go together, or ``out`` is in use.
        CorpusError: a corpus cannot be read.
        ModelError: the model cannot be loaded or exported, or the result differs from it.
        EnvironmentProblem: the disk is full, or the hub cannot be reached.
    """
    from nerbridge.exporting import conversion  # it loads torch
    from nerbridge.exporting.card import write_model_card
    from nerbridge.models.folder import new_folder

    def report(text: str) -> None:
        listen(Note(f"{text} …"))

    if quantise is not None and format != "onnx":
        raise InputError("int8 needs the format onnx. Leave --quantise or --format out.")
    found, folder = find_model(model), Path(out)
    conversion.check_out(folder, found.path)
    if found.engine == "onnx":
        raise ModelError(f"{model}: is exported already. Give the model it was exported from.")
    report("loading the model")
    kind: ModelKind = "onnx" if format == "onnx" else "full"
    source = conversion.load_merged(found, kind, list(map(str, trim_vocabulary)), base)
    labelled = None if validation is None else str(validation)
    # An earlier export stays until the new one has passed its checks.
    with new_folder(folder) as temporary:
        if format == "onnx":
            in_int8 = quantise is not None
            conversion.write_onnx(source, temporary, report, in_int8=in_int8, validation=labelled)
        else:
            conversion.write_transformers(source, temporary, report)
        write_model_card(temporary, found.path)
    return Exported(folder, read_manifest(folder))
