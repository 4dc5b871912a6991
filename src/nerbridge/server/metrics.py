"""What Prometheus is told: counts and times, over all workers."""

from __future__ import annotations

import os
from collections import Counter as CountOf
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from nerbridge.tagging.entity import Entity

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder through which workers share their numbers; set before this is imported."""
CONTENT_TYPE = CONTENT_TYPE_LATEST
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def mark_ready() -> None:
    """Leave a note for the supervisor that this worker has started."""
    if folder := os.environ.get(MULTIPROCESS_VARIABLE):
        Path(folder, f"ready-{os.getpid()}").touch()


def take_ready_mark(pid: int | None) -> bool:
    """Whether a worker had started; its note is taken away, since numbers of processes return."""
    note = Path(os.environ[MULTIPROCESS_VARIABLE], f"ready-{pid}")
    was_ready = note.exists()
    note.unlink(missing_ok=True)
    return was_ready


class Metrics:
    """The numbers of one worker; `render` gives those of all."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "nerbridge_requests",
            "Requests answered.",
            ("method", "path", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "nerbridge_request_seconds",
            "Seconds from the head of a request to the end of its answer.",
            ("path",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._texts = Counter("nerbridge_texts", "Texts tagged.", ("model",), registry=registry)
        self._chars = Counter(
            "nerbridge_chars", "Characters tagged.", ("model",), registry=registry
        )
        self._entities = Counter(
            "nerbridge_entities", "Entities found.", ("model", "type"), registry=registry
        )
        self._batch_texts = Histogram(
            "nerbridge_batch_texts", "Texts in a batch.", buckets=_TEXTS, registry=registry
        )
        self._batch_seconds = Histogram(
            "nerbridge_batch_seconds",
            "Seconds a batch took in the model.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.queue = Gauge(
            "nerbridge_queue_requests",
            "Requests that wait or are being tagged.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.workers = Gauge(
            "nerbridge_workers",
            "Workers that are ready.",
            multiprocess_mode="livesum",
            registry=registry,
        )

    def observe_request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count an answer; ``path`` is a template, such as ``/models/{name}/card``."""
        # Clients can invent methods, and each would be a new time series for ever.
        method = method if method in _METHODS else "OTHER"
        self._requests.labels(method, path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def observe_texts(
        self, model: str, n_texts: int, n_chars: int, entities: Iterable[Entity]
    ) -> None:
        """Count what was tagged."""
        self._texts.labels(model).inc(n_texts)
        self._chars.labels(model).inc(n_chars)
        for type_, n in CountOf(entity.type for entity in entities).items():
            self._entities.labels(model, type_).inc(n)

    def observe_batch(self, n_texts: int, seconds: float) -> None:
        """Count a batch that went through the model."""
        self._batch_texts.observe(n_texts)
        self._batch_seconds.observe(seconds)

    def render(self) -> bytes:
        """The numbers of all workers, in Prometheus's text format."""
        registry = self._registry
        # This worker's registry knows only its own numbers; the files hold those of all workers.
        if os.environ.get(MULTIPROCESS_VARIABLE):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
