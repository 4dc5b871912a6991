"""What `nerbridge serve` was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nerbridge.server.limits import Limits
from nerbridge.type_maps import TypeMap


@dataclass(frozen=True)
class Settings:
    """Goes to every worker, pickled.

    ``is_local`` says that it listens for programs on this machine alone. ``root_path`` is where a
    proxy shows it: empty, or such as ``/ner``.
    """

    models: tuple[str, ...] = ("bundled:as",)
    limits: Limits = field(default_factory=Limits)
    n_threads: int | None = None
    token: str | None = field(default=None, repr=False)
    is_local: bool = False
    report: Path | None = None
    type_map: TypeMap = field(default_factory=dict)
    root_path: str = ""
