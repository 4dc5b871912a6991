"""``nerbridge run`` from the recipe to the report, and plain words where it cannot be."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import hub_shapes
from hub_standin import Hub, write_demo, write_tiny_encoder
from nerbridge.cli import app as edge
from nerbridge.corpus.reading import build_corpus, read_corpus
from nerbridge.corpus.writing import write_corpus
from nerbridge.exporting.card import find_scores
from nerbridge.records import read_record
from nerbridge.tagging import Tagger

RECIPE = """
name = "tiny"
seeds = [1]
encoder = { id = "ENCODER" }
target = { path = "as", language = "as" }
sources = [{ path = "bn", language = "bn" }]
baseline = { epochs = 1, retries = 0 }
transfer = { epochs = 1, retries = 0 }
adapt = { epochs = 1, retries = 0 }
"""
Outcome = tuple[int, str, str]
Call = Callable[..., Outcome]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe beside the tiny corpora and encoder it names."""
    root = tmp_path_factory.mktemp("tiny")
    texts = []
    for language in ("as", "bn"):
        corpus = read_corpus(f"bundled:{language}")
        splits = {split: part[:10] for split, part in corpus.splits.items()}
        write_corpus(build_corpus(language, language, splits), root / language)
        texts += [" ".join(sentence.words) for sentence in corpus.splits["train"][:50]]
    write_tiny_encoder(root / "encoder", texts)
    path = root / "tiny.toml"
    path.write_text(RECIPE.replace("ENCODER", str(root / "encoder")), "utf-8")
    return path


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> Call:
    """The command, in an empty folder; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(edge.DEBUG_VARIABLE, raising=False)

    def run(*arguments: str | Path) -> Outcome:
        words = ["nerbridge", "run", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as stop:
            edge.main()
        shown = capfd.readouterr()
        return int(stop.value.code or 0), shown.out, shown.err

    return run


@pytest.mark.slow
def test_from_the_recipe_to_the_report_and_again(call: Call, recipe: Path, tmp_path: Path) -> None:
    code, out, err = call(recipe)
    assert code == 0
    folder = tmp_path / "runs" / "tiny"
    table = (folder / "report" / "table.md").read_text("utf-8")
    assert out == f"{table}\nreport: runs/tiny/report/index.html\n"
    assert [line.split()[0] for line in err.splitlines() if "test F1" in line] == [
        *("baseline", "transfer", "adapt"),
        *("crf_target", "crf_transfer", "crf_all"),
    ]
    record = read_record(folder)
    assert record.command == f"nerbridge run {recipe}"
    assert (folder / "report" / "index.html").stat().st_size > 10_000
    models = {path: path.stat().st_mtime_ns for path in folder.glob("models/*/*")}

    again = call(recipe, "--json", "--quiet")
    assert again[0] == 0
    assert again[2] == ""
    written = json.loads(again[1])
    assert written["systems"] == json.loads(record.model_dump_json(by_alias=True))["systems"]
    assert written == json.loads((folder / "record.json").read_text("utf-8"))
    assert {path: path.stat().st_mtime_ns for path in folder.glob("models/*/*")} == models

    code, out, err = call(recipe, "--set", "adapt.epochs=2")
    assert (code, out) == (1, "")
    assert "recipe.adapt.epochs was 1, is 2" in err

    locked = read_record(folder)
    assert locked == read_record(folder / "report")


@pytest.mark.slow
def test_on_validation_only_no_test_is_seen(call: Call, recipe: Path, tmp_path: Path) -> None:
    further = 'test_sets=[{ name = "own", path = "as", language = "as" }]'
    code, out, err = call(recipe, "--validation-only", "--set", further)
    assert code == 0
    assert "On as (validation, not test), " in out
    assert "F1 strict, own (validation, not test)" in out
    assert "validation F1" in err
    assert "test F1" not in err
    folder = tmp_path / "runs" / "tiny-validation"
    assert "chosen on the very sentences" in (folder / "report" / "index.html").read_text("utf-8")
    for row in read_record(folder).systems:
        for result in row.seeds:
            assert result.validation is not None
            counts = result.validation.counts
            assert result.test.counts == result.test_sets["own"].counts == counts
    assert "scores are not known yet" in (folder / "models" / "adapt-1" / "README.md").read_text(
        "utf-8"
    )
    assert find_scores(folder / "models" / "adapt-1") == {}

    code, _, err = call(recipe, "--set", further, "--output", folder)
    assert code == 1
    assert 'recipe.target.split was "validation", is "test"' in err


def test_a_dry_run_says_what_it_would_read_and_leaves_nothing(
    call: Call, recipe: Path, tmp_path: Path
) -> None:
    code, out, _ = call(recipe, "--dry-run", "--json", "--seeds", "4,5")
    assert code == 0
    facts = json.loads(out)
    assert facts["seeds"] == [4, 5]
    assert facts["corpora"]["as"] == {"train": 10, "validation": 10, "test": 10}
    assert facts["transfer_sentences"] == 10
    code, out, _ = call(recipe, "--dry-run")
    assert "Nothing was trained" in out
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_stands_alone_is_told_before_the_training(
    call: Call, recipe: Path, tmp_path: Path
) -> None:
    for name, tag in (("odd", "B-PER"), ("usual", "O")):
        told = f"তিনি {tag}\nআসেন O\n\n" * 9 + "রহিম B-PER\n"
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.conll").write_text(told, "utf-8")
    sources = ", ".join(f'{{path="here:{name}", language="bn"}}' for name in ("odd", "usual"))
    asked = (recipe, "--dry-run", "--json", "--set", f"sources=[{sources}]")
    code, out, err = call(*asked)
    assert code == 0
    assert json.loads(out)["transfer_sentences"] == 18
    assert "here:odd: of 10 entities 9 are words that the other sources leave outside" in err
    assert "তিনি" in err
    assert call(*asked, "--quiet")[2] == ""


def test_an_interruption_says_how_to_go_on(
    call: Call, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nerbridge.training.run.load_base", interrupt)
    code, out, err = call(recipe, "--set", "adapt.epochs=3", "--quiet")
    assert (code, out) == (130, "")
    expected = f"To resume: nerbridge run {recipe} --set adapt.epochs=3 --quiet\n"
    assert err == f"Interrupted. Finished models are kept. {expected}"


def test_every_missing_corpus_is_named_at_once(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NERBRIDGE_SHARED", str(tmp_path / "nowhere"))
    code, out, err = call("assamese")
    assert (code, out) == (2, "")
    assert "10 corpora or files were not found" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["absent.toml"], 2, "absent.toml: no such recipe"),
        (["RECIPE", "--seeds", "1,x"], 2, "expected whole numbers"),
        (["RECIPE", "--seeds", ""], 2, "expected whole numbers"),
        (["RECIPE", "--seeds", "1,1"], 2, "a seed twice"),
        (["RECIPE", "--seeds", "-1"], 2, "seeds.0"),
        (["RECIPE", "--set", "adapt.epoch=1"], 2, "adapt.epoch"),
        (["RECIPE", "--jobs", "0"], 2, "--jobs"),
        (["RECIPE", "--set", "encoder.id=./absent"], 1, "./absent: no such folder"),
        (["RECIPE", "--set", "target.path=absent"], 2, "absent"),
        (["RECIPE", "--output", "RECIPE"], 2, "this is a file"),
        (["RECIPE", "--output", "RECIPE/inside"], 2, "this is a file"),
    ],
)
def test_what_is_wrong_is_said(
    arguments: list[str], code: int, said: str, call: Call, recipe: Path, tmp_path: Path
) -> None:
    found, out, err = call(*(word.replace("RECIPE", str(recipe)) for word in arguments), "--quiet")
    assert (found, out) == (code, "")
    assert said in err
    assert "Traceback" not in err
    assert "unexpected" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_paper_runs_from_the_first_download_to_the_report(hub: Hub, tmp_path: Path) -> None:
    """On repositories shaped as the real ones; smaller in size, and in full precision for a CPU."""
    write_demo(hub.root, n_sentences=24)
    smaller = ["--seeds", "13", "--set", "transfer.precision=fp32"]
    for stage in ("baseline", "transfer", "adapt"):
        smaller += ["--set", f"{stage}.epochs=1"]

    def paper(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nerbridge", "run", "paper", *smaller, *arguments]
        environment = {**hub.environment(tmp_path / "home"), "PYTHONUTF8": "1", **variables}
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", env=environment, cwd=tmp_path
        )

    done = paper()
    assert done.returncode == 0, done.stderr
    assert "report: runs/paper/report/index.html" in done.stdout
    assert "it/s]" not in done.stderr
    assert "examples/s]" not in done.stderr
    record = read_record(tmp_path / "runs" / "paper")
    assert record.recipe["encoder"]["id"] == hub_shapes.XLMR_BASE
    assert [row.stage for row in record.systems][:3] == ["baseline", "transfer", "adapt"]
    downloads = {path.split("/")[-1] for path in hub.requests if path.startswith("GET ")}
    assert "model.safetensors" in downloads
    assert "pytorch_model.bin" not in downloads
    again = paper("--dry-run", HF_HUB_OFFLINE="1")
    assert again.returncode == 0, again.stderr


@pytest.mark.slow
@pytest.mark.parametrize("write", [hub_shapes.write_e5_small, hub_shapes.write_modernbert])
def test_an_encoder_folder_that_the_environment_names(
    call: Call, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    write: Callable[..., Path],
) -> None:  # fmt: skip
    texts = ["নদীৰ পাৰত গাঁও আছে ।", "গাঁওখনৰ নাম মাজুলী ।", "পানী বাঢ়িছে ।"] * 3
    monkeypatch.setenv("MY_ENCODER", str(write(tmp_path / "encoder", texts)))
    encoder = "encoder.id=${MY_ENCODER:-owner/name}"
    code, out, err = call(recipe, "--set", encoder, "--set", "reference.crf=false")
    assert code == 0, err
    assert "report: runs/tiny/report/index.html" in out
    assert Tagger.load(tmp_path / "runs" / "tiny").tag("মাজুলী নদীৰ পাৰত।") is not None
