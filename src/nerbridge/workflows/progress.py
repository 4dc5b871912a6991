"""What a workflow tells while it works. A listener is any function of one event.

Every event has a readable ``str``, so that ``print`` is a listener.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from nerbridge.training.run import StageProgress

Item = TypeVar("Item")


@dataclass(frozen=True)
class Note:
    """A sentence for the user: what begins now, or what was left out, repaired or renamed."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class ItemsDone:
    """How far a job over files or sentences has come.

    ``name`` says what is counted, such as ``records``. ``share`` is between 0 and 1, and None
    where the size of the input cannot be known.
    """

    name: str
    n_items: int
    share: float | None = None

    def __str__(self) -> str:
        return f"{self.n_items:,} {self.name}"


@dataclass(frozen=True)
class Kept:
    """What stays on the disk if the job ends early, so that the same job goes on from it.

    ``folder`` holds what is kept, where the user may want to see it; ``is_anything`` is False
    where nothing was finished yet.
    """

    what: str
    folder: Path | None = None
    is_anything: bool = True

    def __str__(self) -> str:
        return self.what


Event: TypeAlias = "Note | ItemsDone | Kept | StageProgress"
Listener: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener that does nothing, for callers without one."""


def track(
    items: Iterable[Item], name: str, listen: Listener, n_total: int | None = None
) -> Iterator[Item]:
    """Yield ``items``, and tell the listener how many of them are done."""
    for n_items, item in enumerate(items, start=1):
        # Told after the item is used: only then is it done.
        yield item
        listen(ItemsDone(name, n_items, n_items / n_total if n_total else None))
