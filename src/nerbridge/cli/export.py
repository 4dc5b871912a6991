"""``nerbridge export``: a trained model as a folder that runs elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from nerbridge.cli.console import print_json, print_result
from nerbridge.cli.options import BaseOption, JsonOption, QuietOption
from nerbridge.cli.progress import show_progress

if TYPE_CHECKING:
    from nerbridge.workflows.export import Exported


def export(
    model: Annotated[
        str, typer.Argument(help="A run (runs/NAME), a model folder, or a hub id (owner/name).")
    ],
    out: Annotated[
        Path, typer.Argument(help="Folder to write; an earlier export in it is replaced.")
    ],
    format: Annotated[
        Literal["onnx", "transformers"],
        typer.Option(help="onnx: for `nerbridge tag`, without torch."),
    ] = "onnx",
    quantise: Annotated[
        Literal["int8"] | None,
        typer.Option(help="Store weights in 8 bits: a quarter of the size, and faster."),
    ] = None,
    trim_vocabulary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CORPUS",
            help="Keep only the vocabulary of this labelled corpus or plain text (.txt); repeat "
            "for several. The tags of that text do not change.",
        ),
    ] = None,
    validation: Annotated[
        str | None,
        typer.Option(
            metavar="CORPUS", help="Labelled sentences on which int8 must score like 32 bits."
        ),
    ] = None,
    base: BaseOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Merge, export and check a trained model. An export that differs from the model is not
    written.

    Example: nerbridge export runs/quickstart as-tagger --quantise int8
    """
    from nerbridge.workflows.export import export as export_model

    with show_progress(quiet=quiet) as listen:
        exported = export_model(
            model,
            out,
            format=format,
            quantise=quantise,
            trim_vocabulary=tuple(trim_vocabulary or ()),
            validation=validation,
            base=base,
            listen=listen,
        )
    if json:
        print_json(exported.manifest.to_json())
    else:
        print_result("\n".join(_describe(exported)))


def _describe(exported: Exported) -> list[str]:
    parity, vocabulary = exported.manifest.parity, exported.manifest.vocabulary
    lines = [f"{exported.folder}: {exported.n_bytes / 1e6:.1f} MB"]
    if parity:
        lines.append(
            f"  logits differ from the trained model's by at most {parity.max_difference:.1g}, "
            f"{parity.n_equal_entities} of {parity.n_entities} entities are the same "
            f"({parity.n_sentences} sentences)"
        )
    if int8 := parity and parity.int8:
        if int8.agreement is not None:
            text = (
                f"{int8.agreement:.1%} F1 against the entities found in 32 bits (no labelled "
                "sentences)"
            )
        else:
            text = f"strict F1 {int8.f1_int8:.3f}, in 32 bits {int8.f1_fp32:.3f}"
        lines.append(f"  int8 on {int8.corpus}: {text}")
    if vocabulary and (held := vocabulary.held_out):
        lines.append(
            f"  vocabulary: {vocabulary.n_kept:,} of {vocabulary.n_full:,} pieces; of "
            f"{held.n_words:,} held-out words, {held.n_words_changed:,} have other subwords"
        )
    return lines
