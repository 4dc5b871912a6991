"""A recipe that says how its source is made needs no other command before it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub_standin import write_tiny_encoder
from nerbridge.cli import app as edge
from nerbridge.corpus.reading import build_corpus, read_corpus
from nerbridge.corpus.writing import write_corpus
from nerbridge.errors import InputError, NerbridgeError, RecipeError, RunError
from nerbridge.records import read_record
from nerbridge.training.recipe import Recipe
from nerbridge.training.recipe_files import fingerprint_settings, read_recipe
from nerbridge.workflows import derived_sources
from nerbridge.workflows.derived_sources import check_sources, make_sources
from nerbridge.workflows.progress import Listener
from tiny_tagger import write_tiny_tagger

TEXT = "ৰমেন দাস আজি গুৱাহাটীত আছিল।\nআজি অসম সংঘ নতুন ঠাইলৈ গৈছে।\nৰমেন দাস এতিয়া ঘৰত থাকে।\n"
SECOND = """
name = "second"
target = { path = "as", language = "as" }
sources = [
  { path = "bundled:bn", language = "bn" },
  { path = "here:build/pseudo", language = "as", soft = true },
]
pseudo_labels = [
  { path = "here:build/pseudo", recipe = "first.toml", text = ["news.txt"], n = 3, seed = 2 },
]
"""
ALSO = 'also = [{ name = "hi", path = "bundled:hi", language = "hi" }]\n'
FIRST = """
name = "first"
seeds = [1, 2]
target = { path = "as", language = "as" }
sources = [{ path = "bundled:bn", language = "bn" }]
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with two recipes, a target and a text."""
    monkeypatch.chdir(tmp_path)
    held_out = "ৰমেন B-PER\nদাস I-PER\nএতিয়া O\nঘৰত O\nথাকে O\n। O\n"
    for split in ("train", "validation", "test"):
        (tmp_path / "as").mkdir(exist_ok=True)
        (tmp_path / "as" / f"{split}.conll").write_text(held_out, "utf-8")
    (tmp_path / "news.txt").write_text(TEXT, "utf-8")
    (tmp_path / "first.toml").write_text(FIRST, "utf-8")
    (tmp_path / "second.toml").write_text(SECOND, "utf-8")
    return tmp_path


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Names of the recipes whose models were asked for; a list of words stands for each model."""
    names = []

    def train(recipe: Recipe, jobs: int | None, listen: Listener) -> list[Path]:
        names.append(recipe.name)
        models = [Path(f"runs/{recipe.name}/models/transfer-{seed}") for seed in recipe.seeds]
        for sure, model in enumerate(models, start=6):
            write_tiny_tagger(model, sure=sure)
        return models

    monkeypatch.setattr(derived_sources, "_train", train)
    return names


def second(**overrides: Any) -> Recipe:
    return read_recipe(Path("second.toml"), overrides=overrides)


def test_the_source_is_made_once(place: Path, trained: list[str]) -> None:
    assert check_sources(second()) == ["build/pseudo"]
    make_sources(second())
    assert (trained, check_sources(second())) == (["first"], [])
    labelled = read_corpus(place / "build" / "pseudo", language="as").splits["train"]
    # The third sentence is one of the target's, on which the recipe is scored.
    assert sorted(s.tags for s in labelled) == [
        ("B-PER", "I-PER", "O", "B-LOC", "O", "O"),
        ("O", "B-LOC", "B-ORG", "O", "O", "O", "O"),
    ]
    origin = json.loads((place / "build" / "pseudo" / "pseudo-labels.json").read_text("utf-8"))
    assert (origin["n"], origin["seed"], origin["soft"]) == (3, 2, True)
    assert origin["left_out"]["corpora"] == ["as"]

    shutil.rmtree("runs")
    make_sources(second())
    assert trained == ["first"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("n = 3", "n = 4"), "n was 3, is 4"),
        (("seed = 2", "neighbours = 0.5"), "neighbours was 0.0, is 0.5; seed was 2, is 0"),
        (("first.toml", "other.toml"), r"models\.0 was .*first.*, is .*other"),
        ((", soft = true", ""), "soft was true, is false"),
        (("news.txt", "other.txt"), r"text\.0 was .*news\.txt.*, is .*other\.txt"),
        (
            ("pseudo_labels =", f"{ALSO}pseudo_labels ="),
            "sentences of bundled:hi were not left out",
        ),
    ],
)
def test_one_that_was_made_otherwise_is_refused(
    place: Path, trained: list[str], change: tuple[str, str], said: str
) -> None:
    (place / "other.toml").write_text(FIRST.replace("first", "other"), "utf-8")
    make_sources(second())
    (place / "second.toml").write_text(SECOND.replace(*change), "utf-8")
    with pytest.raises(RunError, match=rf"build/pseudo: .*differ from second: .*{said}"):
        make_sources(second())


@pytest.mark.parametrize("origin", [None, "{", "[]", '{"models": []}'])
def test_one_of_unknown_origin_is_refused(
    place: Path, trained: list[str], origin: str | None
) -> None:
    make_sources(second())
    path = place / "build" / "pseudo" / "pseudo-labels.json"
    path.unlink() if origin is None else path.write_text(origin, "utf-8")
    with pytest.raises(RunError, match=r"pseudo-labels\.json: cannot be read.*Remove build"):
        make_sources(second())


