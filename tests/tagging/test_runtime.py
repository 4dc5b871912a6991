import subprocess
import sys

import pytest

# A thread of its own is what telemetry can be known by.
COUNT = """
import os
import numpy
def n_threads():
    return len(os.listdir("/proc/self/task"))
before = n_threads()
{statement}
print(n_threads() - before)
"""


def n_new_threads(statement: str) -> int:
    program = COUNT.format(statement=statement)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_onnxruntime_reports_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    assert n_new_threads("from nerbridge.tagging.runtime import ort") == 0
