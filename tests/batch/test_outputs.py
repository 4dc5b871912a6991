"""What is written can be read again, and says what the tagger said."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.batch.formats import OutputFormat
from nerbridge.batch.job import tag_records
from nerbridge.batch.outputs import (
    ROW_COLUMNS,
    TextWriter,
    make_writer,
    record_to_conll,
    record_to_html,
    record_to_json,
)
from nerbridge.batch.records import Record
from nerbridge.corpus import read_sentences
from nerbridge.labels import tags_to_spans
from nerbridge.tagging.entity import Entity
from nerbridge.tagging.marked import show_controls
from nerbridge.tagging.page import page_around
from nerbridge.tagging.tagger import Tagger
from nerbridge.text.words import split_words

properties = settings(deadline=None, derandomize=True, max_examples=60)

TEXT = "ৰমেন দাস গুৱাহাটীত আছিল। অসম, আৰু সংঘ?\n\n২ কিবা"
RECORDS = [
    Record("a.txt", 1, TEXT),
    Record("b.conll", 1, "ৰমেন দাস", ("ৰমেন", "দাস")),
    Record("c.jsonl", 4, "অসম", fields='{ "id": 1.0, "text": "অসম" }'),
    Record("c.jsonl", 5, ""),
]
WORDS = st.text(st.sampled_from("অসম দাসৰমেন।,.\u200d\u09bc\n\t\"'গ"), max_size=40)


def write(format: str, tagger: Tagger, path: Path, records: list[Record], size: int = 2) -> Path:
    """Write shards of ``size`` records, then join them."""
    writer = make_writer(OutputFormat(format), types=tagger.types, title="x")
    shards = []
    for start in range(0, len(records), size):
        shards.append(path.with_name(f"{start}{writer.suffix}"))
        writer.write_shard(shards[-1], tag_records(tagger, records[start : start + size]))
    writer.join(shards, path)
    return path


def test_json_records(tagger: Tagger) -> None:
    found = [
        json.loads(record_to_json(record, entities))
        for record, entities in tag_records(tagger, RECORDS)
    ]
    assert list(found[0]) == ["source", "row", "text", "entities"]
    assert list(found[1]) == ["source", "row", "tokens", "text", "entities"]
    assert list(found[2]) == ["id", "text", "entities"]
    assert found[3]["entities"] == []
    for line in found:
        for entity in line["entities"]:
            assert line["text"][entity["start_char"] : entity["end_char"]] == entity["text"]
    assert [entity["type"] for entity in found[0]["entities"]] == ["PER", "LOC", "LOC", "ORG"]
    assert found[1]["entities"][0]["end_word"] == 2


def test_json_keeps_the_own_fields_letter_by_letter() -> None:
    own = '{"n": 1.10, "e": "\\u0985", "n": 1e999, "text": "}" }'
    line = record_to_json(Record("-", 1, "}", fields=own), [])
    assert line == own[:-2] + ', "entities": []}\n'
    assert record_to_json(Record("-", 1, "", fields="{ }"), []) == '{"entities": []}\n'


def test_scores_are_rounded() -> None:
    entity = Entity("LOC", "x", 0, 1, 0, 1, 0.123456789)
    assert '"score": 0.1235}' in record_to_json(Record("-", 1, "x"), [entity])


def test_csv_has_a_row_per_entity(tagger: Tagger, tmp_path: Path) -> None:
    with write("csv", tagger, tmp_path / "o.csv", RECORDS).open(newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == list(ROW_COLUMNS)
    assert [row[:4] for row in rows] == [
        ["a.txt", "1", "PER", "ৰমেন দাস"],
        ["a.txt", "1", "LOC", "গুৱাহাটীত"],
        ["a.txt", "1", "LOC", "অসম"],
        ["a.txt", "1", "ORG", "সংঘ"],
        ["b.conll", "1", "PER", "ৰমেন দাস"],
        ["c.jsonl", "4", "LOC", "অসম"],
    ]
    for row in rows[:4]:
        assert TEXT[int(row[4]) : int(row[5])] == row[3]


def test_parquet_has_the_rows_of_the_csv(tagger: Tagger, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(write("parquet", tagger, tmp_path / "o.parquet", RECORDS))
    with write("csv", tagger, tmp_path / "o.csv", RECORDS).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = [{key: str(cell) for key, cell in row.items()} for row in table.to_pylist()]
    assert found == rows


@pytest.mark.parametrize("format", list(OutputFormat))
def test_shards_joined_are_the_whole(tagger: Tagger, tmp_path: Path, format: str) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow")
    one = write(format, tagger, tmp_path / "one", RECORDS, size=9)
    two = write(format, tagger, tmp_path / "two", RECORDS, size=1)
    if format == "parquet":
        import pyarrow.parquet

        assert pyarrow.parquet.read_table(one) == pyarrow.parquet.read_table(two)
    else:
        assert one.read_bytes() == two.read_bytes()


def test_parquet_has_few_row_groups(tagger: Tagger, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = write("parquet", tagger, tmp_path / "o.parquet", RECORDS, size=1)
    assert parquet.ParquetFile(path).num_row_groups == 1


@pytest.mark.parametrize("format", list(OutputFormat))
def test_nothing_found_is_still_a_file(tagger: Tagger, tmp_path: Path, format: str) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow")
    assert write(format, tagger, tmp_path / "none", [Record("-", 1, "কিবা")]).is_file()
    assert write(format, tagger, tmp_path / "empty", []).is_file()


def test_conll_is_read_as_sentences(tagger: Tagger, tmp_path: Path) -> None:
    found = read_sentences(write("conll", tagger, tmp_path / "o.conll", RECORDS))
    assert [sentence.words for sentence in found] == [
        ("ৰমেন", "দাস", "গুৱাহাটীত", "আছিল", "।"),
        ("অসম", ",", "আৰু", "সংঘ", "?"),
        ("২", "কিবা"),
        ("ৰমেন", "দাস"),
        ("অসম",),
    ]
    assert found[0].tags == ("B-PER", "I-PER", "B-LOC", "O", "O")


@properties
@given(WORDS)
def test_conll_says_what_the_tagger_said(tagger: Tagger, text: str) -> None:
    entities = tagger.tag(text)
    blocks = record_to_conll(Record("-", 1, text), entities).split("\n\n")[:-1]
    rows = [line.split("\t") for block in blocks for line in block.split("\n")]
    spans = [
        (span.type, tuple(word for word, _ in rows[span.start_word : span.end_word]))
        for span in tags_to_spans([tag for _, tag in rows])
    ]
    assert [word for word, _ in rows] == [text[start:end] for start, end in split_words(text)]
    assert [(type_, "".join(words)) for type_, words in spans] == [
        (entity.type, "".join(entity.text.split())) for entity in entities
    ]


def test_colours_are_for_terminals(tagger: Tagger) -> None:
    found = tagger.tag("অসম")
    for with_colour in (True, False):
        writer = make_writer(OutputFormat.TEXT, types=tagger.types, with_colour=with_colour)
        assert isinstance(writer, TextWriter)
        assert ("\x1b" in writer.render(Record("-", 1, "অসম"), found)) is with_colour


# The page: the text is all there, nothing of it is markup, nothing comes from elsewhere.
TYPES = ("PER", "ORG", "LOC")


class Reader(HTMLParser):
    """Tags, attributes and the text of the records (without type labels)."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.names: set[str] = set()
        self.texts: list[str] = []
        self.marked: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        if tag == "meta":
            return
        self.open.append((tag, dict(attrs)))
        if tag == "p" and dict(attrs).get("class") == "text":
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        inside = [name for name, _ in self.open]
        if "bdi" in inside:
            title = next(attrs["title"] for name, attrs in self.open if name == "mark")
            self.marked.append((data, title or ""))
        if "p" in inside and "span" not in inside and self.texts:
            self.texts[-1] += data


