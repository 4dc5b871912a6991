"""What an experiment reads: checked, in the model's script, target and sources kept apart."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nerbridge.corpus.probabilities import write_probabilities
from nerbridge.corpus.reading import read_corpus
from nerbridge.errors import CorpusError, InputError, RecipeError
from nerbridge.labels import LabelSet
from nerbridge.text.script import detect_script
from nerbridge.training.data import ExperimentData, load_data
from nerbridge.training.experiment import learned_corpora, stage_data
from nerbridge.training.stage_settings import StageName

SOURCES = ("bn", "hi")
HINDI = {"path": "hi", "language": "hi", "script": "Beng"}


@pytest.fixture
def own(tiny: Any, tmp_path: Path) -> Path:
    """A copy of the corpora that a test may spoil."""
    return shutil.copytree(tiny.data, tmp_path / "data")


def load(tiny: Any, own: Path, **changes: Any) -> ExperimentData:
    return load_data(tiny.recipe(data_root=str(own), **changes))


def test_words_are_in_one_script_and_sentences_as_written(tiny: Any, own: Path) -> None:
    experiment_data = load(tiny, own)
    train = experiment_data.source_train(1)
    scripts = {detect_script(" ".join(words)) for words in train.words}
    assert scripts == {"Beng"}
    written = {detect_script(" ".join(sentence.words)) for sentence in train.sentences}
    assert written == {"Beng", "Deva"}
    assert train.tags == tuple(sentence.tags for sentence in train.sentences)
    assert [len(w) for w in train.words] == [len(t) for t in train.tags]


def test_columns_of_a_corpus_are_chosen_in_the_recipe(tiny: Any, own: Path) -> None:
    for path in (own / "hi").iterdir():
        rows = path.read_text("utf-8").split("\n")
        wider = (f"x\t{row}\tB-X" if row else "" for row in rows)
        path.with_suffix(".tsv").write_text("\n".join(wider), "utf-8")
        path.unlink()
    chosen = load(tiny, own, sources=[{**HINDI, "columns": "2,3"}])
    (corpus,) = chosen.sources
    original = read_corpus(tiny.data / "hi")
    assert [s.tags for s in corpus.splits["train"]] == [s.tags for s in original.splits["train"]]


def test_zero_shot_never_sees_the_target(tiny: Any, own: Path) -> None:
    experiment_data = load(tiny, own)
    target = {s.words for part in experiment_data.target.splits.values() for s in part}
    known = {
        s.words for corpus in experiment_data.sources for p in corpus.splits.values() for s in p
    }
    assert not target & known
    for labelled in (experiment_data.source_train(1), experiment_data.source_validation):
        assert len(labelled)
        assert {s.words for s in labelled.sentences} <= known


def test_one_file_named_as_a_source_is_its_training_part(tiny: Any, own: Path) -> None:
    shutil.copy(own / "bn" / "train.conll", own / "corrections.conll")
    expected = load(tiny, own).sources[0].splits["train"]
    source = {"path": "corrections.conll", "language": "bn", "script": "Beng"}
    found = load(tiny, own, sources=[source, HINDI]).sources[0]
    assert {split: [s.words for s in part] for split, part in found.splits.items()} == {
        "train": [s.words for s in expected]
    }
    with pytest.raises(CorpusError, match=r"no sentences in train.*test\.conll --output"):
        load(tiny, own, sources=[{**source, "path": "bn/test.conll"}, HINDI])
    target = {"path": "corrections.conll"}
    with pytest.raises(CorpusError, match=r"nerbridge data split .*corrections\.conll --output"):
        load(tiny, own, target=target)


def test_a_corpus_may_be_below_the_current_folder(
    tiny: Any, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.move(own / "hi", tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    sources = [{"path": f"here:{name}", "language": "hi"} for name in ("elsewhere", "nowhere")]
    (corpus,) = load(tiny, own, sources=sources[:1]).sources
    assert corpus.name == "elsewhere"
    with pytest.raises(CorpusError, match=r"^nowhere: "):
        load(tiny, own, sources=sources[1:])


def test_a_source_is_held_against_the_others_where_the_recipe_says_so(tiny: Any, own: Path) -> None:
    told = "তিনি B-PER\nআসেন O\n\n"
    (own / "bn" / "train.conll").write_text(told * 6 + "রহিম B-PER\n", "utf-8")
    train = own / "hi" / "train.conll"
    train.write_text(train.read_text("utf-8") + "\n" + "तिनि\tO\nआया\tO\n\n" * 5, "utf-8")
    for wanted in (False, True):
        sources = [
            {"path": "bn", "language": "bn", "script": "Beng", "harmonise": wanted},
            {"path": "hi", "language": "hi", "script": "Beng"},
        ]
        experiment_data = load(tiny, own, sources=sources)
        bengali, _ = experiment_data.sources
        n_persons = sum(sentence.tags.count("B-PER") for sentence in bengali.splits["train"])
        assert n_persons == (1 if wanted else 7)
        told = " ".join(experiment_data.advice)
        assert told.startswith("bn: of 7 entities 6 are words") != wanted
        assert ("তিনি" in told) != wanted
    twice = [source | {"harmonise": True} for source in sources]
    assert load(tiny, own, sources=twice).advice == ()


def soften(own: Path, name: str) -> dict[tuple[str, ...], NDArray[np.float32]]:
    """Probabilities beside a corpus, different for each sentence; those by its words."""
    corpus = read_corpus(own / name)
    draw = np.random.default_rng(4)
    train = [
        replace(s, probabilities=draw.dirichlet(np.ones(7), len(s.words)).astype(np.float32))
        for s in corpus.splits["train"]
    ]
    write_probabilities(own / name, replace(corpus, splits={"train": train}), LabelSet().tags)
    return {s.words: s.probabilities for s in train if s.probabilities is not None}


@pytest.mark.parametrize("stage", ["transfer", "adapt"])
def test_a_soft_source_brings_its_probabilities(tiny: Any, own: Path, stage: StageName) -> None:
    given = soften(own, "bn")
    for soft in (False, True):
        bengali = {"path": "bn", "language": "bn", "script": "Beng", "soft": soft}
        experiment_data = load(tiny, own, sources=[bengali, HINDI], adapt={"replay": 10_000})
        data = stage_data(experiment_data, stage, seed=1)
        sentences = experiment_data.source_train(1).sentences
        found = data.probabilities[-len(sentences) :]
        assert len(data.probabilities) == len(data.words)
        assert sum(p is not None for p in data.probabilities) == (len(given) if soft else 0)
        for sentence, p in zip(sentences, found, strict=True):
            assert p is None or p == pytest.approx(given[sentence.words], abs=1e-3)
        learned = learned_corpora(experiment_data, experiment_data.recipe, "transfer")
        assert [corpus.soft is not None for corpus in learned.values()] == [soft, False]


def test_what_models_labelled_validates_nothing(tiny: Any, own: Path) -> None:
    soften(own, "bn")
    for name in SOURCES:
        (own / name / "validation.conll").unlink()
    bengali = {"path": "bn", "language": "bn", "script": "Beng", "soft": True}
    both = load(tiny, own, sources=[bengali, HINDI])
    hindi = set(both.sources[1].splits["train"])
    assert set(both.source_validation.sentences) <= hindi
    assert len(both.source_train(1)) > len(both.sources[0].splits["train"])
    assert len(load(tiny, own, sources=[bengali]).source_validation) > 0


def test_what_harmonising_leaves_empty_is_not_blamed_on_the_file(tiny: Any, own: Path) -> None:
    (own / "bn" / "train.conll").write_text("তিনি B-PER\n", "utf-8")
    train = own / "hi" / "train.conll"
    train.write_text(train.read_text("utf-8") + "\n" + "तिनि\tO\n\n" * 5, "utf-8")
    sources = [
        {"path": name, "language": name, "script": "Beng", "harmonise": name == "bn"}
        for name in ("bn", "hi")
    ]
    with pytest.raises(CorpusError, match="bn: harmonise left no entity in train"):
        load(tiny, own, sources=sources)


def test_validation_takes_an_equal_share_of_each_source(tiny: Any, own: Path) -> None:
    experiment_data = load(tiny, own, transfer={"max_validation": 9})
    paths = [Path(s.path).parent.name for s in experiment_data.source_validation.sentences]
    assert [paths.count(name) for name in SOURCES] == [4, 4]


def test_without_validation_of_their_own_sources_hold_some_out(tiny: Any, own: Path) -> None:
    sizes = {}
    for name in SOURCES:
        (own / name / "validation.conll").unlink()
        sizes[name] = len(read_corpus(own / name).splits["train"])
    experiment_data = load(tiny, own)
    held = {id(s) for s in experiment_data.source_validation.sentences}
    train = {id(s) for s in experiment_data.source_train(1).sentences}
    assert held
    assert not held & train
    assert len(held) + len(train) == sum(sizes.values())
    assert len(held) == sum(round(n / 10) for n in sizes.values())


def test_one_source_with_validation_is_enough(tiny: Any, own: Path) -> None:
    (own / "hi" / "validation.conll").unlink()
    experiment_data = load(tiny, own)
    assert {Path(s.path).parent.name for s in experiment_data.source_validation.sentences} == {"bn"}
    assert len(experiment_data.source_train(1)) == 48


def test_draws_depend_on_the_seed_alone(tiny: Any, own: Path) -> None:
    target = {**tiny.values()["target"], "max_train": 5}
    sources = [{**source, "max_sentences": 7} for source in tiny.values()["sources"]]
    first, second = (load(tiny, own, target=target, sources=sources) for _ in range(2))
    for seed in (1, 2):
        assert first.target_train(seed).words == second.target_train(seed).words
        assert first.source_train(seed).words == second.source_train(seed).words
        assert len(first.target_train(seed)) == 5
        assert len(first.source_train(seed)) == 14
    assert first.target_train(1).words != first.target_train(2).words
    assert first.source_train(1).words != first.source_train(2).words


def test_tests_come_with_their_leaks(tiny: Any, own: Path) -> None:
    train = (own / "as" / "train.conll").read_text("utf-8")
    leaked = train.strip().split("\n\n")[0]
    with (own / "as" / "test.conll").open("a", encoding="utf-8") as out:
        out.write(f"\n{leaked}\n")
    also = [{"name": "other", "path": "as", "language": "as", "split": "validation"}]
    test, other = load(tiny, own, test_sets=also).tests
    assert (test.name, other.name) == ("test", "other")
    assert test.leaked == (False,) * 14 + (True,)
    assert not any(other.leaked)
    assert detect_script(other.labelled.words[0][0]) == "Beng"


@pytest.mark.parametrize(
    ("corpus", "split"),
    [("as", "train"), ("as", "validation"), ("as", "test"), ("bn", "train")],
)
def test_a_missing_split_is_said(corpus: str, split: str, tiny: Any, own: Path) -> None:
    (own / corpus / f"{split}.conll").unlink()
    with pytest.raises(CorpusError, match=rf"^{own / corpus}: no sentences in {split}; found .*\)"):
        load(tiny, own)


def test_a_missing_split_of_a_further_test_set_is_said(tiny: Any, own: Path) -> None:
    (own / "hi" / "test.conll").unlink()
    also = [{"name": "other", "path": "hi", "language": "hi"}]
    with pytest.raises(CorpusError, match="no sentences in test"):
        load(tiny, own, test_sets=also)


@pytest.mark.parametrize(
    ("corpus", "split"),
    [("as", "train"), ("as", "validation"), ("as", "test"), ("hi", "train")],
)
def test_a_split_without_entities_is_said(corpus: str, split: str, tiny: Any, own: Path) -> None:
    (own / corpus / f"{split}.conll").write_text("এটা\tO\nঘৰ\tO\n", "utf-8")
    with pytest.raises(CorpusError, match=rf"no entity in {split} \(1 sentences\)"):
        load(tiny, own)


def test_an_unknown_label_is_said_with_its_line(tiny: Any, own: Path) -> None:
    (own / "bn" / "train.conll").write_text("ঢাকা\tB-GPE\n", "utf-8")
    with pytest.raises(CorpusError, match=r"train\.conll:1.*GPE"):
        load(tiny, own)
    mapped = [{**s, "type_map": {"GPE": "LOC"}} for s in tiny.values()["sources"]]
    assert load(tiny, own, sources=mapped).sources[0].splits["train"][0].tags == ("B-LOC",)


def test_a_type_map_may_be_a_name_a_file_or_pairs(tiny: Any, own: Path) -> None:
    fine = "ৰুমি\tB-Artist\nআহে\tO\nবহি\tB-WrittenWork\nঢাকা\tB-Town\n"
    (own / "bn" / "train.conll").write_text(fine, "utf-8")
    (own / "towns.tsv").write_text("Town\tLOC\n", "utf-8")
    for type_map in (
        ["multiconer2", "Town=LOC"],
        ["multiconer2", "towns.tsv"],
        {"Artist": "PER", "WrittenWork": "O", "Town": "LOC"},
    ):
        mapped = [{**s, "type_map": type_map} for s in tiny.values()["sources"]]
        found = load(tiny, own, sources=mapped).sources[0].splits["train"][0].tags
        assert found == ("B-PER", "O", "O", "B-LOC")
    mapped = [{**s, "type_map": "multiconer2"} for s in tiny.values()["sources"]]
    with pytest.raises(CorpusError, match="no type map names Town"):
        load(tiny, own, sources=mapped)
    mapped = [{**s, "type_map": "absent.tsv"} for s in tiny.values()["sources"]]
    with pytest.raises(InputError, match=r"absent\.tsv: no such map and no such file"):
        load(tiny, own, sources=mapped)


def test_a_language_without_data_is_said(tiny: Any, own: Path) -> None:
    shutil.rmtree(own / "hi")
    with pytest.raises(CorpusError, match="hi"):
        load(tiny, own)


def test_labels_are_those_of_the_recipe(tiny: Any, own: Path) -> None:
    with pytest.raises((CorpusError, RecipeError), match="ORG"):
        load(tiny, own, types=["PER", "LOC"])


def test_stops_are_left_out_of_what_is_learned_alone(tiny: Any, own: Path) -> None:
    bengali = {"path": "bn", "language": "bn", "script": "Beng"}
    (own / "bn" / "train.conll").write_text("রহিম B-PER\nআসেন O\n। O\n", "utf-8")
    (own / "bn" / "validation.conll").write_text("করিম B-PER\nআসেন O\n। O\n", "utf-8")
    for share in (0, 1):
        experiment_data = load(tiny, own, sources=[bengali | {"drop_final_punctuation": share}])
        assert [len(words) for words in experiment_data.source_train(1).words] == [3 - share]
        assert [len(words) for words in experiment_data.source_validation.words] == [3]


def test_a_lexicon_writes_what_is_learned_and_a_target_never(
    tiny: Any, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("bn", "as"):
        (own / folder / "train.conll").write_text("রহিম B-PER\nআসেন O\n", "utf-8")
    (own / "words.tsv").write_text("আসেন\tআহে\nরহিম\tৰহিম\n", "utf-8")
    bengali = {"path": "bn", "language": "bn", "lexicon": "words.tsv"}
    monkeypatch.setattr("nerbridge.training.data._LEXICON_SHARE", 1)
    experiment_data = load(tiny, own, sources=[bengali])
    assert experiment_data.source_train(1).words == (("ৰহিম", "আহে"),)
    assert experiment_data.target.splits["train"][0].words == ("রহিম", "আসেন")


def test_a_lexicon_that_is_missing_or_does_not_go_with_soft_is_refused(
    tiny: Any, own: Path
) -> None:
    bengali = {"path": "bn", "language": "bn", "lexicon": "none.tsv"}
    with pytest.raises(CorpusError, match=r"none\.tsv: no such file"):
        load(tiny, own, sources=[bengali])
    with pytest.raises(ValueError, match="no such bundled lexicon"):
        load(tiny, own, sources=[bengali | {"lexicon": "bundled:none"}])
    with pytest.raises(ValueError, match="lexicon changes the number of words"):
        load(tiny, own, sources=[bengali | {"lexicon": "bundled:bn-as", "soft": True}])


def test_a_source_is_learned_as_often_as_the_recipe_says(tiny: Any, own: Path) -> None:
    bengali = {"path": "bn", "language": "bn", "script": "Beng"}
    once = load(tiny, own, sources=[bengali]).source_train(1).words
    thrice = load(tiny, own, sources=[bengali | {"repeat": 3}]).source_train(1).words
    assert sorted(thrice) == sorted(once * 3)
