"""Numbers for Prometheus; over several workers they are tested with real ones."""

import pytest

from nerbridge.server.metrics import MULTIPROCESS_VARIABLE, Metrics
from nerbridge.tagging.entity import Entity


def test_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MULTIPROCESS_VARIABLE, raising=False)
    metrics = Metrics()
    metrics.observe_request("POST", "/tag", 200, 0.02)
    metrics.observe_request("অদ্ভুত", "/tag", 405, 0.02)
    entity = Entity("PER", "x", 0, 1, 0, 1, 0.5)
    metrics.observe_texts("m", 3, 50, [entity, entity])
    metrics.observe_batch(3, 0.01)
    lines = set(metrics.render().decode().splitlines())
    assert {
        'nerbridge_requests_total{method="POST",path="/tag",status="200"} 1.0',
        'nerbridge_requests_total{method="OTHER",path="/tag",status="405"} 1.0',
        'nerbridge_request_seconds_count{path="/tag"} 2.0',
        'nerbridge_texts_total{model="m"} 3.0',
        'nerbridge_chars_total{model="m"} 50.0',
        'nerbridge_entities_total{model="m",type="PER"} 2.0',
        'nerbridge_batch_texts_bucket{le="4.0"} 1.0',
        "nerbridge_workers 0.0",
    } <= lines
