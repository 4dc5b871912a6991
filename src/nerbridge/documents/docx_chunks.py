"""Whole documents inside a DOCX (``altChunk``), and what else of a DOCX is not read."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from lxml import etree

from nerbridge.documents.docx_package import parse_xml
from nerbridge.documents.html_text import read_html
from nerbridge.documents.plain import read_plain
from nerbridge.errors import DocumentError
from nerbridge.text.counts import count_of

CHUNK = "/aFChunk"
"""How the type of a relationship to such a document ends."""
_HTML = frozenset({".htm", ".html", ".xhtml"})
_TEXT = frozenset({".txt"})
_MAX_NAMED = 5


def chunk_links(parts: Mapping[str, bytes], name: str) -> dict[tuple[str, str], str]:
    """The part that each link to an inner document names, by the part and the id of the link."""
    found = {}
    for part, content in parts.items():
        if not part.endswith(".rels"):
            continue
        # word/_rels/document.xml.rels tells of word/document.xml
        base = posixpath.dirname(posixpath.dirname(part))
        source = posixpath.join(base, posixpath.basename(part).removesuffix(".rels"))
        for link in parse_xml(content, f"{name}: {part}").iter("{*}Relationship"):
            if link.get("Type", "").endswith(CHUNK) and link.get("TargetMode") != "External":
                # Joined to the root: a target may be absolute, and ``..`` cannot lead out of it.
                target = posixpath.join("/", base, link.get("Target", ""))
                path = posixpath.normpath(target).lstrip("/")
                if path in parts:
                    found[source, link.get("Id", "")] = path
    return found


def find_chunks(parts: Mapping[str, bytes], name: str) -> list[str]:
    """The parts that Word shows as text of the document, in order."""
    return list(dict.fromkeys(chunk_links(parts, name).values()))


def read_chunks(parts: Mapping[str, bytes], name: str) -> dict[str, list[tuple[str, str]]]:
    """Place and text of each paragraph of the inner documents; none of one that is not read."""
    found = {}
    for part in find_chunks(parts, name):
        try:
            found[part] = list(_read_chunk(parts[part], part, name))
        except DocumentError:
            found[part] = []
    return found


def chunk_notices(chunks: Mapping[str, Sequence[tuple[str, str]]]) -> list[str]:
    """The inner documents that are not read."""
    return [
        f"not read: {part}, a document inside this one. Open it in Word, save it again, and pass "
        "that."
        for part, texts in chunks.items()
        if not texts
    ]


def _read_chunk(content: bytes, part: str, name: str) -> Iterator[tuple[str, str]]:
    ending = PurePosixPath(part).suffix.lower()
    if ending in _HTML or content.lstrip()[:1] == b"<":
        yield from read_html(content, f"{name}: {part}", is_whole=True)[0]
    elif ending in _TEXT:
        document = read_plain(content, f"{name}: {part}")
        for segment in document.segments:
            yield segment.place, document.text[segment.start_char : segment.end_char]


def unread_notices(
    parts: Mapping[str, bytes], roots: Iterable[etree._Element], name: str
) -> list[str]:
    """What else holds words and is not read, by its place."""
    counts = {"deleted text": 0, "alternative text": 0, "text drawn as WordArt": 0,
              "default of a form field": 0, "entry of a list": 0, "field code": 0}  # fmt: skip
    for root in roots:
        for element in root.iter(etree.Element):
            if (kind := _unread_kind(element)) is not None:
                counts[kind] += 1
    notices = []
    found = [f"{kind} ({n:,})" if n > 1 else kind for kind, n in counts.items() if n]
    if found:
        notices.append(f"not read: {', '.join(found)}.")
    if n_pictures := sum(part.startswith("word/media/") for part in parts):
        notices.append(f"{n_pictures} pictures in it: text inside pictures is not read.")
    embedded = [part for part in parts if part.startswith(("word/embeddings/", "word/activeX/"))]
    if embedded:
        named = ", ".join(PurePosixPath(part).name for part in embedded[:_MAX_NAMED])
        notices.append(
            f"files embedded in it (such as tables of Excel) are not read: {named}"
            f"{', …' if len(embedded) > _MAX_NAMED else ''}."
        )
    others = [
        count_of(n, what)
        for what, n in (
            ("part of building blocks", sum(p.startswith("word/glossary/doc") for p in parts)),
            ("part of other data", sum(_holds_data(p, parts[p], name) for p in parts)),
        )
        if n
    ]
    if others:
        notices.append(f"not read: {', '.join(others)} (word/glossary, customXml).")
    return notices


def _holds_data(part: str, content: bytes, name: str) -> bool:
    path = PurePosixPath(part)
    if path.parent.name != "customXml" or path.suffix != ".xml" or "Props" in path.name:
        return False
    root = parse_xml(content, f"{name}: {part}")
    return bool("".join(map(str, root.itertext())).strip())


def _unread_kind(element: etree._Element) -> str | None:
    """What an element says that is not read; None if nothing."""
    tag = etree.QName(element).localname
    if tag == "delText" and (element.text or "").strip():
        return "deleted text"
    if tag in ("docPr", "cNvPr", "shape") and _value(element, "descr", "alt").strip():
        return "alternative text"
    if tag == "textpath" and _value(element, "string").strip():
        return "text drawn as WordArt"
    parent = element.getparent()
    in_field = parent is not None and etree.QName(parent).localname in ("textInput", "ffData")
    if tag == "default" and in_field and any(map(str.isalpha, _value(element, "val"))):
        return "default of a form field"
    if tag in ("listItem", "listEntry") and _value(element, "displayText", "val").strip():
        return "entry of a list"
    is_code = tag == "instrText" and (element.text or "").lstrip().startswith(_TELLING)
    return "field code" if is_code else None


_TELLING = ("COMMENTS", "FILLIN", "ASK", "SET", "QUOTE", "IF", "TC", "XE", "TA")


def _value(element: etree._Element, *keys: str) -> str:
    found = (str(v) for k, v in element.attrib.items() if etree.QName(str(k)).localname in keys)
    return next(found, "")
