"""``nerbridge calibrate``: fit a model's scores to the kind of text it is to tag."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerbridge.cli.console import print_json, print_note, print_result
from nerbridge.cli.corpora import ColumnsOption, OffsetsOption, RepairOption, SchemeOption
from nerbridge.cli.evaluate import Reading
from nerbridge.cli.options import (
    BaseOption,
    JsonOption,
    MapTypesOption,
    OldMapOption,
    QuietOption,
    read_map_option,
)
from nerbridge.errors import InputError

if TYPE_CHECKING:
    from nerbridge.corpus.sentence import Sentence
    from nerbridge.models.word_model import TokenClassifier


def calibrate(
    model: Annotated[
        Path, typer.Argument(help="A model folder or a run folder; changed in place.")
    ],
    corpora: Annotated[
        list[str], typer.Argument(help="Labelled sentences like the text to be tagged.")
    ],
    split: Annotated[str, typer.Option(help="Split to take of a corpus.")] = "validation",
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
    """Fit the scores of a model to labelled sentences, so that of ten scored 0.8 eight are right.

    Finds the same entities afterwards; only their scores change. Give sentences that the model was
    not trained on and that no test is made with. With --map-types the scores are fitted to the
    mapped types.

    Example: nerbridge calibrate runs/assamese my/news.conll my/letters.conll
    """
    from nerbridge.exporting.card import write_model_card
    from nerbridge.models.folder import LINEAGE_FILE, update_lineage
    from nerbridge.models.loading import find_model
    from nerbridge.tagging import Tagger

    if not model.is_dir():
        raise InputError(f"{model}: no such folder. Give a model folder that may be changed.")
    type_map = read_map_option(map_types, old_map)
    reading = Reading(split, scheme, repair, columns, offsets, type_map, quiet)
    folder = find_model(model).path
    if not (folder / LINEAGE_FILE).is_file():
        raise InputError(
            f"{folder}: a model of others, without the {LINEAGE_FILE} that would keep the result. "
            f"Export it first: nerbridge export {model} OUT; then calibrate OUT."
        )
    loaded = Tagger.load(folder, base=base, map_types=reading.type_map).model
    found = _fit(loaded, corpora, reading, quiet)
    update_lineage(folder, {"calibration": found})
    write_model_card(folder)
    if json:
        print_json(found)
        return
    print_result(
        f"{folder}: temperature {found['temperature']:.3f}, fitted on {found['n_entities']} "
        f"entities; calibration error {found['ece_before']:.3f} without, "
        f"{found['ece_after']:.3f} with"
    )


def _fit(
    model: TokenClassifier, corpora: list[str], reading: Reading, quiet: bool
) -> dict[str, Any]:
    """What ``nerbridge.json`` is to hold as ``calibration``."""
    from nerbridge.evaluation.calibration import MIN_ENTITIES
    from nerbridge.training.calibration import ScoredEntities, calibrate_on

    sentences: list[Sentence] = []
    for spec in corpora:
        print_note(f"reading {spec} …", quiet=quiet)
        sentences += reading.read(spec, model.label_set.types)
    print_note(f"tagging {len(sentences)} sentences …", quiet=quiet)
    logits = model.word_logits([sentence.words for sentence in sentences])
    entities = ScoredEntities(logits, [s.tags for s in sentences], model.label_set)
    names = ", ".join(spec.rstrip("/").rsplit("/", 1)[-1] for spec in corpora)
    found = calibrate_on(entities, f"the {reading.split} sentences of {names}")
    if found["n_entities"] < MIN_ENTITIES:
        raise InputError(
            f"{names}: the model finds {found['n_entities']} entities there, expected "
            f"{MIN_ENTITIES} or more to fit scores on. Give more sentences."
        )
    return found
