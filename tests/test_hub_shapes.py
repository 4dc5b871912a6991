"""The folders in the shape of the hub's, read by transformers itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors import safe_open
from transformers import AutoModel, AutoTokenizer

import hub_shapes

TEXTS = ["নদীৰ পাৰত এখন গাঁও আছে ।", "গাঁওখনৰ নাম মাজুলী ।", "The river rose in June ."] * 4
SHAPES = {
    hub_shapes.XLMR_BASE: (
        {"roberta.embeddings.position_ids", "roberta.pooler.dense.bias", "lm_head.dense.weight"},
        {"model_max_length"},
    ),
    hub_shapes.E5_SMALL: (
        {"embeddings.word_embeddings.weight", "pooler.dense.weight"},
        {*hub_shapes.XLMR_SPECIALS, "model_max_length", "tokenizer_class"},
    ),
    hub_shapes.MBERT_CASED: (
        {"bert.embeddings.LayerNorm.gamma", "cls.seq_relationship.weight"},
        {"do_lower_case", "model_max_length"},
    ),
    hub_shapes.MBERT_UNCASED: (
        {"bert.encoder.layer.0.output.LayerNorm.beta", "bert.pooler.dense.bias"},
        {"model_max_length"},
    ),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shapes")
    hub_shapes.write_hub(root, TEXTS)
    return root / "models"


@pytest.mark.parametrize("name", SHAPES)
def test_tensors_and_tokenizer_keys_are_those_of_the_original(models: Path, name: str) -> None:
    tensors, keys = SHAPES[name]
    with safe_open(models / name / "model.safetensors", framework="numpy") as file:
        found = set(file.keys())
    assert tensors <= found
    config = json.loads((models / name / "tokenizer_config.json").read_text("utf-8"))
    assert set(config) == keys
    assert "classifier.weight" not in found


@pytest.mark.parametrize("name", SHAPES)
def test_transformers_loads_it(models: Path, name: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(models / name)
    model = AutoModel.from_pretrained(models / name)
    ids = tokenizer("নদীৰ পাৰত", return_tensors="pt")
    assert tokenizer.unk_token_id not in ids["input_ids"]
    assert model(**ids).last_hidden_state.shape[1] == ids["input_ids"].shape[1]
    assert int(model.config.vocab_size) == len(tokenizer)


def test_muril_has_pickled_weights_only(models: Path) -> None:
    names = {path.name for path in (models / hub_shapes.MURIL).iterdir()}
    assert "pytorch_model.bin" in names
    assert not [name for name in names if name.endswith(".safetensors")]


def test_the_sentencepiece_model_cuts_as_tokenizer_json_does(models: Path) -> None:
    from sentencepiece import SentencePieceProcessor

    folder = models / hub_shapes.XLMR_BASE
    processor = SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text in TEXTS:
        assert tokenizer.tokenize(text) == processor.encode(text, out_type=str)
