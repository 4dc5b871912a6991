"""What stands in messages between the words, and how a model reads past it.

A model that learned from edited sentences has never seen an emoji, an address or a hash mark, and
is thrown off by them. So it does not read them: an entity beside them is found as if they were
not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from nerbridge.text.normalise import DANDA
from nerbridge.text.words import is_address

_SYMBOL = regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}#＃]")
_HAS_LETTER = regex.compile(r"[\p{L}\p{N}]")
_KEYCAP = "\u20e3"
_JOINT = "_"
_REPEATED = frozenset("!?,।॥৷…~*")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model reads of a sentence, as indices of its words, in order.

    ``kept`` are the words that count, ``read`` those of them that the model reads. The others of
    ``kept`` are borders, which stand in no entity. What is not even kept is read past, also inside
    an entity (``#ভূপেন_হাজৰিকা``). ``is_closed``: borders end the sentence where no stop does.
    """

    kept: tuple[int, ...]
    read: tuple[int, ...]
    is_closed: bool

    def choose(self, words: Sequence[str]) -> list[str]:
        """The words for the model: those of ``read``, and a danda where borders are the stop.

        Without a stop the model finds fewer names in a sentence; an emoji often stands for one.
        """
        return [*(words[index] for index in self.read), *([DANDA] if self.is_closed else [])]


def read_past_noise(words: Sequence[str]) -> Reading:
    """What a model reads of these words.

    Borders are addresses, mentions, emoji and hash marks. Not kept are underscores between two
    words, and all but the first of a run of ``!``, ``?`` and their like.

    >>> read_past_noise(["#", "ভূপেন", "_", "হাজৰিকা", "!", "!", "😀"])
    Reading(kept=(0, 1, 3, 4, 6), read=(1, 3, 4), is_closed=False)
    >>> read_past_noise(["অসম", "😀"]).choose(["অসম", "😀"])
    ['অসম', '।']
    """
    kept = [index for index in range(len(words)) if not _is_left_out(words, index)]
    read = [index for index in kept if not _is_border(words[index])]
    is_closed = bool(read) and read[-1] != kept[-1] and _HAS_LETTER.search(words[read[-1]])
    return Reading(tuple(kept), tuple(read), bool(is_closed))


def _is_left_out(words: Sequence[str], index: int) -> bool:
    word = words[index]
    if word == _JOINT:
        return 0 < index < len(words) - 1
    return word in _REPEATED and index > 0 and words[index - 1] == word


def _is_border(word: str) -> bool:
    if _SYMBOL.match(word) or _KEYCAP in word:
        return True
    return ("@" in word or "/" in word or word.startswith("www.")) and is_address(word)
