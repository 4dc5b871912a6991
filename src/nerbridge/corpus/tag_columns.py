"""Find the tag column of a CoNLL file and read its cells as tags of IOB and similar schemes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from nerbridge.io.conll import looks_like_tag
from nerbridge.labels import OUTSIDE

WordCells = Sequence[Sequence[str]]
"""The cells of a word, or of the parts into which CoNLL-U divides it."""

_PHRASES = """
NP VP PP ADVP ADJP SBAR PRT INTJ CONJP LST UCP
VGF VGNF VGINF VGNN JJP RBP CCP NEGP BLK FRAGP
"""
_CHUNK_TYPES = frozenset(_PHRASES.split())
"""Phrase types of CoNLL-2000 and of the shallow parsers of Indian languages."""
_MISC_TAG = re.compile(r"(?:.*\|)?(?:NER|NE|Name)=([^|]+)(?:\|.*)?", re.IGNORECASE)
_WORD_OF_2012, _TAG_OF_2012 = 3, 10
_BRACKETS = re.compile(r"\((?P<type>[^()*\s]+)(?:\*|\))|\*\)?|\)")


def choose_tags(
    sentences: Sequence[Sequence[WordCells]], word: int, tag: int | None, losses: Counter[str]
) -> Iterator[list[str]]:
    """The tags of every sentence, a tag for each word.

    Args:
        sentences: the words of each, as the cells of their rows.
        word: the column of the words.
        tag: the column of the tags; if None it is the first behind the words in which all cells
            are tags, phrases (``B-NP``) aside, and some entity stands; else the last. Entities of
            other such columns, mostly inner entities, are counted as ``entities_in_other_columns``.
        losses: counts what is left out.

    A lower-case ``o`` is O. Cells such as ``NER=B-PER`` (CoNLL-U) and brackets such as ``(PER*``
    (CoNLL-2012) are read as tags.
    """
    rows = [cells for words in sentences for parts in words for cells in parts]
    column = _find_tag_column(rows, word, losses) if tag is None else tag
    cells = [row[column] for row in rows]
    if any(map(_MISC_TAG.fullmatch, cells)) and not any(map(looks_like_tag, cells)):
        read: Callable[[str], str] = _read_misc
    else:
        read = _strip
    is_bracketed = all(map(_BRACKETS.fullmatch, cells))
    for words in sentences:
        tags = [[read(row[column]) for row in parts] for parts in words]
        named = [_merge([OUTSIDE if one == "o" else one for one in parts]) for parts in tags]
        yield _brackets_to_tags(named) if is_bracketed else named


def _find_tag_column(rows: Sequence[Sequence[str]], word: int, losses: Counter[str]) -> int:
    width = min(map(len, rows))
    if word == _WORD_OF_2012:
        return _TAG_OF_2012
    tagged = [i for i in range(word + 1, width) if all(looks_like_tag(row[i]) for row in rows)]
    types = {i: Counter(row[i].strip()[2:] for row in rows if row[i][:2] in _BEGIN) for i in tagged}
    # A column of O alone may be an empty level of nested entities, and phrases are no entities.
    named = [i for i in tagged if any(row[i].strip() not in "Oo" for row in rows)]
    named = [i for i in named if not _are_phrases(row[i].strip()[2:] for row in rows)] or named
    if not named:
        return tagged[-1] if tagged else len(rows[0]) - 1
    losses["entities_in_other_columns"] += sum(types[i].total() for i in named[1:])
    return named[0]


_BEGIN = ("B-", "S-", "U-")


def _are_phrases(types: Iterator[str]) -> bool:
    return all(type_.upper() in _CHUNK_TYPES for type_ in types if type_)


def _strip(cell: str) -> str:
    return cell.strip()


def _read_misc(cell: str) -> str:
    match = _MISC_TAG.fullmatch(cell)
    return match[1].strip() if match else OUTSIDE


def _merge(tags: Sequence[str]) -> str:
    """The tag of a word from those of its parts: the first that is not O."""
    return next((tag for tag in tags if tag not in (OUTSIDE, "_")), tags[0] if tags else OUTSIDE)


def _brackets_to_tags(cells: Sequence[str]) -> list[str]:
    """IOB2 tags from ``(PER*``, ``*``, ``*)`` and ``(PER)``."""
    tags, open_type = [], None
    for cell in cells:
        match = _BRACKETS.fullmatch(cell)
        begun = match["type"] if match else None
        open_type, prefix = (begun, "B") if begun else (open_type, "I")
        tags.append(f"{prefix}-{open_type}" if open_type else OUTSIDE)
        if cell.endswith(")"):
            open_type = None
    return tags
