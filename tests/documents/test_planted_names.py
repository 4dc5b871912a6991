"""A name in every place and every spelling that a format allows: the copy holds none of them."""

from __future__ import annotations

import base64
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from nerbridge.documents import read_document, redact
from nerbridge.tagging.entity import Entity
from pdf_writer import PdfWriter, stream, wide

Changed = Callable[[bytes, str, bytes], bytes]
NAME = "জোনালী শইকীয়া"
ONE_CODE_POINT = NAME.replace("য\u09bc", "\u09df")
WORDS = ("জোনালী", "শইকীয়া")
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


FORMS = ("&#{};", "&#x{:x};", "\\u{:04x}", "\\{:x} ", "\\{:06x}", "%u{:04x}", "_x{:04x}_")


def each(form: str, text: str = NAME) -> str:
    return "".join(form.format(ord(char)) for char in text)


def spellings(word: str) -> Iterator[tuple[str, bytes]]:
    """Every way in which a file may hold a word, in small letters where case does not matter."""
    for text in {word, word.replace("য\u09bc", "\u09df"), unicodedata.normalize("NFD", word)}:
        yield "utf-8", text.encode()
        yield "utf-16-le", text.encode("utf-16-le")
        yield "utf-16-be", text.encode("utf-16-be")
        yield "percent", quote(text).lower().encode()
        yield "percent twice", quote(quote(text)).lower().encode()
        for form in (
            "&#{};",
            "&#x{:x};",
            "\\u{:04x}",
            "\\{:x} ",
            "\\{:06x}",
            "%u{:04x}",
            "_x{:04x}_",
        ):
            yield form, each(form, text).encode()
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            yield f"hex {encoding}", text.encode(encoding).hex().encode()
            for shift in range(3):
                run = base64.b64encode(b"\0" * shift + text.encode(encoding))
                yield f"base64 {encoding}", run[4 * (shift > 0) : -4].lower()


