"""Articles that a page holds only in its scripts, for a program that shows them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress

from lxml import etree

_STRING = re.compile(
    r'"articleBody"\s*:\s*("(?:[^"\\]|\\.){40,}")|(?<!\\)("(?:[^"\\]|\\.){200,}")', re.S
)
_TAG = re.compile(r"<[^<>]*>")
_MIN_WORDS = 5
_MOST = 0.5
_SHOWN = 40


def script_texts(element: etree._Element, body: etree._Element) -> Iterator[str]:
    """Long strings of a script that are in words and are not on the page as well.

    >>> page = etree.HTML("<script>x = '%s'</script>" % json.dumps("ৰমেন দাস আহিল। " * 20))
    >>> [text[:14] for text in script_texts(page.find(".//script"), page)]
    ['ৰমেন দাস আহিল।']
    """
    if element.tag != "script" or not element.text:
        return
    shown = ""
    for match in _STRING.finditer(element.text):
        with suppress(ValueError):
            text = json.loads(match.group(1) or match.group(2), strict=False)
            text = " ".join(_TAG.sub(" ", text).split())
            if not _is_in_words(text, is_article=bool(match.group(1))):
                continue
            shown = shown or _without_spaces(_shown_text(body))
            if _without_spaces(text)[:_SHOWN] not in shown:
                yield text


def _is_in_words(text: str, *, is_article: bool) -> bool:
    """Whether it is an article, or in letters other than those of programs."""
    letters = [char for char in text if char.isalpha()]
    n_foreign = sum(not char.isascii() for char in letters)
    is_foreign = n_foreign > _MOST * len(letters)
    return len(text.split()) >= _MIN_WORDS and (is_article or is_foreign)


def _shown_text(body: etree._Element) -> str:
    return "".join(
        part
        for element in body.iter(etree.Element)
        for part in (element.text if element.tag != "script" else "", element.tail)
        if part
    )


def _without_spaces(text: str) -> str:
    return "".join(text.split())
