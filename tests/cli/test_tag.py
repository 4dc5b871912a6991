"""``nerbridge tag``: as a user calls it, and as systems interrupt it."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from nerbridge.batch.shards import cut_shards
from nerbridge.cli.progress import show_progress
from nerbridge.cli.tag import tag
from nerbridge.errors import InputError, ModelError, RunError
from nerbridge.workflows.progress import ItemsDone
from tiny_tagger import write_tiny_tagger

app = typer.Typer()
app.command()(tag)

TEXT = "ৰমেন দাস গুৱাহাটীত আছিল।\nঅসম ধুনীয়া।\n"
# The command with shards of ten records, so that a few lines make many of them.
SMALL_SHARDS = """
import nerbridge.batch.job as job
from nerbridge.batch.shards import cut_shards
from nerbridge.cli.app import main
job.cut_shards = lambda records: cut_shards(records, max_records=10)
main()
"""


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_tagger(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def call(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Call the command in an empty folder with an ``a.txt``."""
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(TEXT, "utf-8")

    def run(*arguments: str, stdin: bytes = b"", with_model: bool = True) -> Result:
        chosen = ["--model", str(model)] if with_model else []
        result = CliRunner().invoke(app, [*arguments, *chosen], input=stdin)
        if isinstance(result.exception, Exception):
            raise result.exception
        return result

    return run


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "nerbridge.batch.job.cut_shards", lambda records: cut_shards(records, max_records=10)
    )


Call = Callable[..., Result]


def test_text_the_model_cannot_read_well_is_said_once(call: Call) -> None:
    romanised = "moi Guwahatit asu\ntumi ketia ahiba\nঅসম\n".encode()
    done = call("-", "--lines", stdin=romanised)
    (note,) = done.stderr.splitlines()
    assert call("-", stdin=romanised[:18]).stderr.startswith("1 of 1 text: This looks")
    assert note.startswith("2 of 3 texts: This looks like Assamese in Latin letters")
    assert call("-", "--lines", "--quiet", stdin=romanised).stderr == ""


