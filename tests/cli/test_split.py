"""``nerbridge data split``: files in, three parts out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from nerbridge.cli.data import app
from nerbridge.corpus import read_corpus
from nerbridge.errors import InputError


def call(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, ["split", *map(str, arguments)])
    if isinstance(result.exception, Exception):
        raise result.exception
    return result


def record(n: int, **more: object) -> str:
    text = f"ৰমেন দাস {n} নম্বৰত আছিল।"
    spans = [{"start": 0, "end": 8, "label": "PER", "text": "ৰমেন দাস"}]
    return json.dumps({"text": text, "spans": spans, **more}, ensure_ascii=False) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_text("".join(record(n % 40) for n in range(50)), "utf-8")
    return path


def test_the_parts_are_a_corpus_and_the_table_counts_them(file: Path, tmp_path: Path) -> None:
    result = call(file, "--output", tmp_path / "parts")
    corpus = read_corpus(tmp_path / "parts")
    sizes = {split: len(found) for split, found in corpus.splits.items()}
    assert sizes == {"train": 32, "validation": 4, "test": 4}
    assert "PER" in result.stdout
    assert "validation" in result.stdout
    assert "duplicates left out: 10 (labelled differently: 0" in result.stderr
    table = json.loads(call(file, "--output", tmp_path / "again", "--json").stdout)
    assert [row["type_counts"] for row in table["splits"]] == [{"PER": 32}, {"PER": 4}, {"PER": 4}]
    assert read_corpus(tmp_path / "again").sha256 == corpus.sha256
    call(file, "--output", tmp_path / "other", "--seed", "1", "--format", "jsonl")
    assert read_corpus(tmp_path / "other").sha256 != corpus.sha256


def test_several_downloads_are_one_corpus(file: Path, tmp_path: Path) -> None:
    again = tmp_path / "train (1).jsonl"
    again.write_text("".join(map(record, range(30, 60))), "utf-8")
    shares = ("--shares", "1,0,1", "--output", tmp_path / "parts")
    rows = json.loads(call(file, again, *shares, "--json").stdout)["splits"]
    assert [(row["split"], row["n_sentences"]) for row in rows] == [("train", 30), ("test", 30)]


@pytest.mark.parametrize("key", ["document_id", "doc_id", "document"])
def test_documents_are_kept_whole(key: str, tmp_path: Path) -> None:
    path = tmp_path / "news.jsonl"
    path.write_text("".join(record(n, **{key: n // 10}) for n in range(100)), "utf-8")
    result = call(path, "--output", tmp_path / "parts")
    assert "documents kept whole: 10" in result.stderr
    splits = read_corpus(tmp_path / "parts").splits
    found = [{int(s.words[2]) // 10 for s in part} for part in splits.values()]
    assert [len(part) for part in found] == [8, 1, 1]
    assert len(set.union(*found)) == 10


@pytest.mark.parametrize("start", ["-DOCSTART-\tO\n\n", "# newdoc id = x\n"])
def test_documents_of_conll_are_kept_whole(start: str, tmp_path: Path) -> None:
    path = tmp_path / "all.conll"
    blocks = [start * (n % 5 == 0) + f"বাক্য{n}\tO\nঅসম\tB-LOC\n\n" for n in range(50)]
    path.write_text("".join(blocks), "utf-8")
    assert "documents kept whole: 10" in call(path, "--output", tmp_path / "parts").stderr
    assert "documents" not in call(path, "--output", tmp_path / "b", "--cut-documents").stderr


def test_nothing_is_replaced_unasked(file: Path, tmp_path: Path) -> None:
    call(file, "--output", tmp_path / "parts")
    with pytest.raises(InputError, match="--overwrite"):
        call(file, "--output", tmp_path / "parts", "--seed", "1")
    before = read_corpus(tmp_path / "parts").sha256
    call(file, "--output", tmp_path / "parts", "--seed", "1", "--overwrite")
    assert read_corpus(tmp_path / "parts").sha256 != before
    with pytest.raises(InputError, match="found a file, expected a folder"):
        call(file, "--output", file)
    with pytest.raises(InputError, match=r"train\.jsonl holds the same split"):
        call(file, "--output", file.parent)


@pytest.mark.parametrize(
    "shares", ["80", "80,20", "a,b,c", "0,0,0", "-1,1,1", "nan,1,1", "inf,1,1"]
)
def test_shares_that_are_none(shares: str, file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--shares"):
        call(file, "--output", tmp_path / "parts", "--shares", shares)


def test_too_few_sentences(tmp_path: Path) -> None:
    path = tmp_path / "two.jsonl"
    path.write_text(record(1) + record(2) + record(2), "utf-8")
    with pytest.raises(InputError, match="2 distinct of 3 sentences"):
        call(path, "--output", tmp_path / "parts")
    assert not (tmp_path / "parts").exists()


def test_a_part_of_a_division_before_is_told(file: Path, tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    call(file, "--output", parts)
    result = call(file, "--output", parts, "--shares", "80,20,0", "--overwrite")
    assert "test.conll: not changed" in result.stderr
    assert "not changed" not in call(file, "--output", parts, "--overwrite").stderr