def read_page(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open
    return reader


HOSTILE = st.text(st.sampled_from("অসম<>&\"'/ script\x1b\u202e\x00\n\ufeff=ক্"), max_size=40)


@properties
@given(HOSTILE)
def test_the_text_is_all_there_and_none_of_it_is_markup(tagger: Tagger, text: str) -> None:
    entities = tagger.tag(text)
    record = Record("<a&b>", 1, text)
    head, tail = page_around("<t>", TYPES)
    page = head + record_to_html(record, entities, TYPES) + tail
    found = read_page(page)
    assert found.texts == [show_controls(text)]
    assert [piece for piece, _ in found.marked] == [show_controls(e.text) for e in entities]
    assert not found.names & {"script", "img", "link", "iframe", "a"}


def test_entities_carry_type_and_score(tagger: Tagger) -> None:
    text = 'ৰমেন দাস "গুৱাহাটীত"'
    found = read_page(record_to_html(Record("a", 3, text), tagger.tag(text), TYPES))
    assert found.marked == [("ৰমেন দাস", "PER 0.99"), ("গুৱাহাটীত", "LOC 0.99")]


def test_every_type_is_in_the_legend_in_its_own_colour() -> None:
    types = [f"T<{number}" for number in range(8)]
    page, _ = page_around("x", types)
    legend = re.findall(r'<mark class="(c\d)">(.*?)</mark>', page)
    assert [name for _, name in legend] == [f"T&lt;{number}" for number in range(8)]
    assert [colour for colour, _ in legend[:6]] == [f"c{number}" for number in range(6)]
    for colour in range(6):
        assert len(re.findall(rf"--c{colour}: #", page)) == 2  # light and dark


def test_direction_and_language_are_left_open() -> None:
    shown = record_to_html(Record("a", 1, "مرحبا"), [], TYPES)
    assert 'lang="" dir="auto"' in shown


def test_nothing_comes_from_elsewhere() -> None:
    page = "".join(page_around("x", TYPES))
    assert "http" not in page
    assert "url(" not in page
    assert "@import" not in page
