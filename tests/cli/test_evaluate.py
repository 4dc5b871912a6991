"""``nerbridge evaluate``: any model, any labelled file, plain words where it cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from hub_standin import write_tiny_encoder
from nerbridge.cli.evaluate import evaluate
from nerbridge.corpus import read_corpus
from nerbridge.errors import CorpusError, ModelError
from nerbridge.evaluation.resampling import bootstrap_interval
from nerbridge.evaluation.scores import score_predictions
from nerbridge.labels import LabelSet, Span, spans_to_tags
from nerbridge.models.crf import CrfTagger, train_crf
from nerbridge.models.encoder import load_token_classifier, load_tokenizer, resolve_encoder
from nerbridge.models.folder import CRF_FILE
from nerbridge.models.full import save_full
from nerbridge.models.manifest import FittedTemperature, Manifest, write_manifest
from nerbridge.tagging.tagger import Tagger
from nerbridge.training.data import to_labelled

TRAIN, TEST = (to_labelled(read_corpus("bundled:as").splits[s], "Beng") for s in ("train", "test"))

app = typer.Typer()
app.command()(evaluate)


def call(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, Exception):
        raise result.exception
    return result


TYPES = ("PER", "ORG", "LOC")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lightest model folder there is."""
    folder = tmp_path_factory.mktemp("model") / "crf_target-0"
    folder.mkdir()
    train_crf(zip(TRAIN.words, TRAIN.tags, strict=True), folder / CRF_FILE)
    write_manifest(
        folder, Manifest(kind="crf", base=None, types=TYPES, script="Beng", max_subwords=9)
    )
    return folder


def test_json_has_the_numbers_and_nothing_else_on_stdout(model: Path) -> None:
    done = call(model, "bundled:as", "--json")
    found = json.loads(done.stdout)
    tagged = CrfTagger(model / CRF_FILE).tag_many(TEST.words)
    expected = score_predictions(TEST.words, TEST.tags, tagged, ("PER", "ORG", "LOC"))
    assert found["f1_strict"] == expected.f1_strict
    assert found["f1_conll"] == expected.f1_conll
    assert found["n_gold"] == expected.n_gold > 50
    assert found["per_type"]["LOC"]["f1"] == expected.per_type["LOC"].f1
    assert found["ci95"] == list(bootstrap_interval(np.array([expected.counts])))
    assert found["corpus"] == "bundled:as"
    assert "scoring" in done.stderr


def test_several_corpora_are_told_apart(model: Path) -> None:
    found = json.loads(call(model, "bundled:as", "bundled:bn", "--json", "-q").stdout)
    assert list(found["corpora"]) == ["bundled:as", "bundled:bn"]
    assert all({"f1_strict", "ci95", "n_gold"} <= s.keys() for s in found["corpora"].values())


def test_for_people_it_is_a_small_table(model: Path) -> None:
    done = call(model, "bundled:as", "--quiet", "--split", "validation")
    assert done.stderr == ""
    assert "bundled:as: 100 sentences" in done.stdout
    assert "strict F1" in done.stdout
    assert [line.split()[0] for line in done.stdout.splitlines()[2:]] == ["PER", "ORG", "LOC"]


