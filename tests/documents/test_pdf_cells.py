"""Text that is turned on its page is read, and black where it shows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pypdfium2
import pytest
import regex
from PIL import Image

from nerbridge.documents import read_document, redact
from nerbridge.documents.pdf_cells import Frame
from nerbridge.tagging.entity import Entity
from pdf_writer import PdfWriter

LINE = "পুৱা ভানু বৰা তেজপুৰত আছিল"
NAME = "ভানু বৰা"
UPRIGHT = "1 0 0 1 50 780"


def texts(data: bytes) -> list[str]:
    document = read_document(data, name="a.pdf")
    return [document.text[part.start_char : part.end_char] for part in document.segments]


def turned(angle: float, x: float = 300, y: float = 400) -> str:
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return f"{cosine:.6f} {sine:.6f} {-sine:.6f} {cosine:.6f} {x} {y}"


def picture(data: bytes, names: Sequence[str] = (NAME,)) -> tuple[Image.Image, Image.Image]:
    """The page as it is, and its copy without names."""
    document = read_document(data, name="a.pdf")
    entities = []
    for name in names:
        start = document.text.index(name)
        entities.append(Entity("PER", name, start, start + len(name), 0, 1, 1.0))
    copy = redact(document, entities, ["PER"])
    plain, black = (
        pypdfium2.PdfDocument(one)[0].render(scale=2).to_pil().convert("L") for one in (data, copy)
    )
    return plain, black.resize(plain.size)


def ink_beside_black(plain: Image.Image, black: Image.Image) -> tuple[int, int]:
    """Pixels of ink in the original that are under the box, and those that are not."""
    hidden = open_ = 0
    for before, after in zip(plain.tobytes(), black.tobytes(), strict=True):
        if before < 128:
            hidden += after < 60
            open_ += after >= 60
    return hidden, open_


@pytest.mark.parametrize("angle", [0, 2, 90, 180, 270, 45, -30, 88])
def test_a_turned_line_is_one_line(angle: float) -> None:
    body = "এই আগকথা আজি পুৱা সোনকালে লিখা হ'ল"
    data = PdfWriter().show(body, UPRIGHT).show(LINE, turned(angle)).write()
    assert texts(data) == [body, LINE]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("angle", [0, 90, 180, 270, 45])
def test_a_turned_name_is_black(angle: float, rotate: int) -> None:
    """A page may be turned as well: /Rotate."""
    whole, alone = (PdfWriter(page_extra=f"/Rotate {rotate}") for _ in range(2))
    alone.codes = whole.codes
    whole.show(LINE, turned(angle))
    # The name alone, at the same place.
    start, radians = 6 * LINE.index(NAME), math.radians(angle)
    x, y = 300 + start * math.cos(radians), 400 + start * math.sin(radians)
    alone.show(NAME, turned(angle, x, y))
    _, black = picture(whole.write())
    name = pypdfium2.PdfDocument(alone.write())[0].render(scale=2).to_pil().convert("L")
    hidden, open_ = ink_beside_black(name, black)
    assert hidden > 100
    assert open_ == 0
    assert sum(black.histogram()[:60]) < 12_000  # not half the page


def test_lines_of_a_turned_table_and_letters_set_one_by_one() -> None:
    body = "এইখন নাম আৰু ঠাইৰ দীঘল তালিকা"
    made = PdfWriter().show(body, UPRIGHT)
    made.show("ভানু বৰা", "0 1 -1 0 200 300").show("তেজপুৰ", "0 1 -1 0 260 300")
    for index, char in enumerate("যোৰহাট"):
        made.show(char, f"0 -1 1 0 400 {600 - 6 * index}")
    assert texts(made.write()) == [body, "ভানু বৰা", "তেজপুৰ", "যোৰহাট"]


def test_letters_below_one_another_are_a_word() -> None:
    made = PdfWriter().show("আগকথা আজি পুৱা লিখা হ'ল", UPRIGHT)
    for index, letter in enumerate(["ৰ", "মে", "ন", "", "দা", "স"]):
        made.show(letter, f"1 0 0 1 300 {600 - 16 * index}")
    data = made.write()
    assert texts(data)[1:] == ["ৰমেন দাস"]
    _, black = picture(data, ["ৰমেন দাস"])
    column = black.crop((590, 2 * (842 - 612), 640, 2 * (842 - 522)))
    assert sum(column.histogram()[:60]) > 0.3 * column.width * column.height


def test_digits_below_one_another_are_a_column() -> None:
    made = PdfWriter()
    for index in range(5):
        made.show(f"{index}", f"1 0 0 1 300 {600 - 16 * index}")
    assert "01234" not in "".join(texts(made.write()))


@pytest.mark.parametrize("angle", [0, 15, 90, 135, 270])
def test_a_frame_gives_back_its_boxes(angle: int) -> None:
    frame = Frame(angle)
    for x, y in ((0, 0), (10, 20), (-3, 7.5)):
        turned_x, turned_y = frame.to_frame(x, y)
        back = frame.corners_on_page((turned_x, turned_y, turned_x, turned_y))[0]
        assert back == pytest.approx((x, y))


def test_letters_that_stand_alone_are_said() -> None:
    made = PdfWriter().show("এই আগকথা আজি পুৱা লিখা হ'ল")
    for index, char in enumerate("তেজপুৰত"):
        made.show(char, f"1 0 0 1 {60 + 70 * index} {700 - 60 * index}")
    notices = read_document(made.write(), name="a.pdf").notices
    assert notices == (
        "page 1: 7 letters stand alone; words whose letters are set far apart are not read as "
        "words.",
    )


def stacked(rotate: int, pitch: float, *, first: float = 400) -> PdfWriter:
    """Letters below one another, beside lines of text."""
    made = PdfWriter(page_extra=f"/Rotate {rotate}")
    for index in range(3):
        made.show("পুৱা মানুহবোৰ আহিছিল", f"1 0 0 1 60 {400 - 20 * index}")
    for index, letter in enumerate(regex.findall(r"\X", NAME)):
        if letter != " ":
            made.show(letter, f"1 0 0 1 300 {first - pitch * index}")
    return made


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize(("pitch", "first"), [(13, 400), (17, 405), (20, 505)])
def test_letters_below_one_another_beside_text(rotate: int, pitch: float, first: float) -> None:
    data = stacked(rotate, pitch, first=first).write()
    assert NAME in read_document(data, name="a.pdf").text
    plain, black = picture(data)
    before, after = (
        image.convert("L").point(lambda v: 255 * (v < 128)) for image in (plain, black)
    )
    assert after.histogram()[255] > 1.5 * before.histogram()[255]


def test_a_column_of_letters_stays_in_its_table() -> None:
    made = PdfWriter()
    for index, letter in enumerate("কখগকখ"):
        made.show("নামটো আছে", f"1 0 0 1 60 {700 - 20 * index}")
        made.show(letter, f"1 0 0 1 400 {700 - 20 * index}")
    assert "\n".join(texts(made.write())).count("আছে\t") == 5


def test_letters_set_apart_are_words() -> None:
    made = PdfWriter().show("এই আগকথা আজি পুৱা লিখা হ'ল")
    made.content.append("5 Tc")
    made.show(LINE, "1 0 0 1 60 600")
    assert LINE in texts(made.write())
    made.content.append("25 Tc")
    made.show("তেজপুৰত", "1 0 0 1 60 500")
    assert "letters stand alone" in read_document(made.write(), name="a.pdf").notices[0]


@pytest.mark.parametrize(
    ("matrix", "size"), [("-12 0 0 -12 300 500", -1), ("-1 0 0 -1 300 500", -12), (UPRIGHT, -12)]
)
def test_fonts_of_negative_size(matrix: str, size: float) -> None:
    data = PdfWriter().show(LINE, matrix, size).write()
    assert texts(data) == [LINE]
    plain, black = picture(data)
    assert sum(black.convert("L").histogram()[:64]) > 1.5 * sum(plain.convert("L").histogram()[:64])
