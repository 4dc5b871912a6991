"""Copies without names: nothing of a hidden name is left anywhere, and the rest is left alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.documents import (
    Document,
    plan_redaction,
    read_document,
    redact,
    tag_document,
)
from nerbridge.documents.redaction import HiddenNames
from nerbridge.errors import DocumentError, InputError
from nerbridge.tagging import Tagger
from nerbridge.tagging.entity import Entity

properties = settings(deadline=None, derandomize=True, max_examples=60)
Changed = Callable[[bytes, str, bytes], bytes]
PERSON = ("ৰমেন", "দাস")


def leaks(data: bytes, words: tuple[str, ...] = PERSON) -> list[str]:
    """Where a word stands in a file or in the files inside it, in any of its spellings."""
    found = []
    parts = {"": data}
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts |= {name: archive.read(name) for name in archive.namelist()}
    for name, content in parts.items():
        for word in words:
            spelled = (
                word.encode(),
                word.encode("utf-16-le"),
                quote(word).encode(),
                quote(word).lower().encode(),
                "".join(f"&#{ord(char)};" for char in word).encode(),
            )
            found += [f"{name}: {word}" for form in spelled if form in content]
    return found


def copy_of(tagger: Tagger, data: bytes, types: tuple[str, ...] = ("PER",)) -> bytes:
    document = read_document(data, name="a")
    return redact(document, tag_document(tagger, document), types)


def test_a_docx_tells_nothing(tagger: Tagger, letter: bytes) -> None:
    assert len(leaks(letter)) >= 10
    copy = copy_of(tagger, letter)
    assert leaks(copy) == []
    assert "অসম" in read_document(copy, name="a").text
    every = copy_of(tagger, letter, ("PER", "ORG", "LOC"))
    assert leaks(every, (*PERSON, "অসম", "গুৱাহাটী", "সংঘ")) == []


def test_a_docx_keeps_its_looks_and_opens(tagger: Tagger, letter: bytes) -> None:
    import docx

    copy = docx.Document(io.BytesIO(copy_of(tagger, letter)))
    paragraph = copy.paragraphs[1]
    assert paragraph.text.startswith("কালি [PER] গুৱাহাটীত আছিল, [PER] ঘৰ অসমত।")
    assert [run.text for run in paragraph.runs if run.bold] == ["[PER]"]
    assert copy.paragraphs[0].style.name == "Heading 1"
    assert copy.tables[0].cell(1, 0).text == "[PER]"
    assert copy.sections[0].footer.paragraphs[0].text == "[PER]"
    assert (copy.core_properties.author, copy.core_properties.title) == ("", "")
    assert [comment.author for comment in copy.comments] == [""]


def test_what_else_a_docx_carries(tagger: Tagger, letter: bytes, changed: Changed) -> None:
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    split = "<w:p><w:r><w:t>ৰমেন </w:t></w:r><w:r><w:t>দাস</w:t></w:r></w:p>"
    more = letter
    for part, content in {
        "word/glossary/document.xml": f"<w:x {w}>{split}</w:x>",
        "word/people.xml": f'<w:people {w}><w:person w:author="ৰমেন দাস"/></w:people>',
        "customXml/item1.xml": "<a b='ৰমেন দাস'>ৰমেন দাস<!-- ৰমেন --></a>",
        "word/embeddings/a.xlsx": "ৰমেন দাস",
        "word/media/image1.png": "\x89PNG ৰমেন দাস",
        "word/afchunk.html": "<p>ৰমেন দাস",
        "docProps/custom.xml": "<p><v>ৰমেন</v></p>",
        "docProps/thumbnail.jpeg": "a picture of ৰমেন",
    }.items():
        more = changed(more, part, content.encode())
    copy = copy_of(tagger, more)
    assert leaks(copy) == []
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        assert "docProps/thumbnail.jpeg" not in archive.namelist()
        assert archive.read("word/embeddings/a.xlsx") == b""


@pytest.mark.parametrize(
    "part",
    [
        "word/media/ৰমেন দাস.png",
        "word/ৰমেন দাস/image1.png",
        f"word/media/{quote('ৰমেন-দাস')}.png",
        "word/media/ৰমেন দাস.png".encode().decode("cp437"),
    ],
)
def test_a_file_called_by_a_name(
    tagger: Tagger, letter: bytes, changed: Changed, part: str
) -> None:
    with pytest.raises(DocumentError, match="Word, which gives files other names") as caught:
        copy_of(tagger, changed(letter, part, b"x"))
    assert "ৰমেন" not in str(caught.value)


def test_names_that_are_words_of_the_format_break_nothing(letter: bytes) -> None:
    import docx

    document = read_document(letter, name="a")
    names = ("auto", "Normal", "left", "word", "document", "Table")
    entities = [Entity("PER", name, 0, 0, 0, 0, 1.0) for name in names]
    copy = docx.Document(io.BytesIO(redact(document, entities, ["PER"])))
    assert len(copy.tables) == 1


def test_an_html_page_tells_nothing(tagger: Tagger, page: bytes) -> None:
    copy = copy_of(tagger, page)
    assert leaks(copy) == []
    text = copy.decode()
    assert "<h1>[PER] আহিল</h1>" in text
    assert "<b>[PER]</b>" in text
    assert 'href="about:blank"' in text
    for gone in ("script", "<nav", "<footer", "<!--", "alt=", 'name="author"'):
        assert gone not in text
    assert read_document(copy, name="a").text.count("[PER]") == 4


def test_control_characters_in_a_page(tagger: Tagger) -> None:
    page = "<title>a&#1;b</title><link rel=stylesheet href='&#1;'><p>x\x02 ৰমেন &#3; দাস \x04<p>ৰমেন"
    page += "<b>y</b><script>z</script>&#5;<script>z</script> কথা" + " কথা" * 40
    copy = copy_of(tagger, f"<!doctype html><html lang='&#2;'>{page}".encode())
    assert leaks(copy, ("ৰমেন",)) == []


def test_a_page_without_a_main_part(tagger: Tagger) -> None:
    page = "<title>ৰমেন দাস</title><nav>ৰমেন দাস</nav>আগ<p>ৰমেন <i>দাস</i></p><hr>পাছ"
    copy = copy_of(tagger, f"<!doctype html>{page}".encode()).decode()
    assert leaks(copy.encode()) == []
    assert "<title>[PER]</title>" in copy
    assert "<body>আগ<p>[PER]<i></i></p><hr>পাছ</body>" in copy


@pytest.mark.parametrize("name", ["narrow.pdf", "report.pdf"])
def test_a_pdf_is_pictures_with_black_boxes(folder: Path, tagger: Tagger, name: str) -> None:
    import pypdfium2

    document = read_document(folder / name, name=name)
    entities = tag_document(tagger, document)
    copy = redact(document, entities, ["PER", "LOC", "ORG"])
    assert leaks(copy, ("ৰমেন", "গুৱাহাটী", "নদীভাঙন")) == []
    before, after = pypdfium2.PdfDocument(document.data), pypdfium2.PdfDocument(copy)
    assert len(before) == len(after)
    metadata = after.get_metadata_dict()
    assert not any(metadata[key] for key in ("Title", "Author", "Subject", "Keywords"))
    n_black = 0
    for number in range(len(after)):
        assert after[number].get_textpage().get_text_range() == ""
        assert after[number].get_size() == pytest.approx(before[number].get_size(), abs=1)
        picture = after[number].render(scale=1).to_pil().convert("L")
        plain = before[number].render(scale=1).to_pil().convert("L")
        n_black += sum(picture.histogram()[:30]) - sum(plain.histogram()[:30])
    assert n_black > 300


def test_the_box_covers_the_whole_name(folder: Path, tagger: Tagger) -> None:
    """What is black in the original where the name stands is all under the box."""
    import pypdfium2

    document = read_document(folder / "narrow.pdf", name="a.pdf")
    person = [entity for entity in tag_document(tagger, document) if entity.type == "PER"]
    copy = pypdfium2.PdfDocument(redact(document, person, ["PER"]))[0]
    plain = pypdfium2.PdfDocument(document.data)[0]
    shown = copy.render(scale=2).to_pil().convert("L")
    ink = plain.render(scale=2).to_pil().convert("L")
    text_page = plain.get_textpage()
    first, n_chars = text_page.search("দাস").get_next()
    boxes = [text_page.get_charbox(index) for index in range(first, first + n_chars)]
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    bottom, top = min(box[1] for box in boxes), max(box[3] for box in boxes)
    height = plain.get_height()
    box = [int(2 * value) for value in (left, height - top, right, height - bottom)]
    assert ink.crop(box).getextrema() == (0, 255)
    assert shown.crop(box).getextrema()[1] < 80


def test_pages_that_nobody_read_are_black(tagger: Tagger, simple_pdf: Callable[..., bytes]) -> None:
    import pypdfium2
    from PIL import Image

    scan = io.BytesIO()
    Image.new("L", (100, 140), 200).save(scan, "PDF")
    made = pypdfium2.PdfDocument.new()
    for part in (simple_pdf(["one"]), scan.getvalue()):
        made.import_pages(pypdfium2.PdfDocument(part))
    out = io.BytesIO()
    made.save(out)
    copy = pypdfium2.PdfDocument(copy_of(tagger, out.getvalue()))
    assert copy[0].render().to_pil().convert("L").getextrema()[1] > 200
    assert copy[1].render().to_pil().convert("L").getextrema()[1] < 50


def test_turned_pages_are_covered_where_they_show(simple_pdf: Callable[..., bytes]) -> None:
    import pypdfium2

    data = simple_pdf(["Ramen was here"]).replace(b"/MediaBox", b"/Rotate 90 /MediaBox")
    document = read_document(data, name="a.pdf")
    entity = Entity("PER", "Ramen", 0, 5, 0, 1, 0.9)
    copy = pypdfium2.PdfDocument(redact(document, [entity], ["PER"]))[0]
    dark = copy.render(scale=1).to_pil().convert("L").point(lambda value: 255 * (value < 40))
    left, top, right, bottom = dark.getbbox()
    assert (right - left) > 8
    assert (bottom - top) > 30
    text = pypdfium2.PdfDocument(data)[0].render(scale=1).to_pil().convert("L")
    assert text.point(lambda value: 255 * (value < 128)).getbbox()[1] >= top - 2


WORDS = ("ৰমেন", "দাস", "দাসৰ", "দাসক", "অসম", "সংঘ", "কালি", "আহিল।", "ৰমেন দাস", "ৰমেন\nদাসে")


@properties
@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_texts_hold_nothing_that_was_found(tagger: Tagger, words: list[str]) -> None:
    document = read_document((" ".join(words) + " .").encode(), name="a.txt")
    entities = tag_document(tagger, document)
    copy = redact(document, entities, ["PER", "LOC", "ORG"]).decode()
    for entity in entities:
        assert " ".join(entity.text.split()) not in " ".join(copy.split())


def test_repetitions_and_other_forms_are_hidden_and_counted() -> None:
    text = "গুৱাহাটীত আছে। তেওঁ গুৱাহাটীলৈ গ'ল; গুৱাহাটী ডাঙৰ। ASSAM, Assam's, Assamese."
    document = Document("a", "text", text, ())
    entities = [Entity("LOC", "গুৱাহাটীত", 0, 9, 0, 1, 0.9)]
    start = text.index("Assam's")
    entities.append(Entity("LOC", "Assam", start, start + 5, 0, 1, 0.9))
    plan = plan_redaction(document, entities, ["LOC"])
    assert (plan.n_names, plan.n_found, plan.n_repeated) == (2, 2, 4)
    copy = redact(document, entities, {"LOC"}).decode()
    assert copy == "[LOC] আছে। তেওঁ [LOC] গ'ল; [LOC] ডাঙৰ। [LOC], [LOC]'s, [LOC]."
    assert "2 found by the model, 4 by repetition" in plan.describe()
    assert "a person must read the copy" in plan.describe()


@pytest.mark.parametrize("word", ["মই", "তেওঁ", "সি", "তোমালোকে", "আপনি", "उन्होंने"])
def test_a_pronoun_is_not_hidden_again(word: str) -> None:
    text = f"{word} আহিল। পাছত {word} গ'ল। ৰমেন আছিল, ৰমেনক মাতা।"
    start = text.index("ৰমেন")
    entities = [
        Entity("PER", word, 0, len(word), 0, 1, 0.5),
        Entity("PER", "ৰমেন", start, start + 4, 5, 6, 0.9),
    ]
    document = Document("a", "text", text, ())
    plan = plan_redaction(document, entities, ["PER"])
    copy = redact(document, entities, ["PER"]).decode()
    assert copy == f"[PER] আহিল। পাছত {word} গ'ল। [PER] আছিল, [PER] মাতা।"
    assert plan.hidden == ((word, 1), ("ৰমেন", 1), ("ৰমেনক", 1))
    assert not plan.names.is_inside(word)


def test_only_what_was_asked_for(tagger: Tagger) -> None:
    document = read_document("ৰমেন দাস অসম সংঘ".encode(), name="a.txt")
    entities = tag_document(tagger, document)
    assert redact(document, entities, ["PER", "ORG"]).decode() == "[PER] অসম [ORG]"
    with pytest.raises(InputError, match="no entity types"):
        redact(document, entities, [])


@pytest.mark.parametrize(
    ("name", "text", "hidden"),
    [
        ("ৰাম", "ৰামে গ্ৰামত ৰামৰ", "[PER] গ্ৰামত [PER]"),
        ("ৰা", "ৰা ৰাম", "[PER] ৰাম"),
        ("Das", "das dasher midas", "[PER] [PER] midas"),
        ("ক", "ক কথা", "ক কথা"),
        ("নৱ দাস", "নৱ\u00a0দাস নৱ  দাসৰ", "[PER] [PER]"),
        ("ড়িম", "ড\u09bcিম", "[PER]"),
        ("আপু", "আপু আপুনি আপুৰ", "[PER] আপুনি [PER]"),
        ("আমিৰ", "আমিৰ আমি আমিৰক", "[PER] আমি [PER]"),
        ("নৱ কলিতা", "#নৱকলিতা নৱ_কলিতা নৱ-কলিতাৰ nৱ", "#[PER] [PER] [PER] nৱ"),
        ("Ramen Das", "ramen.das@x.org /RamenDas", "[PER]@x.org /[PER]"),
        ("ৰমেন", "ৰম\u200dেন #ৰমেন উত্তৰ-ৰমেন", "[PER] #[PER] উত্তৰ-[PER]"),
    ],
)
def test_where_a_name_stands(name: str, text: str, hidden: str) -> None:
    names = HiddenNames([(name, "PER")])
    assert names.label_in(text) == hidden


def test_names_in_escapes_of_a_text() -> None:
    start = "ৰমেন দাস আহিল। "
    escaped = "".join(f"\\u{ord(char):04x}" for char in "ৰমেন দাস")
    text = f'{start}{{"who": "{escaped}", "at": "/a/{quote("ৰমেন_দাস")}"}} শেষ'
    document = read_document(text.encode(), name="a.txt")
    copy = redact(document, [Entity("PER", "ৰমেন দাস", 0, 8, 0, 2, 1.0)], ["PER"]).decode()
    assert copy == '[PER] আহিল। {"who": […] "at": […] শেষ'


def test_many_names_in_a_long_text_take_seconds() -> None:
    names = HiddenNames([(f"নাম{number} দাস", "PER") for number in range(2_000)])
    text = "নাম১২ কথা বাতৰি সভা " * 2_000
    assert names.find(text) == []


DOT = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

WORD = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)


def without_ramen(data: bytes, name: str) -> str:
    """The copy without Ramen Das, which the model finds once; a DOCX as all its parts."""
    document = read_document(data, name=name)
    start = document.text.index("Ramen Das")
    entity = Entity("PER", "Ramen Das", start, start + 9, 0, 2, 1.0)
    copy = redact(document, [entity], ["PER"])
    if document.kind != "docx":
        return copy.decode()
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        return "".join(archive.read(part).decode() for part in archive.namelist())


@pytest.mark.parametrize(
    "markup",
    [
        '<w:bookmarkStart w:name="Ramen_Das"/>',
        '<w:p><w:hyperlink w:anchor="RamenDas" w:docLocation="Ramen Das"/></w:p>',
        '<w:sdt><w:sdtPr><w:tag w:val="ramen-das"/><w:dropDownList w:lastValue="ramendas">'
        '<w:listItem w:displayText="Ramen Das" w:value="ramendas"/></w:dropDownList></w:sdtPr>'
        "</w:sdt>",
        '<w:p><w:ffData><w:helpText w:val="ramen das"/><w:default w:val="ramendas"/></w:ffData>'
        "</w:p>",
        '<w:p><w:pict><v:shape id="Ramen_Das"><v:textpath string="Ramen Das"/></v:shape>'
        "</w:pict></w:p>",
        '<w:p><w:smartTag><w:smartTagPr><w:attr w:val="ramendas"/></w:smartTagPr>'
        "</w:smartTag></w:p>",
        '<w:p><w:r><w:instrText>HYPERLINK "mailto:ramen</w:instrText></w:r><w:r>'
        "<w:instrText>.das@example.org</w:instrText></w:r></w:p>",
        '<w:style w:styleId="RamenDas"><w:name w:val="Ramen Das style"/></w:style>',
    ],
)
def test_names_in_the_values_of_a_docx(markup: str, changed: Changed) -> None:
    body = f"<w:p><w:r><w:t>Ramen Das</w:t></w:r></w:p>{markup}<w:u w:val='dashed'/>"
    main = f"<w:document {WORD}><w:body>{body}</w:body></w:document>".encode()
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    copy = without_ramen(changed(empty.getvalue(), "word/document.xml", main), "a.docx")
    assert "ramen" not in copy.lower()
    assert "dashed" in copy


@pytest.mark.parametrize(
    "markup",
    [
        '<p id="ramen-das" class="RamenDas">x</p>',
        '<p style="background: url(ramen_das.png)">x</p>',
        '<a href="/Ramen_Das">x</a><a href="?q=%2552amen%2520Das">x</a>',
        "<a href=' java&#10;script:ramen()'>x</a><a href='javascript:&quot;men&quot;'>x</a>",
        '<a href="data:text/html;base64,UmFtZW4gRGFz">x</a><img src="data:image/svg+xml,ramen">',
        "<ramen-das>x</ramen-das>",
    ],
)
def test_names_in_the_attributes_of_a_page(markup: str) -> None:
    page = f"<html><body><p>Ramen Das</p>{markup}<img src='data:image/gif;base64,{DOT}'>"
    copy = without_ramen(page.encode(), "a.html")
    assert not [word for word in ("ramen", "das", "%2552", "umftz", "men") if word in copy.lower()]
    assert "data:image/gif" in copy


@pytest.mark.parametrize(("n_words", "is_black"), [(3, True), (60, False)])
def test_a_scan_with_a_stamp_is_black(n_words: int, is_black: bool) -> None:
    import pypdfium2

    text = " ".join(["stamp"] * n_words)
    page = f"q 280 0 0 280 10 10 cm /X Do Q BT /F 2 Tf 20 100 Td ({text}) Tj ET"
    picture = "<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<<"
        "/XObject<</X 5 0 R>>/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        f"<</Length {len(page)}>>stream\n{page}\nendstream",
        f"{picture}/DeviceGray/Length 1>>stream\n\x7f\nendstream",
    )
    body = "".join(f"{n} 0 obj\n{content}\nendobj\n" for n, content in enumerate(objects, 1))
    data = f"%PDF-1.4\n{body}trailer<</Root 1 0 R>>".encode("latin-1")
    document = read_document(data, name="a.pdf")
    shown = pypdfium2.PdfDocument(redact(document, [], ["PER"]))[0].render().to_pil().convert("L")
    assert (shown.getpixel((150, 150)) < 20) is is_black


@pytest.mark.parametrize("kind", ["html", "docx"])
def test_no_copy_that_still_shows_a_name(
    kind: str, letter: bytes, page: bytes, tagger: Tagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = f"nerbridge.documents.{kind}_redaction"
    monkeypatch.setattr(f"{module}.replace_in_blocks", lambda blocks, redacted: None)
    with pytest.raises(DocumentError, match="still stands in the copy"):
        copy_of(tagger, page if kind == "html" else letter)


def test_a_name_that_is_spelled_as_a_label_is_no_leak() -> None:
    data = "Per আহিল। [PER] গ'ল।".encode()
    document = read_document(data, name="a.txt")
    copy = redact(document, [Entity("PER", "Per", 0, 3, 0, 1, 1.0)], ["PER"])
    assert copy.decode() == "[PER] আহিল। [[PER]] গ'ল।"
    with pytest.raises(DocumentError, match=r"\(page 2\)"):
        HiddenNames([("Per", "PER")]).refuse_in_copy(
            [("page 1", "[PER]"), ("page 2", "Per")], "a.pdf"
        )
