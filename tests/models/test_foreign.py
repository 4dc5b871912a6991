from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, TaskType, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

from hub_standin import write_tiny_encoder
from nerbridge.errors import ModelError, ModelWarning
from nerbridge.tagging import Tagger

TEXT = "অসম কলিকতা দাস বৰুৱা খবৰ গুৱাহাটীত"
WORDS = TEXT.split()
IOB2 = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "encoder"
    write_tiny_encoder(folder, [TEXT, *WORDS], hidden_size=32)
    return folder


def classifier(encoder: Path, names: Sequence[str], *, seed: int = 1) -> Any:
    """A classifier that is sure of what it says: its head is large."""
    torch.manual_seed(seed)
    model = AutoModelForTokenClassification.from_pretrained(
        encoder, num_labels=len(names), id2label=dict(enumerate(names))
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3.0)
        model.classifier.weight.normal_(0.0, 15.0)
    return model.eval()


def write_classifier(encoder: Path, folder: Path, names: Sequence[str], *, seed: int = 1) -> Path:
    classifier(encoder, names, seed=seed).save_pretrained(folder)
    AutoTokenizer.from_pretrained(encoder).save_pretrained(folder)
    return folder


def write_adapter(encoder: Path, folder: Path, names: Sequence[str], **settings: Any) -> Path:
    """An adapter as PEFT alone saves it, with weights that matter."""
    base = AutoModelForTokenClassification.from_pretrained(
        encoder, num_labels=len(names), ignore_mismatched_sizes=True
    )
    wanted = {"r": 4, "target_modules": ["query", "value"], "task_type": TaskType.TOKEN_CLS}
    model = get_peft_model(base, LoraConfig(**{**wanted, **settings}))
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn(parameter.shape, generator=generator))
    model.save_pretrained(folder)
    change_json(folder / "adapter_config.json", base_model_name_or_path=str(encoder))
    return folder


def change_json(path: Path, **changes: Any) -> None:
    old = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    path.write_text(json.dumps({**old, **changes}), "utf-8")


def change_tensors(folder: Path, added: dict[str, torch.Tensor], *removed: str) -> None:
    path = folder / "model.safetensors"
    kept = {name: t for name, t in load_file(path).items() if name not in removed}
    save_file({**kept, **added}, path, metadata={"format": "pt"})


def found(tagger: Tagger) -> list[tuple[int, int, str]]:
    return [(e.start_char, e.end_char, e.type) for e in tagger.tag_words(WORDS)]


@pytest.mark.parametrize(
    "names",
    [
        IOB2,
        ["B-LOC", "I-LOC", "I-PER", "O"],
        ["O", "PER", "LOC"],
        ["I-PER", "I-LOC", "O"],
    ],
)
def test_the_pipeline_of_transformers_groups_the_same(
    encoder: Path, tmp_path: Path, names: list[str]
) -> None:
    n_entities = 0
    for seed in range(4):
        folder = write_classifier(encoder, tmp_path / f"seed{seed}", names, seed=seed)
        tagger = Tagger.load(folder)
        tag = pipeline("token-classification", str(folder))
        with torch.no_grad():
            ids, first = subwords(tagger)
            said = tag.model(torch.tensor([ids])).logits[0, first].argmax(dim=1).tolist()
        words = [
            {"entity": names[id_], "score": 1.0, "word": word, "start": index, "end": index + 1}
            for index, (id_, word) in enumerate(zip(said, WORDS, strict=True))
        ]
        groups = [g for g in tag.group_entities(words) if g["entity_group"] != "O"]
        n_entities += len(groups)
        assert [(e.start_word, e.end_word, e.type) for e in tagger.tag_words(WORDS)] == [
            (group["start"], group["end"], group["entity_group"]) for group in groups
        ]
    assert n_entities > 4


def subwords(tagger: Tagger) -> tuple[list[int], list[int]]:
    """The ids of the words, and where the first subword of each is."""
    tokens = tagger.model.tokenizer.encode(WORDS, is_pretokenized=True)
    return tokens.ids, [tokens.word_ids.index(word) for word in range(len(WORDS))]


def test_leftovers_of_pretraining_are_left_out_and_named_once(
    encoder: Path, tmp_path: Path
) -> None:
    folder = write_classifier(encoder, tmp_path / "model", IOB2)
    expected = found(Tagger.load(folder))
    prefix = next(iter(load_file(folder / "model.safetensors"))).partition(".")[0]
    if prefix == "classifier":
        prefix = "roberta"
    leftovers = {
        f"{prefix}.pooler.dense.weight": torch.zeros(32, 32),
        f"{prefix}.embeddings.position_ids": torch.arange(66)[None],
        "lm_head.bias": torch.zeros(4),
        "cls.predictions.bias": torch.zeros(4),
    }
    change_tensors(folder, leftovers)
    with pytest.warns(ModelWarning) as caught:
        assert found(Tagger.load(folder)) == expected
    (message,) = (str(warning.message) for warning in caught if warning.category is ModelWarning)
    assert all(name in message for name in leftovers if "position_ids" not in name)
    change_tensors(folder, {f"{prefix}.encoder.layer.9.output.dense.bias": torch.zeros(32)})
    with pytest.raises(ModelError, match=r"unexpected: .*layer\.9"):
        Tagger.load(folder)


