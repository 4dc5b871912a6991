"""Every format as a stream of records; what cannot be one is said with its line."""

from __future__ import annotations

import io
import itertools
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.batch.formats import InputFormat, input_format_of
from nerbridge.batch.records import Record, find_text, read_records
from nerbridge.batch.sources import Progress, Source, find_sources
from nerbridge.errors import InputError

properties = settings(deadline=None, derandomize=True, max_examples=60)

WHOLE = st.characters(exclude_categories=["Cs"])
Read = Callable[..., tuple[list[Record], dict[str, int]]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    folder = tmp_path_factory.mktemp("records")

    def read_one(name: str, content: str | bytes, **options: object) -> object:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        progress = Progress()
        source = Source(str(path), input_format_of(name))
        found = list(read_records([source], progress=progress, **options))  # type: ignore[arg-type]
        assert progress.n_records == len(found)
        assert all(record.source == str(path) for record in found)
        return found, dict(+progress.remarks)

    return read_one  # type: ignore[return-value]


def test_a_text_file_is_one_record_as_it_stands(read: Read) -> None:
    (record,), remarks = read("a.txt", "\ufeffঅসম।\r\n\r\n  ধুনীয়া\n")
    assert record.text == "অসম।\r\n\r\n  ধুনীয়া\n"
    assert (record.number, record.words, record.fields, remarks) == (1, None, None, {})


def test_a_text_file_by_lines(read: Read) -> None:
    found, remarks = read("a.txt", "অসম\r\n\n \nখ\u2028গ\r\rঘ", by_line=True)
    assert [(record.number, record.text) for record in found] == [
        *((1, "অসম"), (4, "খ\u2028গ"), (6, "ঘ")),
    ]
    assert remarks == {"blank lines left out": 3}


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.conll"])
@pytest.mark.parametrize("content", ["", "\n \n"])
def test_what_holds_nothing_is_counted(read: Read, name: str, content: str) -> None:
    found, remarks = read(name, content)
    assert found == []
    assert remarks["inputs without any text"] == 1


def test_jsonl_keeps_the_record_as_it_stands(read: Read) -> None:
    line = '{"n": 1.10, "text": "অসম", "x": "\\u0985", "big": 1e999, "n": 2}'
    (record, empty), remarks = read("a.jsonl", f'\ufeff{line}  \n\n{{"text": null}}')
    assert (record.number, record.text, record.fields) == (1, "অসম", line)
    assert (empty.number, empty.text) == (3, "")
    assert remarks == {"blank lines left out": 1, "null texts kept as empty": 1}


def test_old_entities_are_replaced_and_counted(read: Read) -> None:
    (record,), remarks = read("a.jsonl", '{"text": "অ", "entities": [1], "id": 3}')
    assert json.loads(record.fields or "") == {"text": "অ", "id": 3}
    assert remarks == {"fields 'entities' replaced": 1}


def test_fields_inside_fields(read: Read) -> None:
    (record,), _ = read("a.jsonl", '{"a": {"b": "x", "c.d": 1}, "a.z": "y"}', field="a.b")
    assert record.text == "x"
    assert find_text({"a.b": "outer", "a": {"b": "inner"}}, "a.b", "") == "outer"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "nested too deep"),
        ('{"text": "a"', "not JSON.*the file was cut"),
        ("[1]", r"\[1\] is not a record"),
        ("7", "7 is not a record"),
        ('{"text": NaN}', "not JSON .it holds NaN"),
        ('{"x": Infinity, "text": "a"}', "it holds Infinity"),
        ('{"x": ' + "9" * 5000 + "}", "not JSON"),
        ("{}", "no field 'text'; found none"),
        ('{"body": 1, "id": 2}', "no field 'text'; found 'body', 'id'.*--field NAME"),
        ('{"text": 5}', "field 'text' holds 5; expected text"),
        ('{"text": ["a"]}', r"field 'text' holds \['a'\]"),
        ('{"text": "a\\ud800b"}', r"half a character \('\\ud800'"),
        ('{"text": "a", "entities": 0, "x": "\\ud800"}', "JSON in UTF-8 cannot"),
        ('{"text": "a", "entities": 0, "x": 1e999}', "cannot.*not JSON compliant"),
    ],
)
def test_a_broken_line_is_said_with_its_number(read: Read, line: str, said: str) -> None:
    with pytest.raises(InputError, match=rf"a\.jsonl:3: .*{said}"):
        read("a.jsonl", f'{{"text": "ok"}}\n\n{line}\n')


@pytest.mark.parametrize("value", ["null", '{"b": null}', '{"b": {"c": null}}'])
def test_nulls_at_every_level(read: Read, value: str) -> None:
    lines = f'{{"a": {value}}}\n{{"a": {{"b": {{"c": "অসম"}}}}}}\n'
    found, remarks = read("a.jsonl", lines, field="a.b.c")
    assert [record.text for record in found] == ["", "অসম"]
    assert remarks == {"null texts kept as empty": 1}


