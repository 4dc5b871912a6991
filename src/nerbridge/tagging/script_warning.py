"""What the command line says of texts that a model cannot read well, as warnings in Python."""

from __future__ import annotations

import sys
import warnings

from nerbridge.errors import ScriptWarning
from nerbridge.models.word_model import TokenClassifier


def warn_of_script(text: str, model: TokenClassifier, given: set[str]) -> None:
    """Warn that the model cannot read a text well, unless the same was ``given`` before."""
    for notice in model.notices_for(text):
        if notice not in given:
            given.add(notice)
            warnings.warn(notice, ScriptWarning, stacklevel=_level_of_caller())


def _level_of_caller() -> int:
    """The ``stacklevel`` of the nearest line outside nerbridge, where the user can act."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] == "nerbridge":
        frame, level = frame.f_back, level + 1
    return level
