"""Every mistake in a recipe is said in its own words, on one line, without those of a library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nerbridge.training.recipe import Recipe
from nerbridge.training.recipe_mistakes import describe_mistakes

CORPUS = {"path": "bundled:as", "language": "as"}


def told(**changes: Any) -> list[str]:
    """The lines about a recipe with these changes."""
    values = {"name": "mine", "target": CORPUS, "sources": [CORPUS], **changes}
    with pytest.raises(ValidationError) as error:
        Recipe.model_validate(values)
    first, *lines = describe_mistakes(Path("x.toml"), error.value.errors()).splitlines()
    assert first.startswith("x.toml: ")
    return [line.strip() for line in lines if line.startswith("  ")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lorra": {}}, "lorra: unknown key; did you mean lora?"),
        ({"transfer": {"epoch": 3}}, "transfer.epoch: unknown key; did you mean epochs?"),
        (
            {"sources": [{**CORPUS, "langauge": "x"}]},
            "sources.0.langauge: unknown key; did you mean language?",
        ),
        (
            {"lora": {"rank": 8}},
            "lora.rank: unknown key; expected one of r, lora_alpha, lora_dropout, "
            "target_modules, bias",
        ),
        ({"seeds": 13}, "seeds: expected a list, such as [13, 21, 34], found 13"),
        ({"types": "PER"}, 'types: expected a list, such as ["PER", "LOC"], found \'PER\''),
        (
            {"sources": [{**CORPUS, "tag_names": "O"}]},
            'sources.0.tag_names: expected a list, such as ["O", "B-PER"], found \'O\'',
        ),
        (
            {"sources": [{**CORPUS, "type_map": 8}]},
            'sources.0.type_map: expected a table such as {GPE = "LOC"}, "multiconer2", "fewnerd", '
            "a file, or a list of these, found 8",
        ),
        (
            {"target": {**CORPUS, "type_map": ["A=B", "A=C"]}},
            "target.type_map: --map-types A=C: A was named before; expected each type once.",
        ),
        (
            {"sources": CORPUS},
            "sources: expected a table in double brackets, [[sources]], for each; found [sources]",
        ),
        (
            {"target": [CORPUS]},
            "target: expected one table in single brackets, [target]; found [[target]]",
        ),
        ({"lora": 8}, "lora: expected one table in single brackets, [lora]; found 8"),
        (
            {"lora": {"target_modules": "all"}},
            'lora.target_modules: expected a list, such as ["query", "value"], or "all-linear", '
            "found 'all'",
        ),
        (
            {"lora": {"target_modules": ["query", 3]}},
            'lora.target_modules: expected a list, such as ["query", "value"], or "all-linear", '
            "found ['query', 3]",
        ),
    ],
)
def test_a_mistake_is_one_line(changes: dict[str, Any], said: str) -> None:
    assert told(**changes) == [said]


def test_what_is_looked_at_later_is_said() -> None:
    later = "Fix these first"
    for changes, is_said in (({"seeds": 1}, True), ({"adapt": {"method": "full"}}, False)):
        with pytest.raises(ValidationError) as error:
            Recipe.model_validate({"name": "x", "target": CORPUS, "sources": [CORPUS], **changes})
        assert (later in describe_mistakes(Path("x"), error.value.errors())) == is_said
