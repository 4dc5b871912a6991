"""``nerbridge export``: what it says, and its options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from nerbridge.cli.export import export
from nerbridge.models.manifest import (
    FileDigest,
    HeldOutWords,
    Manifest,
    Parity,
    QuantisationParity,
    VocabularySize,
)
from nerbridge.workflows.export import Exported
from nerbridge.workflows.progress import Listener, Note

app = typer.Typer()
app.command()(export)

INT8 = QuantisationParity(corpus="wikiann_as", n_sentences=100, f1_fp32=0.7616, f1_int8=0.7601)
PARITY = Parity(
    n_sentences=33,
    n_words=700,
    max_difference=9.2e-6,
    n_entities=93,
    n_equal_entities=93,
    int8=INT8,
)
HELD_OUT = HeldOutWords(
    n_words=3775, n_words_changed=11, n_subwords_full=9000, n_subwords_trimmed=9020
)
MANIFEST = Manifest(
    kind="onnx",
    base=None,
    types=("PER",),
    script=None,
    max_subwords=9,
    parity=PARITY,
    vocabulary=VocabularySize(n_full=250_002, n_kept=15_168, held_out=HELD_OUT),
    files={
        "model.onnx": FileDigest(sha256="0", n_bytes=98_000_000),
        "config.json": FileDigest(sha256="1", n_bytes=1000),
    },
)


class Exporter:
    """Stands for the export: remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: tuple[Any, ...] = ()
        self.manifest = MANIFEST

    def __call__(self, model: str, out: Path, *, listen: Listener, **options: Any) -> Exported:
        self.asked = (model, out, options)
        listen(Note("tracing the model …"))
        return Exported(out, self.manifest)


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Exporter:
    stand_in = Exporter()
    monkeypatch.setattr("nerbridge.workflows.export.export", stand_in)
    return stand_in


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments)
    if isinstance(result.exception, Exception):
        raise result.exception
    return result


def test_options_reach_the_export(exporter: Exporter) -> None:
    call("runs/final", "out")
    plain = {
        "format": "onnx",
        "quantise": None,
        "trim_vocabulary": (),
        "validation": None,
        "base": None,
    }
    assert exporter.asked == ("runs/final", Path("out"), plain)
    call(
        *("owner/name", "out", "--format", "onnx", "--quantise", "int8", "--base", "encoder"),
        *("--trim-vocabulary", "a", "--trim-vocabulary", "b.txt", "--validation", "c"),
    )
    expected = {
        "format": "onnx",
        "quantise": "int8",
        "trim_vocabulary": ("a", "b.txt"),
        "validation": "c",
        "base": "encoder",
    }
    assert exporter.asked == ("owner/name", Path("out"), expected)
    call("model", "out", "--format", "transformers")
    assert exporter.asked[2] == {**plain, "format": "transformers"}


def test_the_result_is_told_in_a_few_lines(exporter: Exporter) -> None:
    done = call("model", "out")
    assert done.stdout.splitlines() == [
        "out: 98.0 MB",
        "  logits differ from the trained model's by at most 9e-06, 93 of 93 entities are the same "
        "(33 sentences)",
        "  int8 on wikiann_as: strict F1 0.760, in 32 bits 0.762",
        "  vocabulary: 15,168 of 250,002 pieces; of 3,775 held-out words, 11 have other subwords",
    ]
    assert done.stderr == "tracing the model …\n"
    assert call("model", "out", "--quiet").stderr == ""


def test_without_labels_it_says_so(exporter: Exporter) -> None:
    int8 = QuantisationParity(corpus="bundled:as", n_sentences=9, agreement=0.9826)
    parity = PARITY.model_copy(update={"int8": int8})
    exporter.manifest = MANIFEST.model_copy(update={"parity": parity})
    assert (
        "98.3% F1 against the entities found in 32 bits (no labelled sentences)"
        in call("m", "o").stdout
    )


def test_json_is_the_manifest(exporter: Exporter) -> None:
    assert json.loads(call("model", "out", "--json").stdout) == MANIFEST.to_json()


@pytest.mark.parametrize("option", [("--quantise", "int4"), ("--format", "tflite"), ("--force",)])
def test_unknown_choices_are_refused(option: tuple[str, ...], exporter: Exporter) -> None:
    assert call("model", "out", *option).exit_code == 2
    assert exporter.asked == ()
