"""``nerbridge pseudo-label``: as a user calls it, and its corpus in a recipe."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cli.conftest import TEXT, Call
from nerbridge.cli.pseudo_label import pseudo_label
from nerbridge.corpus.probabilities import with_probabilities
from nerbridge.corpus.reading import read_corpus
from nerbridge.errors import EnvironmentProblem, InputError
from nerbridge.labels import LabelSet
from nerbridge.selection import pseudo_labels, word_vectors
from nerbridge.training.data import load_data
from nerbridge.training.recipe_files import read_recipe
from tiny_tagger import write_tiny_tagger

KILLED, USAGE = 130, 2


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_tagger(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def call(make_call: Callable[..., Call], model: Path) -> Call:
    return make_call(pseudo_label, model)


def test_the_corpus_goes_into_a_recipe(call: Call) -> None:
    done = call("a.txt", "--output", "pseudo/as")
    assert done.stdout == "pseudo/as/train.conll: 2 sentences of 3, 2 sampled\n"
    assert "model: not the transferred model of a run" in done.stderr
    assert done.stderr.endswith("left out: too short: 1\n2 LOC, 1 PER\n")
    Path("recipe.toml").write_text(
        'name = "mine"\n[encoder]\nid = "bundled:mini"\n'
        '[target]\npath = "bundled:as"\nlanguage = "as"\n'
        '[[sources]]\npath = "here:pseudo/as"\nlanguage = "as"\n',
        "utf-8",
    )
    origin = json.loads(Path("pseudo/as/pseudo-labels.json").read_text("utf-8"))
    assert (origin["n_drawn"], origin["seed"], origin["thresholds"]["entity"]) == (2, 0, 0.5)
    assert [Path(model["name"]).name for model in origin["models"]] == ["model"]
    assert origin["entities"] == {"LOC": 2, "PER": 1}
    assert origin["losses"] == {"too short": 1}
    assert [given["path"] for given in origin["inputs"]] == ["a.txt"]
    experiment_data = load_data(read_recipe(Path("recipe.toml")))
    (train,) = (source.splits["train"] for source in experiment_data.sources)
    assert [s.tags for s in train] == [
        ("B-PER", "I-PER", "O", "B-LOC", "O", "O"),
        ("B-LOC", "O", "O", "O", "O", "O", "O", "O"),
    ]


def test_softly_its_probabilities_lie_beside_it(call: Call) -> None:
    call("a.txt", "--output", "out", "--soft")
    corpus = with_probabilities(read_corpus("out"), "out", LabelSet().tags)
    for sentence in corpus.splits["train"]:
        assert sentence.probabilities is not None
        best = sentence.probabilities.argmax(axis=1)
        assert tuple(LabelSet().tags[tag] for tag in best) == sentence.tags
    origin = json.loads(Path("out/pseudo-labels.json").read_text("utf-8"))
    assert (origin["soft"], set(origin["thresholds"])) == (True, {"outside", "share_without"})
    call("a.txt", "--output", "out", "--overwrite")
    assert {path.name for path in Path("out").iterdir()} == {"train.conll", "pseudo-labels.json"}


def test_validation_and_test_sentences_are_left_out(call: Call) -> None:
    for split, text in (("train", TEXT.splitlines()[1]), ("test", TEXT.splitlines()[0])):
        words = text.replace("।", " ।").split()
        Path("own").mkdir(exist_ok=True)
        Path(f"own/{split}.conll").write_text("".join(f"{w}\tO\n" for w in words), "utf-8")
    done = call("a.txt", "--output", "out", "--leave-out", "own")
    assert "held out: 1" in done.stderr
    (kept,) = read_corpus("out").splits["train"]
    assert kept.words[0] == "অসম"


def test_nothing_is_overwritten_unasked(call: Call) -> None:
    call("a.txt", "--output", "out", "-n", "1")
    before = Path("out/train.conll").read_text("utf-8")
    with pytest.raises(InputError, match=r"train\.conll exists already"):
        call("a.txt", "--output", "out")
    assert Path("out/train.conll").read_text("utf-8") == before
    call("a.txt", "--output", "out", "--overwrite")
    assert Path("out/train.conll").read_text("utf-8") != before


@pytest.mark.parametrize("name", ["train.conll", "train.txt", "test.conll"])
def test_labels_of_another_origin_are_never_overwritten(call: Call, name: str) -> None:
    Path("gold").mkdir()
    Path("gold", name).write_text("অসম\tB-LOC\n", "utf-8")
    with pytest.raises(InputError, match="belongs to another corpus"):
        call("a.txt", "--output", "gold", "--overwrite")
    assert [path.name for path in Path("gold").iterdir()] == [name]


def test_a_corpus_without_held_out_sentences_is_refused(call: Call) -> None:
    Path("own").mkdir()
    Path("own/train.conll").write_text("অসম\tB-LOC\n", "utf-8")
    with pytest.raises(InputError, match="own: no validation or test sentences, only train"):
        call("a.txt", "--output", "out", "--leave-out", "own")


def test_several_models_label_together(call: Call, model: Path) -> None:
    with pytest.raises(InputError, match="expected each model once"):
        call("a.txt", "--output", "out", "--model", str(model))
    other = str(write_tiny_tagger(Path("other")))
    assert "2 sampled" in call("a.txt", "--output", "out", "--model", other).stdout
    origin = json.loads(Path("out/pseudo-labels.json").read_text("utf-8"))
    assert len(origin["models"]) == 2


def test_the_least_score_is_asked_for(call: Call) -> None:
    with pytest.raises(InputError, match="3 sentences, 2 of them sampled"):
        call("a.txt", "--output", "out", "--min-score", "1")


@pytest.mark.parametrize("output", ["a.txt", "a.txt/out"])
def test_a_file_is_no_folder(call: Call, output: str) -> None:
    with pytest.raises(InputError, match=r"a\.txt is a file, expected a folder"):
        call("a.txt", "--output", output)
    assert Path("a.txt").read_text("utf-8") == TEXT


def test_text_without_a_sure_entity_is_refused(call: Call) -> None:
    Path("b.txt").write_text("আজি ৰাতিপুৱা বতৰ বৰ ভাল।\n", "utf-8")
    with pytest.raises(InputError, match="1 sentences, 1 of them sampled"):
        call("b.txt", "--output", "out")
    assert [path.name for path in Path("out").iterdir()] == [".parts"]


def test_a_line_is_a_text(call: Call) -> None:
    Path("a.txt").write_text("ৰমেন দাস আজি আহিল\n\nতেওঁ গুৱাহাটীত আজিও আছে\n", "utf-8")
    done = call("a.txt", "--output", "out")
    assert "blank lines left out: 1" in done.stderr
    assert [s.line for s in read_corpus("out").splits["train"]] == [1, 6]
    assert "2 sentences of 2" in done.stdout


def test_the_draw_is_limited(call: Call) -> None:
    assert "1 sampled" in call("a.txt", "--output", "out", "-n", "1").stdout


def test_after_a_kill_what_was_labelled_is_kept(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pseudo_labels, "_BATCH", 1)
    call("a.txt", "--output", "whole")
    n_asked = _count_sentences(monkeypatch, killed_after=1)
    assert call("a.txt", "--output", "out").exit_code == KILLED
    assert not Path("out/train.conll").exists()
    call("a.txt", "--output", "out")
    assert n_asked() == 3  # of two: the second, in which it was killed, twice
    assert Path("out/train.conll").read_bytes() == Path("whole/train.conll").read_bytes()
    assert {path.name for path in Path().iterdir()} == {"a.txt", "whole", "out"}


def test_what_other_models_gave_is_not_taken(
    make_call: Callable[..., Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pseudo_labels, "_BATCH", 1)
    call = make_call(pseudo_label, write_tiny_tagger(Path("model")))
    n_asked = _count_sentences(monkeypatch, killed_after=1)
    assert call("a.txt", "--output", "out").exit_code == KILLED
    write_tiny_tagger(Path("model"), sure=5.0)
    call("a.txt", "--output", "out")
    assert n_asked() == 4


@pytest.mark.parametrize("written", ["write_text", "write_probabilities", "write_corpus"])
@pytest.mark.parametrize("before", [[], ["--soft"], ["-n", "1"]])
def test_a_kill_while_writing_costs_nothing(
    call: Call, monkeypatch: pytest.MonkeyPatch, written: str, before: list[str]
) -> None:
    """Neither the corpus that was there, nor what was labelled."""
    call("a.txt", "--output", "whole", "--soft")
    if before:
        call("a.txt", "--output", "out", *before)
    there = read_files(Path("out"))
    n_asked = _count_sentences(monkeypatch, killed_after=9)
    with monkeypatch.context() as killing:
        killing.setattr(f"nerbridge.workflows.pseudo_label.{written}", _kill)
        assert call("a.txt", "--output", "out", "--soft", "--overwrite").exit_code == KILLED
    assert n_asked() == 2
    if before:
        assert read_files(Path("out"))["train.conll"] == there["train.conll"]
    call("a.txt", "--output", "out", "--soft", "--overwrite")
    assert n_asked() == 2
    assert read_files(Path("out")) == read_files(Path("whole"))


def read_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.*") if path.is_file()}


def _kill(*arguments: object) -> None:
    raise KeyboardInterrupt


def test_how_sure_does_not_matter_softly(call: Call) -> None:
    with pytest.raises(InputError, match="expected one of them"):
        call("a.txt", "--output", "out", "--soft", "--min-score", "0.7")


@pytest.fixture
def much_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough of it that words have company: হাজো, which the model does not know, among towns."""
    monkeypatch.setattr(word_vectors, "MIN_WORDS", 10_000)
    draw = random.Random(1)
    lines = [f"আমি পুৱা {draw.choice(['অসম', 'গুৱাহাটীত'])} {n} দিন ৰৈছিলোঁ" for n in range(1_000)]
    lines += [f"তাই বজাৰত {draw.choice(['কল', 'আম'])} {n} টা কিনিলে" for n in range(1_000)]
    lines += [f"আমি পুৱা হাজো {n} দিন ৰৈছিলোঁ" for n in range(50)]
    Path("much.txt").write_text("\n".join(lines), "utf-8")