def contents(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The file, the files inside it with their names, and the streams inside a PDF."""
    yield "", data
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield member, member.encode() + archive.read(member)
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", data, re.S):
        try:
            yield "stream", zlib.decompressobj().decompress(match.group(1))
        except zlib.error:
            continue


def leaks(data: bytes) -> list[str]:
    return [
        f"{place}: {word} as {way}"
        for place, content in contents(data)
        for word in WORDS
        for way, spelled in spellings(word)
        if spelled in content.lower()
    ]


def copy_of(data: bytes, name: str, **options: bool) -> bytes:
    """The copy in which one mention, the first, is known to the model."""
    document = read_document(data, name=name, **options)
    start = document.text.index(NAME)
    entity = Entity("PER", NAME, start, start + len(NAME), 0, 2, 1.0)
    return redact(document, [entity], ["PER"])


def test_the_search_finds_what_is_planted() -> None:
    for word in WORDS:
        for way, spelled in spellings(word):
            assert any(way in found for found in leaks(b"x" + spelled + b"y")), way


SPELLED = {
    "plain": NAME,
    "one code point": ONE_CODE_POINT,
    "percent": quote(NAME),
    "percent twice": quote(quote(NAME)),
    "json": each("\\u{:04x}"),
    "css": each("\\{:x} "),
    "css of six": each("\\{:06x}"),
    "old percent": each("%u{:04X}"),
    "base64": base64.b64encode(NAME.encode()).decode(),
    "base64 of utf-16": base64.b64encode(NAME.encode("utf-16-le")).decode(),
    "hex": NAME.encode().hex(),
    "hex of utf-16": NAME.encode("utf-16-be").hex().upper(),
    "entities": each("&#x{:X};"),
    "decimal entities": each("&#{};"),
    "escaped entities": each("&amp;#{};"),
}


@pytest.mark.parametrize("is_whole_page", [False, True])
@pytest.mark.parametrize("way", SPELLED)
def test_html(way: str, is_whole_page: bool) -> None:
    name = SPELLED[way]
    page = f"""<!doctype html><!-- {name} --><html lang="as" data-x="{name}"><head>
<meta charset=utf-8><title>{name}</title><meta name=author content="{name}">
<meta property="og:title" content="{name}"><base href="/{name}/">
<link rel=stylesheet href="/{name}.css"><link rel=canonical href="/{name}">
<style>/* {name} */ .a::before {{ content: "{name}" }} .b {{ background: url("{name}.png") }}
@import "{name}"; @font-face {{ font-family: "{name}" }}</style>
<script type="application/ld+json">{{"name": "{name}"}}</script><script>"{name}"</script></head>
<body onload="x('{name}')" id="{name}" class="{name}"><?php {name} ?>
<p>{NAME}</p><p style="--x: '{name}'" title="{name}" aria-label="{name}">
{name.replace(" ", "&nbsp;")}
<a href="/{name}">a</a><a href="mailto:{name}@example.org">b</a><a href="javascript:'{name}'">c</a>
<img src="/{name}.png" srcset="{name} 2x" alt="{name}">
<img src="data:image/svg+xml,<svg>{name}</svg>"><a ping="{name}" download="{name}">d</a></p>
<p hidden>{name}</p><noscript>{name}</noscript><template>{name}</template><nav>{name}</nav>
<form action="{name}"><input value="{name}" placeholder="{name}" name="{name}">
<textarea>{name}</textarea><select><option value="{name}" label="{name}">{name}</select></form>
<iframe src="{name}" srcdoc="{name}">{name}</iframe><object data="{name}">{name}</object>
<svg><title>{name}</title><text>{name}</text></svg><x-card><template shadowrootmode=open>
<style>:host::after {{ content: '{name}' }}</style><p>{NAME}</p></template></x-card>
<p>{"কথা " * 40}</p><!-- {name} --></body></html><!-- {name} -->"""
    copy = copy_of(page.encode(), "a.html", is_whole_page=is_whole_page)
    assert leaks(copy) == []
    assert "কথা" in copy.decode()


def test_letters_spread_over_a_style_sheet_and_tags() -> None:
    letters = NAME.replace(" ", "")
    rules = "".join(f".c{i}::before{{content:'{char}'}}" for i, char in enumerate(letters))
    spread = "".join(f"<i>{char}</i><wbr>" for char in NAME)
    page = f"<!doctype html><style>{rules}</style><p>{NAME} আহিল</p><p>{spread}&shy; গ'ল</p>"
    copy = copy_of(page.encode(), "a.html")
    assert leaks(copy) == []
    assert "content" not in copy.decode()
    assert leaks(re.sub(rb"<[^>]*>", b"", copy)) == []


def test_a_picture_in_a_page_tells_nothing() -> None:
    from PIL import Image, PngImagePlugin

    out, said = io.BytesIO(), PngImagePlugin.PngInfo()
    said.add_itxt("Author", NAME, zip=True)
    Image.new("RGB", (4, 4), "red").save(out, "PNG", pnginfo=said)
    source = base64.b64encode(out.getvalue()).decode()
    page = f"<!doctype html><p>{NAME}</p><img src='data:image/png;base64,{source}'>"
    copy = copy_of(page.encode(), "a.html").decode()
    kept = base64.b64decode(copy.split("base64,")[1].split('"')[0])
    assert b"iTXt" not in kept
    assert Image.open(io.BytesIO(kept)).getpixel((1, 1)) == (255, 0, 0)


@pytest.mark.parametrize("way", SPELLED)
def test_docx(way: str, letter: bytes, changed: Changed) -> None:
    name = SPELLED[way]
    w = f'xmlns:w="{W}" xmlns:r="http://x/r" xmlns:o="urn:o" xmlns:v="urn:v" xmlns:wp="urn:wp"'
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    body = f"""<!-- {name} --><w:document {w}><!-- {name} --><w:body>
<w:p w:rsidR="00AB12CD"><w:r><w:t>{NAME}</w:t></w:r></w:p>
<w:p><w:bookmarkStart w:name="{name}"/><w:hyperlink w:tooltip="{name}" w:anchor="{name}"/>
<w:r><w:instrText>HYPERLINK "http://x/{name}"</w:instrText></w:r><w:fldSimple w:instr="TC {name}"/>
<w:r><wp:docPr id="1" name="{name}" descr="{name}" title="{name}"/></w:r></w:p>
<w:p><w:del w:author="{name}"><w:r><w:delText>{name}</w:delText></w:r></w:del>
<w:ins w:author="{name}"><w:r><w:t>{ONE_CODE_POINT}</w:t></w:r></w:ins>
<w:pict><v:shape alt="{name}" o:gfxdata="{name}"><v:textpath string="{name}"/></v:shape></w:pict>
<w:r><w:fldChar><w:fldData>{name}</w:fldData></w:fldChar></w:r></w:p>
<w:sdt><w:sdtPr><w:alias w:val="{name}"/><w:tag w:val="{name}"/><w:dropDownList>
<w:listItem w:displayText="{name}" w:value="{name}"/></w:dropDownList></w:sdtPr></w:sdt>
<w:altChunk r:id="c1"/><w:altChunk r:id="c2"/></w:body></w:document><!-- {name} -->"""
    more = letter
    planted = {
        "word/document.xml": body,
        "word/_rels/document.xml.rels": f"""<Relationships>
<Relationship Id="c1" Type="{kind}/aFChunk" Target="a.htm"/>
<Relationship Id="c2" Type="{kind}/aFChunk" Target="b.rtf"/><Relationship Id="h"
Type="{kind}/hyperlink" TargetMode="External" Target="https://x.org/{name}"/><Relationship Id="t"
Type="{kind}/attachedTemplate" TargetMode="External" Target="file:///C:/Users/x.dotx"/></Relationships>""",
        "word/a.htm": f"<html><body><p>{NAME} খবৰ</p><p hidden title='{name}'>x</p></body></html>",
        "word/b.rtf": f"{{\\rtf {name}}}",
        "word/settings.xml": f"""<w:settings {w}><w:rsids><w:rsid w:val="00AB12CD"/></w:rsids>
<w:docVars><w:docVar w:name="{name}" w:val="{name}"/></w:docVars></w:settings>""",
        "word/people.xml": f'<w:people {w}><w:person w:author="{name}"/></w:people>',
        "word/comments.xml": f"""<w:comments {w}><w:comment w:id="0" w:author="{name}"
w:initials="{name}"><w:p><w:r><w:t>{NAME}</w:t></w:r></w:p></w:comment></w:comments>""",
        "word/glossary/document.xml": f"<w:x {w}><w:p><w:r><w:t>{NAME}</w:t></w:r></w:p></w:x>",
        "word/charts/chart1.xml": f"""<c:chart xmlns:c="urn:c"><c:strCache><c:pt><c:v>{NAME}</c:v>
</c:pt></c:strCache><c:f>{name}</c:f></c:chart>""",
        "word/numbering.xml": f'<w:n {w}><w:lvlText w:val="{name}"/></w:n>',
        "customXml/item1.xml": f"<a b='{name}'><c>{name}</c><!-- {name} --><?x {name}?></a>",
        "docProps/custom.xml": f"<p><q name='{name}'><v>{name}</v></q></p>",
        "docProps/app.xml": f"<p><Company>{name}</Company><Manager>{name}</Manager></p>",
        "docProps/core.xml": f"<p><creator>{name}</creator><keywords>{name}</keywords></p>",
        "_xmlsignatures/sig1.xml": f"<s><X509Certificate>{name}</X509Certificate></s>",
        "word/embeddings/a.bin": name,
        "word/vbaProject.bin": name,
        "word/media/image1.emf": name,
    }
    for part, content in planted.items():
        more = changed(more, part, content.encode())
    with (
        zipfile.ZipFile(io.BytesIO(more)) as archive,
        zipfile.ZipFile(out := io.BytesIO(), "w") as commented,
    ):
        commented.comment = NAME.encode()
        for member in archive.namelist():
            info = zipfile.ZipInfo(member)
            info.comment = NAME.encode()
            commented.writestr(info, archive.read(member))
    copy = copy_of(out.getvalue(), "a.docx")
    assert leaks(copy) == []
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        main = archive.read("word/document.xml").decode()
        everything = b"".join(map(archive.read, archive.namelist()))
    assert "[PER] খবৰ" in main
    for gone in (b"rsid", b"file:///", b"gfxdata", b"altChunk"):
        assert gone not in everything


def test_a_picture_in_a_docx_tells_nothing(letter: bytes, changed: Changed) -> None:
    from PIL import Image

    for format, ending in (("JPEG", "jpg"), ("GIF", "gif"), ("TIFF", "tif"), ("PNG", "png")):
        image = Image.new("RGB", (16, 16), "red")
        exif = image.getexif()
        exif[0x9C9D] = NAME.encode("utf-16-le")  # XPAuthor
        out = io.BytesIO()
        options = {} if format == "GIF" else {"exif": exif}
        image.save(out, format, comment=NAME.encode(), **options)
        planted = out.getvalue() + NAME.encode()
        body = f'<w:d xmlns:w="{W}"><w:p><w:r><w:t>{NAME}</w:t></w:r></w:p></w:d>'
        data = changed(letter, "word/document.xml", body.encode())
        copy = copy_of(changed(data, f"word/media/image1.{ending}", planted), "a.docx")
        assert leaks(copy) == []
        with zipfile.ZipFile(io.BytesIO(copy)) as archive:
            kept = Image.open(io.BytesIO(archive.read(f"word/media/image1.{ending}")))
        assert kept.convert("RGB").getpixel((3, 3))[0] > 240


def test_pdf() -> None:
    made = PdfWriter(trailer_extra="/Info 8 0 R")
    latin1 = quote(NAME)
    made.add(
        f"<< /Title {wide(NAME)} /Author {wide(NAME)} /Subject <EFBBBF{NAME.encode().hex()}> "
        f"/Keywords ({latin1}) >>"
    )
    xmp = made.add(
        stream(
            f"<x:xmpmeta><dc:creator>{NAME}</dc:creator></x:xmpmeta>".encode(), "/Type /Metadata"
        )
    )
    file = made.add(stream(NAME.encode(), "/Type /EmbeddedFile"))
    spec = made.add(f"<< /Type /Filespec /UF {wide(NAME)} /EF << /F {file} 0 R >> >>")
    mark = made.add("<< /First 13 0 R /Last 13 0 R /Count 1 >>")
    made.add(f"<< /Title {wide(NAME)} /Parent {mark} 0 R /Dest [3 0 R /Fit] >>")
    box = "/Rect [50 600 300 620]"
    field = made.annotate(
        f"/Subtype /Widget {box} /FT /Tx /T {wide(NAME)} /TU {wide(NAME)} /V {wide(NAME)}"
    )
    made.annotate(f"/Subtype /FreeText {box} /T {wide(NAME)} /Contents {wide(NAME)}")
    made.annotate(f"/Subtype /Link {box} /A << /S /URI /URI (http://x/{latin1}) >>")
    made.catalog_extra = (
        f"/Metadata {xmp} 0 R /Outlines {mark} 0 R /AcroForm << /Fields [{field} 0 R] >> "
        f"/Names << /EmbeddedFiles << /Names [(a) {spec} 0 R] >> >>"
    )
    made.show(f"পুৱা {NAME} আহিল").show(NAME, "0 1 -1 0 300 300")
    made.content.append(f"/Span << /ActualText {wide(NAME)} /Alt {wide(NAME)} >> BDC EMC")
    data = made.write()
    assert len(leaks(data)) >= 8
    older = data + f"\n8 0 obj\n<< /Title (x) >>\nendobj\n% {NAME}\n".encode()  # a later revision
    for planted in (data, older):
        copy = copy_of(planted, "a.pdf")
        assert leaks(copy) == []
        assert b"/Annots" not in copy
        assert b"/Metadata" not in copy


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text(encoding: str) -> None:
    forms = [NAME, ONE_CODE_POINT, unicodedata.normalize("NFD", NAME), "\u200c".join(NAME)]
    forms += [NAME.replace(" ", "\u00a0"), NAME.replace(" ", "\n"), f"{NAME}ৰ"]
    copy = copy_of("। ".join(forms).encode(encoding), "a.txt")
    assert leaks(copy) == []
    assert copy.decode().count("[PER]") == len(forms)
