"""Find the unit in which the offsets of a file count, from the spans of the file.

Label Studio counts code points. doccano counts UTF-16 units, or graphemes if the project says so.
Older versions and other tools differ. For most texts all units give the same offsets. Otherwise a
unit is wrong if under it spans cut words or do not hold the text that they record.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nerbridge.errors import CorpusError
from nerbridge.io.offset_unit import OffsetUnit
from nerbridge.text.words import graphemes, split_words

_VIRAMA = 9
_WRONG = 1000
"""Weight of an impossible span: outside of the text, or over another text than it records."""
_FACTOR, _LEAST_FOR_GRAPHEMES = 4, 3
"""Annotators also mark stems, and so cut words: a unit must fit clearly better than another.
Projects that count graphemes are rare, so that unit needs more than one such span."""


@dataclass(frozen=True, slots=True)
class CharSpan:
    """An entity over characters of a text, half-open; ``surface`` is its text if recorded."""

    start_char: int
    end_char: int
    type: str
    surface: str | None = None


@dataclass(frozen=True, slots=True)
class SpannedText:
    """A text with its spans as they stand in a file, and its place there, for messages.

    ``is_running``: it is several sentences.
    """

    text: str
    spans: tuple[CharSpan, ...]
    place: str
    is_running: bool = False


def to_code_points(
    texts: Sequence[SpannedText], unit: OffsetUnit | None, losses: Counter[str]
) -> list[tuple[CharSpan, ...]]:
    """The spans of every text, with offsets in code points.

    Args:
        texts: those of one file.
        unit: the unit of the offsets. None finds it from the spans of the whole file; a span that
            records its text is placed by its text.
        losses: counts the spans that were read in another unit than code points.

    Raises:
        CorpusError: a span cannot be placed in its text, or the unit is unclear and matters.
    """
    chosen = unit or _choose_unit([text for text in texts if _can_differ(text.text)])
    order = [chosen] if unit else [chosen, *(one for one in OffsetUnit if one is not chosen)]
    found = []
    for text in texts:
        maps = _UnitMaps(text.text)
        placed = []
        for span in text.spans:
            moved, used = _place(span, maps, order, text.place)
            if moved != span:
                losses[f"spans_read_as_{used}"] += 1
            placed.append(moved)
        found.append(tuple(placed))
    return found


class _UnitMaps:
    """The code point at which each unit of a text begins, computed on first use."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: dict[OffsetUnit, Sequence[int]] = {}

    def move(self, span: CharSpan, unit: OffsetUnit) -> CharSpan | None:
        """The span in code points; None if it lies outside of the text or halves a unit."""
        if unit is OffsetUnit.CODE_POINTS:
            is_inside = 0 <= span.start_char < span.end_char <= len(self.text)
            return span if is_inside else None
        if unit not in self._starts:
            self._starts[unit] = _starts(self.text, unit)
        starts = self._starts[unit]
        if not 0 <= span.start_char < span.end_char < len(starts):
            return None
        start, end = starts[span.start_char], starts[span.end_char]
        return None if min(start, end) < 0 else replace(span, start_char=start, end_char=end)


def _starts(text: str, unit: OffsetUnit) -> list[int]:
    """The code point at which each unit begins, and the end of the text; -1: in the middle."""
    if unit is OffsetUnit.GRAPHEMES:
        return [*_grapheme_starts(text), len(text)]
    starts: list[int] = []
    for index, char in enumerate(text):
        starts += [index, -1] if ord(char) > 0xFFFF else [index]
    return [*starts, len(text)]


def _grapheme_starts(text: str) -> Iterator[int]:
    """The starts of graphemes as doccano counts them.

    Unicode joins consonants around a virama since version 15.1, but doccano's library is older.
    """
    for start, end in graphemes(text):
        yield start
        for index in range(start + 1, end):
            before = text[start:index].rstrip("\u200c\u200d")
            if unicodedata.category(text[index]) == "Lo" and (
                unicodedata.combining(before[-1]) == _VIRAMA
            ):
                yield index


