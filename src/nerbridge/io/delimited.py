"""Tables as text: CSV as Excel, LibreOffice and databases write it, in any of their dialects."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from nerbridge.errors import InputError
from nerbridge.io.lines import split_lines

_MAX_FIELD = 2**31 - 1
_SEPARATORS = ",;\t|"
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_EXCEL_SEPARATOR = re.compile(r'"?sep=(.)"?[,;\t]*\s*', re.IGNORECASE)
"""The first line of some files of Excel: it names the separator and is not a row."""


@dataclass(frozen=True)
class Delimited:
    """A table; ``rows`` are read as they are asked for.

    ``header`` holds the names of the columns, each once; an unnamed one is called ``column N`` and
    stands in ``unnamed`` too. A row is the line where it begins, from 1, and a cell for every name;
    a blank row has no cells.
    """

    separator: str
    header: tuple[str, ...]
    unnamed: frozenset[str]
    rows: Iterator[tuple[int, list[str]]]

    def records(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Line and cells by name of every row; of a blank row no cells."""
        for line, cells in self.rows:
            yield line, dict(zip(self.header, cells, strict=True)) if cells else {}


def read_delimited(lines: Iterable[str], name: str, *, has_quotes: bool = True) -> Delimited:
    r"""A table from its lines, with their line breaks.

    The separator is what Excel's line ``sep=;`` says, else the most frequent of comma, semicolon,
    tab and ``|`` in the header. A row may be longer than the header if what is beyond is blank, and
    shorter if only unnamed columns are missing. Without ``has_quotes`` a quote is like any letter.

    Raises:
        InputError: no header, a name twice in it, a row of another width, or broken quotes; of
            rows when their turn comes.

    >>> table = read_delimited(["sep=;\n", "id;text;\n", "1;অসম;\n"], "a.csv")
    >>> table.header, [*table.rows]
    (('id', 'text', 'column 3'), [(3, ['1', 'অসম', ''])])
    """
    csv.field_size_limit(_MAX_FIELD)  # csv's own limit, 131,072, is less than a long document
    pieces = (piece for line in lines for piece in split_lines(line))
    first, n_before = next(pieces, ""), 0
    said = _EXCEL_SEPARATOR.fullmatch(first)
    if said:
        first, n_before = next(pieces, ""), 1
    separator = said[1] if said else _find_separator(first)
    reader = csv.reader(
        chain([first], pieces),
        delimiter=separator,
        strict=True,
        quoting=csv.QUOTE_MINIMAL if has_quotes else csv.QUOTE_NONE,
    )
    rows = _number_rows(reader, n_before, name, separator)
    _, cells = next(rows, (1, []))
    header, unnamed = _name_columns(cells, f"{name}:{n_before + 1}")
    fitting = _fit_rows(rows, header, unnamed, name, separator)
    return Delimited(separator, header, unnamed, fitting)


def _find_separator(first: str) -> str:
    """The most frequent separator outside quotes; the first of ``_SEPARATORS`` if several are."""
    bare = _QUOTED.sub("", first)
    return max(_SEPARATORS, key=bare.count)


def _number_rows(
    reader: Iterator[list[str]], n_before: int, name: str, separator: str
) -> Iterator[tuple[int, list[str]]]:
    last_line = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            line = n_before + reader.line_num  # type: ignore[attr-defined]
            raise InputError(
                f"{name}:{line}: broken CSV ({error}); expected {separator!r} between cells "
                "and doubled quotes inside of quotes. Export it again."
            ) from error
        yield n_before + last_line + 1, cells
        # A quoted cell may span lines, so the reader counts the lines, not the rows.
        last_line = reader.line_num  # type: ignore[attr-defined]


def _name_columns(cells: Sequence[str], place: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names of all columns, and the names that were made up for unnamed ones."""
    if not any(cell.strip() for cell in cells):
        raise InputError(
            f"{place}: no header (the file is empty or begins with a blank line); expected the "
            "names of the columns with commas between them. Check that the export is complete."
        )
    names = [cell.strip() or f"column {number}" for number, cell in enumerate(cells, start=1)]
    check_names(names, place)
    unnamed = (name for name, cell in zip(names, cells, strict=True) if not cell.strip())
    return tuple(names), frozenset(unnamed)


def check_names(names: Sequence[str], place: str) -> None:
    """Check that the names of columns differ.

    Raises:
        InputError: a name is there twice.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"{place}: columns with the same name: {', '.join(map(repr, twice))}; expected "
            "each name once. Rename one of them."
        )


def _fit_rows(
    rows: Iterable[tuple[int, list[str]]],
    header: Sequence[str],
    unnamed: frozenset[str],
    name: str,
    separator: str,
) -> Iterator[tuple[int, list[str]]]:
    """The rows with as many cells as there are names."""
    n_needed = max(index for index, one in enumerate(header, start=1) if one not in unnamed)
    for line, cells in rows:
        is_blank = not any(cell.strip() for cell in cells)
        if not is_blank and (
            len(cells) < n_needed or any(cell.strip() for cell in cells[len(header) :])
        ):
            raise InputError(
                f"{name}:{line}: {len(cells)} cells; expected {len(header)}, as in the header. Put "
                f"quotes around cells with {separator!r}; if it is the last line, the file "
                "was cut."
            )
        padded = [*cells[: len(header)], *[""] * (len(header) - len(cells))]
        yield line, [] if is_blank else padded
