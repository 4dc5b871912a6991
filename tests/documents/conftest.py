"""A tagger that knows a few words, and documents made for the tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from nerbridge.tagging import Tagger
from tiny_tagger import write_tiny_tagger

for library in ("pypdfium2", "lxml", "docx", "PIL"):
    pytest.importorskip(library)

FOLDER = Path(__file__).parent
NAMES = ("ৰমেন", "দাস", "গুৱাহাটী", "অসম", "সংঘ")


@pytest.fixture(scope="session")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    return Tagger.load(write_tiny_tagger(tmp_path_factory.mktemp("tiny") / "model"), n_threads=1)


@pytest.fixture(scope="session")
def folder() -> Path:
    """Where the committed documents are."""
    return FOLDER


def write_simple_pdf(lines: list[str], *, font: str = "Helvetica", trailer: str = "") -> bytes:
    """A PDF with a page of text per line, in a font that is only named."""
    kids = " ".join(f"{5 + 2 * index} 0 R" for index in range(len(lines)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(lines)} >>",
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>",
        "<< /Filter /Standard /V 1 /R 2 /O ("
        + "o" * 32
        + ") /U ("
        + "u" * 32
        + ") /P -4 /Length 40 >>",
    ]
    for index, line in enumerate(lines):
        content = f"BT /F1 12 Tf 72 700 Td ({line}) Tj ET"
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R "
            f">> >> /Contents {6 + 2 * index} 0 R >>",
            f"<< /Length {len(content)} >> stream\n{content}\nendstream",
        ]
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    starts = []
    for number, body in enumerate(objects, start=1):
        starts.append(out.tell())
        out.write(f"{number} 0 obj {body} endobj\n".encode("cp1252"))
    table = out.tell()
    rows = "".join(f"{start:010} 00000 n \n" for start in starts)
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}".encode())
    out.write(
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\n"
        f"startxref\n{table}\n%%EOF".encode()
    )
    return out.getvalue()


@pytest.fixture(scope="session")
def simple_pdf() -> Callable[..., bytes]:
    return write_simple_pdf


def change_part(docx: bytes, part: str, content: bytes) -> bytes:
    """A DOCX with one of its files replaced or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(docx)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            if name != part:
                after.writestr(name, before.read(name))
        after.writestr(part, content)
    return out.getvalue()


@pytest.fixture(scope="session")
def changed() -> Callable[[bytes, str, bytes], bytes]:
    return change_part


@pytest.fixture(scope="session")
def letter() -> bytes:
    """A DOCX that says its names in every place that a DOCX has for words."""
    import docx
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = docx.Document()
    made.core_properties.author = "ৰমেন দাস"
    made.core_properties.title = "গুৱাহাটীত"
    made.core_properties.last_modified_by = "ৰমেন দাস"
    made.add_heading("ৰমেন দাস আহিল", 1)
    paragraph = made.add_paragraph("কালি ")
    paragraph.add_run("ৰমে").bold = True
    paragraph.add_run("ন দা")
    paragraph.add_run("স").italic = True
    paragraph.add_run(" গুৱাহাটীত আছিল, ৰমেন দাসৰ ঘৰ অসমত।")
    table = made.add_table(2, 2)
    cells = ("নাম", "ঠাই", "ৰমেন দাস", "অসম")
    for cell, text in zip((c for row in table.rows for c in row.cells), cells, strict=True):
        cell.text = text
    made.sections[0].header.paragraphs[0].text = "সংঘ"
    made.sections[0].footer.paragraphs[0].text = "ৰমেন দাস"
    made.add_comment(paragraph.runs, text="ৰমেন দাস ক'ত", author="ৰমেন দাস", initials="ৰমেন")
    made.part.relate_to(
        "https://example.org/%E0%A7%B0%E0%A6%AE%E0%A7%87%E0%A6%A8%20%E0%A6%A6%E0%A6%BE%E0%A6%B8",
        RELATIONSHIP_TYPE.HYPERLINK,
        is_external=True,
    )
    deletion = OxmlElement("w:del")
    deletion.set(qn("w:author"), "ৰমেন দাস")
    run = OxmlElement("w:r")
    text = OxmlElement("w:delText")
    text.text = "ৰমেন দাস আগতে"
    run.append(text)
    deletion.append(run)
    paragraph._p.append(deletion)
    field = OxmlElement("w:r")
    for half in ('HYPERLINK "mailto:ৰমেন', ' দাস@example.org"'):
        code = OxmlElement("w:instrText")
        code.text = half
        field.append(code)
    paragraph._p.append(field)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


HTML = """<!doctype html><html lang="as"><head><meta charset="utf-8"><title>অসম</title>
<meta name="author" content="ৰমেন দাস"><script>var who = "ৰমেন দাস";</script></head>
<body><header>শীৰ্ষ</header><nav><a href="/">ঘৰ</a></nav>
<main><h1>ৰমেন   দাস আহিল</h1><!-- ৰমেন দাস -->
<p>কালি <b>ৰমেন</b>
 দাস <a href="/who/%E0%A7%B0%E0%A6%AE%E0%A7%87%E0%A6%A8%20%E0%A6%A6%E0%A6%BE%E0%A6%B8"
 title="ৰমেন দাস">গুৱাহাটীত</a> আছিল &amp; গ'ল.<br>ৰমেন দাসৰ ঘৰ&nbsp;আছে।</p>
<aside>বিজ্ঞাপন</aside>শেষ<script>x</script> কথা
<table><tr><td>নাম</td><td>ৰমেন দাস</td></tr></table><img src="a.png" alt="ৰমেন দাস"></main>
<footer>পাদ</footer></body></html>"""


@pytest.fixture(scope="session")
def page() -> bytes:
    return HTML.encode()
