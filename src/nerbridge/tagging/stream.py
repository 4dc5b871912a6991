"""What a stream of messages gives back."""

from __future__ import annotations

from dataclasses import dataclass

from nerbridge.tagging.entity import Entity


@dataclass(frozen=True, slots=True)
class StreamResult:
    """A message, its entities, and how long they took: from its arrival to its result."""

    text: str
    entities: list[Entity]
    latency_ms: float
