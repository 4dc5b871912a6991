"""The card of a model folder, with the scores of the run it comes from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from nerbridge.evaluation.quoting import quote_scores
from nerbridge.models.card import write_card
from nerbridge.models.folder import read_lineage
from nerbridge.records import read_record

_RECORD_FILE = "record.json"


def write_model_card(folder: Path, trained: Path | None = None) -> None:
    """Write the card of a model folder, over another one.

    Args:
        folder: with its ``nerbridge.json``.
        trained: the model folder that was scored, if it was exported from there.

    Raises:
        ModelError: if ``folder`` is no model folder.
        RunError: if the run's record cannot be read.
    """
    scores = find_scores(folder if trained is None else trained)
    write_card(folder, {**read_lineage(folder), "scores": scores})


def find_scores(folder: Path) -> dict[str, dict[str, Any]] | None:
    """What a run's record says of one of its models; None outside of a finished run with tests.

    Returns:
        By test set, as `nerbridge.evaluation.quoting.quote_scores` gives it.

    Raises:
        RunError: if the record cannot be read.
    """
    model = folder.resolve()
    run = model.parent.parent
    if not (run / _RECORD_FILE).is_file():
        return None
    name = model.relative_to(run).as_posix()
    record = read_record(run / _RECORD_FILE)
    for row in record.rows if record.scored_split("test") == "test" else ():
        for result in row.seeds:
            if result.model == name:
                quoted = quote_scores({"test": result.test, **result.also})
                return {name: asdict(found) for name, found in quoted.items()}
    return None
