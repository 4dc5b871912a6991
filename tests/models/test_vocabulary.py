from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import PreTrainedModel

from nerbridge.alignment.subwords import encode_sentences
from nerbridge.errors import ModelError
from nerbridge.labels import LabelSet
from nerbridge.models.adapter import LoraSettings, attach_adapter
from nerbridge.models.encoder import EncoderSource, load_tokenizer
from nerbridge.models.full import save_full
from nerbridge.models.manifest import Manifest
from nerbridge.models.torch_model import TorchNetwork, to_word_model
from nerbridge.models.vocabulary import trim_vocabulary, used_ids

Fresh = Callable[[], PreTrainedModel]
SENTENCES = [["অসম", "কলিকতা"], ["মদন", "দাস", "অসম"] * 9]


@pytest.fixture
def predict(encoder: EncoderSource) -> Callable[[PreTrainedModel], list[bytes]]:
    tokenizer = load_tokenizer(encoder)

    def predict(model: PreTrainedModel) -> list[bytes]:
        network = TorchNetwork(model, tokenizer)
        live = to_word_model(network, LabelSet(), script=None, max_subwords=20)
        return [array.tobytes() for array in live.word_logits(SENTENCES)]

    return predict


@pytest.fixture
def ids(encoder: EncoderSource) -> set[int]:
    tokenizer = load_tokenizer(encoder)
    return used_ids(encode_sentences(tokenizer.backend_tokenizer, SENTENCES, 3), tokenizer)


def test_special_tokens_are_always_in_use(encoder: EncoderSource, ids: set[int]) -> None:
    assert set(load_tokenizer(encoder).all_special_ids) <= ids
    assert len(ids) < 30


@pytest.mark.parametrize("with_adapter", [False, True])
def test_trimming_changes_no_prediction_and_restoring_gives_all_back(
    fresh: Fresh,
    ids: set[int],
    predict: Callable[[nn.Module], list[bytes]],
    with_adapter: bool,
) -> None:
    plain = fresh()
    expected = predict(plain)
    before = plain.get_input_embeddings().weight.detach().clone()
    model = attach_adapter(fresh(), LoraSettings(), seed=0) if with_adapter else fresh()
    trim = trim_vocabulary(model, ids)
    assert len(model.get_input_embeddings().weight) == len(ids)
    assert model.get_input_embeddings().padding_idx == sorted(ids).index(1)
    assert predict(model) == expected
    trim.restore(model)
    assert type(model.get_input_embeddings()) is nn.Embedding
    assert torch.equal(model.get_input_embeddings().weight, before)
    assert model.get_input_embeddings().padding_idx == plain.get_input_embeddings().padding_idx
    assert model.get_input_embeddings().weight.requires_grad != with_adapter
    assert predict(model) == expected


def test_training_the_used_rows_is_training_the_whole_table(
    fresh: Fresh, encoder: EncoderSource, ids: set[int]
) -> None:
    on_disk = (encoder.folder / "model.safetensors").read_bytes()
    batch = torch.tensor([[0, *sorted(ids - {0, 1, 2})[:9], 2], [0, 30, 2, *[1] * 8]])
    labels = torch.where(batch > 3, 1, -100)
    trained = []
    for is_trimmed in (True, False):
        model = fresh()
        trim = None
        if is_trimmed:
            trim = trim_vocabulary(model, ids | {30})
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.0)
        for _ in range(3):
            mask = (batch != 1).long()
            model(input_ids=batch, attention_mask=mask, labels=labels).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        if trim is not None:
            trim.restore(model)
        trained.append(model.state_dict())
    # Tables are mapped from the file; writing to one must not reach it.
    assert (encoder.folder / "model.safetensors").read_bytes() == on_disk
    assert not torch.equal(trained[0]["classifier.weight"], fresh().classifier.weight)
    for name, tensor in trained[0].items():
        torch.testing.assert_close(tensor, trained[1][name], rtol=1e-4, atol=1e-5)
    embedding = "roberta.embeddings.word_embeddings.weight"
    unused = sorted(set(range(len(trained[0][embedding]))) - ids - {30})
    untouched = fresh().state_dict()[embedding][unused]
    assert torch.equal(trained[0][embedding][unused], untouched)
    assert torch.equal(trained[0][embedding][1], fresh().state_dict()[embedding][1])


def test_the_special_tokens_of_the_config_stay_whoever_forgets_them(fresh: Fresh) -> None:
    model = fresh()
    trim = trim_vocabulary(model, {30})
    assert trim.used.tolist() == [0, 1, 2, 30]
    assert model(input_ids=torch.tensor([[0, 30, 2, 1]])).logits.shape == (1, 4, 7)


def test_an_id_without_a_row_is_an_error(fresh: Fresh, ids: set[int]) -> None:
    model = fresh()
    trim_vocabulary(model, ids)
    missing = min(set(range(60)) - ids)
    with pytest.raises(IndexError):
        model(input_ids=torch.tensor([[0, missing, 2]]))


def test_what_cannot_be_trimmed_is_refused(fresh: Fresh, ids: set[int]) -> None:
    with pytest.raises(ModelError, match="do not fit a vocabulary of"):
        trim_vocabulary(fresh(), {5, 10**6})
    model = fresh()
    trim = trim_vocabulary(model, ids)
    with pytest.raises(ModelError, match="vocabulary of a TrimmedEmbedding"):
        trim_vocabulary(model, ids)
    with pytest.raises(ValueError, match="not trimmed"):
        trim.restore(fresh())


def test_a_trimmed_model_is_not_saved(
    fresh: Fresh, ids: set[int], encoder: EncoderSource, tmp_path: Path, manifest: Manifest
) -> None:
    model = fresh()
    trim_vocabulary(model, ids)
    with pytest.raises(ValueError, match="restore it before saving"):
        save_full(model, load_tokenizer(encoder), tmp_path / "m", manifest)
