"""Mails (.eml), and web pages saved as one file (.mhtml), which have the same form."""

from __future__ import annotations

import codecs
import email
import email.utils
import re
from collections.abc import Iterator
from contextlib import suppress
from email.errors import CloseBoundaryNotFoundDefect, HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import compat32

from nerbridge.documents.html_text import read_html
from nerbridge.documents.legacy_fonts import refuse_gibberish
from nerbridge.documents.limits import check_chars
from nerbridge.errors import DocumentError
from nerbridge.text.counts import count_of

_Part = tuple[str, str]
"""A place and a text."""
_PEOPLE = ("From", "To", "Cc")
_ENCODED_WORDS = re.compile(
    r"=\?[^?\s]+\?[bq]\?[^?]*\?=(?:\s+=\?[^?\s]+\?[bq]\?[^?]*\?=)*", re.IGNORECASE
)
_FOLD = re.compile(r"\r?\n[ \t]+")
_BETWEEN_PARAGRAPHS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURES = (
    *("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"),
)
_MAX_DEPTH = 20


def read_mail(data: bytes, name: str, *, is_whole: bool = False) -> tuple[list[_Part], list[str]]:
    """Place and text of the headers that name people, of the subject and of each paragraph.

    Of the forms in which a mail gives the same text (plain and HTML), the longer one is read. A
    page saved as one file has no sender: only the page is read. ``is_whole`` is for its HTML.

    Raises:
        DocumentError: encrypted, nested too deep, or with nothing that can be read.
    """
    message = email.message_from_bytes(_from_headers_on(data, name), policy=compat32)
    reader = _Reader(name, is_whole=is_whole)
    body = reader.read(message)
    parts = [*_read_headers(message, body, is_page=_is_page(message)), *body]
    text = "\n".join(text for _, text in parts)
    check_chars(len(text), name)
    refuse_gibberish(text, name)
    return parts, reader.notices(message)


