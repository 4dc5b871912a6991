"""The card of a model folder, with the scores of the run it comes from."""

from __future__ import annotations

from pathlib import Path

from nerbridge.evaluation.quoting import QuotedScores, quote_scores
from nerbridge.models.card import write_card
from nerbridge.models.manifest import read_manifest, write_manifest
from nerbridge.records import read_record

_RECORD_FILE = "record.json"


def write_model_card(folder: Path, trained: Path | None = None) -> None:
    """Write the card of a model folder, over another one, and its scores into the manifest.

    Args:
        folder: with its ``nerbridge.json``.
        trained: the model folder that was scored, if it was exported from there.

    Raises:
        ModelError: if ``folder`` is no model folder.
        RunError: if the run's record cannot be read.
    """
    scores = find_scores(folder if trained is None else trained)
    manifest = read_manifest(folder)
    if scores:
        manifest = manifest.model_copy(update={"scores": scores})
        write_manifest(folder, manifest)
    write_card(folder, manifest)


def find_scores(folder: Path) -> dict[str, QuotedScores]:
    """What a run's record says of one of its models, by test set.

    Nothing outside of a finished run with tests.

    Raises:
        RunError: if the record cannot be read.
    """
    model = folder.resolve()
    run = model.parent.parent
    if not (run / _RECORD_FILE).is_file():
        return {}
    name = model.relative_to(run).as_posix()
    record = read_record(run / _RECORD_FILE)
    for system in record.systems if record.scored_split("test") == "test" else ():
        for result in system.seeds:
            if result.model == name:
                return quote_scores({"test": result.test, **result.test_sets})
    return {}
