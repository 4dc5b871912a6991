"""``nerbridge calibrate``: fit a model's scores to the kind of text it is to tag."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerbridge.cli.console import print_json, print_result
from nerbridge.cli.corpora import ColumnsOption, OffsetsOption, RepairOption, SchemeOption
from nerbridge.cli.options import (
    BaseOption,
    JsonOption,
    MapTypesOption,
    OldMapOption,
    QuietOption,
    read_map_option,
)
from nerbridge.cli.progress import show_progress


def calibrate(
    model: Annotated[
        Path, typer.Argument(help="A model folder or a run folder; changed in place.")
    ],
    corpora: Annotated[
        list[str], typer.Argument(help="Labelled sentences like the text to be tagged.")
    ],
    split: Annotated[str, typer.Option(help="Split of each corpus to use.")] = "validation",
    scheme: SchemeOption = None,
    repair: RepairOption = False,
    columns: ColumnsOption = None,
    offsets: OffsetsOption = None,
    map_types: MapTypesOption = None,
    old_map: OldMapOption = None,
    base: BaseOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Fit a model's scores to labelled sentences: of ten entities scored 0.8, eight are right.

    The model still finds the same entities; only their scores change. Give sentences that are
    neither training data nor test data. --map-types fits the scores of the mapped types.

    Example: nerbridge calibrate runs/assamese my/news.conll my/letters.conll
    """
    from nerbridge.workflows.calibrate import calibrate as calibrate_model
    from nerbridge.workflows.labelled import CorpusOptions

    type_map = read_map_option(map_types, old_map)
    options = CorpusOptions(scheme, repair, columns, offsets, type_map)
    with show_progress(quiet=quiet) as listen:
        calibrated = calibrate_model(
            model,
            corpora,
            split=split,
            options=options,
            base=base,
            listen=listen,
        )
    found = calibrated.calibration
    if json:
        print_json(found.model_dump())
        return
    print_result(
        f"{calibrated.folder}: temperature {found.temperature:.3f}, fitted on {found.n_entities} "
        f"entities; calibration error {found.ece_before:.3f} → {found.ece_after:.3f}"
    )
