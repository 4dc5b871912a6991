"""Which parts of an HTML page are its main text, and what of the page is not read."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from lxml import etree

from nerbridge.documents.style_sheets import has_words
from nerbridge.text.counts import count_of

NEVER_SHOWN = frozenset(
    ["script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math",
     "canvas", "audio", "video", "map", "head", "select", "option", "datalist", "textarea",
     "button", "input", "frameset", "noframes"]
)  # fmt: skip
AROUND = frozenset(["nav", "aside", "form", "dialog", "menu"])
"""Not the main text, wherever it stands, unless it holds most of the text around it."""
FRAME = frozenset({"header", "footer"})
"""Not the main text of a page that does not say which its main part is."""
_FRAMES = frozenset({"iframe", "frame", "object", "embed"})
_NO_WORDS = frozenset({"script", "style", "head"})
# Brackets, for browsers that cannot set one text above another.
_FALLBACK = "rp"
_ATTRIBUTES = ("alt", "title", "placeholder", "aria-label", "label", "summary")
_NO_VALUES = frozenset({"hidden", "password", "checkbox", "radio", "file", "range", "color"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_MOST, _SMALL, _LITTLE = 0.5, 0.3, 0.2
_LINKS_ALONE = 0.1
_MIN_LETTERS = 40
_MAX_SHOWN = 10
_OUTSIDE = "outside the main part"


@dataclass
class _Weight:
    """Letters of an element: all that could show, and those outside links."""

    all: int = 0
    plain: int = 0

    def take(self, other: _Weight) -> None:
        self.all += other.all
        self.plain += other.plain

    def add(self, text: str | None, *, is_link: bool) -> None:
        n_letters = count_letters(text)
        self.all += n_letters
        self.plain += 0 if is_link else n_letters


@dataclass
class PageParts:
    """The parts of a page that are read; with ``is_whole``, everything that holds words.

    Which they are depends on the text, so they are found before any of it is changed.
    """

    root: etree._Element
    is_whole: bool = False
    parts: list[etree._Element] = field(init=False)

    def __post_init__(self) -> None:
        body = self.root.find("body")
        self.body = self.root if body is None else body
        self._weights = _weigh(self.root)
        # A page may stand in several forms or asides, none of which holds most of it.
        # `_kept` asks for this flag, so it needs a value while it is computed.
        self._is_bare = False
        self._is_bare = self._kept(self.body) < _LITTLE * self._weights[self.body].plain
        self.parts = [self.body] if self.is_whole else self._main_parts()

    def leaves_out(self, element: etree._Element, part: etree._Element) -> bool:
        """Whether an element inside a part is not read."""
        if not isinstance(element.tag, str):
            return True
        if element is part:
            return False
        if self.is_whole:
            return element.tag in _NO_WORDS or element.tag == _FALLBACK
        if element.tag == _FALLBACK:
            return True
        if element.tag in NEVER_SHOWN:
            return not is_shadow(element)
        return self._is_beside(element, part) and not self._holds_most(element, part)

    def notices(self, texts: Iterable[str]) -> list[str]:
        """What is not read, given the texts that are."""
        found = self._unread_kinds()
        if self.is_whole:
            return list(_name_unread(found))
        beside, hidden, found["hidden element"] = self._left_out()
        shares = self._shares(beside, hidden, sum(map(count_letters, texts)))
        return [*shares, *_name_unread(found)]

    def _shares(self, beside: dict[str, _Weight], hidden: _Weight, n_kept: int) -> Iterator[str]:
        visible = self._weights[self.body].all - hidden.all
        n_plain = sum(weight.plain for weight in beside.values())
        missing = visible - n_kept
        # Most menus are links alone: much of a page, and seldom missed.
        is_little = n_kept < _LITTLE * visible or n_plain > _SMALL * n_kept
        if missing >= _MIN_LETTERS and is_little:
            named = ", ".join(
                f"{place} {count_of(weight.all, 'letter')}"
                for place, weight in sorted(beside.items(), key=lambda item: -item[1].all)
                if weight.all
            )
            yield (
                f"not read: {missing / visible:.0%} of the visible text"
                f"{f' ({named})' if named else ''}. If the article is missing, read the whole "
                "page (--whole-page)."
            )

    def _main_parts(self) -> list[etree._Element]:
        """The elements that hold the main text: ``main``, else the articles, else the body."""
        of_body = self._kept(self.body)
        for found in (
            self.root.xpath("//main | //*[@role='main']"),
            self.root.xpath("//article[not(ancestor::article)]"),
        ):
            outer = [part for part in found if not any(p in found for p in part.iterancestors())]
            shown = [part for part in outer if not self._is_in_hidden(part)]
            kept = sum(self._kept(part) for part in shown)
            # Some pages call a headline or the readers' comments so, and not the text.
            if kept and kept > _LINKS_ALONE * of_body:
                return shown
        return [self.body]

    def _kept(self, part: etree._Element) -> int:
        n_letters, stack = 0, [part]
        while stack:
            element = stack.pop()
            if element is not part:
                n_letters += count_letters(element.tail)
            if not self.leaves_out(element, part):
                n_letters += count_letters(element.text)
                stack.extend(element)
        return n_letters

    def _is_in_hidden(self, part: etree._Element) -> bool:
        return any(
            _is_hidden(one) and not self._holds_most(one, self.body)
            for one in (part, *part.iterancestors())
        )

    def _is_beside(self, element: etree._Element, part: etree._Element) -> bool:
        if _is_hidden(element) or self._is_bare:
            return _is_hidden(element)
        return (element.tag in AROUND and "open" not in element.attrib) or (
            part.tag in ("body", "html") and element.tag in FRAME
        )

    def _holds_most(self, element: etree._Element, part: etree._Element) -> bool:
        """Whether the rest of a part is little beside an element: it is the frame of its text.

        Words of links do not count, or a long menu would be one.
        """
        one, whole = self._weights[element], self._weights[part]
        if whole.plain < _LINKS_ALONE * whole.all:
            return one.all > _MOST * whole.all
        return one.plain > _MOST * whole.plain

    def _left_out(self) -> tuple[dict[str, _Weight], _Weight, int]:
        """Letters left out, by where they stand; those hidden, and in how many elements."""
        beside: dict[str, _Weight] = {}
        hidden, n_hidden = _Weight(), 0
        # What contains a part is not left out, but what stands beside the part is.
        outer = {one for part in self.parts for one in part.iterancestors()}
        stack: list[tuple[etree._Element, etree._Element | None]] = [(self.body, None)]
        while stack:
            element, part = stack.pop()
            if not isinstance(element.tag, str) or element.tag in _NO_WORDS:
                continue
            part = element if element in self.parts else part
            if element in outer or (part is not None and not self.leaves_out(element, part)):
                stack.extend((child, part) for child in element)
            elif _is_hidden(element):
                hidden.take(self._weights[element])
                n_hidden += self._weights[element].all > 0
            elif element.tag not in NEVER_SHOWN:
                place = _OUTSIDE if part is None and element.tag not in AROUND else element.tag
                beside.setdefault(place, _Weight()).take(self._weights[element])
        return beside, hidden, n_hidden

    def _unread_kinds(self) -> Counter[str]:
        """What else holds words, by what it is, with how often; a frame by its address."""
        found: Counter[str] = Counter()
        for element in self.root.iter(etree.Element):
            tag = element.tag
            if tag in _FRAMES:
                found[_name_frame(element, is_whole=self.is_whole)] += 1
            elif tag == "style" and has_words(element.text or ""):
                found["text in style sheets"] += 1
            elif self.is_whole:
                continue
            elif tag == "script":
                found["text in scripts"] += any(script_texts(element, self.body))
            elif tag in NEVER_SHOWN - _NO_WORDS and not is_shadow(element):
                found[tag] += bool("".join(map(str, element.itertext())).strip())
            for key, _ in () if self.is_whole else attribute_texts(element):
                found[f"text in {key}"] += 1
        # `_name_frame` has no name for a frame that is empty or read.
        del found[""]
        return found


def attribute_texts(element: etree._Element) -> Iterator[tuple[str, str]]:
    """Attributes of an element that say something in words, and what they say."""
    for key in _ATTRIBUTES:
        if (text := element.get(key, "")).strip():
            yield key, text
    is_text = element.tag == "input" and element.get("type", "text").lower() not in _NO_VALUES
    if is_text and (text := element.get("value", "")).strip():
        yield "value", text


def is_shadow(element: etree._Element) -> bool:
    """Whether a template is shown, as the inside of the element around it."""
    return element.tag == "template" and (
        "shadowrootmode" in element.attrib or "shadowroot" in element.attrib
    )


def count_letters(text: str | None) -> int:
    """Characters that are not white space.

    >>> count_letters(" ক খ ")
    2
    """
    return sum(map(len, text.split())) if text else 0


def _name_frame(element: etree._Element, *, is_whole: bool) -> str:
    """What to call a page inside the page; nothing if it is empty, or read with the page."""
    address = (element.get("src") or element.get("data") or "").strip()
    if address and not address.startswith(("about:", "javascript:")):
        return f"frame {address[:60]}"
    has_words = bool(element.get("srcdoc")) or count_letters(element.text) > 0
    return "frame" if has_words and not is_whole else ""


def _is_hidden(element: etree._Element) -> bool:
    return "hidden" in element.attrib or bool(_HIDDEN.search(element.get("style", "")))


def _weigh(root: etree._Element) -> dict[etree._Element, _Weight]:
    """The letters of every element."""
    weights: dict[etree._Element, _Weight] = {}
    n_links = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        parent = element.getparent()
        is_end = event != "start"
        if event == "start":
            n_links += element.tag == "a"
            weights[element] = weight = _Weight()
            if element.tag not in NEVER_SHOWN or is_shadow(element):
                weight.add(element.text, is_link=n_links > 0)
        # Before the text behind the element is added: it stands outside the link.
        if is_end and event == "end":
            n_links -= element.tag == "a"
        if is_end and parent is not None:
            into = weights[parent]
            if event == "end" and (element.tag not in NEVER_SHOWN or is_shadow(element)):
                into.take(weights[element])
            if element is not root:
                into.add(element.tail, is_link=n_links > 0)
    return weights


def _name_unread(found: Counter[str]) -> Iterator[str]:
    kinds = [(kind, n) for kind, n in found.items() if n]
    if kinds:
        shown = ", ".join(f"{kind} ({n:,})" if n > 1 else kind for kind, n in kinds[:_MAX_SHOWN])
        more = ", …" if len(kinds) > _MAX_SHOWN else ""
        yield f"not read: {shown}{more}."


_STRING = re.compile(
    r'"articleBody"\s*:\s*("(?:[^"\\]|\\.){40,}")|(?<!\\)("(?:[^"\\]|\\.){200,}")', re.S
)
_TAG = re.compile(r"<[^<>]*>")
_MIN_WORDS = 5
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
            # Only when a string is in words: most scripts have none, and the page is long.
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
