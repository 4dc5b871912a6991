"""A recipe for a new language: what is written can be read, and says what was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from nerbridge.errors import InputError, RecipeError
from nerbridge.training.recipe_files import read_recipe
from nerbridge.training.recipe_writing import (
    NamedCorpus,
    find_language,
    new_recipe,
    read_source,
    write_recipe,
)

GUJARATI = NamedCorpus("corpora/gu", "gu")


def write(file: Path, *sources: str, encoder: str = "bundled:mini") -> str:
    return new_recipe(file, GUJARATI, [read_source(source) for source in sources], encoder)


def test_what_is_written_is_a_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipes").mkdir()
    file = Path("recipes/my gujarati.toml")
    file.write_text(write(file, "bundled:hi", "bn=news/prothom.conll"), "utf-8")
    recipe = read_recipe(file)
    assert recipe.name == "my-gujarati"
    assert [source.language for source in recipe.sources] == ["hi", "bn"]
    assert {recipe.target.script, *(source.script for source in recipe.sources)} == {"Beng"}
    # From the current folder a corpus is where it was named.
    assert Path(recipe.resolve_path(recipe.target.path)).resolve() == tmp_path / "corpora/gu"
    assert recipe.resolve_path(recipe.sources[0].path) == "bundled:hi"


def test_an_encoder_of_the_hub_reads_every_script(tmp_path: Path) -> None:
    file = tmp_path / "gu.toml"
    file.write_text(write(file, "bundled:hi", encoder="owner/name"), "utf-8")
    recipe = read_recipe(file)
    assert recipe.encoder.id == "owner/name"
    assert recipe.target.script is None


@pytest.mark.parametrize(
    ("corpus", "language"),
    [
        ("data/il_ner_or", "or"),
        ("data/il_ner_or/", "or"),
        ("hub:unimelb-nlp/wikiann@ne", "ne"),
        ("C:\\data\\brx", "brx"),
        ("news.conll", None),
        ("nepali", None),
    ],
)
def test_the_language_is_read_from_the_end_of_a_name(corpus: str, language: str | None) -> None:
    assert find_language(corpus) == language


def test_a_source_without_a_language_is_refused_with_the_way_to_give_it() -> None:
    with pytest.raises(InputError, match=r"--source hi=news\.conll"):
        read_source("news.conll")


def test_mistakes_are_said_before_anything_is_written(tmp_path: Path) -> None:
    file = tmp_path / "gu.toml"
    with pytest.raises(RecipeError, match="no such bundled corpus"):
        write_recipe(file, "corpora/gu", ["bundled:xx"], "bundled:mini")
    assert not file.exists()
