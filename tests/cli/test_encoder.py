"""``nerbridge encoder probe``: the figures of the library, as a table and as JSON."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import Result
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from nerbridge.cli.encoder import app
from nerbridge.cli.encoder_tables import _short_names
from nerbridge.errors import CorpusError, InputError, ModelError
from nerbridge.models.bundled import ENCODERS
from nerbridge.models.probe import count_subwords, load_probed
from nerbridge.models.probe_masking import score_masked_words
from nerbridge.models.probe_names import find_nearest_names, score_retrieval
from nerbridge.workflows.probe_encoder import BUNDLED_TEXTS, read_text

AS = "মাজুলীত B-LOC\nবান O\n। O\n\nমাজুলীত B-LOC\nবান O\n। O\n"
HI = "माजुलित B-LOC\nबाढ़ O\n\nराम B-PER\nभारत B-LOC\nआया O\n"
NAMES = "as\thi\nঅসম\tअसम\nমাজুলী\tमाजुलि\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, content in (("as.conll", AS), ("hi.conll", HI), ("names.tsv", NAMES)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


@pytest.fixture
def arguments(files: Path) -> list[str]:
    """Two small texts instead of the bundled ones, and a small gazetteer."""
    texts = [f"--text={language}={files / language}.conll" for language in ("as", "hi")]
    return [*texts, f"--gazetteer={files / 'names.tsv'}"]


@pytest.fixture
def headless(tmp_path: Path) -> Path:
    """The bundled encoder as if it had been saved without its head."""
    folder = shutil.copytree(ENCODERS / "mini", tmp_path / "headless")
    weights = load_file(folder / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if not name.startswith("lm_head")}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def call(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, ["probe", *map(str, arguments)])
    if isinstance(result.exception, Exception):
        raise result.exception
    return result


def test_json_has_the_library_s_figures_and_nothing_else_on_stdout(arguments: list[str]) -> None:
    done = call("bundled:mini", *arguments, "--json")
    found = json.loads(done.stdout)
    probed = load_probed("bundled:mini", "Beng")
    sentences = {
        "as": [("মাজুলীত", "বান", "।")],  # once, though it stands there twice
        "hi": [("माजुलित", "बाढ़"), ("राम", "भारत", "आया")],
    }
    mentions = {"as": ["মাজুলীত"], "hi": ["माजुलित", "राम", "भारत"]}
    names = {"as": ["অসম", "মাজুলী"], "hi": ["असम", "माजुलि"]}
    for language, words in sentences.items():
        assert found["subwords"][language] == asdict(count_subwords(probed, words))
        masked = score_masked_words(probed, words)
        assert masked is not None
        assert found["masked_words"][language] == asdict(masked)
    nearest = json.loads(json.dumps(asdict(find_nearest_names(probed, "as", mentions))))
    assert found["nearest_names"] == nearest
    assert nearest["n"] == 1
    assert found["retrieval"] == [asdict(pair) for pair in score_retrieval(probed, names)]
    assert found["retrieval"][0]["different"]["n"] == 1
    assert found["speed"]["n_sentences"] == 1
    assert found["size"]["n_parameters"] > 7e6
    assert (found["model"], found["script"]) == ("bundled:mini", "Beng")
    assert "probing bundled:mini" in done.stderr


def test_two_encoders_stand_side_by_side(
    arguments: list[str], headless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "240")  # the path of a temporary folder is long
    done = call("bundled:mini", headless, *arguments, "--script=Beng", "--script=none", "--quiet")
    lines = done.stdout.splitlines()
    cells = [re.split(r"\s{2,}", line.strip()) for line in lines]
    rows = {row[0]: row[1:] for row in cells}
    assert rows["script"] == ["Beng", "as written"]
    in_beng, in_deva = map(float, rows["hi: subwords per word"])
    assert in_deva > 2 * in_beng
    assert rows["as: masked words right"][-1] == "–"
    assert any("headless: no masked words: no masked-LM head" in line for line in lines)
    assert "as → hi, written differently: P@1, MRR" in rows
    assert "মাজুলীত" in done.stdout
    assert done.stderr == ""
    both = json.loads(call("bundled:mini", headless, *arguments, "--json").stdout)
    assert [report["masked_words"] is None for report in both] == [False, True]
    assert "no masked-LM head" in both[1]["masked_words_missing"]
    assert [report["script"] for report in both] == ["Beng", "Beng"]


def test_one_language_without_gazetteer_has_no_names(files: Path) -> None:
    done = call("bundled:mini", f"--text=as={files}/as.conll", "--json")
    found = json.loads(done.stdout)
    assert found["nearest_names"] is None
    assert found["retrieval"] is None
    assert "subwords per word" in call("bundled:mini", f"--text=as={files}/as.conll").stdout


def test_the_bundled_texts_are_read_if_no_others_are_named() -> None:
    assert BUNDLED_TEXTS == {"as": "bundled:as", "bn": "bundled:bn", "hi": "bundled:hi"}
    text = read_text(BUNDLED_TEXTS["as"])
    assert len(text.sentences) == len(set(text.sentences)) > 200
    assert "গুৱাহাটী" in text.mentions


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--script=Bengali"], "--script Bengali: no such script; expected none or one of .*Beng"),
        (["--script=Beng", "--script=none"], "given 2 times for 1 models"),
        (["--text=as"], "--text as: expected LANG=CORPUS"),
        (["--text=as=bundled:as", "--text=as=bundled:bn"], "each language once"),
    ],
)
def test_wrong_options_say_what_is_right(wrong: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call("bundled:mini", *wrong)


def test_wrong_files_say_what_is_wrong(files: Path) -> None:
    with pytest.raises(
        InputError, match=r"names.tsv:1: the columns are as, hi; expected .* mr, bn"
    ):
        call(
            "bundled:mini",
            f"--gazetteer={files}/names.tsv",
            "--text=mr=bundled:hi",
            "--text=bn=bundled:bn",
        )
    with pytest.raises(CorpusError):
        call("bundled:mini", f"--text=as={files}/none.conll")
    with pytest.raises(ModelError, match=r"no config\.json"):
        call(files, f"--text=as={files}/as.conll")
    with pytest.raises(ModelError, match="no such bundled encoder"):
        call("bundled:maxi", f"--text=as={files}/as.conll")


def test_folders_are_named_by_their_last_part_where_that_tells_them_apart(tmp_path: Path) -> None:
    one, other = tmp_path / "a" / "small", tmp_path / "b" / "small"
    for folder in (one, other):
        folder.mkdir(parents=True)
    assert _short_names([str(one), "owner/name"]) == ["small", "owner/name"]
    assert _short_names([str(one), str(other)]) == [str(one), str(other)]
