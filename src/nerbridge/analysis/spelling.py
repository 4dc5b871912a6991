"""What spellings of one name have in common."""

from __future__ import annotations

import regex

from nerbridge.text.normalise import normalise_text

MIN_SKELETON = 3
"""Letters that a skeleton must have to say anything."""

_SEPARATORS = regex.compile(r"[\s\p{Pd}.,'’‘·°\u0981\u0901]+")
# Mere ways of writing: no two names differ in them alone.
_WAYS = (
    (regex.compile(r"ঙ্(?=[কখগঘ])"), "ং"),
    (regex.compile(r"(?<=[ৰরर][্्])(.)[্्]\1"), r"\1"),
    (regex.compile(r"ঢ়"), "ড়"),
    (regex.compile("র(?!়)"), "ৰ"),
)
# Sounds written in several ways: long and short i and u, the sibilants, both n, both c and both j
# of Assamese, khanda ta, and (where ৱ is missing on a keyboard) both v.
_SAME_SOUND = str.maketrans(
    {
        **dict(zip("ঈঊীূষসণছযৎৱ", "ইউিুশশনচজতব", strict=True)),
        **dict(zip("ईऊीूषसण", "इउिुशशन", strict=True)),
        "়": None,
        "़": None,
    }
)


def join_letters(form: str) -> str:
    """The form without spaces, hyphens, stops and apostrophes, in lower case.

    Nor with candrabindu, which wanders (``নগাঁও``, ``নগাওঁ``), and with one form for what is only
    written differently (``বঙ্গ``, ``বংগ``; ``ৰ্য্য``, ``ৰ্য``; Bengali র for ৰ).

    >>> join_letters("এ.কে. দাস") == join_letters("এ কে দাস")
    True
    """
    joined: str = _SEPARATORS.sub("", normalise_text(form)).casefold()
    for pattern, replacement in _WAYS:
        joined = pattern.sub(replacement, joined)
    return joined


def make_skeleton(form: str) -> str:
    """`join_letters`, with one letter for those that are written for each other.

    >>> make_skeleton("শইকীয়া") == make_skeleton("শইকিয়া") == make_skeleton("সইকীয়া")
    True
    >>> join_letters("ভট্টাচাৰ্য্য") == join_letters("ভট্টাচাৰ্য")
    True
    >>> make_skeleton("অসম") == make_skeleton("অসমীয়া")
    False
    """
    # য় is a sound of its own, not য with a dot that may be missing.
    return join_letters(form).replace("য়", "\u09df").translate(_SAME_SOUND)
