"""Loading an encoder to look at it, its subwords, size and speed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import XLMRobertaModel

import hub_shapes
from nerbridge.alignment.subwords import SpecialIds
from nerbridge.errors import ModelError
from nerbridge.models import probe
from nerbridge.models.encoder import EncoderSource
from nerbridge.models.probe import (
    BATCH_SENTENCES,
    count_subwords,
    load_probed,
    measure_size,
    measure_speed,
    padded_batches,
    spread,
)

MakeEncoder = Callable[..., EncoderSource]
SPECIALS = SpecialIds(start=0, end=2, pad=1, unk=3)


def test_an_encoder_with_a_head_has_the_weights_of_its_folder(encoder: EncoderSource) -> None:
    probed = load_probed(encoder.id, "Beng")
    assert probed.head_fault is None
    assert not probed.model.training
    expected = XLMRobertaModel.from_pretrained(encoder.folder, add_pooling_layer=False).eval()
    ids = torch.tensor([[0, 7, 9, 2]])
    with torch.inference_mode():
        found = probed.model.base_model(input_ids=ids).last_hidden_state
        assert torch.equal(found, expected(input_ids=ids).last_hidden_state)


def test_an_encoder_without_a_head_says_so(encoder: EncoderSource, own_encoder: Path) -> None:
    XLMRobertaModel.from_pretrained(encoder.folder).save_pretrained(own_encoder)
    state = torch.random.get_rng_state()
    fault = load_probed(str(own_encoder), None).head_fault
    assert fault is not None
    assert "no masked-LM head" in fault
    assert "lm_head" in fault
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize(
    ("write", "has_head"),
    [
        (hub_shapes.write_xlmr_base, True),
        (hub_shapes.write_mbert, True),
        (hub_shapes.write_modernbert, True),
        (hub_shapes.write_e5_small, False),
    ],
)
def test_encoders_of_the_hub_are_probed(
    write: Callable[..., Path], has_head: bool, tmp_path: Path
) -> None:
    texts = ["নৈখনৰ সোঁত বৰ প্ৰবল ।", "পথাৰত ধান পকিছে ।", "The rice is ripe ."] * 4
    encoder = load_probed(str(write(tmp_path, texts)), None)
    assert (encoder.head_fault is None) == has_head
    counts = count_subwords(encoder, [text.split() for text in texts])
    assert counts.unknown_word_share == 0


def test_a_tokenizer_without_a_mask_says_so(own_encoder: Path) -> None:
    path = own_encoder / "tokenizer_config.json"
    config = json.loads(path.read_text())
    del config["mask_token"]
    path.write_text(json.dumps(config))
    tokenizer = own_encoder / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text("utf-8").replace("<mask>", "<hole>"), "utf-8")
    assert load_probed(str(own_encoder), None).head_fault == "its tokenizer has no mask token"


def test_folders_that_cannot_be_trusted_are_refused(own_encoder: Path) -> None:
    (own_encoder / "model.safetensors").rename(own_encoder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickle"):
        load_probed(str(own_encoder), None)
    config = json.loads((own_encoder / "config.json").read_text())
    (own_encoder / "config.json").write_text(json.dumps(config | {"auto_map": {"A": "a.B"}}))
    with pytest.raises(ModelError, match="remote code"):
        load_probed(str(own_encoder), None)


def test_subwords_and_unknown_words_are_counted(encoder: EncoderSource) -> None:
    # The tiny tokenizer's pieces are letters, with or without a space before them.
    sentences = [["কখগ", "ক"], ["খ", "ж"]]
    found = count_subwords(load_probed(encoder.id, None), sentences)
    assert found.n_words == 4
    assert found.subwords_per_word == (3 + 1 + 1 + 2) / 4
    assert found.unknown_word_share == 1 / 4


def test_a_word_of_which_nothing_is_left_is_unknown(encoder: EncoderSource) -> None:
    found = count_subwords(load_probed(encoder.id, None), [["\u200b", "ক"]])
    assert (found.subwords_per_word, found.unknown_word_share) == (1.0, 0.5)


def test_words_come_in_the_script_asked_for(encoder: EncoderSource) -> None:
    shares = [
        count_subwords(load_probed(encoder.id, script), [["कखग"]]).unknown_word_share
        for script in ("Beng", None)
    ]
    assert shares == [0.0, 1.0]


def test_no_words_have_no_shares(encoder: EncoderSource) -> None:
    probed = load_probed(encoder.id, None)
    found = count_subwords(probed, [])
    assert (found.n_words, found.subwords_per_word, found.unknown_word_share) == (0, None, None)
    assert measure_speed(probed, []).sentences_per_s is None


@given(st.lists(st.lists(st.integers(4, 99), max_size=9), max_size=50))
def test_batches_hold_every_row_once_between_special_tokens(rows: list[list[int]]) -> None:
    found: dict[int, list[int]] = {}
    for indices, ids, mask in padded_batches(rows, SPECIALS):
        assert len(indices) <= BATCH_SENTENCES
        assert ids.shape == mask.shape == (len(indices), max(len(rows[i]) for i in indices) + 2)
        assert bool((ids[mask == 0] == SPECIALS.pad).all())
        for index, row, row_mask in zip(indices, ids, mask, strict=True):
            assert index not in found
            found[index] = row[row_mask == 1].tolist()
    assert found == {i: [SPECIALS.start, *row, SPECIALS.end] for i, row in enumerate(rows)}


@given(st.integers(0, 50), st.integers(0, 60))
def test_a_sample_is_spread_over_all(n_items: int, n: int) -> None:
    found = spread(range(n_items), n)
    assert len(found) == min(n, n_items)
    assert found == sorted(set(found))
    if found and n < n_items:
        steps = {b - a for a, b in zip(found, [*found[1:], n_items], strict=True)}
        assert max(steps) - min(steps) <= 1


def test_speed_is_the_median_of_the_rounds_after_the_first(
    encoder: EncoderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([100.0, 1.0, 4.0, 2.0])
    monkeypatch.setattr(probe, "_time_round", lambda model, batches: next(seconds))
    too_long = ["কখ" * 50]
    found = measure_speed(load_probed(encoder.id, None), [["কখগ", "ক"], ["খ"], too_long])
    assert (found.n_sentences, found.n_too_long) == (2, 1)
    assert found.sentences_per_s == 2 / 2.0
    assert found.subwords_per_s == 5 / 2.0
    assert found.n_threads == torch.get_num_threads()
    assert next(seconds, None) is None


def test_speed_is_measured_without_the_head(
    encoder: EncoderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    probed = load_probed(encoder.id, None)
    calls = []
    probed.model.base_model.register_forward_pre_hook(lambda *_: calls.append("encoder"))
    probed.model.lm_head.register_forward_pre_hook(lambda *_: calls.append("head"))
    found = measure_speed(probed, [["ক"]])
    assert calls == ["encoder"] * (1 + probe.SPEED_ROUNDS)
    assert found.sentences_per_s is not None
    assert found.sentences_per_s > 0


def test_size_counts_the_encoder_and_the_files_that_make_it(
    encoder: EncoderSource, own_encoder: Path
) -> None:
    files = [own_encoder / name for name in ("model.safetensors", "config.json", "tokenizer.json")]
    files.append(own_encoder / "tokenizer_config.json")
    (own_encoder / "README.md").write_text("no part of it")
    (own_encoder / "old.json").mkdir()
    found = measure_size(load_probed(str(own_encoder), None))
    assert found.n_bytes == sum(file.stat().st_size for file in files)
    bare = XLMRobertaModel.from_pretrained(encoder.folder, add_pooling_layer=False)
    assert found.n_parameters == sum(weight.numel() for weight in bare.parameters())
