"""Logs as lines of JSON, in which nothing of a user's text can be."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from nerbridge.errors import InputError, NerbridgeError

FACTS = "facts"
"""The attribute of a log record (``extra={FACTS: {…}}``) whose items become fields."""


class JsonLines(logging.Formatter):
    """One JSON object a line.

    Of an exception it writes its class and where it was raised, not its message, which may quote
    a text; but that of an error that is about this machine.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
            "message": record.getMessage().strip(),
            **getattr(record, FACTS, {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= describe(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def describe(error: BaseException) -> dict[str, Any]:
    """The fields that say what was raised, and where."""
    frames = traceback.extract_tb(error.__traceback__)
    found: dict[str, Any] = {
        "error": type(error).__name__,
        "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, NerbridgeError) and not isinstance(error, InputError):
        found["reason"] = str(error)
    return found


def log_config(*, quiet: bool) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes: everything to stderr, as JSON."""
    level = "WARNING" if quiet else "INFO"
    logger = {"handlers": ["stderr"], "level": level, "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "nerbridge.server.logs.JsonLines"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stderr",
            }
        },
        "loggers": {"uvicorn": logger, "nerbridge.server": logger},
    }
