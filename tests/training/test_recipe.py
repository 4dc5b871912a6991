"""What a recipe may say, and what does not fit together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from nerbridge.training.recipe import Recipe
from nerbridge.training.recipe_files import recipe_sha256
from nerbridge.training.stage_settings import STAGES, StageSettings


def values(**changes: Any) -> dict[str, Any]:
    corpus = {"path": "bundled:as", "language": "as"}
    return {"name": "mine", "target": corpus, "sources": [corpus], **changes}


def test_defaults_are_enough() -> None:
    recipe = Recipe.model_validate(values())
    assert recipe.encoder.id == "bundled:mini"
    assert recipe.types == ("PER", "ORG", "LOC")
    assert [recipe.stage(name) for name in STAGES] == [
        recipe.baseline,
        recipe.transfer,
        recipe.adapt,
    ]


def test_it_is_frozen_and_survives_being_plain_values() -> None:
    recipe = Recipe.model_validate(values(lora={"target_modules": ["query"]}))
    with pytest.raises(ValidationError, match="frozen"):
        recipe.name = "other"  # type: ignore[misc]
    assert Recipe.model_validate(recipe.to_dict()) == recipe


BOTH = {"path": "a", "language": "bn", "harmonise": True, "soft": True}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seeds": []}, "seeds"),
        ({"seeds": [1, 1]}, "a seed twice"),
        ({"seeds": [-1]}, "greater than or equal to 0"),
        ({"types": ["PER", "PER"]}, "a type twice"),
        ({"sources": []}, "at least 1"),
        ({"sources": [{"path": "a", "language": "bn", "harmonise": True}]}, "there is only one"),
        ({"sources": [BOTH, BOTH]}, "sources: a, a: harmonise changes tags, but soft learns"),
        ({"sources": [{"path": "hub:a/b", "language": "bn", "soft": True}]}, "soft needs a folder"),
        ({"name": "../x"}, "pattern"),
        ({"adapt": {"method": "full"}}, "cannot continue a model of"),
        ({"adapt": {"epochs": 0}}, "greater than 0"),
        ({"adapt": {"learning_rate": 2}}, "less than 1"),
        ({"baseline": {"warm_up": 0.1}}, "Extra inputs are not permitted"),
        ({"encoder": {"ids": "x"}}, "Extra inputs are not permitted"),
        ({"lora": {"rank": 8}}, "rank"),
        ({"encoder": {"id": "bundled:large"}}, "no such bundled encoder"),
        ({"target": {"path": "bundled:mr", "language": "mr"}}, "no such bundled corpus"),
        ({"target": {"path": "a", "language": "as", "script": "Latn"}}, "Beng"),
        ({"test_sets": [{"name": "test", "path": "a", "language": "as"}]}, "differ"),
        ({"test_sets": [{"name": "x", "path": "a", "language": "as"}] * 2}, "differ"),
    ],
)
def test_mistakes_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Recipe.model_validate(values(**changes))


def test_on_validation_no_split_is_test() -> None:
    further = {"path": "a", "language": "as"}
    also = [{**further, "name": name, "split": name} for name in ("train", "validation")]
    recipe = Recipe.model_validate(values(test_sets=[*also, {**further, "name": "x"}]))
    assert recipe.target.split == recipe.test_sets[-1].split == "test"
    developing = recipe.on_validation()
    assert developing.target.split == "validation"
    assert [one.split for one in developing.test_sets] == ["train", "validation", "validation"]
    assert Recipe.model_validate(developing.to_dict()) == developing


def test_the_head_learns_at_the_same_rate_unless_told() -> None:
    settings = {"learning_rate": 1e-3, "epochs": 1}
    assert StageSettings.model_validate(settings).head_rate == 1e-3
    assert StageSettings.model_validate({**settings, "head_learning_rate": 0.1}).head_rate == 0.1


def scripts_of(**changes: Any) -> list[str | None]:
    recipe = Recipe.model_validate({**SCRIPTED, **changes})
    return [c.script for c in (recipe.target, *recipe.sources, *recipe.test_sets)]


SCRIPTED: dict[str, Any] = {
    "name": "scripted",
    "target": {"path": "as", "language": "as"},
    "sources": [
        {"path": "hi", "language": "hi"},
        {"path": "bn", "language": "bn", "script": "native"},
        {"path": "ne", "language": "ne", "script": "Deva"},
    ],
    "test_sets": [{"name": "other", "path": "x", "language": "as"}],
}


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (None, [None, None, None, "Deva", None]),
        ("native", [None, None, None, "Deva", None]),
        ("target", ["Beng", "Beng", None, "Deva", "Beng"]),
        ("Orya", ["Orya", "Orya", None, "Deva", "Orya"]),
        ("native-folded", ["native-folded", "native-folded", None, "Deva", "native-folded"]),
    ],
)
def test_the_script_of_a_recipe_is_that_of_corpora_without_one(
    script: str | None, expected: list[str | None]
) -> None:
    assert scripts_of(**({} if script is None else {"script": script})) == expected


def test_a_recipe_with_one_script_is_that_with_the_script_at_every_corpus() -> None:
    """Both have the same settings, so that a run of one continues with the other."""
    short = Recipe.model_validate({**SCRIPTED, "script": "target"})
    written_out = Recipe.model_validate(short.to_dict())
    assert "script" not in short.to_dict()
    assert recipe_sha256(short) == recipe_sha256(written_out)


def test_a_script_that_is_not_known_is_one_mistake() -> None:
    with pytest.raises(ValidationError) as error:
        scripts_of(script="beng")
    assert [mistake["loc"] for mistake in error.value.errors()] == [("script",)]
    with pytest.raises(
        ValidationError, match="does not know the script of the target language 'xx'"
    ):
        scripts_of(script="target", target={"path": "xx", "language": "xx"})


@pytest.mark.parametrize(
    "path", ["hf://datasets/owner/name/as/train.txt", "hub:owner/name@as", "bundled:hi"]
)
def test_a_corpus_of_the_hub_is_not_looked_up_in_a_folder(path: str) -> None:
    recipe = Recipe.model_validate(values(data_root="/data"))
    assert recipe.resolve_path(path) == path
    assert recipe.resolve_path("maps/mine.tsv") == "/data/maps/mine.tsv"
