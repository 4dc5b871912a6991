"""The commands below ``nerbridge data``: what stands on stdout, and the exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from typer.testing import CliRunner, Result

from nerbridge.cli.data import app
from nerbridge.corpus import read_corpus
from nerbridge.errors import CorpusError, InputError

TRAIN = "অসম\tB-LOC\nধুনীয়া\tO\n\n[ৰমেন]\tB-PER\n\n"
TEST = "অসম\tB-LOC\nধুনীয়া\tO\n\nনিউজ\tB-MISC\nলাইভ\tI-MISC\n"
Call = Callable[..., Result]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder of two splits that share a sentence."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "train.conll").write_text(TRAIN, "utf-8")
    (folder / "test.conll").write_text(TEST, "utf-8")
    return folder


@pytest.fixture
def call() -> Call:
    """Run a command; errors meant for the edge of the command line come through."""

    def run(*arguments: str | Path) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if isinstance(result.exception, Exception):
            raise result.exception
        return result

    return run


def test_audit_as_json_alone_on_stdout(call: Call, corpus: Path) -> None:
    result = call("audit", corpus, "--json")
    audit = json.loads(result.stdout)
    assert result.exit_code == 0
    assert audit["splits"]["train"]["n_sentences"] == 2
    assert audit["overlaps"][0]["n_shared_sentences"] == 1
    assert "Auditing" in result.stderr
    both = call("audit", corpus, corpus / "test.conll", "--json", "--quiet")
    assert [list(one["splits"]) for one in json.loads(both.stdout)] == [["train", "test"], ["test"]]
    assert both.stderr == ""


def test_audit_as_tables_and_figures(call: Call, corpus: Path, tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"x": 0}, unk_token="x"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    (tmp_path / "model").mkdir()
    tokenizer.save(str(tmp_path / "model" / "tokenizer.json"))
    result = call("audit", corpus, "--tokenizer", tmp_path / "model", "--plots", tmp_path / "plots")
    for shown in ("train", "subwords per word", "MISC", "test in train", "1 of 2"):
        assert shown in result.stdout
    figures = {path.name for path in (tmp_path / "plots").iterdir()}
    assert figures == {"sentence_lengths.png", "entity_types.png", "overlap.png"}


def test_audit_of_invalid_tags_ends_with_1(call: Call, corpus: Path) -> None:
    with (corpus / "train.conll").open("a", encoding="utf-8") as file:
        file.write("x\tO\ny\tI-[b]LOC\n")
    result = call("audit", corpus)
    assert result.exit_code == 1
    assert f"invalid: {corpus / 'train.conll'}:7: tag 'I-[b]LOC' follows 'O'" in result.stdout
    assert "repaired tags: 1" in result.stdout


def test_convert_a_folder(call: Call, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = call(
        "convert", corpus, out, "--format", "jsonl", "--to-scheme", "bilou",
        "--map-types", "MISC=ORG", "--map-types", "PER=O",
    )  # fmt: skip
    assert result.exit_code == 0
    assert result.stdout.split() == [str(out / "train.jsonl"), str(out / "test.jsonl")]
    assert "mapped types: 1" in result.stderr
    assert "dropped types: 1" in result.stderr
    assert json.loads((out / "test.jsonl").read_text("utf-8").splitlines()[1]) == {
        "tokens": ["নিউজ", "লাইভ"],
        "ner_tags": ["B-ORG", "L-ORG"],
    }
    assert "U-LOC" in (out / "train.jsonl").read_text("utf-8")


def test_fine_types_become_coarse_ones(call: Call, tmp_path: Path) -> None:
    fine = tmp_path / "fine.conll"
    fine.write_text(
        "মামণি\tB-Artist\nগোস্বামী\tI-Artist\nজ্বৰৰ\tB-Symptom\nটিকা\tB-Medication/Vaccine\n"
        "শিৱসাগৰত\tB-HumanSettlement\n",
        "utf-8",
    )
    result = call("convert", fine, tmp_path / "coarse.conll", "--map-types", "multiconer2")
    tags = read_corpus(tmp_path / "coarse.conll").splits["test"][0].tags
    assert tags == ("B-PER", "I-PER", "O", "O", "B-LOC")
    assert "mapped types: 2" in result.stderr
    assert "dropped types: 2" in result.stderr
    rows = json.loads(call("stats", fine, "--map-types", "multiconer2", "--json").stdout)
    assert rows[0]["type_counts"] == {"PER": 1, "LOC": 1}
    found = json.loads(call("audit", fine, "--map-types", "multiconer2", "--json").stdout)
    assert found["splits"]["test"]["type_counts"] == {"PER": 1, "LOC": 1}
    words = call("words", fine, "--map-types", "multiconer2").stdout
    assert words.split() == ["জ্বৰৰ", "টিকা"]
    with pytest.raises(CorpusError, match="no type map names Artist"):
        call("convert", fine, tmp_path / "b.conll", "--map-types", "fewnerd")


def test_the_old_name_of_the_option_works_and_says_the_new_one(call: Call, corpus: Path) -> None:
    result = call("stats", corpus, "--map", "MISC=", "--json")
    assert "MISC" not in result.stdout
    assert "--map is called --map-types now" in result.stderr
    assert "--map " not in call("stats", "--help").stdout


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl", "a.tsv"])
def test_convert_a_file_by_its_ending(call: Call, corpus: Path, tmp_path: Path, name: str) -> None:
    assert call("convert", corpus / "test.conll", tmp_path / name, "-q").stderr == ""
    again = read_corpus(tmp_path / name)
    assert again.sha256 == read_corpus(corpus / "test.conll").sha256


INNER = "1\tনগাঁও\tB-ORG\tB-LOC\n2\tসংঘ\tI-ORG\tO\n"


@pytest.mark.parametrize(("columns", "types"), [("2,3", {"ORG": 1}), ("2,4", {"LOC": 1})])
def test_columns_are_chosen_by_every_command(
    call: Call, tmp_path: Path, columns: str, types: dict[str, int]
) -> None:
    path, written = tmp_path / "a.tsv", tmp_path / "b.conll"
    path.write_text(INNER, "utf-8")
    option = ("--columns", columns)
    (row,) = json.loads(call("stats", path, "--json", "-q", *option).stdout)
    assert row["type_counts"] == types
    audit = json.loads(call("audit", path, "--json", "-q", *option).stdout)
    assert audit["splits"]["test"]["type_counts"] == types
    assert call("convert", path, written, *option).exit_code == 0
    assert written.read_text("utf-8").count(f"B-{next(iter(types))}") == 1


def test_the_unit_of_offsets_can_be_said(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "😀😀 ক খ গ ঘ", "label": [[5, 6, "LOC"]]}), "utf-8")
    with pytest.raises(CorpusError, match="--offsets"):
        call("stats", path)
    shown = call("convert", path, tmp_path / "b.conll", "--offsets", "utf-16").stderr
    assert "spans read as utf-16: 1" in shown
    assert "ক\tB-LOC" in (tmp_path / "b.conll").read_text("utf-8")


def test_convert_replaces_words_by_a_lexicon(call: Call, tmp_path: Path) -> None:
    (tmp_path / "words.tsv").write_text("में\t-ত\n", "utf-8")
    (tmp_path / "hi.conll").write_text("दिल्ली\tB-LOC\nमें\tO\n", "utf-8")
    out = tmp_path / "out.conll"
    result = call("convert", tmp_path / "hi.conll", out, "--lexicon", tmp_path / "words.tsv")
    assert out.read_text("utf-8").split() == ["दिल्लीত", "B-LOC"]
    assert "words from lexicon: 1" in result.stderr


def test_the_most_frequent_words_are_printed_to_be_filled_in(call: Call, tmp_path: Path) -> None:
    (tmp_path / "hi.conll").write_text("और\tO\nऔर\tO\nयह\tO\nराम\tB-PER\nमें\tO\n", "utf-8")
    (tmp_path / "words.tsv").write_text("में\t-ত\n", "utf-8")
    result = call("words", tmp_path / "hi.conll", "--lexicon", tmp_path / "words.tsv", "-n", 1)
    assert result.stdout == "और\t\n"
    assert (
        "Of 4 words outside entities, 25% are in the lexicon. The printed words cover 50%"
        in result.stderr
    )


def test_convert_repairs_only_if_asked(call: Call, tmp_path: Path) -> None:
    bad = tmp_path / "bad.conll"
    bad.write_text("x\tO\ny\tI-LOC\n")
    with pytest.raises(CorpusError, match=r"bad\.conll:2: tag 'I-LOC' follows 'O'"):
        call("convert", bad, tmp_path / "good.conll", "--scheme", "iob2")
    assert not (tmp_path / "good.conll").exists()
    result = call("convert", bad, tmp_path / "good.conll", "--scheme", "iob2", "--repair")
    assert "repaired tags: 1" in result.stderr
    assert (tmp_path / "good.conll").read_text() == "x\tO\ny\tB-LOC\n\n"


def test_wrong_arguments(call: Call, corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"mine has 2 splits \(train, test\).*expected a folder"):
        call("convert", corpus, tmp_path / "one.conll")
    with pytest.raises(InputError, match=r"--map-types GPE: no such map.*or OLD=NEW"):
        call("convert", corpus, tmp_path / "out", "--map-types", "GPE")
    with pytest.raises(InputError, match="format 'xml' is unknown"):
        call("convert", corpus, tmp_path / "out", "--format", "xml")
    with pytest.raises(InputError, match=r"no tokenizer\.json"):
        call("audit", corpus, "--tokenizer", tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match="not a tokenizer"):
        call("audit", corpus, "--tokenizer", tmp_path)
    assert call("audit", corpus, "--scheme", "xml").exit_code == 2
    assert call("audit").exit_code == 2


def test_stats(call: Call, corpus: Path) -> None:
    rows = json.loads(call("stats", corpus, "--json").stdout)
    assert {row.pop("sha256") for row in rows} == {read_corpus(corpus).sha256}
    assert rows[1] == {
        "corpus": "mine",
        "split": "test",
        "n_sentences": 2,
        "n_words": 4,
        "n_entities": 2,
        "type_counts": {"LOC": 1, "MISC": 1},
    }
    shown = call("stats", corpus, "-q")
    assert "MISC" in shown.stdout
    assert shown.stderr == ""


def test_disagreements(call: Call, corpus: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "train.conll").write_text("रमेन\tO\n\n" * 5 + "सीता\tB-PER\n", "utf-8")
    paths = [corpus, other]
    (corpus / "train.conll").write_text("ৰমেন\tB-PER\n\nঅসম\tB-LOC\n", "utf-8")
    alone, none = json.loads(call("disagreements", *paths, "--script", "Beng", "--json").stdout)
    assert (alone["corpus"], alone["n_entities"], alone["n_discordant"]) == ("mine", 2, 1)
    assert alone["path"] == str(corpus)
    assert alone["share"] == 0.5
    assert alone["examples"] == ["রমেন"]
    assert none["n_discordant"] == 0
    apart, _ = json.loads(call("disagreements", *paths, "--json").stdout)
    assert apart["n_discordant"] == 0
    shown = call("disagreements", *paths, "--script", "Beng", "-q").stdout
    assert "50.0%" in shown
    assert "রমেন" in shown
    # Folders of one name are told apart by their paths, however long.
    namesake = tmp_path / ("a" * 90) / "mine"
    namesake.parent.mkdir()
    other.rename(namesake)
    shown = call("disagreements", corpus, namesake, "--script", "Beng", "-q").stdout
    assert "50.0%" in shown


def test_the_old_name_of_disagreements_works_and_says_the_new_one(call: Call, corpus: Path) -> None:
    old = call("agree", corpus, "bundled:as", "--json", "-q")
    new = call("disagreements", corpus, "bundled:as", "--json", "-q")
    assert old.stdout == new.stdout
    assert old.stderr == (
        "data agree is called data disagreements now; 0.3.0 removes the old name.\n"
    )
    assert new.stderr == ""
    assert "agree " not in call("--help").stdout


def test_disagreements_says_what_it_needs(call: Call, corpus: Path, tmp_path: Path) -> None:
    for paths in ([corpus], [corpus, corpus]):
        with pytest.raises(InputError, match="expected two or more different corpora"):
            call("disagreements", *paths)
    with pytest.raises(InputError, match="--script Latn: expected one of Deva"):
        call("disagreements", corpus, "bundled:bn", "--script", "Latn")
    (corpus / "train.conll").unlink()
    with pytest.raises(InputError, match="found the splits test, expected training sentences"):
        call("disagreements", corpus, "bundled:bn")


@pytest.mark.parametrize("command", ["disagreements", "audit", "convert", "stats"])
def test_help_has_an_example(call: Call, command: str) -> None:
    assert f"Example: nerbridge data {command}" in call(command, "--help").stdout


def test_convert_replaces_nothing_unasked(call: Call, corpus: Path, tmp_path: Path) -> None:
    before = (corpus / "train.conll").read_bytes()
    options = ("--map-types", "PER=O", "--map-types", "MISC=O")
    with pytest.raises(
        InputError, match=r"train\.conll, .*test\.conll: exists already.*--overwrite"
    ):
        call("convert", corpus, corpus, *options)
    with pytest.raises(InputError, match=r"train\.jsonl: train\.conll holds the same split"):
        call("convert", corpus / "train.conll", corpus / "train.jsonl", "--overwrite")
    assert (corpus / "train.conll").read_bytes() == before
    assert call("convert", corpus, corpus, *options, "--overwrite").exit_code == 0
    assert (corpus / "train.conll").read_bytes() != before


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("a.xls", [], r"cannot write a file with the ending \.xls"),
        ("a.conll", ["--format", "jsonl"], "is read as conll, but --format is jsonl"),
        ("out", ["--map-types", "PER=A", "--map-types", "PER=B"], "PER was named before"),
    ],
)
def test_convert_writes_nothing_that_could_not_be_read(
    call: Call, corpus: Path, tmp_path: Path, name: str, options: list[str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        call("convert", corpus / "test.conll", tmp_path / name, *options)
    assert not (tmp_path / name).exists()


def test_json_is_what_reading_takes_it_for(call: Call, corpus: Path, tmp_path: Path) -> None:
    call("convert", corpus / "test.conll", tmp_path / "a.json")
    assert read_corpus(tmp_path / "a.json").sha256 == read_corpus(corpus / "test.conll").sha256


def test_types_and_tags_are_mended_for_looking_too(call: Call, corpus: Path) -> None:
    with (corpus / "test.conll").open("a", encoding="utf-8") as file:
        file.write("\nx\tO\ny\tI-LOC\n")
    options = ("--scheme", "iob2", "--repair", "--map-types", "MISC=", "--json", "-q")
    rows = json.loads(call("stats", corpus, *options).stdout)
    assert [row["type_counts"] for row in rows] == [{"LOC": 1, "PER": 1}, {"LOC": 2}]
    found = call("disagreements", corpus, "bundled:as", *options)
    assert next(row["n_entities"] for row in json.loads(found.stdout)) == 2
