"""The files inside a DOCX, with bounded sizes; nothing is unpacked to disk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from lxml import etree

from nerbridge.documents.limits import (
    MAX_ENTRIES,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    MAX_XML_BYTES,
    MIB,
)
from nerbridge.errors import DocumentError
from nerbridge.io.kinds import BAD_ZIP


def read_package(data: bytes, name: str) -> dict[str, bytes]:
    """Every file of the package by its name, in order.

    Raises:
        DocumentError: damaged, locked, or more than the limits say, declared or actual.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            _check_sizes(members, name)
            return {info.filename: _read_member(archive, info) for info in members}
    except BAD_ZIP as error:
        raise DocumentError(
            f"{name}: a damaged DOCX ({error or type(error).__name__}). It was probably cut: fetch "
            "it again, or open and save it in Word."
        ) from error


def write_package(parts: Mapping[str, bytes]) -> bytes:
    """A package of these files, without times or other traces of the machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(zipfile.ZipInfo(part), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def parse_xml(content: bytes, place: str) -> etree._Element:
    """The root of an XML file: no entities, no DTD, nothing fetched, bounded depth.

    Raises:
        DocumentError: it is not well-formed, nested too deep, or declares a document type.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError(
            f"{place}: not well-formed XML ({error.msg}). The file is damaged: open and save it in "
            "Word, or fetch it again."
        ) from error
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise DocumentError(
            f"{place}: declares a document type, which no DOCX does and attacks do. Do not open "
            "it; ask the sender."
        )
    return root


def _check_sizes(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MAX_ENTRIES:
        raise DocumentError(
            f"{name}: {len(members):,} files inside; expected at most {MAX_ENTRIES:,}. It is not "
            "an ordinary DOCX: open and save it in Word."
        )
    n_bytes = sum(info.file_size for info in members)
    if n_bytes > MAX_UNPACKED_BYTES:
        raise DocumentError(
            f"{name}: {n_bytes / MIB:,.0f} MiB unpacked; expected at most "
            f"{MAX_UNPACKED_BYTES // MIB}. Take out pictures, or split the document."
        )
    # Programs differ in which of the two they open: one could show what was not checked.
    if len({info.filename for info in members}) != len(members):
        raise DocumentError(f"{name}: one file inside stands twice. Open and save it in Word.")
    for info in members:
        if not info.filename.endswith((".xml", ".rels")):
            continue
        if info.file_size > MAX_XML_BYTES:
            raise DocumentError(
                f"{name}: {info.filename} has {info.file_size / MIB:,.0f} MiB; expected at most "
                f"{MAX_XML_BYTES // MIB}. Split the document."
            )
        if info.file_size > MIB and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise DocumentError(
                f"{name}: {info.filename} unpacks to {info.file_size // max(info.compress_size, 1)}"
                f" times its size; expected at most {MAX_RATIO}. It looks like a zip bomb: do not "
                "open it."
            )


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    # The same class that zipfile raises for a file with a password.
    if info.flag_bits & 1:
        raise RuntimeError(f"{info.filename} is encrypted")
    with archive.open(info) as stream:
        # One byte more shows a file that lies about its size, and nothing beyond is unpacked.
        content = stream.read(info.file_size + 1)
    if len(content) != info.file_size:
        raise zipfile.BadZipFile(f"{info.filename} is not as large as it says")
    return content
