"""PDFs with everything that the tests need, written by hand: letters are boxes of a named font."""

from __future__ import annotations

from dataclasses import dataclass, field

_CMAP = (
    "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
    "1 begincodespacerange <00> <FF> endcodespacerange\n{n} beginbfchar\n{rows}\nendbfchar "
    "endcmap end end"
)


@dataclass
class PdfWriter:
    """A PDF of one font whose letters are those that `show` was given."""

    page_extra: str = ""
    catalog_extra: str = ""
    trailer_extra: str = ""
    codes: dict[str, int] = field(default_factory=dict)
    content: list[str] = field(default_factory=list)
    annotations: list[str] = field(default_factory=list)
    others: list[bytes] = field(default_factory=list)
    """Objects from number `FIRST` on."""

    FIRST = 8

    def show(self, text: str, matrix: str = "1 0 0 1 50 780", size: float = 12) -> PdfWriter:
        """Draw a line with a text matrix."""
        codes = "".join(
            f"{self.codes.setdefault(char, 0x21 + len(self.codes)):02X}" for char in text
        )
        self.content.append(f"BT /F1 {size} Tf {matrix} Tm <{codes}> Tj ET")
        return self

    def add(self, body: str | bytes) -> int:
        """Another object; its number."""
        self.others.append(body if isinstance(body, bytes) else body.encode("latin-1"))
        return self.FIRST + len(self.others) - 1

    def annotate(self, body: str) -> int:
        """An annotation of the page; its number."""
        number = self.add(f"<< /Type /Annot /F 4 {body} >>")
        self.annotations.append(f"{number} 0 R")
        return number

    def write(self) -> bytes:
        """The file."""
        rows = "\n".join(
            f"<{code:02X}> <{char.encode('utf-16-be').hex()}>" for char, code in self.codes.items()
        )
        widths = " ".join(["500"] * 256)
        bodies = [
            b"<< /Type /Catalog /Pages 2 0 R " + self.catalog_extra.encode("latin-1") + b" >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> "
            + f"/Annots [{' '.join(self.annotations)}] {self.page_extra} >>".encode("latin-1"),
            stream("\n".join(self.content).encode("latin-1")),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R /FirstChar 0 "
            b"/LastChar 255 /Encoding /WinAnsiEncoding /Widths [" + widths.encode() + b"] >>",
            stream(_CMAP.format(n=len(self.codes), rows=rows).encode("ascii")),
            b"<< /Producer (hand) >>",
            *self.others,
        ]
        out, starts = b"%PDF-1.7\n", []
        for number, body in enumerate(bodies, start=1):
            starts.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        table = "".join(f"{start:010} 00000 n \n" for start in starts)
        trailer = f"<< /Size {len(bodies) + 1} /Root 1 0 R {self.trailer_extra} >>"
        return out + (
            f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}trailer {trailer}\n"
            f"startxref\n{len(out)}\n%%EOF\n"
        ).encode("latin-1")


def stream(content: bytes, extra: str = "") -> bytes:
    """The body of a stream object."""
    head = f"<< {extra} /Length {len(content)} >>".encode("latin-1")
    return head + b"\nstream\n" + content + b"\nendstream"


def wide(text: str) -> str:
    """A string in UTF-16, as hexadecimal digits."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"