@pytest.mark.parametrize("lost", ["classifier.weight", "classifier.bias"])
def test_a_missing_tensor_of_the_head_is_an_error(encoder: Path, tmp_path: Path, lost: str) -> None:
    folder = write_classifier(encoder, tmp_path / "model", IOB2)
    change_tensors(folder, {}, lost)
    with pytest.raises(ModelError, match=f"missing: {lost}.*AutoModel drops heads"):
        Tagger.load(folder)


def test_an_encoder_is_no_tagger_and_the_message_does_not_ask_for_labels(
    encoder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(encoder, tmp_path / "encoder")
    with pytest.raises(ModelError, match=r"no head of a token classifier; .*nerbridge run"):
        Tagger.load(folder)
    # heads of pretraining and of classifiers of sentences are none, whatever they are called
    others = ("sop_classifier.classifier", "mask_predictions.classifier", "classifier.out_proj")
    change_tensors(folder, {f"{name}.weight": torch.zeros(2, 32) for name in others})
    with pytest.raises(ModelError, match="no head of a token classifier"):
        Tagger.load(folder)


def test_a_missing_tensor_of_the_encoder_is_an_error(encoder: Path, tmp_path: Path) -> None:
    folder = write_classifier(encoder, tmp_path / "model", IOB2)
    tensors = load_file(folder / "model.safetensors")
    lost = next(name for name in tensors if "layer.0" in name)
    change_tensors(folder, {}, lost)
    with pytest.raises(ModelError, match=f"missing: {lost}"):
        Tagger.load(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", {"id2label": None, "label2id": {n: i for i, n in enumerate(IOB2)}}),
        ("config.json", {"id2label": {str(i): n for i, n in enumerate(IOB2)}, "label2id": None}),
        ("config.json", {"label_list": IOB2}),
        ("id2label.json", {str(i): n for i, n in enumerate(IOB2)}),
        ("label2id.json", {n: i for i, n in enumerate(IOB2)}),
        ("label_map.json", {"labels": {n: str(i) for i, n in enumerate(IOB2)}}),
        ("labels.json", IOB2),
        ("labels.txt", "\n".join(IOB2) + "\n"),
    ],
)
def test_names_of_labels_are_found_where_people_put_them(
    encoder: Path, tmp_path: Path, name: str, content: Any
) -> None:
    folder = write_classifier(encoder, tmp_path / "model", IOB2)
    expected = found(Tagger.load(folder))
    assert expected
    nameless = {f"LABEL_{i}": i for i in range(5)}
    change_json(
        folder / "config.json", id2label={i: n for n, i in nameless.items()}, label2id=nameless
    )
    with pytest.raises(ModelError, match="the labels have no names"):
        Tagger.load(folder)
    if name == "config.json":
        change_json(folder / name, **content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text, "utf-8")
    assert found(Tagger.load(folder)) == expected


