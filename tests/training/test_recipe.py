"""What a recipe may say, and what does not fit together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from nerbridge.training.recipe import STAGES, Recipe, StageSettings


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
        ({"sources": [BOTH, BOTH]}, "sources: a, a: harmonise leaves out tags, and soft learns"),
        ({"sources": [{"path": "hub:a/b", "language": "bn", "soft": True}]}, "soft needs a folder"),
        ({"name": "../x"}, "pattern"),
        ({"adapt": {"method": "full"}}, "cannot go on from"),
        ({"adapt": {"epochs": 0}}, "greater than 0"),
        ({"adapt": {"learning_rate": 2}}, "less than 1"),
        ({"baseline": {"warm_up": 0.1}}, "Extra inputs are not permitted"),
        ({"encoder": {"ids": "x"}}, "Extra inputs are not permitted"),
        ({"lora": {"rank": 8}}, "rank"),
        ({"encoder": {"id": "bundled:large"}}, "no such bundled encoder"),
        ({"target": {"path": "bundled:mr", "language": "mr"}}, "no such bundled corpus"),
        ({"target": {"path": "a", "language": "as", "script": "Latn"}}, "Beng"),
        ({"also": [{"name": "test", "path": "a", "language": "as"}]}, "differ"),
        ({"also": [{"name": "x", "path": "a", "language": "as"}] * 2}, "differ"),
    ],
)
def test_mistakes_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Recipe.model_validate(values(**changes))


def test_on_validation_no_split_is_test() -> None:
    further = {"path": "a", "language": "as"}
    also = [{**further, "name": name, "split": name} for name in ("train", "validation")]
    recipe = Recipe.model_validate(values(also=[*also, {**further, "name": "x"}]))
    assert recipe.target.split == recipe.also[-1].split == "test"
    developing = recipe.on_validation()
    assert developing.target.split == "validation"
    assert [one.split for one in developing.also] == ["train", "validation", "validation"]
    assert Recipe.model_validate(developing.to_dict()) == developing


def test_the_head_learns_at_the_same_rate_unless_told() -> None:
    settings = {"learning_rate": 1e-3, "epochs": 1}
    assert StageSettings.model_validate(settings).head_rate == 1e-3
    assert StageSettings.model_validate({**settings, "head_learning_rate": 0.1}).head_rate == 0.1
