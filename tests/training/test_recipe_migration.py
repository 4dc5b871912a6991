"""Recipes and runs of earlier versions: old keys are renamed, dropped or refused, each once."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import pytest

from nerbridge.errors import OldNameWarning, RecipeError, RunError
from nerbridge.training.recipe_files import fingerprint_settings, read_recipe
from nerbridge.training.recipe_migration import migrate_settings
from nerbridge.training.run_folder import RunFolder

OLD = """
name = "mine"
lora = { r = 8, use_rslora = false, modules_to_save = [] }
sampling = { strategy = "proportional", temperature = 1 }
reference = { target_repeats = 10 }
transfer = { masked_words = 0, label_smoothing = 0.0, max_grad_norm = 1, group_by_length = true }
target = { path = "as", language = "as" }
[[sources]]
path = "bn"
language = "bn"
times = 3
lexicon_share = 0.7
[[sources]]
path = "hi"
language = "hi"
times = 2
without_stop = 0.5
[[also]]
name = "other"
path = "x"
language = "as"
"""
NEW = """
name = "mine"
lora = { r = 8 }
target = { path = "as", language = "as" }
[[sources]]
path = "bn"
language = "bn"
repeat = 3
[[sources]]
path = "hi"
language = "hi"
repeat = 2
drop_final_punctuation = 0.5
[[test_sets]]
name = "other"
path = "x"
language = "as"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text, "utf-8")
    return path


def test_an_old_recipe_reads_as_a_new_one_with_one_notice_for_each_key(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        new = read_recipe(write(tmp_path, NEW))
    with pytest.warns(OldNameWarning) as told:
        assert read_recipe(write(tmp_path, OLD)) == new
    messages = [str(one.message) for one in told]
    renamed = [one for one in messages if " is called " in one]
    assert len(messages) == len(set(messages)) == 3 + 10
    assert [one.split(": ")[1].split(" now.")[0] for one in renamed] == [
        "also is called test_sets",
        "sources.times is called repeat",
        "sources.without_stop is called drop_final_punctuation",
    ]
    assert all("recipe.toml" in one and "0.3.0 will refuse" in one for one in messages)


@pytest.mark.parametrize(
    ("table", "key", "value", "advice"),
    [
        ("transfer", "masked_words", 0.1, "Use dropout."),
        ("adapt", "label_smoothing", 0.1, "class_weights"),
        ("baseline", "max_grad_norm", 5, "always 1.0 now"),
        ("baseline", "group_by_length", False, "always on now"),
        ("lora", "use_rslora", True, "square root of r"),
        ("lora", "modules_to_save", ["LayerNorm"], 'method = "full"'),
        ("sampling", "strategy", "equal", "max_sentences and repeat"),
        ("sampling", "temperature", 3, "max_sentences and repeat"),
        ("reference", "target_repeats", 3, "always 10 now"),
    ],
)
def test_another_value_of_a_deleted_key_is_a_mistake(
    table: str, key: str, value: Any, advice: str
) -> None:
    migrated = migrate_settings({table: {key: value}})
    [mistake] = migrated.mistakes
    assert mistake.startswith(f"{table}.{key}: nerbridge 0.2.0 removed this key")
    assert f"found {value!r}" in mistake
    assert advice in mistake


def test_mistakes_of_old_keys_stand_among_the_others(tmp_path: Path) -> None:
    text = OLD.replace("lexicon_share = 0.7", "lexicon_share = 1\nx = 1")
    with pytest.warns(OldNameWarning), pytest.raises(RecipeError, match="2 mistakes") as error:
        read_recipe(write(tmp_path, text))
    assert "sources.0.lexicon_share: nerbridge 0.2.0 removed" in str(error.value)
    assert "sources.0.x: unknown key" in str(error.value)
    with pytest.raises(RecipeError, match="1 mistake"):
        read_recipe(write(tmp_path, NEW), overrides={"transfer.masked_words": 0.1})


def test_both_names_at_once_are_a_mistake() -> None:
    assert migrate_settings({"also": [], "test_sets": []}).mistakes == [
        "also: old name of test_sets, which is given too. Delete also."
    ]


@pytest.mark.parametrize("values", [{"lora": 3}, {"sources": "x"}, {"sources": [3]}, {"also": 3}])
def test_what_is_no_table_is_left_to_the_types(values: dict[str, Any]) -> None:
    before = copy.deepcopy(values)
    assert list(migrate_settings(values).values.values()) == list(before.values())
    assert values == before


def test_an_override_may_have_an_old_name(tmp_path: Path) -> None:
    path = write(tmp_path, NEW)
    overrides = {"also": [], "transfer.masked_words": 0, "sampling.temperature": 1}
    with pytest.warns(OldNameWarning) as told:
        recipe = read_recipe(path, overrides=overrides)
    assert recipe == read_recipe(path, overrides={"test_sets": []})
    assert len(told) == 3
    assert "override: also is called test_sets now." in str(told[0].message)


def old_fingerprint(settings: dict[str, Any]) -> dict[str, Any]:
    """A fingerprint as version 0.1 wrote it: old names, and deleted keys with their defaults."""
    old = copy.deepcopy(settings)
    old["also"] = old.pop("test_sets")
    for source in old["sources"]:
        source["times"] = source.pop("repeat")
        source["without_stop"] = source.pop("drop_final_punctuation")
        source["lexicon_share"] = 0.7
    for stage in ("baseline", "transfer", "adapt"):
        deleted = {"max_grad_norm": 1.0, "label_smoothing": 0.0, "masked_words": 0.0}
        old[stage] |= {**deleted, "group_by_length": True}
    old["lora"] |= {"modules_to_save": [], "use_rslora": False}
    old["sampling"] = {"strategy": "proportional", "temperature": 1.0}
    old["reference"]["target_repeats"] = 10
    return old


def test_a_run_of_the_version_before_is_the_same_run(tmp_path: Path) -> None:
    settings = fingerprint_settings(read_recipe(write(tmp_path, NEW)))
    now = {"recipe": settings, "data": {"target (as)": "1", "test set other": "2"}}
    before = {"recipe": old_fingerprint(settings), "data": {"target (as)": "1", "also other": "2"}}
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.check_fingerprint(before)  # writes it, as the version before did
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        folder.check_fingerprint(now)
    before["recipe"]["transfer"]["masked_words"] = 0.1
    other = RunFolder(tmp_path / "other")
    other.path.mkdir()
    other.check_fingerprint(before)
    with pytest.raises(RunError, match=r"removed keys was .*transfer\.masked_words"):
        other.check_fingerprint(now)
