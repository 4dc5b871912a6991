"""Entities in the forms that other libraries take: displaCy and datasets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nerbridge.errors import InputError
from nerbridge.tagging.entity import Entity
from nerbridge.tagging.tagger import Tagger

if TYPE_CHECKING:
    from datasets import Features

ENTITIES = "entities"
"""The column that `TaggerColumns` adds."""


def entities_to_displacy(
    text: str, entities: Iterable[Entity], *, title: str | None = None
) -> dict[str, Any]:
    """What ``spacy.displacy.render(…, style="ent", manual=True)`` draws.

    >>> entities_to_displacy("অসমত", [Entity("LOC", "অসমত", 0, 4, 0, 1, 0.9)])
    {'text': 'অসমত', 'ents': [{'start': 0, 'end': 4, 'label': 'LOC'}], 'title': None}
    """
    found = [
        {"start": entity.start_char, "end": entity.end_char, "label": entity.type}
        for entity in entities
    ]
    return {"text": text, "ents": found, "title": title}


@dataclass(frozen=True)
class TaggerColumns:
    """A function for ``Dataset.map(…, batched=True)`` that adds a column ``entities``.

    Each cell is a list of records with the fields of `Entity`.
    """

    tagger: Tagger
    field: str = "text"

    def __call__(self, batch: Mapping[str, Sequence[str]]) -> dict[str, list[list[dict[str, Any]]]]:
        """The new column of a batch.

        Raises:
            InputError: if the batch has no column ``field``.
            TextError: if a cell holds no text.
        """
        if self.field not in batch:
            raise InputError(
                f"the data set has the columns {', '.join(batch)}; expected {self.field!r}. Name "
                "the one with the text: tagger_columns(tagger, field=…)."
            )
        tagged = self.tagger.tag_many(batch[self.field])
        return {ENTITIES: [[entity.to_dict() for entity in entities] for entities in tagged]}

    def features(self, features: Features) -> Features:
        """The features of a data set with the new column.

        Without ``map(…, features=…)`` datasets guesses them from the first batch, and guesses
        wrong where no entity is in it.
        """
        from datasets import Features, List, Value

        entity = {
            "type": Value("string"),
            "text": Value("string"),
            **dict.fromkeys(("start_char", "end_char", "start_word", "end_word"), Value("int64")),
            "score": Value("float64"),
        }
        return Features({**features, ENTITIES: List(entity)})


def tagger_columns(tagger: Tagger, field: str = "text") -> TaggerColumns:
    """The tagger as a function for ``Dataset.map(…, batched=True)``."""
    return TaggerColumns(tagger, field)
