"""Pictures without what they say of themselves: camera, author, comments, a preview."""

from __future__ import annotations

import io

from PIL import Image

_PNG = b"\x89PNG\r\n\x1a\n"
# What a PNG needs to be drawn; all else, such as tEXt, iTXt and eXIf, tells something.
_PNG_CHUNKS = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"}
)
_JPEG, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
# Application data of a JPEG that change how it is drawn: JFIF and Adobe's colours.
_JPEG_DRAWN = frozenset({0xE0, 0xEE})
_SCAN, _COMMENT = 0xDA, 0xFE


def strip_picture(content: bytes) -> bytes:
    """The picture alone; nothing if it cannot be told from what else the file holds."""
    if content.startswith(_PNG):
        return _strip_png(content)
    if content.startswith(_JPEG):
        return _strip_jpeg(content)
    return _write_again(content)


def _strip_png(content: bytes) -> bytes:
    kept = [_PNG]
    at = len(_PNG)
    while at + 12 <= len(content):
        size, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if kind in _PNG_CHUNKS:
            kept.append(content[at : at + 12 + size])
        # Nothing behind IEND is drawn, but a file may carry anything there.
        if kind == b"IEND":
            return b"".join(kept)
        at += 12 + size
    return b""


def _strip_jpeg(content: bytes) -> bytes:
    kept, at = [_JPEG], len(_JPEG)
    while content[at : at + 1] == b"\xff" and at + 4 <= len(content):
        kind, size = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if kind == _SCAN:
            # No letter of the picture itself looks like its end; previews were before.
            end = content.find(_JPEG_END, at)
            return b"".join(kept) + content[at : end + 2] if end >= 0 else b""
        is_told = 0xE0 <= kind <= 0xEF and kind not in _JPEG_DRAWN
        if not is_told and kind != _COMMENT:
            kept.append(content[at : at + 2 + size])
        at += 2 + size
    return b""


def _write_again(content: bytes) -> bytes:
    """A GIF, BMP, TIFF or WebP drawn again by a library; of several frames, the first."""
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content), formats=("GIF", "BMP", "TIFF", "WEBP")) as image:
            plain = Image.new(image.mode, image.size)
            if palette := image.getpalette():
                plain.putpalette(palette)
            plain.paste(image)
            plain.save(out, image.format)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return b""
    return out.getvalue()
