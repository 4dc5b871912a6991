from __future__ import annotations

import pytest

from nerbridge.exporting.machine_paths import find_path_in_text, find_paths, without_paths

PATHS = [
    "/home/me/encoder",
    "~/models/a",
    "~me/models",
    "./a",
    "../a/b",
    "C:\\models\\a",
    "d:/models/a",
    "\\\\server\\models\\a",
    "file:///home/me/a",
]
NO_PATHS = ["owner/name", "bundled:mini", "hub:owner/name@as#1", "/", "a b / c", "f1 0.7", "", "~1"]


@pytest.mark.parametrize("path", PATHS)
def test_paths_are_found_and_cut_to_their_last_part(path: str) -> None:
    assert find_paths({"a": [{"b": path}]}) == [path]
    short = without_paths({"a": [{"b": path}], "n": 1, "none": None})
    assert short["a"][0]["b"] in ("a", "b", "encoder", "models")
    assert find_paths(short) == []


@pytest.mark.parametrize("text", NO_PATHS)
def test_names_are_no_paths(text: str) -> None:
    assert find_paths([text]) == []
    assert without_paths(text) == text


@pytest.mark.parametrize(
    "text",
    ["see /home/me/x", "`/opt/a`", "(/tmp/a)", "it is C:\\me\\a", "at file:///x", '"/data/x"'],
)
def test_paths_in_running_text_are_found(text: str) -> None:
    assert find_path_in_text(f"# Title\n\n{text}\n") is not None
    assert find_path_in_text(f"# Title\n\n{text}\n")[0] == 3  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    ["https://example.org/home/me", "km/h and/or", "owner/data/x", "1 / 2", "[a](data/x)", "~/x"],
)
def test_running_text_without_paths_passes(text: str) -> None:
    assert find_path_in_text(text) is None