def _can_differ(text: str) -> bool:
    """Whether the units of a text differ: it has a character beyond U+FFFF or a combining sign."""
    return any(ord(char) > 0xFFFF or unicodedata.combining(char) for char in text) or (
        len(text) > len(graphemes(text))
    )


def _choose_unit(texts: Sequence[SpannedText]) -> OffsetUnit:
    """The unit under which the spans fit best; code points if they fit about equally well.

    Raises:
        CorpusError: code points and UTF-16 units fit about equally, but place spans differently.
    """
    misfits: Counter[OffsetUnit] = Counter()
    unclear: str | None = None
    for text in texts:
        maps, edges = _UnitMaps(text.text), _Edges(text.text)
        for span in text.spans:
            moved = {unit: maps.move(span, unit) for unit in OffsetUnit}
            misfits.update({unit: edges.misfit(one) for unit, one in moved.items()})
            if span.surface is None and moved[OffsetUnit.UTF16] != moved[OffsetUnit.CODE_POINTS]:
                unclear = unclear or text.place
    points, units = misfits[OffsetUnit.CODE_POINTS], misfits[OffsetUnit.UTF16]
    if _is_clear(misfits[OffsetUnit.GRAPHEMES], min(points, units), least=_LEAST_FOR_GRAPHEMES):
        return OffsetUnit.GRAPHEMES
    if not unclear or _is_clear(points, units):
        return OffsetUnit.CODE_POINTS
    if _is_clear(units, points):
        return OffsetUnit.UTF16
    raise CorpusError(
        f"{unclear}: an emoji or another character beyond U+FFFF comes before a span, and it is "
        "unclear whether offsets count code points or UTF-16 units. Choose the unit: "
        "--offsets code-points (Label Studio), or --offsets utf-16 or graphemes (doccano)."
    )


def _is_clear(misfits: int, of_other: int, *, least: int = 1) -> bool:
    """Whether one unit fits so much better than another that chance does not explain it."""
    return of_other >= least and _FACTOR * misfits <= of_other


class _Edges:
    """Where spans may begin and end: at the edges of words."""

    def __init__(self, text: str) -> None:
        words = [(start, end) for start, end in split_words(text) if text[start:end].strip()]
        self.text = text
        self.starts = {start for start, _ in words}
        self.ends = {end for _, end in words}
        self.graphemes = {start for start, _ in graphemes(text)} | {len(text)}

    def misfit(self, span: CharSpan | None) -> int:
        """0: whole words. More: a cut word, a cut grapheme, a span that cannot be."""
        if span is None or not has_surface(span, self.text):
            return _WRONG
        cut = sum(one not in self.graphemes for one in (span.start_char, span.end_char))
        return cut + (span.start_char not in self.starts) + (span.end_char not in self.ends)


def has_surface(span: CharSpan, text: str) -> bool:
    r"""Whether the span holds the text that it records; all white space is the same.

    >>> has_surface(CharSpan(0, 3, "LOC", "a b"), "a\nb"), has_surface(CharSpan(0, 1, "LOC"), "a")
    (True, True)
    """
    if span.surface is None:
        return True
    found = text[span.start_char : span.end_char]
    return found == span.surface or _plain(found) == _plain(span.surface)


def _plain(text: str) -> list[str]:
    # Label Studio writes a line break in the recorded text as a backslash and an n.
    return text.replace("\\n", "\n").split()


def _place(
    span: CharSpan, maps: _UnitMaps, order: Sequence[OffsetUnit], place: str
) -> tuple[CharSpan, OffsetUnit]:
    """The span and the unit of its offsets: the first one, unless the span records its text."""
    # Only a recorded text can tell that the first unit is wrong for this span.
    for unit in order if span.surface is not None else order[:1]:
        moved = maps.move(span, unit)
        if moved is not None and has_surface(moved, maps.text):
            return moved, unit
    text = maps.text
    found = text[max(0, span.start_char) : max(0, span.end_char)]
    raise CorpusError(
        f"{place}: the span {span.start_char}–{span.end_char} ({span.type}) holds {found!r:.60}; "
        + (f"expected {span.surface!r:.60}" if span.surface else f"the text has {len(text)} chars")
        + ". Offsets count characters from 0; the end is exclusive. Export the record again."
    )
