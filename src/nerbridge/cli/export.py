"""``nerbridge export``: a trained model as a folder that runs elsewhere."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from nerbridge.cli.console import print_json, print_note, print_result
from nerbridge.cli.options import BaseOption, JsonOption, QuietOption


class ExportFormat(StrEnum):
    """What runs the exported folder: onnxruntime, or transformers."""

    ONNX = "onnx"
    TRANSFORMERS = "transformers"


class Quantisation(StrEnum):
    """Width of the weights."""

    INT8 = "int8"


def export(
    model: Annotated[
        str, typer.Argument(help="A run (runs/NAME), a model folder, or a hub id (owner/name).")
    ],
    out: Annotated[
        Path, typer.Argument(help="The folder to write; an earlier export is replaced.")
    ],
    format: Annotated[
        ExportFormat, typer.Option(help="onnx: for `nerbridge tag`, without torch.")
    ] = ExportFormat.ONNX,
    quantise: Annotated[
        Quantisation | None, typer.Option(help="Weights in 8 bits: a quarter of the size, faster.")
    ] = None,
    trim_vocabulary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CORPUS",
            help="Keep only the vocabulary of this labelled corpus or plain text (.txt); repeat "
            "for several. Text in it is tagged as before.",
        ),
    ] = None,
    validation: Annotated[
        str | None,
        typer.Option(
            metavar="CORPUS", help="Labelled sentences on which int8 must score as 32 bits do."
        ),
    ] = None,
    base: BaseOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Merge, export and check a trained model; what differs from it is not written.

    Example: nerbridge export runs/quickstart as-tagger --quantise int8
    """
    from nerbridge.exporting.conversion import ExportOptions, export_model

    options = ExportOptions(
        format="onnx" if format is ExportFormat.ONNX else "transformers",
        quantise=quantise is not None,
        trim_vocabulary=tuple(trim_vocabulary or ()),
        validation=validation,
        base=base,
    )
    manifest = export_model(
        model, out, options, report=lambda text: print_note(f"{text} …", quiet=quiet)
    )
    if json:
        print_json(manifest)
    else:
        print_result("\n".join(_describe(out, manifest)))


def _describe(out: Path, manifest: dict[str, Any]) -> list[str]:
    parity, vocabulary = manifest["parity"], manifest["vocabulary"]
    n_bytes = sum(facts["n_bytes"] for facts in manifest["files"].values())
    lines = [
        f"{out}: {n_bytes / 1e6:.1f} MB",
        f"  logits differ from the trained model's by at most {parity['max_difference']:.1g}, "
        f"{parity['n_equal_entities']} of {parity['n_entities']} entities are the same "
        f"({parity['n_sentences']} sentences)",
    ]
    if int8 := parity.get("int8"):
        if "agreement" in int8:
            text = f"{int8['agreement']:.1%} of the entities (F1) are those of 32 bits; no labels"
        else:
            text = f"strict F1 {int8['f1_int8']:.3f}, in 32 bits {int8['f1_fp32']:.3f}"
        lines.append(f"  int8 on {int8['corpus']}: {text}")
    if held := vocabulary.get("held_out"):
        lines.append(
            f"  vocabulary: {vocabulary['n_kept']:,} of {vocabulary['n_full']:,} pieces; of "
            f"{held['n_words']:,} words held out, {held['n_words_changed']:,} are cut otherwise"
        )
    return lines
