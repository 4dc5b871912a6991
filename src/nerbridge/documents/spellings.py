r"""Letters that stand in a file as something else: ``%E0``, ``&#x9b0;``, ``\u09b0``, ``\9b0``.

Formats let a writer spell a letter in many ways. A search for a name must see through all of them.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from html import unescape
from urllib.parse import unquote

_MAX_ROUNDS = 4
_HEX = "[0-9A-Fa-f]"
# Scripts and JSON (\u09b0, \u{9b0}, \xe0), URLs of old programs (%u09b0), Office (_x09B0_) and
# style sheets (\9b0, with at most one space behind it).
_ESCAPES = re.compile(
    rf"\\u\{{({_HEX}{{1,6}})\}}|\\u({_HEX}{{4}})|%u({_HEX}{{4}})|_x({_HEX}{{4}})_"
    rf"|\\x({_HEX}{{2}})|\\({_HEX}{{1,6}})(?:\r\n|[ \t\r\n\f])?"
)
_CSS_JOINT = re.compile(r"\\(?:\r\n|[\n\r\f])|/\*.*?\*/", re.S)
_CSS_PLAIN = re.compile(rf"\\(?!{_HEX})(.)", re.S)
_PUNYCODE = re.compile(r"\bxn--([a-z0-9-]{1,59})", re.I)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX_RUN = re.compile(rf"(?<![0-9A-Za-z])(?:{_HEX}{{2}}\s?){{6,}}(?![0-9A-Za-z])")
_QUOTED_PRINTABLE = re.compile(r"(?:=[0-9A-F]{2}(?:=\r?\n)?){3,}")
_URL_SAFE = str.maketrans("-_", "+/")
_SHORT = 8_192
_WIDE = ("utf-16-le", "utf-16-be")


def decode_spellings(text: str) -> str:
    r"""The text with all escapes resolved, however often one stands inside another.

    >>> decode_spellings("%E0%A7%B0 &#x9b0; \\u09b0 %u09b0 _x09B0_ &amp;#2480; \\9b0")
    'ৰ র র র র র র'
    """
    # Bounded, because a stranger's text may nest escapes without end.
    for _ in range(_MAX_ROUNDS):
        found = _decode_once(text)
        if found == text:
            break
        text = found
    return text


def encoded_texts(text: str) -> list[str]:
    """What runs of base64, hexadecimal digits and quoted-printable in a text may stand for.

    >>> encoded_texts("data:;base64,4Kew4Kau4KeH4Kao")[0]
    'ৰমেন'
    """
    found: list[str] = []
    for match in _BASE64.finditer(text):
        run = match.group()
        # A path may stand right before it: where groups of four begin is not known.
        for shift in range(4 if len(run) < _SHORT else 1):
            found.extend(bytes_to_texts(_from_base64(run[shift:])))
    for match in _HEX_RUN.finditer(text):
        found.extend(bytes_to_texts(_quiet(bytes.fromhex, match.group())))
    if _QUOTED_PRINTABLE.search(text):
        found.append(binascii.a2b_qp(text.encode("utf-8", "replace")).decode("utf-8", "replace"))
    return found


def bytes_to_texts(data: bytes) -> list[str]:
    """The texts that bytes can be: in UTF-8, and in UTF-16 from an even or an odd place."""
    wide = [data[shift:].decode(encoding, "replace") for encoding in _WIDE for shift in (0, 1)]
    return [data.decode("utf-8", "replace"), *wide] if data else []


def _decode_once(text: str) -> str:
    if "&" in text:
        text = unescape(text)
    if "\\" in text or "%u" in text or "_x" in text:
        text = _CSS_JOINT.sub("", text)
        text = _ESCAPES.sub(_unescape_match, text)
        text = _CSS_PLAIN.sub(r"\1", text)
    if "%" in text:
        text = unquote(text)
    return _PUNYCODE.sub(_from_punycode, text) if "xn--" in text.lower() else text


def _unescape_match(match: re.Match[str]) -> str:
    digits = next(group for group in match.groups() if group is not None)
    point = int(digits, 16)
    is_letter = 0 < point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF
    return chr(point) if is_letter else "\ufffd"


def _from_punycode(match: re.Match[str]) -> str:
    try:
        return match.group(1).encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return match.group()


def _from_base64(text: str) -> bytes:
    plain = text.rstrip("=").translate(_URL_SAFE)
    # One character too many codes no byte and is refused; too much padding is allowed.
    return _quiet(base64.b64decode, plain[: len(plain) - (len(plain) % 4 == 1)] + "==")


def _quiet(decode: Callable[[str], bytes], text: str) -> bytes:
    """What is decoded; nothing where it is no such encoding after all."""
    try:
        return decode(text)
    except ValueError:
        return b""
