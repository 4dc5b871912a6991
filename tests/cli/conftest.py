"""Commands called as a user does, in a folder of their own, with a model that tags by a list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

TEXT = "ৰমেন দাস আজি গুৱাহাটীত আছিল।\nঅসম দেশখন বৰ ধুনীয়া বুলি সকলোৱে কয়।\nভাল।\n"
"""What stands in ``a.txt``."""

Call = Callable[..., Result]


@pytest.fixture
def make_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Call]:
    """A command's function and a model folder, to a call with arguments that raises its errors."""
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(TEXT, "utf-8")

    def make(command: Callable[..., None], model: Path) -> Call:
        app = typer.Typer()
        app.command()(command)

        def call(*arguments: str) -> Result:
            result = CliRunner().invoke(app, [*arguments, "--model", str(model)])
            if isinstance(result.exception, Exception):
                raise result.exception
            return result

        return call

    return make