def test_the_user_names_labels_and_maps_their_types(encoder: Path, tmp_path: Path) -> None:
    folder = write_classifier(encoder, tmp_path / "model", IOB2)
    expected = found(Tagger.load(folder))
    change_json(folder / "config.json", id2label=None, label2id=None)
    names = [f"LABEL_{i}={name}" for i, name in enumerate(IOB2)]
    assert found(Tagger.load(folder, map_types=names)) == expected
    mapped = Tagger.load(folder, map_types=[*names, "PER=LOC"])
    assert mapped.types == ("LOC",)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"modules_to_save": ["classifier"], "task_type": None},
        {"target_modules": r".*layer\.[01]\.attention\.self\.(query|key)"},
        {"rank_pattern": {"query": 2}, "alpha_pattern": {"query": 4}},
        {"use_dora": True},
        {"use_rslora": True, "bias": "lora_only"},
        {"target_modules": "all-linear", "exclude_modules": ["classifier"]},
    ],
)
def test_adapters_of_peft_alone_give_what_peft_gives(
    encoder: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    from peft import PeftModel

    folder = write_adapter(encoder, tmp_path / "adapter", IOB2, **settings)
    change_json(folder / "config.json", id2label=dict(enumerate(IOB2)))
    base = AutoModelForTokenClassification.from_pretrained(encoder, num_labels=5)
    peft = PeftModel.from_pretrained(base, folder).eval()
    tagger = Tagger.load(folder)
    ids, first = subwords(tagger)
    with torch.no_grad():
        logits = peft(torch.tensor([ids])).logits[0, first].numpy()
    np.testing.assert_allclose(tagger.model.word_logits([WORDS])[0], logits, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_adapters_in_half_precision_are_loaded(
    encoder: Path, tmp_path: Path, dtype: torch.dtype
) -> None:
    folder = write_adapter(encoder, tmp_path / "adapter", IOB2)
    change_json(folder / "config.json", id2label=dict(enumerate(IOB2)))
    path = folder / "adapter_model.safetensors"
    half = {name: t.to(dtype) for name, t in load_file(path).items()}
    save_file({name: t.float() for name, t in half.items()}, path, metadata={"format": "pt"})
    expected = Tagger.load(folder).model.word_logits([WORDS])[0]
    save_file(half, path, metadata={"format": "pt"})
    np.testing.assert_array_equal(Tagger.load(folder).model.word_logits([WORDS])[0], expected)


def test_an_adapter_that_is_a_pickle_is_to_be_converted(encoder: Path, tmp_path: Path) -> None:
    folder = write_adapter(encoder, tmp_path / "adapter", IOB2)
    path = folder / "adapter_model.safetensors"
    torch.save(load_file(path), folder / "adapter_model.bin")
    path.unlink()
    with pytest.raises(ModelError, match=r"adapter_model\.bin\. .*nerbridge encoder convert"):
        Tagger.load(folder)


def test_settings_of_a_newer_peft_are_named_and_left_out(encoder: Path, tmp_path: Path) -> None:
    folder = write_adapter(encoder, tmp_path / "adapter", IOB2)
    change_json(folder / "config.json", id2label=dict(enumerate(IOB2)))
    expected = found(Tagger.load(folder))
    change_json(folder / "adapter_config.json", use_newest=True, other_config=None)
    with pytest.warns(ModelWarning, match="are left out: other_config, use_newest"):
        assert found(Tagger.load(folder)) == expected


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", {"id2label": dict(enumerate(IOB2))}),
        ("config.json", {"label2id": {n: i for i, n in enumerate(IOB2)}}),
        ("adapter_config.json", {"id2label": dict(enumerate(IOB2))}),
        ("id2label.json", dict(enumerate(IOB2))),
    ],
)
def test_labels_of_an_adapter_are_found_beside_it(
    encoder: Path, tmp_path: Path, name: str, content: dict[str, Any]
) -> None:
    folder = write_adapter(encoder, tmp_path / "adapter", IOB2)
    with pytest.raises(ModelError, match="the labels have no names") as caught:
        Tagger.load(folder)
    assert str(encoder) not in str(caught.value)
    assert str(folder) in str(caught.value)
    change_json(folder / name, **{str(key): value for key, value in content.items()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ModelWarning)
        assert Tagger.load(folder).types == ("PER", "LOC")


def test_an_adapter_on_a_token_classifier_has_its_labels_and_its_head(
    encoder: Path, tmp_path: Path
) -> None:
    base = write_classifier(encoder, tmp_path / "base", IOB2)
    assert Tagger.load(write_adapter(base, tmp_path / "own head", IOB2)).types == ("PER", "LOC")
    path = write_adapter(base, tmp_path / "adapter", IOB2) / "adapter_model.safetensors"
    kept = {name: t for name, t in load_file(path).items() if "classifier" not in name}
    save_file({name: t * 0 for name, t in kept.items()}, path, metadata={"format": "pt"})
    change_json(path.parent / "adapter_config.json", modules_to_save=None, task_type=None)
    assert found(Tagger.load(path.parent)) == found(Tagger.load(base))
    # labels of another number than the head's are not its labels
    other = write_adapter(base, tmp_path / "other", ["O", "B-X1", "I-X1"])
    with pytest.raises(ModelError, match=r"config.json names 5 labels, the head has 3 columns"):
        Tagger.load(other)


def test_an_adapter_without_a_head_anywhere_is_refused(encoder: Path, tmp_path: Path) -> None:
    folder = write_adapter(encoder, tmp_path / "adapter", IOB2)
    path = folder / "adapter_model.safetensors"
    kept = {name: t for name, t in load_file(path).items() if "classifier" not in name}
    save_file(kept, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"has no head, and its base .* has none either"):
        Tagger.load(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task_type": "SEQ_CLS"}, "task_type is 'SEQ_CLS'"),
        ({"peft_type": "IA3"}, "peft_type is 'IA3', expected 'LORA'"),
        ({"base_model_name_or_path": "/content/gone"}, "needs its base encoder /content/gone"),
        ({"base_model_name_or_path": None}, "Name the base encoder"),
    ],
)
def test_what_is_wrong_with_an_adapter_is_said(
    encoder: Path, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    folder = write_adapter(encoder, tmp_path / "adapter", IOB2)
    change_json(folder / "config.json", id2label=dict(enumerate(IOB2)))
    change_json(folder / "adapter_config.json", **changes)
    with pytest.raises(ModelError, match=message):
        Tagger.load(folder)


def test_a_base_elsewhere_can_be_named(encoder: Path, tmp_path: Path) -> None:
    folder = write_adapter(encoder, tmp_path / "adapter", IOB2)
    change_json(folder / "config.json", id2label=dict(enumerate(IOB2)))
    change_json(folder / "adapter_config.json", base_model_name_or_path="/content/gone")
    moved = shutil.copytree(encoder, tmp_path / "moved")
    assert Tagger.load(folder, base=str(moved)).types == ("PER", "LOC")
