from pathlib import Path

import pytest

from nerbridge.errors import InputError
from nerbridge.selection.formats import SuggestionFormat, suggestion_format_of


def test_the_ending_tells_the_format() -> None:
    assert suggestion_format_of(Path("a.JSONL")) is SuggestionFormat.DOCCANO
    with pytest.raises(InputError, match="does not tell the format"):
        suggestion_format_of(Path("a.txt"))
