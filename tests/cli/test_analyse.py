"""``nerbridge analyse``: as a newsroom calls it, and as it is interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyarrow.parquet
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from nerbridge.analysis.tables import TABLES
from nerbridge.batch.records import Record
from nerbridge.batch.shards import cut_shards
from nerbridge.cli.analyse import analyse
from nerbridge.errors import EnvironmentProblem, InputError, RunError
from tiny_tagger import write_tiny_tagger

app = typer.Typer()
app.command()(analyse)

SMALL_SHARDS = """
import nerbridge.batch.job as job
from nerbridge.batch.shards import cut_shards
from nerbridge.cli.app import main
job.cut_shards = lambda records: cut_shards(records, max_records=10)
main()
"""
OPTIONS = ("--text", "body", "--date", "published", "--output", "out")


def write_articles(path: Path, n: int = 3) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for number in range(n):
            values = {
                "published": f"2026-01-{number % 28 + 1:02}",
                "body": f"{number}. ৰমেন দাস গুৱাহাটীত আছিল। অসম ধুনীয়া।",
            }
            stream.write(json.dumps(values, ensure_ascii=False) + "\n")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_tagger(tmp_path_factory.mktemp("tiny") / "model")


Call = Callable[..., Result]


@pytest.fixture
def call(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call the command in an empty folder with an ``a.jsonl``."""
    monkeypatch.chdir(tmp_path)
    write_articles(Path("a.jsonl"))

    def run(*arguments: str) -> Result:
        chosen = ["--model", str(model), "--threads", "1"]
        result = CliRunner().invoke(app, [arguments[0], *OPTIONS, *chosen, *arguments[1:]])
        if isinstance(result.exception, Exception):
            raise result.exception
        return result

    return run


def test_report_and_tables(call: Call) -> None:
    done = call("a.jsonl")
    assert done.stdout == "out/report.html\n"
    assert "3 articles tagged, 9 mentions" in done.stderr
    rows = pyarrow.parquet.read_table("out/entities.parquet").to_pylist()
    assert {(row["type"], row["name"], row["n_articles"]) for row in rows} == {
        ("LOC", "অসম", 3), ("LOC", "গুৱাহাটীত", 3), ("PER", "ৰমেন দাস", 3),
    }  # fmt: skip
    expected = {f"{name}.{end}" for name in TABLES for end in ("csv", "parquet")}
    files = {path.name for path in Path("out").iterdir()}
    assert files == expected | {"report.html", "articles.parquet"}


def test_csv_and_parquet_say_the_same(call: Call) -> None:
    call("a.jsonl")
    first = Path("out/counts_over_time.csv").read_bytes()
    lines = [json.loads(line) for line in Path("a.jsonl").read_text("utf-8").splitlines()]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(lines), "a.parquet")
    Path("a.csv").write_text(
        "published,body\n" + "".join(f"{line['published']},{line['body']}\n" for line in lines),
        encoding="utf-8",
    )
    for name in ("a.parquet", "a.csv"):
        call(name, "--overwrite")
        assert Path("out/counts_over_time.csv").read_bytes() == first


def test_twice_tags_once(call: Call) -> None:
    call("a.jsonl")
    assert "reused" in call("a.jsonl", "--by", "month").stderr
    with pytest.raises(RunError, match="--overwrite"):
        call("a.jsonl", "--min-score", "0.5")
    assert "articles tagged" in call("a.jsonl", "--min-score", "0.5", "--overwrite").stderr


def test_the_field_may_be_called_as_in_other_commands(call: Call) -> None:
    call("a.jsonl", "--text", "none", "--field", "body")
    with pytest.raises(InputError, match=r"no field 'none'.*--field NAME\."):
        call("a.jsonl", "--field", "none")


def test_other_articles_are_not_mixed_in(call: Call) -> None:
    call("a.jsonl")
    write_articles(Path("a.jsonl"), 4)
    with pytest.raises(RunError, match="of other articles"):
        call("a.jsonl")


