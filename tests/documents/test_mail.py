"""Mails and saved pages, as programs write them."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.policy import SMTPUTF8
from pathlib import Path

import pytest

from nerbridge.documents import read_document, redact, tag_document
from nerbridge.errors import DocumentError
from nerbridge.tagging import Tagger
from tiny_tagger import write_tiny_tagger

pytest.importorskip("lxml", reason="needs nerbridge[documents]")

BODY = "ৰমেন দাস গুৱাহাটীত আছিল।\n\nঅসম ধুনীয়া।\n"
PAGE = "<html><head><title>বাতৰি</title></head><body><p>ৰমেন দাস</p><p>অসম</p></body></html>"


def letter(body: str = BODY, **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = headers.get("sender", "ৰমেন দাস <ramen@example.in>")
    message["To"] = "সংঘ <sangha@example.in>"
    message["Subject"] = headers.get("subject", "অসমৰ বাতৰি")
    message.set_content(body)
    return message


def read(message: EmailMessage | bytes, name: str = "a.eml") -> tuple[dict[str, str], list[str]]:
    data = message if isinstance(message, bytes) else message.as_bytes()
    document = read_document(data, name=name)
    assert document.kind == "mail"
    places = {
        part.place: document.text[part.start_char : part.end_char] for part in document.segments
    }
    return places, list(document.notices)


ALL = {
    "from": "ৰমেন দাস <ramen@example.in>",
    "to": "সংঘ <sangha@example.in>",
    "subject": "অসমৰ বাতৰি",
    "paragraph 1": "ৰমেন দাস গুৱাহাটীত আছিল।",
    "paragraph 2": "অসম ধুনীয়া।",
}


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_a_mail_in_every_encoding(encoding: str) -> None:
    message = letter()
    message.set_content(BODY, cte=encoding)
    assert read(message) == (ALL, [])
    assert read(message.as_bytes().replace(b"\n", b"\r\n")) == (ALL, [])


def test_headers_in_utf8_as_they_are() -> None:
    assert read(letter().as_bytes(policy=SMTPUTF8)) == (ALL, [])


def test_letters_divided_between_encoded_words() -> None:
    half = (
        base64.b64encode("অসম".encode()[:4]).decode(),
        base64.b64encode("অসম".encode()[4:]).decode(),
    )
    subject = f"=?utf-8?B?{half[0]}?=\n =?UTF-8?b?{half[1]}?= ok"
    data = f"From: a\nMIME-Version: 1.0\nSubject: {subject}\n\nx"
    assert read(data.encode())[0]["subject"] == "অসম ok"
    broken = b"From: a\nMIME-Version: 1.0\nSubject: =?nonsense?B?4KaF?= =?utf-8?B?4?=\n\nx"
    assert read(broken)[0]["subject"].startswith("=?nonsense")


def test_of_two_forms_the_longer_is_read() -> None:
    message = letter("See the page.")
    message.add_alternative(PAGE.replace("অসম</p>", "অসম ধুনীয়া ঠাই।</p>"), subtype="html")
    places, notices = read(message)
    assert [text for place, text in places.items() if "paragraph" in place] == [
        *("ৰমেন দাস", "অসম ধুনীয়া ঠাই।"),
    ]
    assert notices == []
    message = letter()
    message.add_alternative("<p>অসম</p>", subtype="html")
    assert read(message)[0]["paragraph 1"] == "ৰমেন দাস গুৱাহাটীত আছিল।"


def test_attachments_are_named() -> None:
    message = letter()
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="চিঠি.pdf")
    message.add_attachment("ৰমেন", filename="note.txt")
    message.add_attachment(b"x", maintype="application", subtype="octet-stream")
    places, notices = read(message)
    assert places == ALL
    assert notices == [
        "not read: 3 attachments (চিঠি.pdf, note.txt, one without a name, "
        "application/octet-stream). Save each as a file, and name it too."
    ]


def test_a_signature_is_no_attachment() -> None:
    message = letter()
    message.make_mixed()
    message.add_attachment(b"x", maintype="application", subtype="pgp-signature", filename="a.asc")
    del message.get_payload()[-1]["Content-Disposition"]
    assert read(message) == (ALL, [])


def test_a_forwarded_message_is_read() -> None:
    forwarded = letter("চাওক।")
    forwarded.make_mixed()
    forwarded.attach(MIMEMessage(letter()))
    places, _ = read(forwarded)
    assert places["paragraph 1"] == "চাওক।"
    assert places["forwarded message, subject"] == "অসমৰ বাতৰি"
    assert places["forwarded message, paragraph 2"] == "অসম ধুনীয়া।"


def saved_page(*, frames: int = 0, sender: str | None = "<Saved by Blink>") -> bytes:
    message = EmailMessage()
    if sender:
        message["From"] = sender
    message["Subject"] = "বাতৰি"
    message.set_content(PAGE, subtype="html")
    message.make_related()
    message.add_related(b"\x89PNG", maintype="image", subtype="png", cid="<a>")
    message.add_related("p {}", subtype="css")
    for _ in range(frames):
        message.add_related("<p>frame</p>", subtype="html")
    return message.as_bytes()


@pytest.mark.parametrize("name", ["page.mhtml", "page.MHT", "page.txt", "page"])
@pytest.mark.parametrize("sender", ["<Saved by Blink>", '"Saved by Internet Explorer 11"', None])
def test_a_saved_page(name: str, sender: str | None) -> None:
    places, notices = read(saved_page(sender=sender), name)
    assert places == {"title": "বাতৰি", "paragraph 1": "ৰমেন দাস", "paragraph 2": "অসম"}
    assert notices == []


def test_frames_of_a_saved_page_are_counted() -> None:
    assert read(saved_page(frames=2), "a.mhtml")[1] == ["not read: 2 frames inside the page"]


def test_a_page_in_the_charset_of_its_header() -> None:
    page = "<p>Zoë Müller wohnt in Köln.</p>".encode("latin-1")
    head = b"MIME-Version: 1.0\nContent-Type: text/html; charset=iso-8859-1\n\n"
    assert read(head + page, "a.mhtml")[0] == {"paragraph 1": "Zoë Müller wohnt in Köln."}


def test_text_in_its_charset_or_in_none() -> None:
    head = b"From: a\nMIME-Version: 1.0\nContent-Type: text/plain; charset=%s\n\n"
    assert read(head % b"windows-1252" + b"Z\xfcrich")[0]["paragraph 1"] == "Zürich"
    for wrong in (b"us-ascii", b"iso-8859-1"):
        places, notices = read(head % wrong + "অসম".encode())
        assert (places["paragraph 1"], notices) == ("অসম", [])
    places, notices = read(head % b"nonsense" + b"a\xff b")
    assert places["paragraph 1"] == "a\ufffd b"
    assert notices == [
        "1 bytes are no text in UTF-8 or nonsense, as declared; they are read as U+FFFD"
    ]


def test_a_cut_mail_is_said() -> None:
    message = letter()
    message.add_attachment(b"x" * 500, maintype="application", subtype="pdf", filename="a.pdf")
    data = message.as_bytes()
    assert any("ends early" in notice for notice in read(data[: len(data) - 60])[1])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"From: \nMIME-Version: 1.0\n\n", "no text"),
        (b"MIME-Version: 1.0\nContent-Type: application/pkcs7-mime\n\nMII", "encrypted"),
        (
            b'MIME-Version: 1.0\nContent-Type: multipart/encrypted; boundary="a"\n\n--a--',
            "encrypted",
        ),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, said: str) -> None:
    with pytest.raises(DocumentError, match=rf"a\.eml: .*{said}"):
        read_document(data, name="a.eml")


def test_names_are_found_and_no_copy_is_made(tmp_path: Path) -> None:
    tagger = Tagger.load(write_tiny_tagger(tmp_path / "tiny"))
    document = read_document(letter().as_bytes(), name="a.eml")
    entities = tag_document(tagger, document)
    assert ("from", "ৰমেন দাস") in {(document.place_of(e.start_char), e.text) for e in entities}
    assert ("paragraph 1", "গুৱাহাটীত") in {
        (document.place_of(e.start_char), e.text) for e in entities
    }
    with pytest.raises(DocumentError, match=r"a\.eml: a mail.*no copy"):
        redact(document, entities, ["PER"])


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n\n"])
def test_what_stands_before_the_headers_does_not_make_them_text(before: bytes) -> None:
    assert read(before + letter().as_bytes()) == (ALL, [])


def test_a_mail_in_utf_16() -> None:
    data = letter().as_bytes().decode().encode("utf-16")
    assert read(data) == (ALL, [])
    with pytest.raises(DocumentError, match=r"a\.eml: not UTF-16"):
        read_document(data[:-1], name="a.eml")


@pytest.mark.parametrize(
    ("text", "delsp", "expected"),
    [
        ("ৰমেন \nদাস আহিল।\nঅসম", "no", "ৰমেন দাস আহিল।\nঅসম"),
        ("গুৱা \nহাটীত", "yes", "গুৱাহাটীত"),
        ("> ৰমেন \n> দাস \nঅসম", "no", "> ৰমেন দাস \nঅসম"),
        ("অসম \n-- \nৰমেন", "no", "অসম \n-- \nৰমেন"),
    ],
)
def test_lines_that_the_senders_program_broke_go_on(text: str, delsp: str, expected: str) -> None:
    kind = f"text/plain; charset=utf-8; format=Flowed; delsp={delsp}"
    header = f"From: a@example.in\nContent-Type: {kind}"
    assert read(f"{header}\n\n{text}".encode())[0]["paragraph 1"] == expected
