"""What a run tells while it trains: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nerbridge.cli.console import print_note

if TYPE_CHECKING:
    from nerbridge.training.run import Listener, StageProgress


@contextmanager
def show_stages(*, quiet: bool) -> Iterator[Listener]:
    """A bar a stage on a terminal, a line for each finished stage elsewhere."""
    if quiet:
        yield lambda _: None
    elif not sys.stderr.isatty():
        yield _print_finished
    else:
        with _bars() as listen:
            yield listen


def _print_finished(progress: StageProgress) -> None:
    if progress.done in (0.0, 1.0):
        print_note(f"{progress.row:13} seed {progress.seed:<4} {progress.message}")


@contextmanager
def _bars() -> Iterator[Listener]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[message]}"),
    )
    tasks = {}
    with Bars(*columns, console=Console(stderr=True)) as bars:

        def listen(progress: StageProgress) -> None:
            key = (progress.row, progress.seed)
            if key not in tasks:
                name = f"{progress.row}, seed {progress.seed}"
                tasks[key] = bars.add_task(name, total=1.0, message="")
            bars.update(tasks[key], completed=progress.done, message=progress.message)

        yield listen
