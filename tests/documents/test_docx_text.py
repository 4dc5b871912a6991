"""The text of a DOCX, wherever it stands, and its places."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from nerbridge.documents import read_document
from nerbridge.errors import DocumentError

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
Changed = Callable[[bytes, str, bytes], bytes]


def body(content: str) -> bytes:
    return f'<w:document xmlns:w="{W}"><w:body>{content}</w:body></w:document>'.encode()


def text_of(letter: bytes, changed: Changed, content: str) -> list[str]:
    """The paragraphs of a document with this body."""
    document = read_document(changed(letter, "word/document.xml", body(content)), name="a.docx")
    texts = [document.text[part.start_char : part.end_char] for part in document.segments]
    places = [part.place for part in document.segments]
    return [t for t, place in zip(texts, places, strict=True) if place[0] in "pt"]


def test_all_places(letter: bytes) -> None:
    document = read_document(letter, name="a.docx")
    found = {
        part.place: document.text[part.start_char : part.end_char] for part in document.segments
    }
    assert found == {
        "paragraph 1": "ৰমেন দাস আহিল",
        "paragraph 2": "কালি ৰমেন দাস গুৱাহাটীত আছিল, ৰমেন দাসৰ ঘৰ অসমত।",
        "table 1, row 1": "ঠাই",
        "table 1, row 2": "অসম",
        "comment 0": "ৰমেন দাস ক'ত",
        "footer": "ৰমেন দাস",
        "header": "সংঘ",
    }


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<w:p><w:r><w:t>ক</w:t><w:tab/><w:t>খ</w:t><w:br/><w:t>গ</w:t></w:r></w:p>", ["ক\tখ\nগ"]),
        ("<w:p><w:r><w:t>ক</w:t><w:softHyphen/><w:t>খ</w:t></w:r></w:p>", ["ক\u00adখ"]),
        ("<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>ক</w:t></w:r></w:p>", ["ক"]),
        ("<w:p><w:del><w:r><w:delText>ক</w:delText></w:r></w:del></w:p><w:p/>", []),
        ("<w:p><w:ins><w:r><w:t>ক</w:t></w:r></w:ins></w:p>", ["ক"]),
        (
            "<w:p><w:r><w:t>ক</w:t><w:txbxContent><w:p><w:r><w:t>খ</w:t></w:r></w:p>"
            "</w:txbxContent></w:r><w:r><w:t>গ</w:t></w:r></w:p>",
            ["কগ", "খ"],
        ),
        (
            "<w:sdt><w:sdtContent><w:p><w:hyperlink><w:r><w:t>ক</w:t></w:r></w:hyperlink></w:p>"
            "</w:sdtContent></w:sdt>",
            ["ক"],
        ),
    ],
)
def test_bodies(letter: bytes, changed: Changed, content: str, expected: list[str]) -> None:
    keep = "<w:p><w:r><w:t>শেষ</w:t></w:r></w:p>"
    assert text_of(letter, changed, content + keep) == [*expected, "শেষ"]


def test_strict_namespaces_are_read_too(letter: bytes, changed: Changed) -> None:
    strict = body("<w:p><w:r><w:t>ক</w:t></w:r></w:p>").replace(
        W.encode(), b"http://purl.oclc.org/ooxml/wordprocessingml/main"
    )
    assert read_document(changed(letter, "word/document.xml", strict), name="a").text[0] == "ক"


def test_legacy_fonts_of_runs_styles_and_defaults(changed: Changed) -> None:
    import docx

    sample = "kalo bRitaar saangbaadik meel aahil"
    run_font = docx.Document()
    run_font.add_paragraph().add_run(sample).font.name = "Ramdhenu"
    style_font = docx.Document()
    style_font.styles["Normal"].font.name = "Geetanjali"
    style_font.add_paragraph(sample)
    for made in (run_font, style_font):
        out = io.BytesIO()
        made.save(out)
        with pytest.raises(DocumentError, match="which is not Unicode"):
            read_document(out.getvalue(), name="a.docx")
    unicode_text = docx.Document()
    unicode_text.styles["Normal"].font.name = "Geetanjali"
    unicode_text.add_paragraph("অসমৰ বাতৰি আজি পুৱা আহিল আৰু সকলোৱে পঢ়িলে")
    out = io.BytesIO()
    unicode_text.save(out)
    assert read_document(out.getvalue(), name="a.docx").text.startswith("অসমৰ")


def test_deep_nesting_is_an_error_not_a_crash(letter: bytes, changed: Changed) -> None:
    deep = "<w:sdt>" * 5_000 + "</w:sdt>" * 5_000
    with pytest.raises(DocumentError, match="not well-formed"):
        read_document(changed(letter, "word/document.xml", body(deep)), name="a.docx")


def chunk(letter: bytes, changed: Changed, part: str, content: bytes) -> bytes:
    """A DOCX with another document inside it."""
    links = (
        '<Relationships><Relationship Id="c1" Target="/word/'
        f'{part}" Type="http://x/relationships/aFChunk"/></Relationships>'
    )
    space = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    main = body(f'<w:p><w:r><w:t>আগকথা</w:t></w:r></w:p><w:altChunk {space} r:id="c1"/>')
    made = changed(letter, "word/document.xml", main)
    made = changed(made, "word/_rels/document.xml.rels", links.encode())
    return changed(made, f"word/{part}", content)


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("a.htm", "<html><body><p>ভানু বৰা আহিল</p></body></html>"),
        ("b.xhtml", '<?xml version="1.0"?><html><body><form>ভানু বৰা আহিল</form></body></html>'),
        ("c.txt", "ভানু বৰা আহিল"),
        ("d.dat", "<p>ভানু বৰা আহিল"),
    ],
)
def test_a_document_inside_is_read(
    letter: bytes, changed: Changed, part: str, content: str
) -> None:
    document = read_document(chunk(letter, changed, part, content.encode()), name="a.docx")
    assert document.segments[-1].place == f"word/{part}, paragraph 1"
    assert document.text.endswith("ভানু বৰা আহিল")


@pytest.mark.parametrize("part", ["a.rtf", "b.docx", "c.mht"])
def test_a_document_inside_that_is_not_read_is_named(
    letter: bytes, changed: Changed, part: str
) -> None:
    document = read_document(chunk(letter, changed, part, b"{\\rtf x}"), name="a.docx")
    assert f"not read: word/{part}, a document inside this one" in document.notices[0]


@pytest.mark.parametrize(
    ("markup", "named"),
    [
        ("<w:p><w:del><w:r><w:delText>ক</w:delText></w:r></w:del></w:p>", "deleted text"),
        ('<w:p><w:r><w:docPr descr="ক"/></w:r></w:p>', "alternative text"),
        ('<w:p><w:pict><w:textpath string="ক"/></w:pict></w:p>', "text drawn as WordArt"),
        ('<w:p><w:textInput><w:default w:val="ক"/></w:textInput></w:p>', "default of a form field"),
        ('<w:sdt><w:listItem w:displayText="ক"/></w:sdt>', "entry of a list"),
        ("<w:p><w:r><w:instrText>COMMENTS ক</w:instrText></w:r></w:p>", "field code"),
    ],
)
def test_what_is_not_read_is_named(
    letter: bytes, changed: Changed, markup: str, named: str
) -> None:
    keep = "<w:p><w:r><w:t>শেষ</w:t></w:r></w:p>"
    data = changed(letter, "word/document.xml", body(markup + keep))
    assert f"not read: {named}." in read_document(data, name="a.docx").notices


def test_labels_of_charts_are_read(letter: bytes, changed: Changed) -> None:
    chart = '<c:c xmlns:c="urn:c"><c:strCache><c:pt><c:v>তেজপুৰ</c:v></c:pt></c:strCache></c:c>'
    data = changed(letter, "word/charts/chart1.xml", chart.encode())
    assert read_document(data, name="a.docx").text.endswith("তেজপুৰ")


def test_what_is_set_above_a_word_does_not_cut_a_name(letter: bytes, changed: Changed) -> None:
    content = """<w:p><w:r><w:ruby><w:rt><w:r><w:t>Bhanu</w:t></w:r></w:rt><w:rubyBase><w:r>
<w:t>ভানু</w:t></w:r></w:rubyBase></w:ruby></w:r><w:r><w:t> বৰা আহিল</w:t></w:r></w:p>"""
    assert text_of(letter, changed, content) == ["ভানু বৰা আহিল", "Bhanu"]