def test_a_stream_answers_each_line_before_the_next_is_written(model: Path) -> None:
    command = [sys.executable, "-m", "nerbridge", "tag", "-", "--lines", "--stream"]
    with subprocess.Popen(
        [*command, "--model", str(model)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        for text in ("অসম 😀", "#গুৱাহাটীত"):
            process.stdin.write(f"{text}\n".encode())
            process.stdin.flush()
            record = json.loads(process.stdout.readline())
            assert (record["text"], len(record["entities"])) == (text, 1)
        process.stdin.close()
        summary = process.stderr.read().decode()
    assert re.fullmatch(
        r"2 messages; milliseconds each: p50 [\d.]+, p95 [\d.]+, p99 [\d.]+\n", summary
    )


def test_a_stream_goes_to_no_file_and_has_no_words(call: Call) -> None:
    with pytest.raises(InputError, match="--stream prints results as texts arrive"):
        call("a.txt", "--stream", "--output", "b.jsonl")
    Path("a.conll").write_text("অসম\tB-LOC\n", "utf-8")
    with pytest.raises(InputError, match=r"a\.conll:1: --stream tags texts"):
        call("a.conll", "--stream")


def test_a_text_file_is_one_record(call: Call) -> None:
    done = call("a.txt")
    record = json.loads(done.stdout)
    assert (record["source"], record["row"], record["text"]) == ("a.txt", 1, TEXT)
    assert [(e["type"], e["text"]) for e in record["entities"]] == [
        ("PER", "ৰমেন দাস"),
        ("LOC", "গুৱাহাটীত"),
        ("LOC", "অসম"),
    ]
    for entity in record["entities"]:
        assert TEXT[entity["start_char"] : entity["end_char"]] == entity["text"]
    assert done.stderr == ""


def test_lines_are_records_of_their_own(call: Call) -> None:
    lines = call("a.txt", "--lines").stdout.splitlines()
    assert [json.loads(line)["row"] for line in lines] == [1, 2]


def test_standard_input(call: Call) -> None:
    done = call("-", "a.txt", "--lines", stdin="\nঅসম\n".encode())
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(record["source"], record["row"]) for record in found] == [
        ("-", 2),
        ("a.txt", 1),
        ("a.txt", 2),
    ]
    assert done.stderr == "input: blank lines left out: 1\n"
    assert call("-", "-q", "--lines", stdin=b"\nx").stderr == ""


def test_a_pipe_of_jsonl(call: Call) -> None:
    piped = '{"id": 5, "body": {"as": "অসম"}}\n'.encode()
    done = call("-", "--input-format", "jsonl", "--field", "body.as", stdin=piped)
    record = json.loads(done.stdout)
    assert (record["id"], record["entities"][0]["type"]) == (5, "LOC")
    again = call("-", "--input-format", "jsonl", "--text", "body.as", stdin=piped)
    assert again.stdout == done.stdout


def test_a_pipe_of_jsonl_read_as_text_is_noticed(call: Call) -> None:
    piped = '{"text": "অসম"}\n{"text": "কিবা"}\n'.encode()
    for arguments in (["-"], ["-", "--lines"]):
        done = call(*arguments, stdin=piped)
        assert done.stderr.startswith("-: looks like JSONL, but is read as text")
        assert done.stderr.endswith("--input-format jsonl\n")
    assert call("-", stdin="{অসম} ধুনীয়া".encode()).stderr == ""


def test_types_and_scores(call: Call) -> None:
    def found(*arguments: str) -> list[str]:
        return [e["text"] for e in json.loads(call("a.txt", *arguments).stdout)["entities"]]

    assert found("--types", "PER, ORG") == ["ৰমেন দাস"]
    assert found("--min-score", "1") == []
    assert found("--threads", "1") == found()
    with pytest.raises(InputError, match="no entity type GPE; expected some of PER, ORG, LOC"):
        call("a.txt", "--types", "GPE")


@pytest.mark.parametrize(
    ("format", "begins"),
    [
        ("csv", "source,row,type,text,start_char"),
        ("conll", "ৰমেন\tB-PER\nদাস\tI-PER\n"),
        ("text", "[ৰমেন দাস PER] [গুৱাহাটীত LOC] আছিল।\n"),
        ("html", "<!doctype html>"),
    ],
)
def test_formats(call: Call, format: str, begins: str) -> None:
    printed = call("a.txt", "--format", format).stdout
    assert printed.startswith(begins)
    done = call("a.txt", "--format", format, "--output", "o.out")
    assert Path("o.out").read_text("utf-8") == printed
    assert re.fullmatch(r"o\.out: 1 record, 3 entities, [\d.]+ s, \d+ records/s\n", done.stderr)


def test_what_nerbridge_wrote_can_be_tagged_again(call: Call) -> None:
    call("a.txt", "-q", "-o", "1.jsonl")
    call("1.jsonl", "-q", "-o", "2.jsonl")
    assert Path("1.jsonl").read_bytes() == Path("2.jsonl").read_bytes()
    call("a.txt", "-q", "-o", "1.conll")
    call("1.conll", "-q", "-o", "2.conll")
    assert Path("1.conll").read_bytes() == Path("2.conll").read_bytes()


PAGE = "<!doctype html><main><p>কালি ৰমেন <b>দাস</b> আহিল।</p><p>অসম</p></main>"


def test_documents_say_where_an_entity_stands(call: Call) -> None:
    pytest.importorskip("lxml")
    Path("a.html").write_text(PAGE, "utf-8")
    record = json.loads(call("a.html").stdout)
    assert record["text"] == "কালি ৰমেন দাস আহিল।\n\nঅসম"
    assert (record["kind"], record["row"], record["notices"]) == ("html", 1, [])
    assert [(e["text"], e["place"]) for e in record["entities"]] == [
        ("ৰমেন দাস", "paragraph 1"),
        ("অসম", "paragraph 2"),
    ]
    rows = call("a.html", "a.txt", "--format", "csv").stdout.splitlines()
    assert rows[0].endswith(",score,place")
    assert rows[1].endswith(",paragraph 1")
    assert rows[-1].endswith(",")
    assert call("a.html", "--format", "html").stdout.count("<article>") == 2
    assert call("a.html", "--format", "conll").stdout.startswith("কালি\tO\nৰমেন\tB-PER\n")


def test_documents_are_told_by_content_and_from_a_pipe(call: Call) -> None:
    pytest.importorskip("pypdfium2")
    pdf = (Path(__file__).parent.parent / "documents" / "narrow.pdf").read_bytes()
    Path("b.txt").write_bytes(pdf)
    record = json.loads(call("b.txt").stdout)
    assert record["entities"][0]["text"] == "ৰমেন\nদাস"
    piped = json.loads(call("-", "--input-format", "document", stdin=pdf).stdout)
    assert piped["entities"] == record["entities"]
    columns = call("b.txt", "--format", "conll").stdout
    assert "গুৱাহাটীত\tB-LOC" in columns
    call("b.txt", "-q", "-o", "o.parquet")
    import pyarrow.parquet

    table = pyarrow.parquet.read_table("o.parquet")
    assert table["place"].to_pylist()[0] == "page 1, paragraph 1"


def test_a_redacted_copy(call: Call) -> None:
    pytest.importorskip("lxml")
    Path("a.html").write_text(PAGE, "utf-8")
    done = call("a.html", "-q", "--redact", "PER", "--output", "copy.html")
    copy = Path("copy.html").read_text("utf-8")
    assert "ৰমেন" not in copy
    assert "অসম" in copy
    assert "1 mention of 1 name hidden" in done.stderr
    assert "a person must read the copy" in done.stderr
    with pytest.raises(InputError, match="exists already"):
        call("a.html", "--redact", "PER", "-o", "copy.html")
    assert "ৰমেন" not in done.stderr
    done = call("a.html", "--redact", "PER", "--output", "copy.html", "--overwrite")
    assert "hidden: ৰমেন দাস (1)\n" in done.stderr
    done = call("a.txt", "--redact", "PER,LOC", "-o", "copy.txt", "--min-score", "0.1", "-q")
    assert "--min-score 0.1: the copy still shows names with a lower score" in done.stderr
    assert Path("copy.txt").read_text("utf-8") == "[PER] [LOC] আছিল।\n[LOC] ধুনীয়া।\n"
    assert not list(Path().glob(".*"))


def test_a_whole_page(call: Call) -> None:
    pytest.importorskip("lxml")
    page = "<!doctype html><meta charset=utf-8><p>কালি পুৱা বতৰ ভাল আছিল।</p><nav>ৰমেন দাস</nav>"
    Path("a.html").write_text(page, "utf-8")
    assert "ৰমেন" not in call("a.html", "--format", "jsonl").stdout
    assert "ৰমেন দাস" in call("a.html", "--format", "jsonl", "--whole-page").stdout
    call("a.html", "--whole-page", "--redact", "PER", "--output", "copy.html")
    assert "<nav>[PER]</nav>" in Path("copy.html").read_text("utf-8")


@pytest.mark.parametrize(
    "name", ["ৰমেন দাস.html", "copy_ৰমেন-দাস.html", "%E0%A7%B0%E0%A6%AE%E0%A7%87%E0%A6%A8দাস.html"]
)
def test_a_copy_is_not_called_by_a_hidden_name(call: Call, name: str) -> None:
    pytest.importorskip("lxml")
    Path("a.html").write_text(PAGE, "utf-8")
    with pytest.raises(InputError, match=r"such as redacted\.html") as caught:
        call("a.html", "--redact", "PER", "--output", name)
    assert "ৰমেন" not in str(caught.value)
    assert not Path(name).exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.txt", "--redact", "PER"], "expected one input"),
        (["a.txt", "a.html", "--redact", "PER", "-o", "b.txt"], "expected one input"),
        (["a.txt", "--redact", "PER", "--stream", "-o", "b.txt"], "without .*--stream"),
        (["a.txt", "--redact", "PER", "-o", "b.docx"], "expected the ending .txt"),
        (["a.txt", "--redact", "PER", "-o", "./a.txt"], "this is the input"),
        (["a.jsonl", "--redact", "PER", "-o", "b.jsonl"], "is a table"),
        (["a.txt", "--redact", "GPE", "-o", "b.txt"], "expected some of PER, ORG, LOC"),
        (["a.txt", "--redact", ",", "-o", "b.txt"], "entity types none"),
    ],
)
def test_what_cannot_be_redacted(call: Call, arguments: list[str], said: str) -> None:
    Path("a.html").write_text(PAGE, "utf-8")
    Path("a.jsonl").write_text('{"text": "a"}', "utf-8")
    with pytest.raises(InputError, match=said):
        call(*arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (["none.txt"], InputError, "no such file"),
        (["empty"], InputError, "a folder without a file that can be read"),
        (["a.txt", "./a.txt"], InputError, "named twice"),
        (["a.txt", "-o", "./a.txt"], InputError, "this is the input a.txt"),
        (["a.txt", "-o", "a.pdf"], InputError, "the ending does not tell the format"),
        (["a.txt", "--format", "parquet"], InputError, "cannot be written to standard output"),
        (["a.txt", "--resume"], InputError, "need a file to write"),
        (["a.txt", "-o", "x.csv", "--resume", "--overwrite"], InputError, "one of them"),
    ],
)
def test_what_cannot_be_is_said_before_the_model_is_loaded(
    call: Call, arguments: list[str], error: type[Exception], said: str
) -> None:
    Path("empty").mkdir()
    with pytest.raises(error, match=said):
        call(*arguments, "--model", "nowhere", with_model=False)


