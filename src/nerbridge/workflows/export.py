"""A trained model as a folder that runs elsewhere: what ``nerbridge export`` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nerbridge.workflows.progress import Listener, Note, ignore

if TYPE_CHECKING:
    from nerbridge.exporting.conversion import Format
    from nerbridge.models.manifest import Manifest


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
    format: Format = "onnx",
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
    from nerbridge.exporting.conversion import ExportOptions, export_model

    options = ExportOptions(
        format=format,
        quantise=quantise is not None,
        trim_vocabulary=tuple(map(str, trim_vocabulary)),
        validation=None if validation is None else str(validation),
        base=base,
    )
    manifest = export_model(
        model, Path(out), options, report=lambda text: listen(Note(f"{text} …"))
    )
    return Exported(Path(out), manifest)
