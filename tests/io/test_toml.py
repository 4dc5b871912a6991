"""TOML as it is written, read back by Python's own reader."""

import tomllib
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from nerbridge.io.toml import to_toml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = TEXT | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False)
VALUES = st.recursive(
    SCALARS | st.lists(SCALARS, max_size=3),
    lambda inner: (
        st.dictionaries(TEXT, inner, max_size=3)
        | st.lists(st.dictionaries(TEXT, inner, max_size=3), max_size=2)
    ),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_a_recipe_is_read_back_from_its_toml(recipe: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(recipe)) == recipe


@given(st.dictionaries(TEXT, SCALARS, max_size=4))
@example({"𐀀": "\x7f"})
def test_what_is_not_set_is_told_and_changes_nothing(recipe: dict[str, Any]) -> None:
    text = to_toml({**recipe, "base": None})
    assert "# base is not set" in text
    assert tomllib.loads(text) == {key: v for key, v in recipe.items() if key != "base"}


def test_what_is_not_set_in_a_short_table_is_told_too() -> None:
    text = to_toml({"sources": [{"path": "a", "script": None}, {"path": "b"}]})
    assert "# script is not set" in text
    assert tomllib.loads(text) == {"sources": [{"path": "a"}, {"path": "b"}]}
