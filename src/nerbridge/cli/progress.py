"""How commands show the progress of a workflow: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nerbridge.cli.console import original_command, print_note
from nerbridge.workflows.progress import Event, ItemsDone, Kept, Listener, Note

if TYPE_CHECKING:
    from nerbridge.training.run import StageProgress


@contextmanager
def show_progress(*, quiet: bool, command: str | None = None) -> Iterator[Listener]:
    """A listener for a workflow. It prints notes and draws bars, unless ``quiet``.

    If the workflow ends early, the user is told what is kept, and the ``command`` that goes on
    from there (default: the command as it was given).
    """
    console = _ConsoleListener(quiet=quiet)
    try:
        yield console
    except KeyboardInterrupt as interrupt:
        # Nothing is kept: the interruption needs no hint.
        if console.kept is None:
            raise
        console.stop()
        hint = f" To resume: {command or original_command()}" if console.kept.is_anything else ""
        raise KeyboardInterrupt(f"{console.kept.what}{hint}") from interrupt
    except Exception:
        console.stop()
        if console.kept is not None and console.kept.folder is not None:
            again = command or original_command()
            print_note(f"Finished shards are kept in {console.kept.folder}. To resume: {again}")
        raise
    finally:
        console.stop()


class _ConsoleListener:
    """Prints events on stderr. Each counted job and each stage of a seed has a bar of its own."""

    def __init__(self, *, quiet: bool) -> None:
        self.kept: Kept | None = None
        self._quiet = quiet
        self._bars: Any = None  # of rich, which is imported only where a bar is drawn
        self._tasks: dict[tuple[str, ...], Any] = {}
        self._starts: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Kept):
            self.kept = event
        elif self._quiet:
            return
        elif isinstance(event, Note):
            print_note(event.text)
        elif isinstance(event, ItemsDone):
            self._show_items(event)
        else:
            self._show_stage(event)

    def stop(self) -> None:
        """Leave the finished stages on the screen, and remove the bars of counted items."""
        if self._bars is None:
            return
        # rich draws a few times a second: without this the last events would not be seen.
        self._bars.refresh()
        for name in self._starts:
            self._bars.remove_task(self._tasks[name,])
        self._bars.stop()
        self._bars = None

    def _show_items(self, event: ItemsDone) -> None:
        if not sys.stderr.isatty():  # a log file wants lines, not bars
            return
        start = self._starts.setdefault(event.name, time.monotonic())
        rate = event.n_items / max(time.monotonic() - start, 1e-9)
        message = f"{event.n_items:,} {event.name}, {rate:,.0f}/s"
        self._show_bar((event.name,), "", event.share, message)

    def _show_stage(self, event: StageProgress) -> None:
        if sys.stderr.isatty():
            name = f"{event.system}, seed {event.seed}"
            self._show_bar((event.system, str(event.seed)), name, event.done, event.message)
        # A log gets the start and the end of a stage, not every step.
        elif event.done in (0.0, 1.0):
            print_note(f"{event.system:13} seed {event.seed:<4} {event.message}")

    def _show_bar(self, key: tuple[str, ...], name: str, share: float | None, message: str) -> None:
        if self._bars is None:
            self._bars = _start_bars()
        if key not in self._tasks:
            total = None if share is None else 1.0
            self._tasks[key] = self._bars.add_task(name, total=total, message="")
        self._bars.update(self._tasks[key], completed=share or 0.0, message=message)


def _start_bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[message]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
    )
    bars.start()
    return bars
