"""What the model reads of a document, and the way back to what the document says.

Lines of a PDF end where the paper does. For the model they are one paragraph: a line break is a
space, a word divided at the end of a line is whole again. Entities found in that are given as they
stand in the document, line break and hyphen inside included.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

import regex

from nerbridge.documents.document import Document
from nerbridge.tagging.entity import Entity
from nerbridge.tagging.tagger import Tagger
from nerbridge.text.mapped import MappedText
from nerbridge.text.words import split_words

_SOFT = "\u00ad"
_BREAK = re.compile(r"([-\u2010\u00ad]?)\n(?!\n)(?<!\n\n)[ \t]*|\t")
_WORD_BEFORE = re.compile(r"[^\s\u0964]{1,40}$")
_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
_LETTERS_BEFORE = regex.compile(r"[\p{L}\p{M}]+$")
_WORD_BEHIND = re.compile(r"[^\s\u0964,;:.?!)]{1,40}")


def mend(document: Document) -> MappedText:
    """The document's text as the model reads it.

    In a PDF a line break inside a paragraph becomes a space; a hyphen or soft hyphen before it
    goes, unless the document writes the two halves with a hyphen elsewhere or the next line does
    not go on with a letter; a wide gap, as between columns of a table, becomes a line break.
    Elsewhere only soft hyphens at line ends are mended.
    """
    text = document.text
    if not _BREAK.search(text):
        return MappedText.identity(text)
    pieces: list[tuple[int, int, str]] = []
    done = 0
    for start, end, replacement in _repairs(document):
        pieces.extend((i, i + 1, text[i]) for i in range(done, start))
        if replacement:
            pieces.append((start, end, replacement))
        done = end
    pieces.extend((i, i + 1, text[i]) for i in range(done, len(text)))
    return MappedText.from_pieces(text, pieces)


def tag_document(tagger: Tagger, document: Document) -> list[Entity]:
    """Entities of a document, in order; offsets and words are those of ``document.text``.

    ``document.text[entity.start_char:entity.end_char] == entity.text`` holds for each.
    """
    mended = mend(document)
    found = tagger.tag(mended.text)
    if mended.text == document.text:
        return found
    # A divided word is one word to the model and may be two in the document: count again.
    words = split_words(document.text)
    starts = [start for start, _ in words]
    return [_map_back(entity, mended, starts) for entity in found]


def as_read(document: Document, entities: Sequence[Entity]) -> tuple[str, list[Entity]]:
    """The text that the model read, and entities of `tag_document` as they stand there."""
    mended = mend(document)
    words = split_words(mended.text)
    starts = [mended.starts[start] for start, _ in words]
    found = []
    for entity in entities:
        first = bisect_right(starts, entity.start_char) - 1
        end = bisect_left(starts, entity.end_char)
        start_char, end_char = words[first][0], words[end - 1][1]
        found.append(
            replace(
                entity,
                text=mended.text[start_char:end_char],
                start_char=start_char,
                end_char=end_char,
                start_word=first,
                end_word=end,
            )
        )
    return mended.text, found


def _map_back(entity: Entity, mended: MappedText, word_starts: list[int]) -> Entity:
    start, end = mended.original_span(entity.start_char, entity.end_char)
    return replace(
        entity,
        text=mended.original[start:end],
        start_char=start,
        end_char=end,
        start_word=bisect_right(word_starts, start) - 1,
        end_word=bisect_left(word_starts, end),
    )


def _repairs(document: Document) -> Iterator[tuple[int, int, str]]:
    """Ranges of the text and what the model reads there, in order."""
    text, is_pdf = document.text, document.kind == "pdf"
    compounds = _find_compounds(text) if is_pdf else frozenset()
    for match in _BREAK.finditer(text):
        hyphen = match.group(1)
        # Only in a PDF does a tab mean a wide gap; other documents use it as white space.
        if match.group() == "\t":
            if is_pdf:
                yield match.start(), match.end(), "\n"
        elif hyphen == _SOFT:
            yield match.start(), match.end(), ""
        elif not is_pdf:
            continue
        elif not hyphen:
            yield match.start(), match.end(), " "
        else:
            yield _join_halves(text, match, compounds)


def _find_compounds(text: str) -> frozenset[tuple[str, str]]:
    """The letters on both sides of every hyphen in a line."""
    hyphens = re.finditer("-", text)
    return frozenset(_letters_around(text, found.start(), found.end()) for found in hyphens)


def _letters_around(text: str, start: int, end: int) -> tuple[str, str]:
    # The window bounds the time: a search for ``$`` is tried from every character in it.
    before = _LETTERS_BEFORE.search(text, max(0, start - 40), start)
    behind = _LETTERS.match(text, end, end + 40)
    return before.group() if before else "", behind.group() if behind else ""


def _join_halves(
    text: str, match: re.Match[str], compounds: frozenset[tuple[str, str]]
) -> tuple[int, int, str]:
    """What becomes of a hyphen at the end of a line."""
    start, end = match.span()
    before = _WORD_BEFORE.search(text, max(0, start - 40), start)
    behind = _WORD_BEHIND.match(text, end)
    if not before or not behind:
        return start, end, match.group(1) + " "  # a dash
    first, second = before.group(), behind.group()
    # A hyphen behind a digit belongs to a range or a date, so it stays.
    if not first[-1].isdigit() and (_is_mark_or_letter(first[-1]) and second[0].isalpha()):
        # No word is divided before a Latin capital: the hyphen is part of a double name.
        is_name = second[0].isupper() and second[0].isascii()
        is_compound = is_name or _letters_around(text, start, end) in compounds
        return start, end, "-" if is_compound else ""
    return start, end, match.group(1)


def _is_mark_or_letter(char: str) -> bool:
    # ``isalpha`` is false for vowel signs, with which many Indic words end.
    return char.isalpha() or "\u0900" <= char <= "\u0dff"