def test_a_field_that_is_not_there_is_no_null(read: Read) -> None:
    for line in ('{"a": {}}', '{"a": "text"}', '{"a": []}'):
        with pytest.raises(InputError, match=r"no field 'a\.b\.c'; found 'a'"):
            read("a.jsonl", line, field="a.b.c")


def test_records_before_a_broken_line_come_first(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x"}\n{"text": "y"}\n{')
    stream = read_records([Source(str(path), InputFormat.JSONL)])
    assert [record.text for record in itertools.islice(stream, 2)] == ["x", "y"]
    with pytest.raises(InputError):
        next(stream)


def test_csv_rows(read: Read) -> None:
    (one, two), remarks = read("a.csv", 'id,text\n7,"অসম, ""x""\r\ny"\n,\n\n8,\n')
    assert (one.number, one.text) == (1, 'অসম, "x"\r\ny')
    assert json.loads(one.fields or "") == {"id": "7", "text": 'অসম, "x"\r\ny'}
    assert (two.number, two.text) == (2, "")
    assert remarks == {"blank lines left out": 2}


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators(read: Read, separator: str) -> None:
    (one, two), _ = read(
        "a.csv", f'id{separator}text\n7{separator}"ক{separator}খ"\n8{separator}গ, ঘ\n'
    )
    assert (one.text, two.text) == (f"ক{separator}খ", "গ, ঘ")
    with pytest.raises(InputError, match=r"3 cells; expected 2.*around cells with '(;|\\t)'"):
        read("a.csv", f"id{separator}text\n1{separator}ক{separator}খ\n")


MAC = ("a.csv", "id,text\r1,অসম\r2,ক\r", ["অসম", "ক"])
MAC_ROWS = [
    MAC,
    ("b.csv", 'sep=;\rid;text\r1;"ক\rখ"\r', ["ক\rখ"]),
    ("a.jsonl", '{"text": "অসম"}\r{"text": "ক"}\r', ["অসম", "ক"]),
    ("a.conll", "ৰমেন\tB-PER\rদাস\tI-PER\r\rএকো\tO\r", ["ৰমেন দাস", "একো"]),
]


@pytest.mark.parametrize(("name", "content", "texts"), MAC_ROWS)
def test_line_ends_of_old_macs(read: Read, name: str, content: str, texts: list[str]) -> None:
    found, _ = read(name, content)
    assert [record.text for record in found] == texts


def test_excel_says_its_separator_and_leaves_empty_columns(read: Read) -> None:
    found, _ = read("a.csv", "\ufeffsep=;\r\nid;text;;\r\n1;ক, খ;;\r\n2;গ;;ঘ\r\n3;ঙ\r\n4;চ;;;;\r\n")
    assert [record.text for record in found] == ["ক, খ", "গ", "ঙ", "চ"]
    fields = [json.loads(record.fields or "") for record in found]
    assert fields[0] == {"id": "1", "text": "ক, খ"}
    assert fields[1] == {"id": "2", "text": "গ", "column 4": "ঘ"}


def test_a_long_csv_cell(read: Read) -> None:
    (record,), _ = read("a.csv", "text\n" + "অসম " * 100_000)
    assert len(record.text) == 400_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "a.csv:1: no header"),
        ("\na,text", "a.csv:1: no header"),
        ("a,text,a\n", "a.csv:1: columns with the same name: 'a'"),
        ("a,b\n1,2\n", "a.csv:2: no field 'text'; found 'a', 'b'"),
        ("a,text\n1,2\n1\n", "a.csv:3: 1 cells; expected 2"),
        ('a,text\n"1\n2",x\n1,2,3\n', "a.csv:4: 3 cells"),
        ('a,text\n1,"x\n', "a.csv:2: broken CSV"),
        ('a,text\n1,"x"y\n', "a.csv:2: broken CSV"),
    ],
)
def test_a_broken_table_is_said_with_its_line(read: Read, content: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read("a.csv", content)


def test_conll_words(read: Read) -> None:
    content = (
        "-DOCSTART- -X- O\n\n# text = ৰমেন\n#\tO\nৰমেন\tNNP\tB-PER\n# no comment\tX\n\r\n\n"
        "একা\n#অসম\n-DOCSTART-\nx y B-LOC"
    )
    found, remarks = read("a.conll", content)
    assert [(record.number, record.words) for record in found] == [
        (1, ("#", "ৰমেন", "# no comment")),
        (2, ("একা", "#অসম")),
        (3, ("x",)),
    ]
    assert found[0].text == "# ৰমেন # no comment"
    assert remarks == {"comments and document marks left out": 3}


def test_a_table_that_calls_itself_conll_is_refused(read: Read) -> None:
    with pytest.raises(InputError, match=r"a\.tsv:1: a table with a column 'text'.*\.csv"):
        read("a.tsv", "id\ttext\n1\tৰমেন দাস আহিল।\n")
    assert [record.words for record in read("a.tsv", "text\nid\n")[0]] == [("text", "id")]


@properties
@given(st.lists(st.text(WHOLE), min_size=1))
def test_jsonl_gives_back_any_text(read: Read, texts: list[str]) -> None:
    for ascii in (True, False):
        lines = [json.dumps({"text": text}, ensure_ascii=ascii) for text in texts]
        found, _ = read("p.jsonl", "\n".join(lines))
        assert [record.text for record in found] == texts
        assert [record.fields for record in found] == lines


@properties
@given(st.text())
def test_any_json_value_is_text_or_a_plain_error(read: Read, text: str) -> None:
    try:
        text.encode()
        found, _ = read("q.jsonl", json.dumps({"text": text}))
        assert found[0].text == text
    except UnicodeEncodeError:
        with pytest.raises(InputError, match="half a character"):
            read("q.jsonl", json.dumps({"text": text}))


@properties
@given(st.sampled_from(["x.txt", "x.jsonl", "x.csv", "x.conll"]), st.text(WHOLE, max_size=50))
def test_any_content_is_records_or_a_plain_error(read: Read, name: str, content: str) -> None:
    try:
        found, _ = read(name, content, field="0")
    except InputError as error:
        found = []
        message = str(error)
        assert name in message
    for record in found:
        record.text.encode()
        assert record.words is None or " ".join(record.words) == record.text


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        for number in range(5_000):
            stream.write(f'{{"text": "অসম {number}", "other": "{"x" * 100}"}}\n')
    tracemalloc.start()
    n_records = sum(1 for _ in read_records([Source(str(path), InputFormat.JSONL)]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_records == 5_000
    assert peak < 300_000 < path.stat().st_size


def test_a_mail_in_a_pipe_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"From: a\nMIME-Version: 1.0\n\nx\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    progress = Progress()
    list(read_records([Source("-", InputFormat.TEXT)], progress=progress))
    assert "looks like a mail" in progress.notices[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("1\tঅসম\t_\n2\tআহিল\t_\n", [("অসম", "আহিল")]),
        ("# text = x\n1-2\tনগাঁৱলৈ\n1\tনগাঁও\n2\tলৈ\n2.1\tx\n3\tগ'ল\n", [("নগাঁৱলৈ", "গ'ল")]),
        ("s1 1 অসম\ns1 2 আহিল\n\ns2 1 নগাঁও\n", [("অসম", "আহিল"), ("নগাঁও",)]),
        ("অসম\tO\r\rনগাঁও\tO\r", [("অসম",), ("নগাঁও",)]),
    ],
    ids=["index", "conllu", "sentence-and-index", "old-mac"],
)
def test_the_words_of_conll_stand_behind_their_numbers(
    tmp_path: Path, content: str, words: list[tuple[str, ...]]
) -> None:
    (tmp_path / "a.conllu").write_text(content, "utf-8", newline="")
    found = read_records(find_sources([str(tmp_path / "a.conllu")]))
    assert [record.words for record in found] == words


def test_numbers_that_are_not_understood_are_no_words(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("1-1\tঅসম\n1-2\tআহিল\n", "utf-8")
    with pytest.raises(InputError, match="only numbers, such as '1-1'"):
        list(read_records(find_sources([str(path)])))
    rows = "1\tঅসম\tO\n2\tআহিল\tO\n\n"
    path.write_text(rows * 100 + "5\tঅসম\tO\n7\tআহিল\tO\n", "utf-8")
    with pytest.raises(InputError, match=r"a\.conll:301: column 1 does not count"):
        list(read_records(find_sources([str(path)])))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("token\tlabel\nঅসম\tB-LOC\nআহিল\tO\n", [("অসম", "আহিল")]),
        ("id\tword\tpos\tner\n1\tঅসম\tN\tO\n\n1\tআহিল\tN\tO\n", [("অসম",), ("আহিল",)]),
        ("word tag\n\nঅসম B-LOC\n", [("অসম",)]),
        ("id\tword\ttag\n1\tঅসম\tO\n\tআহিল\tO\n", [("অসম", "আহিল")]),
    ],
    ids=["header", "header-and-index", "header-alone", "blank-cell"],
)
def test_what_is_no_word_of_conll_is_not_tagged(
    read: Read, content: str, words: list[tuple[str, ...]]
) -> None:
    assert [record.words for record in read("a.conll", content)[0]] == words


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("B-LOC\tঅসম\nO\tআহিল\n", "column 1 holds only tags, such as 'B-LOC'"),
        ("অসম\tB-LOC\n\tO\n", "a.conll:2: no word in column 1"),
    ],
)
def test_other_columns_of_conll_are_not_taken_for_words(
    read: Read, content: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read("a.conll", content)
