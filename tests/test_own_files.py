"""Whatever nerbridge writes is a corpus: tagged, audited, evaluated, converted, trained on."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from corpus.conftest import pairs
from nerbridge.cli import data
from nerbridge.cli.app import app
from nerbridge.corpus import read_corpus
from nerbridge.errors import CorpusError
from nerbridge.models.crf import CrfTagger, train_crf
from nerbridge.tagging import Tagger
from tiny_tagger import write_tiny_tagger

STATIC = Path(data.__file__).parent.parent / "server" / "static"
TEXT = "😀 আজি ৰমেন দাস আহিছিল গুৱাহাটীত। 😀 অসম আৰু সংঘ কালি ভাল আছিল।\nতেওঁ ঘৰলৈ গৈছিল পুৱা।\n"
SENTENCES = [
    (("😀", "আজি", "ৰমেন", "দাস", "আহিছিল", "গুৱাহাটীত", "।"),
     ("O", "O", "B-PER", "I-PER", "O", "B-LOC", "O")),
    (("😀", "অসম", "আৰু", "সংঘ", "কালি", "ভাল", "আছিল", "।"),
     ("O", "B-LOC", "O", "B-ORG", "O", "O", "O", "O")),
    (("তেওঁ", "ঘৰলৈ", "গৈছিল", "পুৱা", "।"), ("O",) * 5),
]  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_tagger(tmp_path_factory.mktemp("tiny") / "model")


def call(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, Exception):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def check(path: Path, model: Path, expected: list[object]) -> None:
    """Audit, evaluate, convert, train: each reads the file."""
    assert pairs(read_corpus(path).splits["test"]) == expected
    audit = json.loads(call("data", "audit", path, "--json"))
    assert audit["splits"]["test"]["n_sentences"] == len(expected)
    scores = json.loads(call("evaluate", model, path, "--json"))
    assert scores["f1_strict"] == 1
    converted = path.with_name("converted.conll")
    call("data", "convert", path, converted, "--overwrite")
    found = pairs(read_corpus(converted).splits["test"])
    assert found == expected
    train_crf(found, path.with_name("crf.crfsuite"))
    assert CrfTagger(path.with_name("crf.crfsuite"))


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet", "conll", "html"])
@pytest.mark.parametrize("given", ["text", "jsonl", "csv", "conll"])
def test_what_tag_writes(model: Path, tmp_path: Path, format: str, given: str) -> None:
    source = tmp_path / f"news.{given if given != 'text' else 'txt'}"
    lines = [line for line in TEXT.split("\n") if line]
    if given == "text":
        source.write_text(TEXT, "utf-8")
    elif given == "jsonl":
        records = (json.dumps({"title": "অসম", "body": line}) for line in lines)
        source.write_text("\n".join(records), "utf-8")
    elif given == "csv":
        source.write_text("title;body\n" + "".join(f"অসম;{line}\n" for line in lines), "utf-8")
    else:
        words = ("\n".join(words) for words, _ in SENTENCES)
        source.write_text("\n\n".join(words), "utf-8")
    output = tmp_path / f"tagged.{format}"
    field = ["--field", "body"] if given in ("jsonl", "csv") else []
    call("tag", source, "-m", model, "--output", output, *field)
    if given == "conll" and format in ("csv", "parquet"):
        with pytest.raises(CorpusError, match="tag … --format conll"):
            read_corpus(output)
        return
    check(output, model, SENTENCES)


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("tasks.json", "label-studio"),
        ("lines.jsonl", "doccano"),
        ("a.conll", "conll"),
        ("a.jsonl", "jsonl"),
    ],
)
def test_what_suggest_writes(model: Path, tmp_path: Path, name: str, format: str) -> None:
    (tmp_path / "news.txt").write_text(TEXT, "utf-8")
    output = tmp_path / name
    call("suggest", tmp_path / "news.txt", "-m", model, "-o", output, "--format", format, "-n", 9)
    found = sorted(pairs(read_corpus(output).splits["test"]))
    assert found == sorted(SENTENCES)
    check(output, model, pairs(read_corpus(output).splits["test"]))


@pytest.mark.parametrize("format", ["json", "csv", "conll", "html", "training"])
def test_what_the_page_writes(model: Path, tmp_path: Path, format: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node, to run the page's own code")
    entities = [
        {"type": e.type, "text": e.text, "score": e.score,
         "start": len(TEXT[: e.start_char].encode("utf-16-le")) // 2,
         "end": len(TEXT[: e.end_char].encode("utf-16-le")) // 2}
        for e in Tagger.load(model).tag(TEXT)
    ]  # fmt: skip
    content = json.dumps(
        {"text": TEXT, "entities": entities, "model": "m", "name": "x", "lang": "en"}
        | {"textLang": "as", "colours": ""}
    )
    script = f"""
import {{ FORMATS, toTrainingData }} from {json.dumps((STATIC / "exports.js").as_uri())};
const typeName = (type) => type + " …";
const content = {{ ...{content}, placeOf: () => null, typeName, colourOf: () => "c0" }};
const write = FORMATS[{json.dumps(format)}]?.write ?? toTrainingData;
process.stdout.write(write(content));
"""
    (tmp_path / "export.mjs").write_text(script, "utf-8")
    done = subprocess.run([node, tmp_path / "export.mjs"], capture_output=True, check=True)
    ending = "jsonl" if format == "training" else format
    path = tmp_path / f"page.{ending}"
    path.write_bytes((b"\xef\xbb\xbf" if format == "csv" else b"") + done.stdout)
    # A table holds the sentences that hold an entity, no others.
    check(path, model, SENTENCES[:2] if format == "csv" else SENTENCES)


def test_a_table_whose_source_has_changed_is_an_error(model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "news.txt", tmp_path / "tagged.csv"
    source.write_text(TEXT, "utf-8")
    call("tag", source, "-m", model, "--output", output)
    source.write_text("আন " + TEXT, "utf-8")
    with pytest.raises(CorpusError, match="does not hold the entities at the offsets of the table"):
        read_corpus(output)
    source.unlink()
    with pytest.raises(CorpusError, match="which does not exist; expected the tagged file"):
        read_corpus(output)
