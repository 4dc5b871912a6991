"""What a PDF says beside its pages: notes, form fields; and what of it is not read."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from nerbridge.text.counts import count_of

PdfNote = tuple[str, str]
"""What it is, such as ``note 1`` or ``field name``, and its text."""

_NO_NOTES = frozenset({raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_POPUP})
_FILLED = frozenset(
    {raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX}
)
_NO_FIELD = -1
_XFA = frozenset({raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND})
_NOTE = "note"
_MAX_DEPTH = 30
_MAX_CHILDREN = 10_000
_SHOWN = 5


class NoteReader:
    """Reads the notes and fields of a document's pages; a field of many places is read once.

    ``files`` are the names of those that are attached to a note.
    """

    def __init__(self, document: pdfium.PdfDocument) -> None:
        """Open the form, before any page is opened."""
        document.init_forms()
        self._form = document.formenv
        self._known: set[tuple[str, str]] = set()
        self.files: list[str] = []

    def read(self, page: pdfium.PdfPage) -> tuple[list[PdfNote], int]:
        """Notes and filled fields of a page, in order, and how many notes are only drawn."""
        notes: list[PdfNote] = []
        n_drawn = 0
        for index in range(raw.FPDFPage_GetAnnotCount(page)):
            annotation = raw.FPDFPage_GetAnnot(page, index)
            if not annotation:
                continue
            try:
                n_notes = sum(what.startswith(_NOTE) for what, _ in notes)
                found = self._read_one(annotation, n_notes + 1)
                n_drawn += not found and self._is_drawn(annotation)
            finally:
                raw.FPDFPage_CloseAnnot(annotation)
            notes += found
        return notes, n_drawn

    def _read_one(self, annotation: Any, number: int) -> list[PdfNote]:
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        if kind == raw.FPDF_ANNOT_WIDGET:
            return self._read_field(annotation)
        if kind == raw.FPDF_ANNOT_FILEATTACHMENT:
            self.files.append(_name_of_file(raw.FPDFAnnot_GetFileAttachment(annotation)))
        text = _clean(_string_of(annotation, b"Contents"))
        return [(f"{_NOTE} {number}", text)] if text and kind not in _NO_NOTES else []

    def _read_field(self, annotation: Any) -> list[PdfNote]:
        kind = self._type_of_field(annotation)
        if kind == _NO_FIELD:  # some programs show it all the same
            name, text = (_clean(_string_of(annotation, key)) for key in (b"T", b"V"))
        elif kind not in _FILLED:
            return []
        else:
            form = self._form.raw
            name, text = (
                _clean(_wide(partial(read, form, annotation)))
                for read in (raw.FPDFAnnot_GetFormFieldName, raw.FPDFAnnot_GetFormFieldValue)
            )
        if not text or (name, text) in self._known:
            return []
        self._known.add((name, text))
        return [(f"field {' '.join(name.split())}".strip(), text)]

    def _type_of_field(self, annotation: Any) -> int:
        if self._form is None:
            return _NO_FIELD
        kind: int = raw.FPDFAnnot_GetFormFieldType(self._form.raw, annotation)
        return kind

    def _is_drawn(self, annotation: Any) -> bool:
        """Whether an annotation without words of its own draws text; one already read does not."""
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        is_note = kind not in _NO_NOTES
        if kind == raw.FPDF_ANNOT_WIDGET:
            is_in_no_form = self._type_of_field(annotation) == _NO_FIELD
            is_note = is_in_no_form and not _string_of(annotation, b"V")
        return is_note and _draws_text(annotation)


def notices_of(document: pdfium.PdfDocument, text: str, attached: Sequence[str]) -> list[str]:
    """What of a document is not read, beside its pages; bookmarks only if they say more.

    ``attached`` are the files that its notes hold.
    """
    found = []
    n_files = raw.FPDFDoc_GetAttachmentCount(document)
    files = [_name_of_file(raw.FPDFDoc_GetAttachment(document, i)) for i in range(n_files)]
    files += attached
    if files:
        shown = ", ".join(files[:_SHOWN]) + (", …" if len(files) > _SHOWN else "")
        found.append(
            f"not read: {count_of(len(files), 'attached file')} ({shown}). Save each as a file, "
            "and name it too."
        )
    if document.get_formtype() in _XFA:
        found.append(
            "not read: the values of its XFA form. Open it in Acrobat, and print it to a new PDF."
        )
    plain = " ".join(text.split())
    titles = [" ".join(mark.get_title().split()) for mark in document.get_toc()]
    if n_more := sum(bool(title) and title not in plain for title in titles):
        found.append(f"not read: {count_of(n_more, 'bookmark')} whose words are on no page.")
    return found


def alternative_texts(page: pdfium.PdfPage) -> list[str]:
    """The texts that stand for pictures, for readers who do not see them."""
    tree = raw.FPDF_StructTree_GetForPage(page)
    if not tree:
        return []
    try:
        # The count comes from the file, which may claim any number.
        children = range(min(raw.FPDF_StructTree_CountChildren(tree), _MAX_CHILDREN))
        roots = [raw.FPDF_StructTree_GetChildAtIndex(tree, index) for index in children]
        return [text for root in roots for text in _iter_alternatives(root, 0)]
    finally:
        raw.FPDF_StructTree_Close(tree)


def _iter_alternatives(element: Any, depth: int) -> Iterator[str]:
    # A stranger's file may nest elements deeper than Python can recurse.
    if not element or depth > _MAX_DEPTH:
        return
    if text := _clean(_wide(lambda b, n: raw.FPDF_StructElement_GetAltText(element, b, n))):
        yield text
    for index in range(min(raw.FPDF_StructElement_CountChildren(element), _MAX_CHILDREN)):
        child = raw.FPDF_StructElement_GetChildAtIndex(element, index)
        yield from _iter_alternatives(child, depth + 1)


def _draws_text(annotation: Any) -> bool:
    """Whether what an annotation looks like holds text, as a stamp does."""
    for index in range(raw.FPDFAnnot_GetObjectCount(annotation)):
        item = raw.FPDFAnnot_GetObject(annotation, index)
        if item and raw.FPDFPageObj_GetType(item) in (
            raw.FPDF_PAGEOBJ_TEXT,
            raw.FPDF_PAGEOBJ_FORM,
        ):
            return True
    return False


def _name_of_file(attachment: Any) -> str:
    return _clean(_wide(lambda b, n: raw.FPDFAttachment_GetName(attachment, b, n))) or "(no name)"


def _string_of(annotation: Any, key: bytes) -> str:
    return _wide(lambda b, n: raw.FPDFAnnot_GetStringValue(annotation, key, b, n))


def _wide(read: Callable[[Any, int], int]) -> str:
    """A string of pdfium: asked for its size in bytes, then for its UTF-16."""
    n_bytes = read(None, 0)
    # Two bytes are the closing zero of an empty string.
    if n_bytes <= 2:
        return ""
    buffer = (ctypes.c_ushort * (n_bytes // 2 + 1))()
    read(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), n_bytes)
    return bytes(buffer)[: n_bytes - 2].decode("utf-16-le", "replace")


def _clean(text: str) -> str:
    """Lines as lines, without what does not print."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = ("".join(char for char in line if char.isprintable()).strip() for line in lines)
    return "\n".join(line for line in kept if line)
