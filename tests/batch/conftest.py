"""The tagger of these tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from nerbridge.tagging.tagger import Tagger
from tiny_tagger import write_tiny_tagger


@pytest.fixture(scope="session")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    """A tagger that knows a few words."""
    folder: Path = write_tiny_tagger(tmp_path_factory.mktemp("tiny") / "model")
    return Tagger.load(folder, n_threads=1)