def test_a_single_file_is_scored_whatever_its_split(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "train.conll"
    path.write_text("অসম\tB-LOC\nভাল\tO\n", "utf-8")
    assert json.loads(call(model, path, "--json").stdout)["n_gold"] == 1


@pytest.fixture(scope="module")
def scoring_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lightest model folder whose entities have scores: random weights, temperature 2."""
    root = tmp_path_factory.mktemp("scoring")
    write_tiny_encoder(root / "encoder", [" ".join(words) for words in TRAIN.words])
    source = resolve_encoder(str(root / "encoder"))
    manifest = Manifest(
        kind="full",
        base=None,
        types=TYPES,
        script="Beng",
        max_subwords=60,
        calibration=FittedTemperature(temperature=2.0),
    )
    network = load_token_classifier(source, LabelSet(), seed=1)
    save_full(network, load_tokenizer(source), root / "baseline-1", manifest)
    return root / "baseline-1"


def test_json_says_how_far_scores_can_be_trusted(scoring_model: Path) -> None:
    found = json.loads(call(scoring_model, "bundled:as", "--json", "-q").stdout)
    calibration = found["calibration"]
    assert calibration["temperature"] == 2.0
    assert calibration["n_entities"] == found["n_predicted"] > 0
    assert calibration["n_gold"] == found["n_gold"]
    assert 0 < calibration["ece_after"] < calibration["ece_before"] <= 1
    everything, *others = calibration["thresholds"]
    assert everything["f1"] == pytest.approx(found["f1_strict"])
    assert [point["min_score"] for point in others[:2]] == [0.05, 0.1]
    assert others[-1]["n_predicted"] < everything["n_predicted"]


def test_for_people_scores_are_a_few_lines(scoring_model: Path) -> None:
    lines = call(scoring_model, "bundled:as", "-q").stdout.splitlines()
    assert "calibration error" in lines[5]
    assert "at temperature 2," in lines[5]
    assert [line.split()[:2] for line in lines[6:]] == [
        ["--min-score", threshold] for threshold in ("0.50", "0.70", "0.90")
    ]


def test_a_crf_has_no_scores(model: Path) -> None:
    assert json.loads(call(model, "bundled:as", "--json", "-q").stdout)["calibration"] is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "blank"),
        (bytes(range(256)) * 20, "UTF-8|binary|NUL"),
        ("অসম\tB-GPE\n".encode(), r"mine\.conll:1.*GPE"),
    ],
)
def test_what_cannot_be_scored_is_said(
    content: bytes, said: str, model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.conll"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=said) as error:
        call(model, path)
    assert "mine.conll" in str(error.value)


def test_invalid_tags_are_said_or_repaired(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.conll"
    path.write_text("অসম\tI-LOC\n", "utf-8")
    with pytest.raises(CorpusError, match=r"mine\.conll:1: tag 'I-LOC'.*repair"):
        call(model, path, "--scheme", "iob2")
    done = call(model, path, "--scheme", "iob2", "--repair", "--json")
    assert json.loads(done.stdout)["n_gold"] == 1
    assert "repaired tags: 1" in done.stderr


def test_types_of_another_name_are_mapped(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.conll"
    path.write_text("অসম\tB-PLACE\n", "utf-8")
    with pytest.raises(CorpusError, match=r"--map-types PLACE=LOC"):
        call(model, path)
    assert json.loads(call(model, path, "--map-types", "PLACE=LOC", "--json").stdout)["n_gold"] == 1


def test_a_missing_corpus_or_split_is_said(model: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="absent"):
        call(model, tmp_path / "absent.conll")
    with pytest.raises(CorpusError, match=r"no split 'dev'; found train, validation, test"):
        call(model, "bundled:as", "--split", "dev")


def test_what_is_no_trained_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="absent"):
        call(tmp_path / "absent", "bundled:as")
    with pytest.raises(ModelError, match=r"no model here.*nerbridge run"):
        call(tmp_path, "bundled:as")


def test_the_bundled_tagger_scores_as_it_tags() -> None:
    """What `nerbridge tag` loads can be scored, and the score is that of its own entities."""
    found = json.loads(call("bundled:as", "bundled:as", "--json", "--quiet").stdout)
    tagger = Tagger.load("bundled:as")
    sentences = read_corpus("bundled:as").splits["test"]
    tags = [
        spans_to_tags(
            [Span(entity.start_word, entity.end_word, entity.type) for entity in entities],
            len(sentence.words),
        )
        for sentence, entities in zip(
            sentences, tagger.tag_words_many([s.words for s in sentences]), strict=True
        )
    ]
    expected = score_predictions(TEST.words, TEST.tags, tags, tagger.types)
    assert found["f1_strict"] == expected.f1_strict > 0.3
    assert found["calibration"]["temperature"] == tagger.model.temperature != 1