def test_no_such_model(call: Call) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        call("a.txt", "--model", "nowhere", with_model=False)


def test_an_output_is_replaced_only_when_asked(call: Call) -> None:
    Path("o.csv").write_text("precious", encoding="utf-8")
    with pytest.raises(InputError, match=r"exists already.*--overwrite"):
        call("a.txt", "-o", "o.csv")
    call("a.txt", "-o", "o.csv", "--overwrite")
    assert Path("o.csv").read_text("utf-8").startswith("source,")


def test_a_dash_as_output_is_standard_output(call: Call) -> None:
    assert call("a.txt", "-o", "-").stdout == call("a.txt").stdout


def test_without_anything_to_tag(call: Call) -> None:
    Path("e.txt").touch()
    done = call("e.txt", "-o", "o.jsonl")
    assert Path("o.jsonl").read_bytes() == b""
    assert "inputs without any text: 1" in done.stderr


def test_the_bar_shows_records_and_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    with show_progress(quiet=False) as listen:
        listen(ItemsDone("records", 1500, 0.4))
        listen(ItemsDone("records", 1600, 0.5))
    assert re.search(r"1,600 records, [\d,]+/s", shown.getvalue())
    shown.truncate(0)
    with show_progress(quiet=True) as listen:
        listen(ItemsDone("records", 1500))
    assert shown.getvalue() == ""


