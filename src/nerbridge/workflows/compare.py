"""Finished runs beside each other: what ``nerbridge compare`` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nerbridge.workflows.progress import Listener, Note, ignore

if TYPE_CHECKING:
    from nerbridge.report.comparison import Comparison


def compare(
    runs: Sequence[str | Path], *, output: str | Path | None = None, listen: Listener = ignore
) -> Comparison:
    """Pair the systems of the same name in several runs, with paired tests.

    Args:
        runs: folders of finished runs, or their ``record.json``. ``RUN:SYSTEM`` for every run
            compares these systems, whatever their names.
        output: also write a page and tables into this folder.
        listen: is told where the page is.

    Raises:
        RunError: there is no record of a finished run.
        InputError: fewer than two runs, one run twice, or no such system.
    """
    from nerbridge.report.comparison import compare_runs, name_runs, read_runs

    paths = [Path(run) for run in runs]
    comparison = compare_runs(name_runs(read_runs(paths), paths))
    if output is not None:
        from nerbridge.report.comparison_page import write_comparison

        listen(Note(f"Written: {write_comparison(comparison, Path(output))}"))
    return comparison
