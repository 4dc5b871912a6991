"""HTML that is escaped by construction: text becomes markup only by passing through here."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from nerbridge.palette import css_variables

_VOID = frozenset({"br", "hr", "input", "link", "meta"})


class Markup(str):
    """Text that is HTML already and must not be escaped again."""

    __slots__ = ()


def to_markup(child: str | None) -> Markup:
    """Escape plain text; leave markup alone.

    >>> to_markup("a < b & c")
    'a &lt; b &amp; c'
    """
    if child is None:
        return Markup("")
    return child if isinstance(child, Markup) else Markup(escape(child))


def concat(*children: str | None, separator: str = "") -> Markup:
    """Children one after the other."""
    return Markup(to_markup(separator).join(to_markup(child) for child in children))


def concat_all(children: Iterable[str | None], separator: str = "") -> Markup:
    """As :func:`concat`, from an iterable."""
    return concat(*children, separator=separator)


def element(name: str, /, *children: str | None, **attributes: str | None) -> Markup:
    """An element. A trailing underscore of an attribute name is dropped, others become hyphens.

    Attributes that are None are left out; so ``class_`` and ``aria_label`` can be given freely.

    >>> element("p", "1 < 2", class_="note", id=None)
    '<p class="note">1 &lt; 2</p>'
    """
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{pairs}>")
    return Markup(f"<{name}{pairs}>{concat(*children)}</{name}>")


def make_page(title: str, style: str, *body: str | None, policy: str | None = None) -> Markup:
    """A page of its own: the palette, a style sheet, and what stands in the body.

    Args:
        title: of the window.
        style: CSS; trusted, not escaped.
        body: children of the body.
        policy: a content security policy, for a page with a script.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy) if policy else None,
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(css_variables() + style)),
    )
    page = element("html", head, element("body", *body), lang="en")
    return Markup(f"<!doctype html>\n{page}\n")