# As a process: signals, limits, pipes.


class Job:
    """``nerbridge tag`` with small shards, as a process of its own."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.folder, self.model = folder, model
        self.output, self.parts = folder / "o.jsonl", folder / "o.jsonl.parts"

    def start(self, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", SMALL_SHARDS, "tag", *arguments]
        defaults: dict[str, object] = {
            **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE),
            # Tests that run in the background inherit an ignored SIGINT.
            "preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        }
        return subprocess.Popen(
            [*command, "--model", str(self.model)],
            cwd=self.folder,
            **{**defaults, **options},  # type: ignore[call-overload]
        )

    def run(self, *arguments: str, data: bytes = b"", **options: object) -> tuple[int, str, str]:
        process = self.start(*arguments, **options)
        out, err = process.communicate(data, timeout=60)
        return process.returncode, (out or b"").decode(), err.decode()

    def wait_for_shard(self, index: int, process: subprocess.Popen[bytes]) -> None:
        while not (self.parts / f"{index:06}.manifest.json").exists():
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.01)


@pytest.fixture
def job(tmp_path: Path, model: Path) -> Job:
    return Job(tmp_path, model)


LINES = [f"{number} ৰমেন দাস অসম".encode() for number in range(45)]
DATA = b"\n".join(LINES)
PIPED = ("-", "--lines", "-o", "o.jsonl")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_job_goes_on_where_it_was(job: Job, how: signal.Signals, call: Call) -> None:
    process = job.start(*PIPED)
    assert process.stdin
    assert process.stderr
    process.stdin.write(b"\n".join(LINES[:35]) + b"\n")
    process.stdin.flush()
    job.wait_for_shard(2, process)
    process.send_signal(how)
    process.wait(timeout=60)
    shown = process.stderr.read().decode()
    process.stdin.close()
    if how is signal.SIGINT:
        assert process.returncode == 130
        again = f"To resume: nerbridge tag - --lines -o o.jsonl --model {job.model} --resume"
        assert again in shown
    assert not job.output.exists()

    code, _, shown = job.run(*PIPED, "--resume", data=DATA)
    assert (code, "45 records (30 of them finished earlier)" in shown) == (0, True), shown
    assert job.output.read_text("utf-8") == call("-", "--lines", stdin=DATA).stdout
    assert not job.parts.exists()


@pytest.mark.usefixtures("small_shards")
def test_a_broken_line_keeps_what_is_finished_and_can_be_mended(call: Call) -> None:
    good = [json.dumps({"text": f"{number} অসম"}) for number in range(25)]
    path = Path("a.jsonl")
    path.write_text("\n".join([*good[:22], "{broken", *good[22:]]), encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.jsonl:23: not JSON"):
        call("a.jsonl", "-o", "o.jsonl")
    path.write_text("\n".join(good), encoding="utf-8")
    with pytest.raises(InputError, match="an unfinished job"):
        call("a.jsonl", "-o", "o.jsonl")
    done = call("a.jsonl", "-o", "o.jsonl", "--resume")
    assert "25 records (20 of them finished earlier)" in done.stderr
    assert Path("o.jsonl").read_text("utf-8") == call("a.jsonl").stdout


def test_an_error_says_how_to_go_on(job: Job) -> None:
    (job.folder / "a.jsonl").write_text('{"text": "a"}\n' * 10 + "{")
    code, out, shown = job.run("a.jsonl", "-o", "o.jsonl", "--overwrite")
    assert (code, out) == (2, "")
    assert re.search(
        r"^Finished shards are kept in o\.jsonl\.parts\. To resume: nerbridge tag a\.jsonl "
        r"-o o\.jsonl --model \S+ --resume\nerror: a\.jsonl:11: not JSON",
        shown,
    )


def test_an_error_before_anything_is_finished_leaves_nothing(call: Call) -> None:
    Path("a.jsonl").write_text('{"text": "a"}\n{', encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.jsonl:2"):
        call("a.jsonl", "-o", "o.jsonl")
    assert not list(Path().glob("o*"))


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("input", "the input has changed"),
        ("model", "model was"),
        ("options", "options.min_score was 0.0, is 0.5"),
    ],
)
def test_another_job_is_not_continued(call: Call, change: str, said: str) -> None:
    path = Path("a.jsonl")
    lines = [json.dumps({"text": f"{number} অসম"}) for number in range(12)]
    path.write_text("\n".join([*lines, "{broken"]), encoding="utf-8")
    with pytest.raises(InputError, match="not JSON"):
        call("a.jsonl", "-o", "o.jsonl")
    path.write_text("\n".join(lines), encoding="utf-8")
    if change == "input":
        path.write_text("\n".join([json.dumps({"text": "new"}), *lines]), encoding="utf-8")
    other = write_tiny_tagger(Path("other"), sure=3.0)
    extra = {"model": ["--model", str(other)], "options": ["--min-score", "0.5"]}.get(change, [])
    arguments = ("a.jsonl", "-o", "o.jsonl", *extra)
    with pytest.raises(RunError, match=said):
        call(*arguments, "--resume", with_model=change != "model")
    assert not Path("o.jsonl").exists()
    call(*arguments, "--overwrite", with_model=change != "model")
    assert len(Path("o.jsonl").read_text(encoding="utf-8").splitlines()) == 12 + (change == "input")


def test_a_full_disk_loses_nothing(job: Job) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_500, 2_500))

    lines = [b"x", *[b"y"] * 12, *[b"long " * 200] * 10]
    arguments = ("-", "--lines", "-o", "o.jsonl")
    code, _, shown = job.run(*arguments, data=b"\n".join(lines), preexec_fn=limit)
    assert code == 1
    assert "000001.jsonl: not written (File too large)" in shown
    assert "Finished shards are kept" in shown
    code, _, shown = job.run(*arguments, "--resume", data=b"\n".join(lines))
    assert "23 records (10 of them finished earlier)" in shown
    assert len(job.output.read_bytes().splitlines()) == 23


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_standard_output(job: Job) -> None:
    with open("/dev/full", "wb") as full:
        code, _, shown = job.run("-", data=b"x", stdout=full)
    assert code == 1
    assert shown.startswith("error: standard output: not written (No space left on device).")
    assert "Traceback" not in shown
    assert "Exception" not in shown


def test_a_reader_that_goes_away_is_no_error(job: Job) -> None:
    (job.folder / "a.txt").write_bytes(DATA * 200)
    process = job.start("a.txt", "--lines")
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 1


def test_output_is_utf8_whatever_the_locale(job: Job) -> None:
    plain = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}
    code, out, _ = job.run("-", "--format", "text", data="অসম".encode(), env=plain)
    assert (code, out) == (0, "[অসম LOC]\n")


def test_start_loads_only_what_is_needed(job: Job) -> None:
    look = "import sys; sys.argv = ['nerbridge', *sys.argv[1:]]\n" + SMALL_SHARDS.replace(
        "main()",
        "try:\n    main()\nfinally:\n    print(*sorted(sys.modules), file=sys.stderr)",
    )
    done = subprocess.run(
        [sys.executable, "-c", look, "tag", "-", "--model", str(job.model)],
        input="অসম".encode(),
        capture_output=True,
        check=True,
    )
    loaded = set(done.stderr.decode().split())
    assert "onnxruntime" in loaded
    assert not loaded & {"torch", "transformers", "pyarrow", "rich", "nerbridge.corpus", "spacy"}
    assert not loaded & {"nerbridge.batch.tables", "nerbridge.batch.html"}
    assert not loaded & {"nerbridge.evaluation.scores", "nerbridge.evaluation.resampling"}
