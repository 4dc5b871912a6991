"""What a workflow tells while it works. A listener is any function of one event.

Every event has a readable ``str``, so that ``print`` is a listener.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from nerbridge.training.run import StageProgress


@dataclass(frozen=True)
class Note:
    """A sentence for the user: what begins now, or what was left out, repaired or renamed."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class RecordsDone:
    """How far a job over files has come.

    ``n_bytes_total`` is None where the size of the input cannot be known.
    """

    n_records: int
    n_bytes: int
    n_bytes_total: int | None = None

    def __str__(self) -> str:
        return f"{self.n_records:,} records"


Event: TypeAlias = "Note | RecordsDone | StageProgress"
Listener: TypeAlias = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener that does nothing, for callers without one."""
