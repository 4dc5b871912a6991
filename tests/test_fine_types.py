"""Taggers of fine types, as people find them on the hub, in every command that reads labels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from fine_taggers import (
    CLASSER_TAGS,
    COARSE_TAGS,
    SAMPURNER_TAGS,
    SENTENCE,
    write_classer_tagger,
    write_gold,
    write_sampurner_tagger,
)
from nerbridge.cli.app import app
from nerbridge.errors import CorpusError, InputError
from nerbridge.tagging import Tagger

TEXT = " ".join(SENTENCE)
MAPS = ["multiconer2", "fewnerd"]


def call(command: str, *arguments: object) -> Result:
    result = CliRunner().invoke(app, [command, *map(str, arguments)])
    if isinstance(result.exception, Exception):
        raise result.exception
    return result


Folders = dict[str, Path]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """A tagger of each kind by the name of its map, and an export of the first."""
    root = tmp_path_factory.mktemp("fine")
    made = {
        "multiconer2": write_classer_tagger(root / "CLASSER_Assamese_MuRIL"),
        "fewnerd": write_sampurner_tagger(root / "SampurNER_as"),
    }
    call("export", made["multiconer2"], root / "exported", "--quiet")
    return {**made, "exported": root / "exported"}


def found(result: Result) -> list[tuple[str, str]]:
    return [(e["type"], e["text"]) for e in json.loads(result.stdout)["entities"]]


NAME, PLACE = "ৰূপা বৰুৱাই", "নলবাৰীত"


def test_without_a_map_fine_types_are_shown(folders: Folders, text: Path) -> None:
    assert found(call("tag", text, "-m", folders["fewnerd"], "--format", "jsonl")) == [
        ("person-artist/author", NAME),
        ("location-GPE", PLACE),
        ("art-writtenart", "কবিতা"),
        ("other-medical", "ঔষধ"),
    ]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.mark.parametrize(
    ("model", "name"),
    [("multiconer2", "multiconer2"), ("exported", "multiconer2"), ("fewnerd", "fewnerd")],
)
def test_tag_gives_coarse_types(folders: Folders, text: Path, model: str, name: str) -> None:
    result = call("tag", text, "-m", folders[model], "--map-types", name, "--format", "jsonl")
    assert found(result) == [("PER", NAME), ("LOC", PLACE)]
    only = ("--types", "LOC", "--min-score", "0.5", "--format", "jsonl")
    result = call("tag", text, "-m", folders[model], "--map-types", name, *only)
    assert found(result) == [("LOC", PLACE)]


def test_a_name_of_two_fine_types_has_one_score(folders: Folders) -> None:
    """The stand-in calls the first word an Artist and the second an OtherPER."""
    fine = Tagger.load(folders["multiconer2"]).tag(TEXT)
    [name] = [e for e in Tagger.load(folders["multiconer2"], map_types="multiconer2").tag(TEXT)
              if e.type == "PER"]  # fmt: skip
    assert name.text == NAME
    assert all(entity.score < 0.5 for entity in fine if entity.text == NAME)
    assert name.score > 0.5


def test_torch_and_onnx_give_the_same_scores(folders: Folders) -> None:
    one, other = (
        Tagger.load(folders[kind], map_types="multiconer2").tag(TEXT)
        for kind in ("multiconer2", "exported")
    )
    assert [e.text for e in one] == [e.text for e in other]
    assert [e.score for e in one] == pytest.approx([e.score for e in other], abs=1e-3)


@pytest.mark.parametrize("name", MAPS)
def test_evaluate_needs_a_map_and_says_which(folders: Folders, tmp_path: Path, name: str) -> None:
    gold = write_gold(tmp_path / "test.conll", COARSE_TAGS)
    with pytest.raises(CorpusError) as error:
        call("evaluate", folders[name], gold)
    assert f"--map-types {name}" in str(error.value)
    assert "type_map=" not in str(error.value)
    scores = json.loads(call("evaluate", folders[name], gold, "--map-types", name, "--json").stdout)
    assert scores["f1_strict"] == 1.0
    assert list(scores["per_type"]) == ["PER", "ORG", "LOC"]
    assert scores["calibration"]["n_entities"] == 2


@pytest.mark.parametrize(("name", "tags"), zip(MAPS, (CLASSER_TAGS, SAMPURNER_TAGS), strict=True))
def test_evaluate_maps_the_corpus_too(
    folders: Folders, tmp_path: Path, name: str, tags: tuple[str, ...]
) -> None:
    """Fine labels against a coarse model, a fine model, and a fine model without a map."""
    repaired = [tag.replace("I-OtherPER", "I-Artist") for tag in tags]
    gold = write_gold(tmp_path / "test.conll", repaired)
    options = ("--map-types", name, "--json")
    assert json.loads(call("evaluate", folders[name], gold, *options).stdout)["f1_strict"] == 1.0
    coarse = json.loads(call("evaluate", "bundled:as", gold, *options).stdout)
    assert coarse["n_gold"] == 2
    fine = json.loads(call("evaluate", folders[name], gold, "--json").stdout)
    assert fine["n_gold"] == 4
    with pytest.raises(CorpusError, match=f"--map-types {name}"):
        call("evaluate", "bundled:as", gold)


def test_a_map_that_does_not_fit_lists_what_is_missing(folders: Folders, text: Path) -> None:
    with pytest.raises(InputError, match=r"no type map names art-broadcastprogram, art-film"):
        call("tag", text, "-m", folders["fewnerd"], "--map-types", "multiconer2")
    with pytest.raises(InputError, match="no such map and no such file"):
        call("tag", text, "-m", folders["fewnerd"], "--map-types", "fewnerds.tsv")


def test_a_file_and_pairs_change_a_map(folders: Folders, text: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").write_text("art-writtenart\tWORK\nother-medical\tO\n", "utf-8")
    options = ("--map-types", "fewnerd", "--map-types", tmp_path / "mine.tsv")
    more = ("--map-types", "location-GPE=TOWN", "--format", "jsonl")
    assert found(call("tag", text, "-m", folders["fewnerd"], *options, *more)) == [
        ("PER", NAME), ("TOWN", PLACE), ("WORK", "কবিতা"),
    ]  # fmt: skip


def test_redaction_hides_mapped_types(folders: Folders, text: Path, tmp_path: Path) -> None:
    options = ("--redact", "PER", "--map-types", "multiconer2", "--output")
    result = call("tag", text, "-m", folders["multiconer2"], *options, tmp_path / "copy.txt")
    copy = (tmp_path / "copy.txt").read_text("utf-8")
    assert SENTENCE[0] not in copy
    assert SENTENCE[1] not in copy
    assert PLACE in copy
    assert NAME in result.stderr
    with pytest.raises(InputError, match=r"expected some of .*Artist"):
        call("tag", text, "-m", folders["multiconer2"], "--redact", "PER", "--output",
             tmp_path / "other.txt")  # fmt: skip


def test_a_written_file_has_mapped_types(folders: Folders, text: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    call("tag", text, "-m", folders["fewnerd"], "--map-types", "fewnerd", "-o", target, "-q")
    types = [e["type"] for e in json.loads(target.read_text("utf-8"))["entities"]]
    assert types == ["PER", "LOC"]


def test_calibrate_fits_the_scores_of_mapped_types(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from nerbridge.evaluation import calibration

    own = shutil.copytree(folders["exported"], tmp_path / "own")
    gold = tmp_path / "validation.conll"
    lines = write_gold(gold, COARSE_TAGS).read_text("utf-8")
    with pytest.raises(InputError, match=r"nerbridge export .*CLASSER_Assamese_MuRIL OUT; then"):
        call("calibrate", folders["multiconer2"], gold, "--map-types", "multiconer2")
    gold.write_text(f"{lines}\n" * calibration.MIN_ENTITIES, "utf-8")
    done = call("calibrate", own, gold, "--map-types", "multiconer2", "--json")
    assert json.loads(done.stdout)["n_entities"] == 2 * calibration.MIN_ENTITIES
    before = Tagger.load(folders["exported"], map_types="multiconer2").tag(TEXT)
    after = Tagger.load(own, map_types="multiconer2").tag(TEXT)
    assert [e.text for e in before] == [e.text for e in after]
    assert [e.score for e in before] != [e.score for e in after]


def test_suggest_labels_with_mapped_types(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text(f"{TEXT} ।\n" * 2, "utf-8")
    options = ("-m", folders["multiconer2"], "--map-types", "multiconer2", "-n", "1")
    call("suggest", tmp_path / "texts.txt", *options, "--output", tmp_path / "out.conll")
    tags = {line.split()[-1] for line in (tmp_path / "out.conll").read_text("utf-8").splitlines()
            if line.strip() and not line.startswith("#")}  # fmt: skip
    assert tags == {"B-PER", "I-PER", "B-LOC", "O"}


def test_pseudo_labels_are_of_mapped_types(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text(f"{TEXT}\n", "utf-8")
    options = ("-m", folders["multiconer2"], "--map-types", "multiconer2", "-n", "10")
    options += ("--min-score", "0.1", "--output", tmp_path / "out")
    call("pseudo-label", tmp_path / "texts.txt", *options)
    written = (tmp_path / "out" / "train.conll").read_text("utf-8").split()
    assert written[1::2] == list(COARSE_TAGS)
    origin = json.loads((tmp_path / "out" / "pseudo-labels.json").read_text("utf-8"))
    assert origin["entities"] == {"LOC": 1, "PER": 1}
    assert origin["type_map"]["Artist"] == "PER"


def test_analyse_counts_mapped_types(folders: Folders, tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    record = {"text": TEXT, "date": "2024-05-01"}
    (tmp_path / "articles.jsonl").write_text(json.dumps(record, ensure_ascii=False), "utf-8")
    options = ("-m", folders["multiconer2"], "--map-types", "multiconer2", "-q")
    call("analyse", tmp_path / "articles.jsonl", *options, "--output", tmp_path / "out")
    tables = "".join(p.read_text("utf-8") for p in (tmp_path / "out").rglob("*.csv"))
    assert "PER" in tables
    assert "Artist" not in tables


def test_the_server_tags_with_mapped_types(folders: Folders) -> None:
    pytest.importorskip("fastapi")
    from nerbridge.server.models import load_models
    from nerbridge.type_maps import read_type_map

    specs = [str(folders["multiconer2"]), "bundled:as"]
    served = load_models(specs, 1, read_type_map("multiconer2"))
    infos = [model.info()["types"] for model in served.values()]
    assert infos == [["PER", "ORG", "LOC"]] * 2


def test_a_pickled_tagger_keeps_its_map(folders: Folders) -> None:
    import pickle

    tagger = Tagger.load(folders["exported"], map_types=["multiconer2", "OtherLOC=PLACE"])
    again = pickle.loads(pickle.dumps(tagger))
    assert again.types == tagger.types == ("PER", "ORG", "LOC", "PLACE")


@pytest.mark.parametrize(
    "command",
    ["tag", "evaluate", "calibrate", "serve", "analyse", "suggest", "pseudo-label"],
)
def test_every_command_that_reads_labels_has_the_option(command: str) -> None:
    assert "--map-types" in call(command, "--help").stdout
