"""The benchmark scripts run, and print the line they promise; the numbers mean nothing here."""

import contextlib
import io
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from nerbridge.corpus import read_corpus
from nerbridge.models.manifest import MANIFEST_FILE, Manifest, TrainingCorpus, write_manifest
from tiny_tagger import write_tiny_tagger

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


def run_benchmark(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / "training.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_training_prints_its_ratios_as_json() -> None:
    done = run_benchmark("--quick", "--json")
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    result = json.loads(line)
    for method in ("lora", "full"):
        sides = result["raw"][method]
        speeds = {side: sides[side]["sentences_per_s"] for side in ("plain", "stage")}
        assert result[f"{method}_ratio"] == pytest.approx(
            speeds["stage"] / speeds["plain"], abs=1e-3
        )
        # Both sides start from the same loss up to their random heads: ln 7 = 1.95.
        assert all(1.5 < sides[side]["train_loss"] < 2.5 for side in ("plain", "stage"))
    assert 0 < result["full_memory_ratio"] < 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--warm-up", "100"], "--warm-up must be from 1 to 38"),
        (["--paper-stage", "--json"], "no CUDA device"),
    ],
)
def test_what_training_cannot_measure_is_said(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    done = run_script("training.py", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.slow
def test_tagging_prints_its_ratios_as_json() -> None:
    command = [sys.executable, str(BENCHMARKS / "tagging.py"), "--quick", "--json", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    result = json.loads(line)
    better = result["raw"][result["better_pipeline"]]
    for name in ("fp32", "int8"):
        side = result["raw"][name]
        for what, key in (
            ("throughput", "sentences_per_s"),
            ("start", "start_s"),
            ("memory", "peak_memory_bytes"),
        ):
            assert result[f"{name}_{what}_ratio"] == pytest.approx(
                side[key] / better[key], abs=1e-3
            )
    same = result["same_entities"]
    assert same["exported"] == same["on_torch"] == same["the_same"] > 0


def run_script(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script in this process, which has loaded the libraries already."""
    out, err, before = io.StringIO(), io.StringIO(), (sys.argv, sys.path)
    sys.argv, sys.path = [name, *map(str, arguments)], [str(BENCHMARKS), *sys.path]
    code: object = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            runpy.run_path(str(BENCHMARKS / name), run_name="__main__")
    except SystemExit as ended:
        code = ended.code or 0
        if isinstance(code, str):  # Python prints it
            code = print(code, file=err) or 1
    finally:
        sys.argv, sys.path = before
    return subprocess.CompletedProcess(name, int(str(code)), out.getvalue(), err.getvalue())


def test_social_prints_counts_and_steadiness_as_json(tmp_path: Path) -> None:
    model = write_tiny_tagger(tmp_path / "model")
    (tmp_path / "a.txt").write_text("ৰমেন দাস আজি গুৱাহাটীত আছিল।\n\nঅসম ভাল।\n", "utf-8")
    done = run_script("social.py", "--model", model, "--sentences", tmp_path / "a.txt", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    counts = result["messages"]
    assert counts["n_gold"] == 71
    assert 0 < counts["n_right"] <= counts["n_found"]
    f1 = 2 * counts["n_right"] / (counts["n_found"] + counts["n_gold"])
    assert counts["f1"] == pytest.approx(f1, abs=1e-4)
    assert result["n_sentences"] == 2
    assert set(result["same_entities"].values()) == {1.0}


def test_analysis_says_time_and_memory(tmp_path: Path) -> None:
    model = write_tiny_tagger(tmp_path / "model")
    done = run_script(
        "analysis.py", tmp_path, "--articles", "20", "--copies", "2", "--model", model
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("20 articles, tagging and counting: ") for line in lines)
    assert any(line.startswith("40 articles, counting: ") for line in lines)
    assert lines[-1].startswith("report ")


def test_suggest_compares_the_finished_cells(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "models" / "transfer-13"
    folder.mkdir(parents=True)
    corpus = TrainingCorpus(language="as", sha256="another")
    least = Manifest(kind="adapter", base=None, types=("PER",), script=None, max_subwords=9)
    write_manifest(folder, least.model_copy(update={"data": {"as": corpus}}))
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for split in ("train", "validation"):
        (corpus / f"{split}.conll").write_text("ৰমেন B-PER\nআহিল O\n\nঅসম B-LOC\n", "utf-8")
    origin = {
        "transferred": str(tmp_path / "run"),
        "corpus_sha256": read_corpus(str(corpus), language="as").sha256,
    }
    cells = {"as-it-is-0": 2, "suggested-5": 6, "random-5": 4}
    for name, n_right in cells.items():
        counts = [[n_right, 2, 2], [n_right, 1, 1]]
        path = tmp_path / "cells" / f"{name}-13-10.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({**origin, "n_chosen": 5, "counts": counts}))
    arguments: list[str | Path] = [
        "--transferred",
        tmp_path / "run",
        "--corpus",
        corpus,
        "--seeds",
        "13",
    ]
    arguments += ["--output", tmp_path / "cells", "--sizes", "5", "--json"]
    done = run_script("suggest.py", *arguments)
    assert done.returncode == 0, done.stderr
    rows = {row["way"]: row for row in json.loads(done.stdout)}
    assert rows["suggested"]["f1"] > rows["random"]["f1"] > rows["as it is"]["f1"]
    assert rows["suggested"]["over_random"] > 0
    folder.parent.rename(tmp_path / "models")
    arguments[1] = tmp_path
    done = run_script("suggest.py", *arguments)
    assert done.returncode == 1
    assert "of another run or corpus" in done.stderr


def test_suggest_writes_the_corpus_that_a_model_chose(tmp_path: Path) -> None:
    model = write_tiny_tagger(tmp_path / "run" / "models" / "transfer-13")
    manifest = json.loads((model / MANIFEST_FILE).read_text("utf-8"))
    (model / MANIFEST_FILE).write_text(json.dumps(manifest | {"data": {}}))
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    names = ("ৰমেন", "বিমলা", "গোপাল", "মালতী")
    told = "".join(f"{name} B-PER\nকালি O\nঘৰলৈ O\nআহিল O\n\n" for name in names)
    for split in ("train", "validation", "test"):
        (corpus / f"{split}.conll").write_text(told, "utf-8")
    arguments = [
        "--transferred",
        tmp_path / "run",
        "--corpus",
        corpus,
        "--sizes",
        "2",
        "--seeds",
        "13",
    ]
    done = run_script("suggest.py", *arguments, "--write", tmp_path / "chosen")
    assert done.returncode == 0, done.stderr
    written = read_corpus(str(tmp_path / "chosen" / "corpus-suggested-2-13"), language="as").splits
    pool = read_corpus(str(corpus), language="as").splits
    assert len(written["train"]) == 2
    assert {(s.words, s.tags) for s in written["train"]} < {
        (s.words, s.tags) for s in pool["train"]
    }
    assert [s.words for s in written["test"]] == [s.words for s in pool["test"]]


def test_neighbours_prints_a_score_for_each_weight(tmp_path: Path) -> None:
    """Of three entities that the model finds two are gold, and it misses none: F1 is 0.8."""
    model = write_tiny_tagger(tmp_path / "model")
    lines = [f"আমি পুৱা অসম পাই {n} দিন ৰৈছিলোঁ ।\n" for n in range(13_000)]
    (tmp_path / "much.txt").write_text("".join(lines), "utf-8")
    gold = "ৰমেন B-PER|দাস I-PER|আজি O|গুৱাহাটীত B-LOC|আছিল O|অসম O"
    (tmp_path / "gold").mkdir()
    written = gold.replace(" ", "\t").replace("|", "\n") + "\n"
    (tmp_path / "gold" / "validation.conll").write_text(written, "utf-8")
    done = run_script(
        *("neighbours.py", tmp_path / "much.txt", "-m", model, "--corpus", tmp_path / "gold"),
        *("-n", "20", "--weights", "0", "0.5", "--json"),
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["together"] == result["each, mean"]
    scores = result["together"][str(tmp_path / "gold")]
    assert scores["0.0"] == pytest.approx(0.8)
    assert 0 <= scores["0.5"] <= 1


def test_stops_scores_with_and_without(tmp_path: Path) -> None:
    """A tagger by list knows a word without the stop that is glued to it, and not with it."""
    model = write_tiny_tagger(tmp_path / "model")
    lines = "ৰমেন B-PER\nদাস I-PER\nআহিল O\n। O\n\nভাল O\n। O\n\nআছে O\nসংঘ। O\n"
    (tmp_path / "gold").mkdir()
    for split in ("train", "validation"):
        (tmp_path / "gold" / f"{split}.conll").write_text(lines, "utf-8")
    command = [sys.executable, str(BENCHMARKS / "stops.py"), str(model), "--json"]
    command += ["--corpus", str(tmp_path / "gold")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [scores] = json.loads(done.stdout)[str(model)].values()
    assert scores["with"] == {"f1": 1.0, "n_marked": 0, "n_nameless": 2}
    assert scores["without"] == {"f1": 0.6667, "n_marked": 1, "n_nameless": 2}


def test_start_prints_its_ratios_as_json() -> None:
    done = run_script("start.py", "--rounds", "1", "--json")
    assert done.returncode == 0, done.stderr
    ratios = json.loads(done.stdout)["ratios"]
    assert ratios["pass"] == 1.0
    assert len(ratios) == 4