def test_a_chain_is_made_from_its_end(place: Path, trained: list[str]) -> None:
    third = SECOND.replace("second", "third").replace("first.toml", "second.toml")
    (place / "third.toml").write_text(third.replace("build/pseudo", "build/third"), "utf-8")
    make_sources(read_recipe(Path("third.toml")))
    assert trained == ["first", "second"]
    assert Path("build/pseudo/train.conll").is_file()
    assert Path("build/third/train.conll").is_file()


def test_a_ring_is_refused(place: Path, trained: list[str]) -> None:
    (place / "first.toml").write_text(
        SECOND.replace("second", "first")
        .replace("first.toml", "second.toml")
        .replace("build/pseudo", "build/ring"),
        "utf-8",
    )
    with pytest.raises(RecipeError, match=r"second → first → second\). Name another recipe"):
        make_sources(second())
    assert trained == []


def test_text_that_is_not_there_is_said(place: Path, trained: list[str]) -> None:
    Path("news.txt").unlink()
    with pytest.raises(InputError, match=r"news\.txt: no such file"):
        make_sources(second())
    assert trained == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("bundled:bn", "nowhere"), "nowhere"),
        (("name = ", 'encoder = { id = "no/encoder/here" }\nname = '), "no/encoder/here"),
        (("first.toml", "missing.toml"), r"missing\.toml: no such recipe"),
        (("sources = [", f"{ALSO.replace('bundled:hi', 'gone')}sources = ["), "gone"),
    ],
)
def test_what_else_is_wrong_is_said_before_the_training(
    place: Path, trained: list[str], change: tuple[str, str], said: str
) -> None:
    (place / "second.toml").write_text(SECOND.replace(*change, 1), "utf-8")
    for check in (check_sources, make_sources):
        with pytest.raises(NerbridgeError, match=said):
            check(second())
    assert trained == []


def test_numbered_tags_and_a_scored_train_split_are_held_out_too(
    place: Path, trained: list[str]
) -> None:
    words = ["ৰমেন", "দাস", "আজি", "গুৱাহাটীত", "আছিল", "।"]
    record = {"tokens": words, "ner_tags": [1, 2, 0, 0, 0, 0]}
    (place / "own").mkdir()
    (place / "own" / "train.jsonl").write_text(json.dumps(record), "utf-8")
    further = (
        'also = [{ name = "own", path = "own", language = "as", split = "train", '
        'tag_names = ["O", "B-PER", "I-PER"] }]\n'
    )
    text = SECOND.replace("pseudo_labels =", f"{further}pseudo_labels =")
    (place / "second.toml").write_text(text, "utf-8")
    make_sources(second())
    labelled = read_corpus(place / "build" / "pseudo", language="as").splits["train"]
    assert [s.words[:3] for s in labelled] == [("আজি", "অসম", "সংঘ")]


def test_how_it_was_made_does_not_decide_the_outcome(place: Path) -> None:
    other = [{"path": "here:build/pseudo", "recipe": "x.toml", "text": ["y"], "n": 9}]
    assert fingerprint_settings(second(pseudo_labels=other)) == fingerprint_settings(second())


STAGE = 'epochs = 1, batch_size = 8, retries = 0, class_weights = "balanced"'
RATES = f"""
baseline = {{ {STAGE}, learning_rate = 5e-3 }}
transfer = {{ {STAGE}, learning_rate = 2e-2 }}
adapt = {{ {STAGE}, learning_rate = 2e-2 }}
reference = {{ crf = false }}
"""


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """``nerbridge run`` with arguments; exit code, stdout, stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["nerbridge", "run", *arguments])
        with pytest.raises(SystemExit) as stop:
            edge.main()
        shown = capfd.readouterr()
        return int(stop.value.code or 0), shown.out, shown.err

    return run


@pytest.mark.slow
def test_one_command_from_raw_text_to_the_report(call: Callable[..., Any], place: Path) -> None:
    sentences = []
    for language in ("as", "bn"):
        corpus = read_corpus(f"bundled:{language}")
        splits = {split: part[:20] for split, part in corpus.splits.items()}
        write_corpus(build_corpus(language, language, splits), place / language)
        sentences += [" ".join(sentence.words) for sentence in corpus.splits["train"]]
    write_tiny_encoder(place / "encoder", sentences, hidden_size=32)
    (place / "news.txt").write_text("\n".join(sentences[20:60]), "utf-8")
    for name, recipe in (("first", FIRST), ("second", SECOND)):
        here = recipe.replace("bundled:bn", "bn").replace("n = 3", "n = 30")
        encoder = f'encoder = {{ id = "{place / "encoder"}" }}\n'
        (place / f"{name}.toml").write_text(f"{here}{encoder}{RATES}", "utf-8")

    code, out, _ = call("second.toml", "--seeds", "1", "--dry-run")
    assert (code, "the run creates them first: build/pseudo" in out) == (0, True)
    assert not (place / "runs").exists()

    code, out, err = call("second.toml", "--seeds", "1", "--json")
    assert code == 0, err
    assert json.loads(out)["name"] == "second"
    assert "build/pseudo/train.conll: " in err
    assert {path.name for path in place.glob("runs/first/models/*")} == {"transfer-1", "transfer-2"}
    assert not list(place.glob("runs/first/results/*"))
    sources = read_record(place / "runs" / "second").corpora
    assert any("pseudo" in corpus.name for corpus in sources)

    # The run whose models labelled goes on from them, and its results are its own.
    models = {
        path: path.stat().st_mtime_ns for path in place.glob("runs/first/models/transfer-*/*.s*")
    }
    code, _, err = call("first.toml")
    assert code == 0, err
    assert all(path.stat().st_mtime_ns == at for path, at in models.items())
