"""``nerbridge recipe``: what it prints can be read back, and mistakes are all said."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from nerbridge.cli.recipe import app
from nerbridge.errors import InputError, RecipeError
from nerbridge.io.toml import to_toml
from nerbridge.training.recipe import SHIPPED, Recipe
from nerbridge.training.recipe_files import read_recipe, shipped_recipes

RICH = {
    "name": "rich",
    "description": 'a "quoted"\nword, ৰ and \\',
    "data_root": "/data",
    "types": ["PER", "LOC"],
    "target": {"path": "as", "language": "as", "max_train": 100, "scheme": "iob1"},
    "sources": [
        {"path": "bn", "language": "bn", "type_map": {"GPE": "LOC", "A-B c": "PER"}},
        {"path": "hi", "language": "hi", "script": "Beng", "tag_names": ["O", "B-PER"]},
        {"path": "ne", "language": "ne", "type_map": ["fewnerd", "City=LOC"]},
        {"path": "mr", "language": "mr", "type_map": "multiconer2"},
    ],
    "test_sets": [{"name": "other", "path": "x", "language": "as", "split": "validation"}],
    "adapt": {"learning_rate": 1e-7, "patience": 3, "dropout": 0.0},
}


def call(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, Exception):
        raise result.exception
    return result


@pytest.mark.parametrize("name", shipped_recipes())
def test_what_show_prints_is_the_same_recipe(name: str, tmp_path: Path) -> None:
    shown = call("show", name)
    (tmp_path / "shown.toml").write_text(shown.stdout, "utf-8")
    shown_again = read_recipe(tmp_path / "shown.toml", as_written=True)
    assert shown_again == read_recipe(name, as_written=True)


@pytest.mark.parametrize("name", shipped_recipes())
def test_what_show_prints_says_nothing_of_this_machine(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NERBRIDGE_SHARED", "/some/where")
    shown = call("show", name).stdout
    assert str(SHIPPED.parent) not in shown
    assert "/some/where" not in shown
    assert "/some/where" not in call("show", name, "--json").stdout


def test_a_recipe_of_ones_own_is_shown_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(call("show", "quickstart").stdout, "utf-8")
    assert str(tmp_path) not in call("show", path).stdout
    assert read_recipe(path).data_root == str(tmp_path)


def test_a_rich_recipe_survives_too(tmp_path: Path) -> None:
    recipe = Recipe.model_validate(RICH)
    path = tmp_path / "rich.toml"
    path.write_text(to_toml(recipe.to_dict()), "utf-8")
    assert read_recipe(path) == recipe


def test_a_type_that_is_dropped_survives_too(tmp_path: Path) -> None:
    """TOML has no null: dropping a type is said with an empty name there."""
    values = {**RICH, "sources": [{"path": "bn", "language": "bn", "type_map": {"MISC": None}}]}
    path = tmp_path / "dropping.toml"
    path.write_text(to_toml(Recipe.model_validate(values).to_dict()), "utf-8")
    assert read_recipe(path).sources[0].type_map == {"MISC": None}


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
        st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**60), 2**60)
        | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
        | st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=3),
        max_size=5,
    )
)  # fmt: skip
def test_plain_values_survive(values: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(values)) == values


def test_show_names_every_key(tmp_path: Path) -> None:
    shown = call("show", "quickstart").stdout
    for stage in ("baseline", "transfer", "adapt"):
        for key in type(read_recipe("quickstart").stage(stage)).model_fields:  # type: ignore[arg-type]
            assert key in shown
    assert "# patience is not set" in shown


def test_show_as_json_is_json_alone() -> None:
    values = json.loads(call("show", "quickstart", "--json").stdout)
    assert Recipe.model_validate(values) == read_recipe("quickstart", as_written=True)


def test_list_names_the_shipped_ones() -> None:
    assert list(json.loads(call("list", "--json").stdout)) == shipped_recipes()
    lines = call("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == shipped_recipes()


def test_check_says_what_is_right_and_what_is_wrong(tmp_path: Path) -> None:
    good = call("check", "quickstart")
    assert (good.stdout, good.stderr) == ("", "quickstart: no mistakes.\n")
    assert call("check", "quickstart", "--quiet").stderr == ""
    assert json.loads(call("check", "quickstart", "--json").stdout)["name"] == "quickstart"
    path = tmp_path / "bad.toml"
    path.write_text('name = "x"\nseed = 3\n', "utf-8")
    with pytest.raises(RecipeError, match=r"seed: (?s:.*)target: (?s:.*)sources: |3 mistakes"):
        call("check", path)


def test_check_says_which_corpora_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.conll").write_text("ক\tB-LOC\n", "utf-8")
    path = tmp_path / "own.toml"
    sources = "".join(
        f'[[sources]]\npath = "{name}"\nlanguage = "bn"\n'
        for name in ("there.conll", "no.conll", "here:made", "hub:a/b", "bundled:bn")
    )
    made = '[[pseudo_labels]]\npath = "here:made"\nrecipe = "quickstart"\ntext = ["a.txt"]\n'
    also = '[[test_sets]]\nname = "o"\npath = "sub/other"\nlanguage = "as"\n'
    target = '[target]\npath = "as"\nlanguage = "as"\n'
    path.write_text(f'name = "own"\n{target}{sources}{made}{also}', "utf-8")
    with pytest.raises(RecipeError, match="4 corpora or files were not found") as found:
        call("check", path)
    message = str(found.value)
    for key, place in (("target", "as"), ("sources.1", "no.conll"), ("test_sets.0", "sub/other")):
        assert f"  {key}.path: {tmp_path / place}: not found." in message
    assert f"  pseudo_labels.0.text: {tmp_path / 'a.txt'}: not found." in message
    assert "made:" not in message


def test_new_writes_once_and_replaces_only_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ask = ("new", "gu.toml", "--target", "corpora/gu", "--source", "bundled:hi")
    call(*ask)
    before = (tmp_path / "gu.toml").read_text("utf-8")
    with pytest.raises(InputError, match="--overwrite"):
        call(*ask)
    call(*ask, "--overwrite", "--language", "guj")
    assert (tmp_path / "gu.toml").read_text("utf-8") != before
    with pytest.raises(InputError, match="--language"):
        call("new", "other.toml", "--target", "corpora/gujarati", "--source", "bundled:hi")
    with pytest.raises(RecipeError, match="bundled:xx"):
        call("new", "other.toml", "--target", "gu", "--source", "bundled:xx")
    assert not (tmp_path / "other.toml").exists()
