"""``nerbridge evaluate``: score any trained model on any labelled file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from nerbridge.evaluation.calibration import Calibration
    from nerbridge.workflows.evaluate import Evaluation

_THRESHOLDS = (0.5, 0.7, 0.9)


def evaluate(
    model: Annotated[
        str, typer.Argument(help="A model or run folder, bundled:as, or a hub id, as for `tag`.")
    ],
    corpora: Annotated[
        list[str],
        typer.Argument(help="Labelled folders, files, bundled:as, hub:owner/name, or hf:// paths."),
    ],
    split: Annotated[str, typer.Option(help="Split to score where a corpus has several.")] = "test",
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
    """Score a model on labelled sentences: strict and conll F1, per type, 95 % interval,
    and how far the scores of its entities can be trusted.

    --map-types applies to the model's types and to those of the labelled sentences.

    Example: nerbridge evaluate runs/quickstart/models/adapt-13 my/test.conll --json
    """
    from nerbridge.models.loading import load_model
    from nerbridge.workflows.evaluate import evaluate as evaluate_model
    from nerbridge.workflows.labelled import CorpusOptions

    type_map = read_map_option(map_types, old_map)
    options = CorpusOptions(scheme, repair, columns, offsets, type_map)
    with show_progress(quiet=quiet) as listen:
        loaded = load_model(model, base=base, type_map=type_map)
        found = [
            evaluate_model(
                loaded,
                corpus,
                split=split,
                options=options,
                listen=listen,
            )
            for corpus in corpora
        ]
    if not json:
        for evaluation in found:
            _print_scores(evaluation)
    elif len(found) == 1:
        print_json({**found[0].to_dict(), "corpus": found[0].corpus})
    else:
        print_json({"corpora": {each.corpus: each.to_dict() for each in found}})


def _print_scores(evaluation: Evaluation) -> None:
    scores, (low, high) = evaluation.scores, evaluation.ci95
    print_result(
        f"{evaluation.corpus}: {scores.n_sentences} sentences, {scores.n_gold} entities\n"
        f"  strict F1 {scores.f1_strict:.3f} (95 % interval {low:.3f} to {high:.3f}), "
        f"precision {scores.precision_strict:.3f}, recall {scores.recall_strict:.3f}; "
        f"conll F1 {scores.f1_conll:.3f}"
    )
    for type_, of_type in scores.per_type.items():
        print_result(
            f"  {type_:5} F1 {of_type.f1:.3f}  precision {of_type.precision:.3f}  "
            f"recall {of_type.recall:.3f}  support {of_type.n_gold}"
        )
    if evaluation.calibration is not None and evaluation.calibration.n_entities:
        _print_calibration(evaluation.calibration)


def _print_calibration(calibration: Calibration) -> None:
    print_result(
        f"  scores of {calibration.n_entities} entities: calibration error "
        f"{calibration.ece_after:.3f} at temperature {calibration.temperature:g}, "
        f"{calibration.ece_before:.3f} without, {calibration.ece_of_exact:.3f} by chance"
    )
    for point in calibration.thresholds:
        if point.min_score in _THRESHOLDS:
            print_result(
                f"  --min-score {point.min_score:.2f} keeps {point.n_predicted}: "
                f"F1 {point.f1:.3f}  precision {point.precision:.3f}  "
                f"recall {point.recall:.3f}"
            )
