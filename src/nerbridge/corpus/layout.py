"""The layout of a file, if it cannot be detected: columns, tag names, unit of offsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nerbridge.errors import InputError
from nerbridge.io.offset_unit import OffsetUnit


@dataclass(frozen=True)
class Columns:
    """Which column holds words (or text), and which holds tags (or spans): a number or a name."""

    word: str
    tag: str

    def find_in(self, header: Sequence[str] | None, n_columns: int, place: str) -> tuple[int, int]:
        """Both columns, from 0.

        Raises:
            InputError: there is no such column.

        >>> Columns("2", "Tag").find_in(["id", "Word", "tag"], 3, "a.csv:1")
        (1, 2)
        """
        word, tag = (_find(one, header, n_columns, place) for one in (self.word, self.tag))
        return word, tag


@dataclass(frozen=True)
class Layout:
    """The layout of the files as the user gives it; None means that it is detected."""

    tag_names: Sequence[str] | None = None
    columns: Columns | None = None
    offsets: OffsetUnit | None = None


def parse_columns(text: str | None) -> Columns | None:
    """What ``--columns WORD,TAG`` says.

    Raises:
        InputError: not two different columns.

    >>> parse_columns("2, ner")
    Columns(word='2', tag='ner')
    """
    if text is None:
        return None
    cells = [cell.strip() for cell in text.split(",")]
    if len(cells) != 2 or not all(cells) or cells[0] == cells[1]:
        raise InputError(
            f"columns {text!r}: expected two columns, WORD,TAG, as numbers from 1 or as names of "
            "the header, such as 2,3 or token,label."
        )
    return Columns(*cells)


def _find(column: str, header: Sequence[str] | None, n_columns: int, place: str) -> int:
    names = [name.strip().lower() for name in header or ()]
    if column.lower() in names:
        return names.index(column.lower())
    if column.isdecimal() and 1 <= int(column) <= n_columns:
        return int(column) - 1
    known = f" or one of {', '.join(header)}" if header else ""
    raise InputError(
        f"{place}: there is no column {column!r}; expected a number from 1 to {n_columns}{known}. "
        "Correct --columns."
    )
