"""One row picked out of every run, so that rows of different names can be paired."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nerbridge.errors import InputError
from nerbridge.records import RunRecord, read_record


def read_runs(arguments: Sequence[Path]) -> list[RunRecord]:
    """Records of runs, each given as its folder or, all of them, as ``FOLDER:ROW``.

    A record with a row picked has no other, and the picked rows are called alike: by all their
    names, ``adapt / transfer``.

    Raises:
        RunError: no record there.
        InputError: a run has no such row, or only some of the runs have one picked.
    """
    split = [_split(argument) for argument in arguments]
    records = [read_record(folder) for folder, _ in split]
    names = dict.fromkeys(row for _, row in split if row is not None)
    if not names:
        return records
    whole = next((folder for folder, row in split if row is None), None)
    if whole is not None:
        raise InputError(
            f"{whole}: found without a row, expected FOLDER:ROW as for the other runs. "
            "Pick a row of every run, or of none."
        )
    return [
        _pick(record, folder, row or "", " / ".join(names))
        for record, (folder, row) in zip(records, split, strict=True)
    ]


def _split(argument: Path) -> tuple[Path, str | None]:
    folder, colon, row = str(argument).rpartition(":")
    if not (colon and folder and row) or "/" in row or "\\" in row or argument.exists():
        return argument, None
    return Path(folder), row


def _pick(record: RunRecord, folder: Path, name: str, called: str) -> RunRecord:
    for row in record.rows:
        if row.name == name:
            picked = row.model_copy(update={"name": called})
            label = f"{record.name}:{name}"
            return record.model_copy(update={"name": label, "rows": (picked,)})
    rows = ", ".join(row.name for row in record.rows)
    raise InputError(f"{folder}: no row {name!r} found, expected one of {rows}.")
