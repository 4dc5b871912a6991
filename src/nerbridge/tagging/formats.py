"""Entities in the forms that other libraries take: displaCy and datasets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nerbridge.errors import InputError
from nerbridge.io.fields import bytes_to_text, find_field
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

    Each cell is a list of records with the fields of `Entity`; of a null it is empty, as on the
    command line. ``field`` may be inside another: ``a.b`` is field b inside field a.
    """

    tagger: Tagger
    field: str = "text"

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> dict[str, list[list[dict[str, Any]]]]:
        """The new column of a batch.

        Raises:
            InputError: if the batch has no column ``field``.
            TextError: if a cell holds no text.
        """
        tagged = self.tagger.tag_many(self._texts(batch))
        return {ENTITIES: [[entity.to_dict() for entity in entities] for entities in tagged]}

    def _texts(self, batch: Mapping[str, Sequence[Any]]) -> list[Any]:
        """The texts; a null is an empty one, and bytes are decoded where they are text."""
        # A column may have a dot in its own name.
        column = self.field if self.field in batch else self.field.partition(".")[0]
        try:
            values = [find_field({column: cell}, self.field) for cell in batch[column]]
        except KeyError:
            raise InputError(
                f"the data set has the columns {', '.join(batch)}; expected {self.field!r}. Name "
                "the column with the text: tagger_columns(tagger, field=…)."
            ) from None
        return [_to_text(value) for value in values]

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


def _to_text(value: Any) -> Any:
    if value is None:
        return ""
    text = bytes_to_text(value) if isinstance(value, bytes) else None
    return value if text is None else text


def tagger_columns(tagger: Tagger, field: str = "text") -> TaggerColumns:
    """The tagger as a function for ``Dataset.map(…, batched=True)``."""
    return TaggerColumns(tagger, field)