def test_articles_without_dates(call: Call) -> None:
    Path("b.jsonl").write_text('{"body": "ৰমেন দাস আহিল।"}\n', "utf-8")
    with pytest.raises(InputError, match="If there are no dates: --date ''"):
        call("b.jsonl")
    call("b.jsonl", "--date", "")
    report = Path("out/report.html").read_text("utf-8")
    assert "no dated article" in report
    assert "Too few periods with dates" in report


def test_counts_of_one_are_said_rightly(call: Call) -> None:
    articles = [("অসম", "2026-01-05"), ("কিবা", "2026-01-06"), ("কিবা", "someday")]
    lines = [json.dumps({"body": body, "published": date}) for body, date in articles]
    Path("c.jsonl").write_text("\n".join(lines), "utf-8")
    said = call("c.jsonl").stderr
    assert "3 articles tagged, 1 mention, " in said
    assert "which are not counted over time: 1\n" in said


def test_types_and_score(call: Call) -> None:
    call("a.jsonl", "--types", "PER")
    types = pyarrow.parquet.read_table("out/entities.parquet").column("type").to_pylist()
    assert set(types) == {"PER"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "অসম", "expected articles with fields"),
        ("-", "", "not standard input"),
        ("empty.jsonl", "", "no article in it"),
        ("other.jsonl", '{"text": "অসম"}\n', "no field 'body'"),
        ("broken.jsonl", '{"body": ', "not JSON"),
    ],
)
def test_wrong_inputs_say_so(name: str, text: str, message: str, call: Call) -> None:
    if name != "-":
        Path(name).write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        call(name)
    assert not Path("out/articles.parquet").exists()


def test_wrong_options_say_so(call: Call) -> None:
    with pytest.raises(InputError, match="--by year: expected one of day, week, month"):
        call("a.jsonl", "--by", "year")
    Path("out").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="expected a folder"):
        call("a.jsonl")


def test_a_missing_library_is_named(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(EnvironmentProblem, match=r"duckdb.*nerbridge\[analyse\]"):
        call("a.jsonl")


def test_interrupted_and_given_again_ends_the_same(model: Path, tmp_path: Path) -> None:
    write_articles(tmp_path / "a.jsonl", 250)
    command = [
        *(sys.executable, "-c", SMALL_SHARDS, "analyse", "a.jsonl", *OPTIONS),
        *("--model", str(model), "--threads", "1"),
    ]
    begun = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Tests that run in the background inherit an ignored SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    parts = tmp_path / "out" / "articles.parquet.parts"
    until = time.monotonic() + 60
    while len(list(parts.glob("*.manifest.json"))) < 2 and time.monotonic() < until:
        time.sleep(0.005)
    begun.send_signal(signal.SIGINT)
    _, said = begun.communicate(timeout=60)
    assert begun.returncode == 130
    assert "To resume: nerbridge analyse a.jsonl" in said
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "before" in again.stderr
    table = pyarrow.parquet.read_table(tmp_path / "out" / "articles.parquet")
    assert table.column("row").to_pylist() == list(range(1, 251))


def test_interrupted_before_anything_is_finished(model: Path, tmp_path: Path) -> None:
    write_articles(tmp_path / "a.jsonl")
    interrupt = "def interrupt(records): raise KeyboardInterrupt\njob.hash_records = interrupt\n"
    program = SMALL_SHARDS.replace("main()", f"{interrupt}main()")
    command = [sys.executable, "-c", program, "analyse", "a.jsonl", *OPTIONS, "--model", str(model)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 130
    assert done.stderr == "Interrupted. Nothing is kept, because no shard was finished.\n"
    assert list((tmp_path / "out").iterdir()) == []


def test_an_interrupted_overwriting_goes_on(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(records: Iterable[Record]) -> Iterator[list[Record]]:
        yield list(islice(records, 2))
        raise RuntimeError("stopped")

    call("a.jsonl")
    with monkeypatch.context() as patch:
        patch.setattr("nerbridge.batch.job.cut_shards", broken)
        with pytest.raises(RuntimeError, match="stopped"):
            call("a.jsonl", "--min-score", "0.5", "--overwrite")
    monkeypatch.setattr(
        "nerbridge.batch.job.cut_shards", lambda records: cut_shards(records, max_records=2)
    )
    assert "3 articles tagged (2 of them before)" in call("a.jsonl", "--min-score", "0.5").stderr