@pytest.mark.slow
def test_words_that_are_used_alike_have_a_say(call: Call, much_text: None) -> None:
    arguments = ("much.txt", "--soft", "--output", "out", "--overwrite")
    call(*arguments)
    assert "হাজো\tB-LOC" not in Path("out/train.conll").read_text("utf-8")
    done = call(*arguments, "--neighbours", "1")
    assert "learning which words are used in similar ways" in done.stderr
    written = Path("out/train.conll").read_text("utf-8")
    assert "হাজো\tB-LOC" in written
    assert "হাজো\tO" not in written
    assert "কল\tO" in written
    assert json.loads(Path("out/pseudo-labels.json").read_text("utf-8"))["neighbours"] == {
        "weight": 1.0,
        "n_words": 12_300,
    }
    corpus = with_probabilities(read_corpus("out"), "out", LabelSet().tags)
    for sentence in corpus.splits["train"]:
        assert sentence.probabilities is not None
        best = sentence.probabilities.argmax(axis=1)
        assert tuple(LabelSet().tags[tag] for tag in best) == sentence.tags


def test_company_cannot_be_learned_from_little_text(call: Call) -> None:
    with pytest.raises(InputError, match="expected 100,000 or more"):
        call("a.txt", "--output", "out", "--neighbours", "0.5")
    assert not Path("out/train.conll").exists()


