"""The description of the paths, and the paths against their description."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from server_process import Server


@pytest.mark.slow
def test_answers_are_as_described(server: Server, tmp_path: Path) -> None:
    pytest.importorskip("schemathesis")
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run"),
        *(f"{server.url}/openapi.json", "--no-color", "--generation-deterministic"),
        *("--max-examples", "12", "--phases", "fuzzing"),
        # Which bytes are a document, and which types a model knows, no description can say.
        *("--exclude-checks", "positive_data_acceptance"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout
    assert "8 selected / 8 total" in done.stdout
    assert not [line for line in server.requests() if line["status"] == 500]


def test_every_path_declares_its_refusals(server: Server) -> None:
    paths = server.http.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        *("/tag", "/tag/document", "/models", "/models/{name}/card", "/report"),
        *("/health", "/ready", "/metrics"),
    }
    for methods in paths.values():
        for operation in methods.values():
            assert {"400", "401", "403", "408", "413", "500", "503"} <= set(operation["responses"])
            assert operation["responses"]["503"]["headers"]["Retry-After"]


def test_the_types_of_the_models_are_in_it(server: Server) -> None:
    schemas = server.http.get("/openapi.json").json()["components"]["schemas"]
    types = schemas["TagText"]["properties"]["types"]
    assert types["anyOf"][0]["items"]["enum"] == ["LOC", "ORG", "PER"]
