"""What the tagger finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity in a text.

    ``start_char:end_char`` (half-open) are characters of the string that was given, so that
    ``given[start_char:end_char] == text``; of a list of words, characters of the words joined by
    single spaces. ``start_word:end_word`` (half-open) index the words of the text as
    `nerbridge.text.words.split_words` gives them, or of the words given. ``score`` is the
    probability, between 0 and 1, of exactly this entity: these borders, this type.
    """

    type: str
    text: str
    start_char: int
    end_char: int
    start_word: int
    end_word: int
    score: float

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, fit for JSON.

        >>> Entity("LOC", "অসম", 0, 3, 0, 1, 0.9).to_dict()["text"]
        'অসম'
        """
        return {
            "type": self.type,
            "text": self.text,
            "start_char": self.start_char,
            "end_char": self.end_char,
            "start_word": self.start_word,
            "end_word": self.end_word,
            "score": self.score,
        }


class Entities(list[Entity]):
    """The entities of one text: a list that a notebook shows as the text, highlighted.

    ``text`` is the string that the offsets count in.
    """

    def __init__(self, entities: Iterable[Entity] = (), text: str = "") -> None:
        super().__init__(entities)
        self.text = text

    def _repr_html_(self) -> str:
        from nerbridge.tagging.page import highlight

        return highlight(self.text, self)
