"""From a trained model to a folder that tags alike, or to nothing."""

from __future__ import annotations

import errno
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import nn
from transformers import PreTrainedModel, pipeline

import hub_shapes
from nerbridge.alignment.subwords import SpecialIds
from nerbridge.corpus.reading import read_corpus
from nerbridge.errors import CorpusError, EnvironmentProblem, InputError, ModelError
from nerbridge.exporting import conversion, storage
from nerbridge.exporting.conversion import merge
from nerbridge.exporting.parity import check_scores
from nerbridge.labels import LabelSet
from nerbridge.models.adapter import LoraSettings, attach_adapter, save_adapter
from nerbridge.models.encoder import load_token_classifier, resolve_encoder
from nerbridge.models.manifest import (
    MANIFEST_FILE,
    BaseEncoder,
    Manifest,
    ParentModel,
    TrainingCorpus,
    read_manifest,
    write_manifest,
)
from nerbridge.models.torch_model import TorchNetwork
from nerbridge.tagging import Tagger
from nerbridge.workflows.export import export

REPOSITORY = Path(__file__).resolve().parents[2]
SENTENCES = [s.words for s in read_corpus("bundled:as").splits["train"][:20]]
LONG = [word for words in SENTENCES for word in words]
ONNX: dict[str, Any] = {}
TRANSFORMERS: dict[str, Any] = {"format": "transformers"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer sentences to compare, and no threads for tiny products."""
    monkeypatch.setattr(conversion, "N_PARITY_SENTENCES", 8)
    torch.set_num_threads(1)


def entities(model: Path, **options: Any) -> list[Any]:
    tagger = Tagger.load(model, **options)
    found = tagger.tag_words_many([*SENTENCES, LONG])
    return [[(e.type, e.text, e.start_char, round(e.score, 3)) for e in tagged] for tagged in found]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("kind", "options"),
    [("adapter", ONNX), ("adapter", TRANSFORMERS), ("full", ONNX)],
    ids=["adapter-onnx", "adapter-transformers", "full-onnx"],
)
def test_what_is_exported_tags_as_the_trained_model(
    kind: str, options: dict[str, Any], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    model = request.getfixturevalue(kind)
    manifest = export(model, tmp_path / "out", **options).manifest
    assert manifest.parity.max_difference <= 1e-4
    assert manifest.parity.n_equal_entities == manifest.parity.n_entities > 5
    expected = entities(model)
    assert sum(map(len, expected)) > 20
    assert entities(tmp_path / "out") == expected


TEXT = "নদীখনৰ পাৰত, Dhubri's  boats (1998)\nআৰু 'মাজুলী' গাঁওখন।"
TEXTS = [TEXT, "হাতীবোৰ পথাৰত নামিছে ।", "The ferries leave at dawn ."] * 3


@pytest.mark.parametrize(
    "write",
    [
        hub_shapes.write_e5_small,
        hub_shapes.write_mbert,
        hub_shapes.write_modernbert,
        hub_shapes.write_roberta,
        hub_shapes.write_xlmr_base,
    ],
)
def test_encoders_of_the_hub_tag_with_and_without_torch(
    write: Callable[..., Path], shaken: Callable[[nn.Module], None], tmp_path: Path
) -> None:
    source = resolve_encoder(str(write(tmp_path / "encoder", TEXTS)))
    model = attach_adapter(
        load_token_classifier(source, LabelSet(), seed=0), LoraSettings(r=4), seed=0
    )
    shaken(model)
    base, types = BaseEncoder(id=source.id), ("PER", "ORG", "LOC")
    manifest = Manifest(kind="adapter", base=base, types=types, script=None, max_subwords=40)
    save_adapter(model, tmp_path / "adapter", manifest)
    export(tmp_path / "adapter", tmp_path / "exported")
    trained, exported = Tagger.load(tmp_path / "adapter"), Tagger.load(tmp_path / "exported")
    found = exported.tag(TEXT)
    assert [(e.type, e.start_char, e.end_char) for e in found] == [
        (e.type, e.start_char, e.end_char) for e in trained.tag(TEXT)
    ]
    assert found
    for entity in found:
        assert TEXT[entity.start_char : entity.end_char] == entity.text
        assert entity.text == entity.text.strip()


def test_the_manifest_tells_where_it_is_from(adapter: Path, tmp_path: Path) -> None:
    returned = export(adapter, tmp_path / "out").manifest
    manifest, trained = read_manifest(tmp_path / "out"), read_manifest(adapter)
    assert manifest == returned
    assert manifest.exported_from.model_copy(update={"base": trained.base}) == trained
    for key in ("types", "script", "max_subwords", "calibration"):
        assert getattr(manifest, key) == getattr(trained, key)
    assert manifest.base.sha256 == trained.base.sha256
    assert manifest.special_ids == SpecialIds(start=0, end=2, pad=1, unk=3)
    assert (manifest.quantisation, manifest.fused["Attention"]) == ("none", 2)
    assert set(manifest.files) == {"model.onnx", "tokenizer.json", "config.json"}
    assert set(content(tmp_path / "out")) == {*manifest.files, MANIFEST_FILE, "README.md"}


def test_transformers_alone_load_the_folder(adapter: Path, tmp_path: Path) -> None:
    export(adapter, tmp_path / "out", **TRANSFORMERS)
    found = pipeline(
        "token-classification", str(tmp_path / "out"), aggregation_strategy="simple", device="cpu"
    )("kamal das")
    assert {entity["entity_group"] for entity in found} <= {"PER", "ORG", "LOC", "O"}
    assert found


def test_int8_with_a_smaller_vocabulary(full: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n".join(" ".join(words) for words in SENTENCES), encoding="utf-8")
    texts = ("bundled:as", str(text))
    manifest = export(
        full,
        tmp_path / "out",
        quantise="int8",
        trim_vocabulary=texts,
        validation="bundled:as",
    ).manifest
    assert manifest.quantisation == "int8"
    assert manifest.vocabulary.n_kept < manifest.vocabulary.n_full
    assert manifest.vocabulary.held_out.n_words > 100
    int8 = manifest.parity.int8
    assert (int8.corpus, int8.n_sentences) == ("bundled:as", 100)
    assert int8.f1_int8 >= int8.f1_fp32 - 0.005
    assert Tagger.load(tmp_path / "out").tag_words(LONG)


def test_a_smaller_vocabulary_predicts_the_same(full: Path, tmp_path: Path) -> None:
    export(full, tmp_path / "out", trim_vocabulary=("bundled:as",))
    assert entities(tmp_path / "out") == entities(full)
    export(full, tmp_path / "out", format="transformers", trim_vocabulary=("bundled:as",))
    assert entities(tmp_path / "out") == entities(full)


def test_labels_the_manifest_names_are_used_if_they_are_still_the_same(
    full: Path, tmp_path: Path
) -> None:
    corpus = read_corpus("bundled:as")
    for sha256, has_labels in ((corpus.sha256, True), ("0" * 64, False)):
        data = {
            "gone": TrainingCorpus(language="as", sha256="1" * 64),
            "bundled:as": TrainingCorpus(language="as", sha256=sha256),
        }
        write_manifest(full, read_manifest(full).model_copy(update={"data": data}))
        manifest = export(full, tmp_path / "out", quantise="int8").manifest
        assert (manifest.parity.int8.f1_int8 is not None) is has_labels
        assert (manifest.parity.int8.agreement is not None) is not has_labels


@pytest.mark.slow
def test_exporting_twice_gives_the_same_files(adapter: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "quantise": "int8",
        "trim_vocabulary": ("bundled:as",),
        "validation": "bundled:as",
    }
    export(adapter, tmp_path / "here", **options)
    code = (
        "import sys, torch\n"
        "from nerbridge.exporting import conversion\n"
        "from nerbridge.workflows.export import export\n"
        "conversion.N_PARITY_SENTENCES = 8; torch.set_num_threads(1)\n"
        f"export(sys.argv[1], sys.argv[2], **{options!r})"
    )
    command = [sys.executable, "-c", code, str(adapter), str(tmp_path / "there")]
    subprocess.run(command, check=True, env={"PYTHONHASHSEED": "1", "PATH": ""})
    assert content(tmp_path / "there") == content(tmp_path / "here")


def test_the_twenty_lines_of_the_docs(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    export(full, tmp_path / "as-tagger")
    page = (REPOSITORY / "docs" / "export.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```py\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert example.count("\n") <= 23
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "docs/export.md", "exec"), {})
    tags = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert list(tags) == ["জোনালী", "শইকীয়া", "যোৰহাটৰ", "পৰা", "আহিছিল", "।"]
    assert set(tags.values()) <= {"O", *(f"{p}-{t}" for p in "BI" for t in ("PER", "ORG", "LOC"))}


@pytest.mark.slow
def test_large_models_keep_their_weights_apart(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "SEPARATE_BYTES", 1000)
    manifest = export(full, tmp_path / "out").manifest
    assert "model.onnx.data" in manifest.files
    assert entities(tmp_path / "out") == entities(full)
    export(full, tmp_path / "out", quantise="int8", validation="bundled:as")
    assert sum(map(len, entities(tmp_path / "out"))) > 20


# What goes wrong


def spoil(graph: onnx.ModelProto) -> onnx.ModelProto:
    for tensor in graph.graph.initializer:
        if "classifier.bias" in tensor.name:
            changed = numpy_helper.to_array(tensor) + np.float32(3e-4)
            tensor.CopyFrom(numpy_helper.from_array(changed, tensor.name))
    return graph


def test_a_graph_that_differs_is_not_written(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = conversion.build_graph
    export(full, tmp_path / "earlier")
    before = content(tmp_path / "earlier")
    monkeypatch.setattr(conversion, "build_graph", lambda *args: spoil(build(*args)))
    for name in ("new", "earlier"):
        with pytest.raises(ModelError, match=r"logits differ by 0\.0003 on 9 sentences"):
            export(full, tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["earlier", "full"]
    assert content(tmp_path / "earlier") == before


def test_a_merged_model_that_differs_is_not_written(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def merge_badly(network: TorchNetwork, label_set: LabelSet) -> PreTrainedModel:
        merged = merge(network, label_set)
        merged.classifier.bias += 3e-4
        return merged

    monkeypatch.setattr(conversion, "merge", merge_badly)
    with pytest.raises(ModelError, match=r"logits differ by 0\.0003 on 9 sentences"):
        export(full, tmp_path / "out", **TRANSFORMERS)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_eight_bits_that_lose_entities_are_not_written(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ruin(graph: onnx.ModelProto, n_exact: int) -> None:
        for tensor in graph.graph.initializer:
            if "classifier.bias" in tensor.name:
                worse = np.linspace(9, -9, 7, dtype=np.float32)
                tensor.CopyFrom(numpy_helper.from_array(worse, tensor.name))

    monkeypatch.setattr(conversion, "quantise", ruin)
    with pytest.raises(ModelError, match="in 8 bits the model finds other entities"):
        export(full, tmp_path / "out", quantise="int8")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_matrices_stay_in_32_bits_until_enough_entities_are_the_same(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(*arguments: Any) -> dict[str, Any]:
        tries.append(arguments)
        if len(tries) < 3:
            raise ModelError("in 8 bits the model loses too much")
        return check_scores(*arguments)

    tries: list[Any] = []
    monkeypatch.setattr(conversion, "check_scores", check)
    manifest = export(full, tmp_path / "out", quantise="int8").manifest
    assert manifest.parity.int8.n_exact == conversion.N_EXACT[2]
    kinds = [node.op_type for node in onnx.load(tmp_path / "out" / "model.onnx").graph.node]
    monkeypatch.undo()
    export(full, tmp_path / "plain", quantise="int8")
    plain = [node.op_type for node in onnx.load(tmp_path / "plain" / "model.onnx").graph.node]
    n_more = plain.count("DynamicQuantizeMatMul") - kinds.count("DynamicQuantizeMatMul")
    assert n_more == conversion.N_EXACT[2]
    assert sorted(manifest.files) == ["config.json", "model.onnx", "tokenizer.json"]


def test_a_full_disk_leaves_nothing(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(conversion, "write_graph", fill)
    with pytest.raises(EnvironmentProblem, match="no space left on the disk"):
        export(full, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_a_folder_in_use_is_not_replaced(full: Path, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to-grandmother.txt").write_text("…")
    for out, message in (
        (tmp_path / "letters", "was not written by an export"),
        (full, "is the model itself"),
        (tmp_path / "letters" / "to-grandmother.txt", "was not written by an export"),
    ):
        with pytest.raises(InputError, match=message):
            export(full, out)
    trained = shutil.copytree(full, tmp_path / "other")
    with pytest.raises(InputError, match="was not written by an export"):
        export(full, trained)


def test_what_cannot_be_exported(adapter: Path, full: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = read_manifest(adapter)
    crf = tmp_path / "crf_target-0"
    crf.mkdir()
    write_manifest(crf, manifest.model_copy(update={"kind": "crf"}))
    homeless = shutil.copytree(adapter, tmp_path / "homeless")
    base = manifest.base.model_copy(update={"id": str(tmp_path / "gone")})
    write_manifest(homeless, manifest.model_copy(update={"base": base}))
    bytes_of = {"quantise": "int8"}
    for model, options, error, message in (
        (crf, {}, ModelError, "kind 'crf'"),
        (homeless, {}, ModelError, "--base FOLDER"),
        (tmp_path / "nothing", {}, ModelError, "no such model"),
        (full, {**bytes_of, "format": "transformers"}, InputError, "int8 needs the format onnx"),
        (full, {"trim_vocabulary": (str(tmp_path / "no.txt"),)}, CorpusError, r"no\.txt"),
        (full, {**bytes_of, "validation": str(tmp_path / "no")}, CorpusError, "no"),
    ):
        with pytest.raises(error, match=message):
            export(model, out, **options)
        assert not out.exists()
    given = manifest.base.id
    export(homeless, out, base=given)
    with pytest.raises(ModelError, match="is exported already"):
        export(out, tmp_path / "again")


def test_labels_in_another_order(full: Path, tmp_path: Path) -> None:
    path = full / "config.json"
    config = json.loads(path.read_text())
    tags = ["I-LOC", "O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC"]
    config["id2label"] = dict(enumerate(tags))
    config["label2id"] = {tag: id_ for id_, tag in enumerate(tags)}
    path.write_text(json.dumps(config))
    (full / MANIFEST_FILE).unlink()
    expected = entities(full)
    manifest = export(full, tmp_path / "out").manifest
    assert entities(tmp_path / "out") == expected
    assert manifest.parent == ParentModel(model="full")
    assert len(manifest.base.sha256) == 64


@pytest.mark.slow
@pytest.mark.parametrize("form", ["onnx", "transformers"])
def test_labels_of_another_scheme(full: Path, tmp_path: Path, form: Any) -> None:
    """IO without prefixes; a word of it may begin an entity, which the export must remember."""
    plain = shutil.copytree(full, tmp_path / "plain")
    (plain / MANIFEST_FILE).unlink()
    config = json.loads((plain / "config.json").read_text("utf-8"))
    names = ["O", "PER", "ORG", "LOC", "DATE", "MISC", "EVENT"]
    config["id2label"] = dict(enumerate(names))
    config["label2id"] = {name: index for index, name in enumerate(names)}
    (plain / "config.json").write_text(json.dumps(config), "utf-8")
    export(plain, tmp_path / "out", format=form)
    assert set(Tagger.load(tmp_path / "out").types) == set(names[1:])
    assert entities(tmp_path / "out") == entities(plain)
    config["id2label"] = dict(enumerate(["O", "B-P", "I-P", "E-P", "S-P", "B-L", "I-L"]))
    config["label2id"] = {name: index for index, name in config["id2label"].items()}
    (plain / "config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(ModelError, match="several labels of the model mean B-P, I-P"):
        export(plain, tmp_path / "iobes", format=form)


def test_a_text_without_words(full: Path, tmp_path: Path) -> None:
    (tmp_path / "blank.txt").write_text("\n \n")
    with pytest.raises(CorpusError, match="no words"):
        export(full, tmp_path / "out", trim_vocabulary=(tmp_path / "blank.txt",))


def test_reports_what_it_does(full: Path, tmp_path: Path) -> None:
    said: list[str] = []
    export(full, tmp_path / "out", quantise="int8", listen=lambda event: said.append(str(event)))
    assert said[:3] == ["loading the model …", "tracing the model …", "comparing …"]
    assert "bundled:as" in said[3]