def _from_headers_on(data: bytes, name: str) -> bytes:
    """The mail without what would make its headers, and what they encode, a text.

    It removes a byte order mark, blank lines, and the UTF-16 that Windows PowerShell writes.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeDecodeError as error:
            raise DocumentError(
                f"{name}: not UTF-16, as which the file is marked ({error.reason}); expected a "
                "mail as its program saved it. Save it again."
            ) from error
    return data.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")


class _Reader:
    """Reads the parts of one message, and remembers what it does not read."""

    def __init__(self, name: str, *, is_whole: bool) -> None:
        self.name = name
        self.is_whole = is_whole
        self.attachments: list[str] = []
        self.n_frames = 0
        self.said: list[str] = []

    def read(self, part: Message, depth: int = 0) -> list[_Part]:
        """Places and texts of a part and of all that is in it."""
        kind = part.get_content_type()
        if depth > _MAX_DEPTH:
            raise DocumentError(f"{self.name}: a mail with parts nested too deep. Save it as text.")
        if kind in _ENCRYPTED:
            raise DocumentError(
                f"{self.name}: an encrypted mail; expected one that anybody can read. Open it in "
                "its program, and save the text."
            )
        # Before the other kinds: an attached text or mail is a file, not a part of this text.
        if part.get_content_disposition() == "attachment":
            self.attachments.append(_file_name(part))
            return []
        if kind == "message/rfc822":
            return self._read_forwarded(part, depth)
        if part.is_multipart():
            return self._read_several(part, kind, depth)
        return self._read_one(part, kind)

    def notices(self, message: Message) -> list[str]:
        """What was not read."""
        found = list(self.said)
        if self.attachments:
            found.append(
                f"not read: {count_of(len(self.attachments), 'attachment')} "
                f"({', '.join(self.attachments)}). Save each as a file, and name it too."
            )
        if self.n_frames:
            found.append(f"not read: {count_of(self.n_frames, 'frame')} inside the page")
        # A mail that was cut lacks its last boundary; the parser notes it and raises nothing.
        parts = message.walk()
        if any(isinstance(d, CloseBoundaryNotFoundDefect) for part in parts for d in part.defects):
            found.append("the file ends early: it was probably cut. Fetch it again.")
        return found

    def _read_several(self, part: Message, kind: str, depth: int) -> list[_Part]:
        children = _children(part)
        if kind == "multipart/alternative":
            # The plain form may only refer to the HTML form, so the longer one is read.
            return max((self._try(child, depth) for child in children), key=_n_chars, default=[])
        if kind == "multipart/related" and children:
            # The others are pictures and styles of the first, or the frames inside it.
            others = [child.get_content_type() for child in children[1:]]
            self.n_frames += others.count("text/html")
            return self.read(children[0], depth + 1)
        return [one for child in children for one in self.read(child, depth + 1)]

    def _try(self, part: Message, depth: int) -> list[_Part]:
        """One of several forms of a text: another may be read where this one cannot."""
        try:
            return self.read(part, depth + 1)
        except DocumentError as error:
            self.said.append(f"a form of the text was not read: {error}")
            return []

    def _read_forwarded(self, part: Message, depth: int) -> list[_Part]:
        found = []
        for message in _children(part):
            body = self.read(message, depth + 1)
            found += [*_read_headers(message, body, is_page=False), *body]
        return [(f"forwarded message, {place}", text) for place, text in found]

    def _read_one(self, part: Message, kind: str) -> list[_Part]:
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        if kind == "text/html" and content.strip():
            found, notices = read_html(_to_utf8(content, part), self.name, is_whole=self.is_whole)
            self.said += notices
            return found
        if kind == "text/plain":
            return _split_paragraphs(_join_flowed(self._decode(content, part), part))
        if kind in _SIGNATURES:
            return []
        is_picture = part.get_content_maintype() == "image" and part.get_filename() is None
        if content.strip() and not is_picture:
            self.attachments.append(_file_name(part))
        return []

    def _decode(self, content: bytes, part: Message) -> str:
        """The text: as UTF-8 if it is that, else as the part declares."""
        # UTF-8 first: other encodings are almost never valid UTF-8; declarations are often wrong.
        declared = part.get_content_charset("utf-8")
        for encoding in ("utf-8", declared):
            with suppress(LookupError, UnicodeDecodeError):
                return content.decode(encoding)
        text = content.decode("utf-8", "replace")
        self.said.append(
            f"{text.count(chr(0xFFFD)):,} bytes are no text in UTF-8 or {declared}, as declared; "
            "they are read as U+FFFD"
        )
        return text


def _children(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _is_page(message: Message) -> bool:
    """Whether it is a web page that a browser or Word saved, not a mail that somebody sent."""
    sender = _header(message, "From")
    return not sender or "saved by" in sender.lower()


def _read_headers(message: Message, body: list[_Part], *, is_page: bool) -> Iterator[_Part]:
    subject = _header(message, "Subject")
    if not is_page:
        for name in _PEOPLE:
            if value := _header(message, name):
                yield name.lower(), value
    # A page says its title itself.
    if subject and not (is_page and any(subject in text for _, text in body)):
        yield "subject", subject


def _header(message: Message, name: str) -> str:
    """The decoded header on one line; empty if there is none."""
    # ``message[name]`` would give an encoded ``Header`` where the value is not ASCII.
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    # The parser keeps bytes that are not ASCII as surrogates: this gives the UTF-8 back.
    text = str(raw).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _ENCODED_WORDS.sub(lambda match: _decode_words(match[0]), _FOLD.sub(" ", text)).strip()


def _decode_words(words: str) -> str:
    """Encoded words side by side, such as ``=?utf-8?B?4KaF?=``; as they stand if they are broken.

    >>> _decode_words("=?utf-8?B?4KY=?= =?utf-8?B?hQ==?=")
    'অ'
    """
    with suppress(HeaderParseError, LookupError, UnicodeDecodeError):
        return "".join(
            found if isinstance(found, str) else found.decode(charset or "ascii")
            for found, charset in decode_header(words)
        )
    return words


def _file_name(part: Message) -> str:
    """What the attachment is called; else what it is."""
    name = part.get_param("filename", None, "content-disposition") or part.get_param("name")
    if isinstance(name, tuple):
        name = email.utils.collapse_rfc2231_value(name)
    if not name:
        return f"one without a name, {part.get_content_type()}"
    return _ENCODED_WORDS.sub(lambda match: _decode_words(match[0]), name)


def _to_utf8(content: bytes, part: Message) -> bytes:
    """HTML in the encoding that the part declares becomes UTF-8; else the page says it itself."""
    declared = part.get_content_charset()
    if declared is None or content.isascii():
        return content
    for encoding in ("utf-8", declared):
        with suppress(LookupError, UnicodeDecodeError):
            # The byte order mark wins over what the page itself declares.
            return content.decode(encoding).encode("utf-8-sig")
    return content


def _join_flowed(text: str, part: Message) -> str:
    """The text without the line breaks that its sender's program put in to keep lines short.

    Source: RFC 3676. A line that ends with a space goes on in the next one of the same quotation.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if str(part.get_param("format")).lower() != "flowed":
        return text
    is_space_added = str(part.get_param("delsp")).lower() == "yes"
    lines: list[str] = []
    depth_before = None
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")  # it keeps ``From`` and ``>`` from being read as marks
        # ``-- `` begins a signature: its space is no soft line break (RFC 3676).
        is_soft = content.endswith(" ") and content != "-- "
        content = content[:-1] if is_soft and is_space_added else content
        if depth == depth_before and content != "-- ":
            lines[-1] += content
        else:
            lines.append(f"{'>' * depth} {content}" if depth else content)
        depth_before = depth if is_soft else None
    return "\n".join(lines)


def _split_paragraphs(lines: str) -> list[_Part]:
    paragraphs = [part.strip() for part in _BETWEEN_PARAGRAPHS.split(lines)]
    found = enumerate((part for part in paragraphs if part), start=1)
    return [(f"paragraph {number}", part) for number, part in found]


def _n_chars(parts: list[_Part]) -> int:
    return sum(len(text) for _, text in parts)
