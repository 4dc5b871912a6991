"""Lines of JSON, without a word of a user's text."""

import json
import logging
import sys

import pytest

from nerbridge.errors import ModelError, NerbridgeError, TextError
from nerbridge.server.logs import FACTS, JsonLines, log_config

SECRET = "গোপন কথা"


def line_of(error: Exception | None = None, **facts: object) -> dict[str, object]:
    found = None
    if error is not None:
        try:
            raise error
        except Exception:
            found = sys.exc_info()
    record = logging.LogRecord("a", logging.ERROR, "f.py", 1, "it %s", ("failed",), found)
    setattr(record, FACTS, facts)
    text = JsonLines().format(record)
    assert "\n" not in text
    line: dict[str, object] = json.loads(text)
    return line


def test_fields() -> None:
    line = line_of(status=200, path="/tag")
    assert (line["message"], line["level"], line["status"]) == ("it failed", "error", 200)
    assert str(line["time"]).endswith("+00:00")


@pytest.mark.parametrize("error", [ValueError(SECRET), TextError(SECRET), KeyError(SECRET)])
def test_messages_that_may_quote_a_text_are_left_out(error: Exception) -> None:
    line = line_of(error)
    assert line["error"] == type(error).__name__
    assert "test_logs.py" in str(line["where"])
    assert SECRET not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize("kind", [ModelError, NerbridgeError])
def test_what_is_wrong_with_this_machine_is_said(kind: type[Exception]) -> None:
    assert line_of(kind("/srv/model: damaged"))["reason"] == "/srv/model: damaged"


def test_quiet() -> None:
    assert log_config(quiet=True)["loggers"]["uvicorn"]["level"] == "WARNING"
