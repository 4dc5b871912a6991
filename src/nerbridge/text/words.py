"""Graphemes and words, as offsets.

A word never starts or ends inside a grapheme, so it keeps its vowel signs, viramas, nuktas, ZWJ
and ZWNJ. Every character that is not space lies in exactly one word. Space is white space, and
invisible characters (``normalise.INVISIBLE``) that are not inside a word.

One word are:

- letters, digits and underscores in a row, of any scripts: ``২০২১ত``, ``COVID``;
- with a hyphen or apostrophe inside: ``ঢাকা-চট্টগ্ৰাম``, ``ক'ত``. The corpora at hand do the same;
- with a degree sign or abbreviation sign behind: ``ড°``, ``डॉ॰``, ``৩৭°``;
- digits with one of ``. , : /`` inside: ``১২,৩৪৫.৬``, ``১০:৩০``, ``১২/০৩/২০২১``;
- letters with a full stop inside, and behind it in initials and abbreviations (`abbreviations`):
  ``এ.কে.``, ``U.S.``, ``ড.``, ``Dr.``, ``মো:``. A full stop behind any other word is punctuation;
- a URL or e-mail address, without punctuation behind it; a mention (``@name``, in ASCII);
- dots in a row; any other grapheme by itself: dandas, punctuation, symbols, emoji, ``#``, ``@``,
  and the underscores of a hashtag: ``#অসম_বাতৰি`` is ``#``, ``অসম``, ``_``, ``বাতৰি``.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate, islice

import regex

from nerbridge.text.abbreviations import owns_colon, owns_stop
from nerbridge.text.normalise import DANDA_LOOKALIKES, INVISIBLE

_GRAPHEME = regex.compile(r"\X")
_REST_OF_URL = r"[^\s<>\"।॥৷\p{Extended_Pictographic}]+(?<![.,;:!?'’”)\]}])"
_ADDRESS = regex.compile(
    rf"(?:https?://|www\.){_REST_OF_URL}"
    # Only from the start of a run of such characters. Otherwise a long run without @ would be tried
    # from each character, in quadratic time.
    r"|(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]++@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
    r"|(?<![\p{L}\p{M}\p{N}._@-])@[A-Za-z0-9_]++(?:\.[A-Za-z0-9_]++)*+"
    # A short link, such as youtu.be/AbC; without a path it may as well be a name (Amazon.com).
    rf"|(?<![A-Za-z0-9._@/-])[a-z0-9-]++(?:\.[a-z0-9-]++)*+(?<=\.[a-z]{{2,6}})/{_REST_OF_URL}"
)
_HASH_MARKS = "#＃"
_ADDRESS_OR_HASHTAG = regex.compile(
    rf"{_ADDRESS.pattern}|[{_HASH_MARKS}][\p{{L}}\p{{M}}\p{{N}}_\u200c\u200d]++(?!@)"
)
_KEYCAP = "\u20e3"

# Every grapheme gets one letter, its class; words are found in the string of classes.
_SPACE, _INVISIBLE, _LETTER, _DIGIT, _OTHER, _ADDRESS_PART = " ", "i", "L", "N", "x", "u"
_CLASS_OF_CHAR = {
    **dict.fromkeys(INVISIBLE, _INVISIBLE),
    **dict.fromkeys(DANDA_LOOKALIKES, _OTHER),
    **dict.fromkeys("°˚॰૰੶৽", "D"),
    **dict.fromkeys("-\u2010\u2011", "H"),
    **dict.fromkeys("'’‘", "A"),
    "_": _LETTER,
    ".": "F",
    ",": "C",
    ":": "O",
    "/": "S",
}
# `re`, as `regex` runs out of memory in a word of millions of letters.
_WORD = re.compile(
    r"[LN](?:[LND]+|i+[LND]|(?<=[LND])[HA](?=[LN])|(?<=N)[FCOS](?=N)|(?<=L)F(?=L))*+|F+|u+|[^ i]"
)
_WORDLIKE = ("L", "N")
_STOP, _COLON, _DOTS = "F", "O", "FF"
_MAY_BELONG = (_STOP, _COLON)
_NARROW = ("", " ", "\u00a0")
"""What may stand between two initials."""

_BLOCK = 1 << 16
_MAX_REMEMBERED = 1 << 16
_MAX_REMEMBERED_CHARS = 16


def graphemes(text: str) -> list[tuple[int, int]]:
    """Half-open ranges of the user-perceived characters, in order, covering the text.

    Source: Unicode Standard Annex 29, extended grapheme clusters (``\\X`` of ``regex``).

    >>> graphemes("হিমা")
    [(0, 2), (2, 4)]
    """
    return [match.span() for match in _GRAPHEME.finditer(text)]


def split_words(text: str) -> list[tuple[int, int]]:
    """Half-open ranges of the words, in order. The module says what a word is.

    >>> text = "ড° ভূপেন হাজৰিকা, শদিয়া।"
    >>> [text[start:end] for start, end in split_words(text)]
    ['ড°', 'ভূপেন', 'হাজৰিকা', ',', 'শদিয়া', '।']
    """
    return list(iter_words(text))


def is_address(word: str) -> bool:
    """Whether a word is a URL, an e-mail address or a mention.

    >>> is_address("www.example.org"), is_address("@name"), is_address("অসম")
    (True, True, False)
    """
    return _ADDRESS.fullmatch(word) is not None


def iter_words(text: str) -> Iterator[tuple[int, int]]:
    """`split_words`, one word at a time: of a long text only five bytes per grapheme are held."""
    starts, classes = _scan(text)
    last_class = len(classes.rstrip(" i")) - 1
    matches = _WORD.finditer(classes)
    owned_end = -1
    # Whether a full stop belongs to the word before it depends on words, not only on classes.
    for match in matches:
        first, end = match.span()
        if classes[end : end + 1] in _MAY_BELONG and classes[first] in _WORDLIKE:
            start, stop = starts[first], starts[end]
            if classes[end] == _COLON:
                is_owned = owns_colon(text[start:stop])
            elif classes[end : end + 2] == _DOTS:
                is_owned = False
            else:
                follows = owned_end >= max(start - 1, 0) and text[owned_end:start] in _NARROW
                is_owned = owns_stop(
                    text[start:stop], text, stop, is_last=end == last_class, follows=follows
                )
            if is_owned:
                end += 1
                next(matches)
                owned_end = starts[end]
        yield starts[first], starts[end]


def _scan(text: str) -> tuple[array[int], str]:
    """The start of each grapheme and the end of the text, and the class of each grapheme."""
    starts = array("i", [0])
    parts: list[str] = []
    size = _BLOCK
    while (position := starts[-1]) < len(text):
        found = _GRAPHEME.findall(text, position, position + size)
        if position + size < len(text):
            found.pop()  # it may continue in the next block
        # A grapheme longer than the block leaves nothing; a larger block will hold it.
        size = _BLOCK if found else 2 * size
        starts.extend(islice(accumulate(map(len, found), initial=position), 1, None))
        parts.append("".join(map(_CLASS_OF.__getitem__, found)))
    return starts, _mark_addresses("".join(parts), text, starts)


def _mark_addresses(classes: str, text: str, starts: array[int]) -> str:
    parts: list[str] = []
    done = 0
    for first, last, class_ in _marked_ranges(text, starts):
        parts += [classes[done:first], class_ * (last - first)]
        done = last
    return "".join([*parts, classes[done:]]) if parts else classes


def _marked_ranges(text: str, starts: array[int]) -> Iterator[tuple[int, int, str]]:
    """Addresses, and underscores of hashtags, as ranges of graphemes with their class.

    Those that would cut a grapheme are left out.
    """
    for match in _ADDRESS_OR_HASHTAG.finditer(text):
        spans, class_ = [match.span()], _ADDRESS_PART
        if text[match.start()] in _HASH_MARKS:
            spans, class_ = [(i, i + 1) for i in range(*match.span()) if text[i] == "_"], _OTHER
        for start, end in spans:
            first, last = bisect_left(starts, start), bisect_left(starts, end)
            if (starts[first], starts[last]) == (start, end):
                yield first, last, class_


class _ClassOf(dict[str, str]):
    """The class of a grapheme, cached. Very long graphemes are not: only attackers write them."""

    def __missing__(self, grapheme: str) -> str:
        found = _class_of_grapheme(grapheme)
        if len(grapheme) <= _MAX_REMEMBERED_CHARS and len(self) < _MAX_REMEMBERED:
            self[grapheme] = found
        return found


_CLASS_OF = _ClassOf()


def _class_of_grapheme(grapheme: str) -> str:
    if all(char.isspace() or char in INVISIBLE for char in grapheme):
        return _SPACE if grapheme[0].isspace() else _INVISIBLE
    if _KEYCAP in grapheme:
        return _OTHER
    base = next((char for char in grapheme if unicodedata.category(char) != "Cf"), grapheme[0])
    if base in _CLASS_OF_CHAR:
        return _CLASS_OF_CHAR[base]
    category = unicodedata.category(base)
    if category[0] == "N":
        return _DIGIT
    return _LETTER if category[0] in "LM" else _OTHER
