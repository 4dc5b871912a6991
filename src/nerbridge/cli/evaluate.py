"""``nerbridge evaluate``: score any trained model on any labelled file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerbridge.cli.console import print_json, print_note, print_result
from nerbridge.cli.corpora import (
    ColumnsOption,
    OffsetsOption,
    RepairOption,
    SchemeOption,
    print_losses,
)
from nerbridge.cli.options import (
    BaseOption,
    JsonOption,
    MapTypesOption,
    OldMapOption,
    QuietOption,
    read_map_option,
)
from nerbridge.errors import CorpusError
from nerbridge.io.offset_unit import OffsetUnit
from nerbridge.labels import Scheme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nerbridge.corpus.sentence import Sentence
    from nerbridge.models.word_model import WordModel
    from nerbridge.type_maps import TypeMap

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

    type_map = read_map_option(map_types, old_map)
    reading = Reading(split, scheme, repair, columns, offsets, type_map, quiet)
    loaded = load_model(model, base=base, type_map=reading.type_map)
    results = {}
    for spec in corpora:
        print_note(f"scoring {spec} …", quiet=quiet)
        sentences = reading.read(spec, loaded.label_set.types)
        results[spec] = _score(loaded, sentences)
    if json:
        only = next(iter(results.values()))
        print_json({**only, "corpus": corpora[0]} if len(results) == 1 else {"corpora": results})
        return
    for spec, scores in results.items():
        _print_scores(spec, scores)


@dataclass(frozen=True)
class Reading:
    """How a command reads labelled sentences; what was mended is said unless ``quiet``."""

    split: str
    scheme: Scheme | None
    repair: bool
    columns: str | None
    offsets: OffsetUnit | None
    type_map: TypeMap
    quiet: bool

    def read(self, spec: str, types: Sequence[str]) -> tuple[Sentence, ...]:
        """One split of a corpus; the only one, if it has but one."""
        from nerbridge.corpus.reading import read_corpus

        corpus = read_corpus(
            spec,
            scheme=self.scheme,
            repair=self.repair,
            columns=self.columns,
            offsets=self.offsets,
            type_map=self.type_map,
            allowed_types=types,
        )
        print_losses(corpus, quiet=self.quiet)
        parts = corpus.splits
        found = next(iter(parts.values())) if len(parts) == 1 else parts.get(self.split, ())
        if not found:
            raise CorpusError(
                f"{spec}: no split {self.split!r}; found {', '.join(parts)}. Name one of them: "
                "--split."
            )
        return found


def _score(loaded: WordModel, sentences: tuple[Sentence, ...]) -> dict[str, Any]:
    import dataclasses

    import numpy as np

    from nerbridge.evaluation.resampling import bootstrap_interval
    from nerbridge.evaluation.scores import score_predictions
    from nerbridge.training.calibration import ScoredEntities
    from nerbridge.training.data import to_labelled

    labelled = to_labelled(sentences, loaded.script)
    predicted = loaded.predict(labelled.words)
    scores = dataclasses.asdict(
        score_predictions(labelled.words, labelled.tags, predicted.tags, loaded.label_set.types)
    )
    counts = np.array([scores.pop("counts")])
    calibration = None
    if predicted.logits is not None:
        entities = ScoredEntities(predicted.logits, labelled.tags, loaded.label_set)
        calibration = dataclasses.asdict(entities.measure(loaded.temperature))
    return {**scores, "ci95": list(bootstrap_interval(counts)), "calibration": calibration}


def _print_scores(spec: str, scores: dict[str, Any]) -> None:
    low, high = scores["ci95"]
    print_result(
        f"{spec}: {scores['n_sentences']} sentences, {scores['n_gold']} entities\n"
        f"  strict F1 {scores['f1_strict']:.3f} (95 % interval {low:.3f} to {high:.3f}), "
        f"precision {scores['precision_strict']:.3f}, recall {scores['recall_strict']:.3f}; "
        f"conll F1 {scores['f1_conll']:.3f}"
    )
    for type_, of_type in scores["per_type"].items():
        print_result(
            f"  {type_:5} F1 {of_type['f1']:.3f}  precision {of_type['precision']:.3f}  "
            f"recall {of_type['recall']:.3f}  support {of_type['n_gold']}"
        )
    if scores["calibration"] is not None and scores["calibration"]["n_entities"]:
        _print_calibration(scores["calibration"])


def _print_calibration(calibration: dict[str, Any]) -> None:
    print_result(
        f"  scores of {calibration['n_entities']} entities: calibration error "
        f"{calibration['ece_after']:.3f} at temperature {calibration['temperature']:g}, "
        f"{calibration['ece_before']:.3f} without, {calibration['ece_of_exact']:.3f} by chance"
    )
    for point in calibration["thresholds"]:
        if point["min_score"] in _THRESHOLDS:
            print_result(
                f"  --min-score {point['min_score']:.2f} keeps {point['n_predicted']}: "
                f"F1 {point['f1']:.3f}  precision {point['precision']:.3f}  "
                f"recall {point['recall']:.3f}"
            )