@pytest.mark.parametrize("weight", ["1.5", "-0.1", "nan"])
def test_the_say_is_from_0_to_1(call: Call, weight: str) -> None:
    assert call("a.txt", "--output", "out", "--neighbours", weight).exit_code == USAGE


def test_text_of_which_nothing_fits_is_refused_as_without_neighbours(call: Call) -> None:
    Path("names.txt").write_text("অসম\n" * 9, "utf-8")
    with pytest.raises(InputError, match="0 of them sampled"):
        call("names.txt", "--output", "out", "--neighbours", "0.5")


def test_another_say_needs_no_new_labelling(
    call: Call, much_text: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("much.txt", "--soft", "-n", "300", "--output")
    call(*arguments, "whole", "--neighbours", "0.7")
    monkeypatch.setattr(pseudo_labels, "_BATCH", 100)
    n_asked = _count_sentences(monkeypatch, killed_after=199)
    assert call(*arguments, "out", "--neighbours", "0.2").exit_code == KILLED
    call(*arguments, "out", "--neighbours", "0.7")
    assert n_asked() == 400  # of three hundred the second, in which it was killed, twice
    soft = [
        with_probabilities(read_corpus(name), name, LabelSet().tags) for name in ("whole", "out")
    ]
    for first, second in zip(*(corpus.splits["train"] for corpus in soft), strict=True):
        assert first.tags == second.tags
        assert first.probabilities == pytest.approx(second.probabilities, abs=0.01)


def test_without_scipy_it_says_what_to_install(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.delitem(sys.modules, "nerbridge.selection.word_vectors", raising=False)
    with pytest.raises(EnvironmentProblem, match=r"scipy, which is not installed\. .*\[train\]"):
        call("a.txt", "--output", "out", "--neighbours", "0.5")


def _count_sentences(monkeypatch: pytest.MonkeyPatch, killed_after: int) -> Callable[[], int]:
    """Count the sentences that models are asked for; the next after so many is killed, once."""
    asked: list[int] = []
    label = pseudo_labels.Ensemble.probabilities

    def probabilities(
        teachers: pseudo_labels.Ensemble, words: Sequence[Sequence[str]]
    ) -> list[pseudo_labels.Probabilities]:
        asked.append(len(words))
        if sum(asked) == killed_after + 1:
            raise KeyboardInterrupt
        return label(teachers, words)

    monkeypatch.setattr(pseudo_labels.Ensemble, "probabilities", probabilities)
    return lambda: sum(asked)
