"""Graphemes and words, as offsets.

A word never starts or ends inside a grapheme, so it keeps its vowel signs, viramas, nuktas, ZWJ
and ZWNJ. Every character that is not space lies in exactly one word. Space is white space, and
invisible characters (``normalise.INVISIBLE``) that are not inside a word.

One word are:

- letters, digits and underscores in a row, of any scripts: ``২০২১ত``, ``COVID``;
- with a hyphen or apostrophe inside: ``ঢাকা-চট্টগ্ৰাম``, ``ক'ত``. The corpora at hand do the same;
- with a degree sign or abbreviation sign behind: ``ড°``, ``डॉ॰``, ``৩৭°``;
- digits with one of ``. , : /`` inside: ``১২,৩৪৫.৬``, ``১০:৩০``, ``১২/০৩/২০২১``;
- letters with a full stop inside, and behind it in initials and the abbreviations listed here:
  ``এ.কে.``, ``U.S.``, ``ড.``, ``Dr.``, ``মো:``. A full stop behind any other word is punctuation;
- a URL or e-mail address, without punctuation behind it;
- dots in a row; any other grapheme by itself: dandas, punctuation, symbols, emoji, ``#``, ``@``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import regex

from nerbridge.text.normalise import DANDA_LOOKALIKES, INVISIBLE

_GRAPHEME = regex.compile(r"\X")
_ADDRESS = regex.compile(
    r"(?:https?://|www\.)[^\s<>\"।॥৷]+(?<![.,;:!?'’”)\]}])"
    r"|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)

_ABBREVIATIONS = """
এ বি সি ডি ই এফ জি এইচ এইছ আই জে কে এল এম এন ও পি কিউ আৰ আর এস এছ টি ইউ ভি এক্স ওয়াই জেড
ড ডঃ ডা ডাঃ মো মোঃ মি মিঃ প্রো প্ৰো শ্রী শ্ৰী সাঃ লিঃ লি নং
ए बी सी डी ई एफ जी एच आई जे के एल एम एन ओ पी क्यू आर एस टी यू वी एक्स वाई
डॉ डा श्री पं प्रो कु मो सं
Dr Mr Mrs Ms Prof St Jr Sr No Inc Ltd Co
"""
#: Letter names, as initials are written (এ. কে., एम.), and titles. Unlike other short words (है.)
#: they own the full stop behind them.
ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())

# Every grapheme gets one letter, its class; words are found in the string of classes.
_SPACE, _INVISIBLE, _LETTER, _DIGIT, _OTHER = " ", "i", "L", "N", "x"
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
_WORD = regex.compile(
    r"(?<word>[LN](?:i*[LND]|(?<=[LND])[HA](?=[LN])|(?<=N)[FCOS](?=N)|(?<=L)F(?=L))*)|F+|u+|[^ i]"
)


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
    ranges = graphemes(text)
    classes = _classes(text, ranges)
    last_class = len(classes.rstrip(" i")) - 1
    words: list[tuple[int, int]] = []
    position = 0
    while match := _WORD.search(classes, position):
        position = match.end()
        start, end = ranges[match.start()][0], ranges[position - 1][1]
        if match["word"] and _owns_next(
            text[start:end], classes[position : position + 2], is_last=position == last_class
        ):
            end = ranges[position][1]
            position += 1
        words.append((start, end))
    return words


def _owns_next(word: str, next_classes: str, is_last: bool) -> bool:
    """Whether a full stop (or colon) behind the word is part of it.

    Not if it ends the text (``वह आई.``), unless the word has stops inside (``U.S.``).
    """
    if next_classes[:1] == "O":
        return word in ABBREVIATIONS
    if next_classes[:1] != "F" or next_classes == "FF":
        return False
    parts = word.split(".")
    if is_last and len(parts) == 1:
        return False
    return all(
        part in ABBREVIATIONS or (len(part) == 1 and part.isascii() and part.isupper())
        for part in parts
    )


def _classes(text: str, ranges: list[tuple[int, int]]) -> str:
    classes = [_class_of_grapheme(text[start:end]) for start, end in ranges]
    for first, last in _address_ranges(text, ranges):
        classes[first:last] = "u" * (last - first)
    return "".join(classes)


def _address_ranges(text: str, ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """URLs and e-mail addresses as ranges of graphemes; those that would cut one are left out."""
    addresses = list(_ADDRESS.finditer(text))
    if not addresses:
        return
    index_of_start = {start: index for index, (start, _) in enumerate(ranges)}
    index_of_start[len(text)] = len(ranges)
    for match in addresses:
        first, last = index_of_start.get(match.start()), index_of_start.get(match.end())
        if first is not None and last is not None:
            yield first, last


@lru_cache(maxsize=1 << 16)
def _class_of_grapheme(grapheme: str) -> str:
    if all(char.isspace() or char in INVISIBLE for char in grapheme):
        return _SPACE if grapheme[0].isspace() else _INVISIBLE
    base = next((char for char in grapheme if unicodedata.category(char) != "Cf"), grapheme[0])
    if base in _CLASS_OF_CHAR:
        return _CLASS_OF_CHAR[base]
    category = unicodedata.category(base)
    if category[0] == "N":
        return _DIGIT
    return _LETTER if category[0] in "LM" else _OTHER
