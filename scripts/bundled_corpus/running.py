"""Build the corpus ``as-running`` from its hand-written sentences.

``as-running/{train,validation,test}.txt`` hold one sentence a line, as a newspaper, an office or a
person would write it, with names in brackets: ``[ৰমেন দাসে]PER গ'ল।``. An empty line ends a passage;
a line that starts with ``#`` is a comment. Words are split as the tagger splits them.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import combinations
from pathlib import Path

from source import SPLITS, BuildError

from nerbridge.text.words import split_words

CODE = "as-running"
TYPES = ("PER", "ORG", "LOC")
MAX_ENDING = 3
"""Characters by which two forms of one name may differ at their ends."""

_NAME = re.compile(r"\[([^\[\]]+)\]([A-Z]+)")

Tagged = tuple[tuple[str, str], ...]
Span = tuple[int, int, str]


def read_marked(line: str) -> tuple[str, list[Span]]:
    """The text without brackets, and where its names are.

    >>> read_marked("[ৰমেন]PER গ'ল।")
    ("ৰমেন গ'ল।", [(0, 4, 'PER')])
    """
    text, spans, end = "", [], 0
    for found in _NAME.finditer(line):
        text += line[end : found.start()]
        spans.append((len(text), len(text) + len(found[1]), found[2]))
        text += found[1]
        end = found.end()
    return text + line[end:], spans


def tag_line(line: str) -> Tagged:
    """Words and IOB2 tags of a line.

    Raises:
        BuildError: a bracket is left over, a type is unknown, or a name cuts a word.
    """
    text, spans = read_marked(unicodedata.normalize("NFC", line))
    words = split_words(text)
    tags = ["O"] * len(words)
    for start, end, type_ in spans:
        inside = [i for i, (low, high) in enumerate(words) if start <= low and high <= end]
        if type_ not in TYPES or not inside:
            raise BuildError(f"{line}: {text[start:end]!r} is no name of a known type")
        if (words[inside[0]][0], words[inside[-1]][1]) != (start, end):
            raise BuildError(f"{line}: {text[start:end]!r} cuts a word")
        tags[inside[0] : inside[-1] + 1] = [f"B-{type_}", *[f"I-{type_}"] * (len(inside) - 1)]
    if set("[]") & set(text):
        raise BuildError(f"{line}: a bracket belongs to no name")
    return tuple((text[low:high], tag) for (low, high), tag in zip(words, tags, strict=True))


def may_be_one_name(one: str, other: str) -> bool:
    """Whether two names differ at most in the ending of their last word.

    >>> may_be_one_name("ৰমেন দাসে", "ৰমেন দাসৰ"), may_be_one_name("ৰমেন", "ৰমেন দাস")
    (True, False)
    """
    *first, last = one.split()
    *other_first, other_last = other.split()
    n_equal = len(_equal_start(last, other_last))
    return (
        first == other_first
        and n_equal >= 3
        and max(len(last), len(other_last)) <= (n_equal + MAX_ENDING)
    )


def _equal_start(one: str, other: str) -> str:
    n = 0
    while n < min(len(one), len(other)) and one[n] == other[n]:
        n += 1
    return one[:n]


def find_shared_names(lines: dict[str, list[str]]) -> list[str]:
    """Names that stand in two splits."""
    names = {
        split: {text[a:b] for line in of_split for text, spans in [read_marked(line)]
                for a, b, _ in spans}
        for split, of_split in lines.items()
    }  # fmt: skip
    return [
        f"{one!r} of {split} is {other!r} of {other_split}"
        for split, other_split in combinations(names, 2)
        for one in sorted(names[split])
        for other in sorted(names[other_split])
        if may_be_one_name(one, other)
    ]


def build_running(folder: Path) -> dict[str, list[Tagged]]:
    """The sentences of every split.

    Raises:
        BuildError: with every mistake of the first kind found.
    """
    lines = {
        split: [
            line
            for line in (folder / f"{split}.txt").read_text("utf-8").splitlines()
            if line and not line.startswith("#")
        ]
        for split in SPLITS
    }
    every = [line for of_split in lines.values() for line in of_split]
    mistakes = [line for line in set(every) if every.count(line) > 1] or find_shared_names(lines)
    if mistakes:
        raise BuildError("\n".join(mistakes))
    return {split: [tag_line(line) for line in of_split] for split, of_split in lines.items()}
