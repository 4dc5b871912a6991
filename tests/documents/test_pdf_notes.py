"""Form fields and notes of a PDF are read; what is not read is named."""

from __future__ import annotations

import pytest

from nerbridge.documents import Document, read_document, redact
from nerbridge.tagging.entity import Entity
from pdf_writer import PdfWriter, stream, wide

BODY = "আবেদনৰ কাগজখন তলত আছে"
BOX = "/Rect [50 600 300 620]"


def read(made: PdfWriter) -> Document:
    return read_document(made.show(BODY).write(), name="a.pdf")


def beside(document: Document) -> dict[str, str]:
    return {
        part.place: document.text[part.start_char : part.end_char] for part in document.segments[1:]
    }


def test_fields_and_notes_are_read() -> None:
    made = PdfWriter(catalog_extra="/AcroForm << /Fields [8 0 R 9 0 R 10 0 R] >>")
    field = f"/Subtype /Widget {BOX}"
    made.annotate(f"{field} /FT /Tx /T (name) /V {wide('ভানু বৰা')}")
    made.annotate(f"{field} /FT /Ch /Ff 131072 /T {wide('ঠাই')} /V {wide('তেজপুৰ')} /Opt [()]")
    made.add("<< /FT /Tx /T (work) /V (Clerk) /Kids [11 0 R] >>")
    made.annotate(f"{field} /Parent 10 0 R")
    made.annotate(f"{field} /FT /Tx /T (name) /V {wide('ভানু বৰা')}")
    made.annotate(f"/Subtype /FreeText {BOX} /DA () /Contents {wide('হেম গগৈ আহিছিল')}")
    made.annotate(f"/Subtype /Text {BOX} /Contents (Caf\\351\\ropen)")
    made.annotate(f"/Subtype /Highlight {BOX} /Contents <EFBBBFE0A685>")
    document = read(made)
    assert beside(document) == {
        "page 1, field name": "ভানু বৰা",
        "page 1, field ঠাই": "তেজপুৰ",
        "page 1, field work": "Clerk",
        "page 1, note 1": "হেম গগৈ আহিছিল",
        "page 1, note 2": "Café\nopen",
        "page 1, note 3": "অ",
    }
    assert document.notices == ()


def test_a_name_of_a_field_is_found_on_the_page_and_nothing_else_is_in_the_copy() -> None:
    made = PdfWriter(catalog_extra="/AcroForm << /Fields [8 0 R] >>")
    made.annotate(f"/Subtype /Widget {BOX} /FT /Tx /T (n) /V {wide('ভানু বৰা')}")
    document = read(made)
    start = document.text.index("ভানু")
    copy = redact(document, [Entity("PER", "ভানু বৰা", start, start + 8, 0, 1, 1.0)], ["PER"])
    assert b"Annot" not in copy
    assert b"AcroForm" not in copy


def test_what_is_not_read_is_named() -> None:
    made = PdfWriter()
    file = made.add(stream(b"a,b", "/Type /EmbeddedFile"))
    spec = made.add(f"<< /Type /Filespec /F (list.csv) /UF (list.csv) /EF << /F {file} 0 R >> >>")
    marks = made.add("<< /First 11 0 R /Last 12 0 R /Count 2 >>")
    made.add(f"<< /Title {wide('হেম গগৈ')} /Parent {marks} 0 R /Next 12 0 R /Dest [3 0 R /Fit] >>")
    made.add(f"<< /Title {wide(BODY)} /Parent {marks} 0 R /Prev 11 0 R /Dest [3 0 R /Fit] >>")
    drawn = made.add(
        stream(b"BT /F1 12 Tf (x) Tj ET", "/Type /XObject /Subtype /Form /BBox [0 0 9 9]")
    )
    made.annotate(f"/Subtype /Stamp {BOX} /AP << /N {drawn} 0 R >>")
    made.catalog_extra = (
        f"/Names << /EmbeddedFiles << /Names [(list.csv) {spec} 0 R] >> >> /Outlines {marks} 0 R "
        "/AcroForm << /Fields [] /XFA [(datasets) 8 0 R] >>"
    )
    assert read(made).notices == (
        "page 1: not read: 1 stamp or note whose words are only drawn.",
        "not read: 1 attached file (list.csv). Save each as a file, and name it too.",
        "not read: the values of its XFA form. Open it in Acrobat, and print it to a new PDF.",
        "not read: 1 bookmark whose words are on no page.",
    )


def test_a_file_attached_to_a_note_is_named() -> None:
    made = PdfWriter()
    file = made.add(stream(b"a", "/Type /EmbeddedFile"))
    spec = f"<< /Type /Filespec /F (a.txt) /UF {wide('চিঠি.txt')} /EF << /F {file} 0 R >> >>"
    made.annotate(f"/Subtype /FileAttachment {BOX} /FS {spec}")
    assert read(made).notices == (
        "not read: 1 attached file (চিঠি.txt). Save each as a file, and name it too.",
    )


@pytest.mark.parametrize("form", ["", "/AcroForm << /Fields [] >>"])
def test_a_field_outside_every_form(form: str) -> None:
    made = PdfWriter(catalog_extra=form)
    made.annotate(f"/Subtype /Widget {BOX} /FT /Tx /T (n) /V {wide('ভানু বৰা')}")
    assert beside(read(made)) == {"page 1, field n": "ভানু বৰা"}


@pytest.mark.parametrize("is_said", [True, False])
def test_alternative_texts_of_pictures(is_said: bool) -> None:
    text = "হেম গগৈৰ ছবি" if is_said else BODY
    made = PdfWriter(page_extra="/StructParents 0")
    made.catalog_extra = "/MarkInfo << /Marked true >> /StructTreeRoot 8 0 R"
    made.add("<< /Type /StructTreeRoot /K [9 0 R] /ParentTree 10 0 R >>")
    made.add(f"<< /Type /StructElem /S /Figure /P 8 0 R /Pg 3 0 R /K 0 /Alt {wide(text)} >>")
    made.add("<< /Nums [0 [9 0 R]] >>")
    made.content.append("/Figure << /MCID 0 >> BDC 0 0 9 9 re f EMC")
    notices = read(made).notices
    assert notices == (("page 1: not read: 1 alternative text of pictures.",) if is_said else ())
