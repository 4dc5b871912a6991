"""Masked words: known answers from a rigged head, and the plain model as the oracle."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoConfig, AutoModelForMaskedLM, XLMRobertaModel

from nerbridge.alignment.subwords import SubwordSentence
from nerbridge.models import probe_masking
from nerbridge.models.encoder import ENCODER_TYPES, EncoderSource
from nerbridge.models.probe import ProbedEncoder, load_probed
from nerbridge.models.probe_masking import MASK_STRIDE, masked_logits, score_masked_words

MakeEncoder = Callable[..., EncoderSource]
MASK = 99


def always_guessing(encoder: EncoderSource, piece: str) -> ProbedEncoder:
    """The encoder with a head that has one answer to everything."""
    probed = load_probed(encoder.id, None)
    with torch.no_grad():
        probed.model.lm_head.bias[probed.tokenizer.convert_tokens_to_ids(piece)] = 1e4
    return probed


def test_a_head_that_knows_the_only_word_is_always_right(encoder: EncoderSource) -> None:
    found = score_masked_words(always_guessing(encoder, "▁ক"), [["ক"] * n for n in (1, 9, 20)])
    assert found is not None
    assert (found.word_accuracy, found.piece_accuracy) == (1.0, 1.0)
    assert (found.n_words, found.n_pieces, found.n_too_long) == (30, 30, 0)


def test_a_word_is_right_only_if_all_its_pieces_are(encoder: EncoderSource) -> None:
    found = score_masked_words(always_guessing(encoder, "▁ক"), [["ক", "কখ", "গ"]])
    assert found is not None
    assert (found.n_words, found.n_pieces) == (3, 4)
    assert found.word_accuracy == 1 / 3
    assert found.piece_accuracy == 2 / 4


def test_an_unknown_piece_is_never_right(encoder: EncoderSource) -> None:
    found = score_masked_words(always_guessing(encoder, "<unk>"), [["ж", "ক"]])
    assert found is not None
    assert found.word_accuracy == found.piece_accuracy == 0.0


def test_words_without_a_letter_are_neither_masked_nor_counted(encoder: EncoderSource) -> None:
    probed = always_guessing(encoder, "▁ক")
    found = score_masked_words(probed, [["ক", "।", "1947", "ক"], ["।"]])
    assert found is not None
    assert (found.n_words, found.word_accuracy) == (2, 1.0)
    nothing = score_masked_words(probed, [["।"]])
    assert nothing is not None
    assert (nothing.n_words, nothing.word_accuracy, nothing.piece_accuracy) == (0, None, None)


def test_sentences_that_do_not_fit_are_counted(encoder: EncoderSource) -> None:
    found = score_masked_words(always_guessing(encoder, "▁ক"), [["ক"] * 62, ["ক"] * 63])
    assert found is not None
    assert (found.n_words, found.n_too_long) == (62, 1)


def test_without_a_head_there_is_no_figure(encoder: EncoderSource, own_encoder: Path) -> None:
    XLMRobertaModel.from_pretrained(encoder.folder).save_pretrained(own_encoder)
    assert score_masked_words(load_probed(str(own_encoder), None), [["ক"]]) is None


def test_the_figures_are_those_of_the_plain_model(make_encoder: MakeEncoder) -> None:
    probed = load_probed(make_encoder(seed=5).id, None)
    letters = "কখগঘচ"
    with torch.no_grad():  # a random head guesses among all pieces; this one among those in use
        probed.model.lm_head.bias[
            probed.tokenizer.convert_tokens_to_ids([*letters, *(f"▁{c}" for c in letters)])
        ] += 100
    words = [letters[i % 5] + letters[i * i % 3] * (i % 3) for i in range(40)]
    sentences = [words[start : start + n] for start, n in ((0, 1), (1, 8), (3, 15), (20, 17))]
    expected = [
        right
        for sentence in sentences
        for first in range(min(MASK_STRIDE, len(sentence)))
        for right in naive_guesses(probed, sentence, first)
    ]
    found = score_masked_words(probed, sentences)
    assert found is not None
    assert found.n_pieces == len(expected)
    assert 0 < sum(expected) < len(expected)
    assert found.piece_accuracy == sum(expected) / len(expected)


def naive_guesses(probed: ProbedEncoder, words: list[str], first: int) -> list[bool]:
    """Whether each masked piece of one pass is guessed: one row, all logits, no padding."""
    (sub,) = probed.encode([words])
    masked = set(range(first, len(words), 7))
    ids = [
        probed.tokenizer.mask_token_id if word in masked else id_
        for id_, word in zip(sub.ids, sub.word_of, strict=True)
    ]
    with torch.inference_mode():
        logits = probed.model(input_ids=torch.tensor([[0, *ids, 2]])).logits[0, 1:-1]
    return [
        int(row.argmax()) == id_
        for row, id_, word in zip(logits, sub.ids, sub.word_of, strict=True)
        if word in masked
    ]


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=30))
def test_every_word_is_masked_once_and_whole(words: list[tuple[int, bool]]) -> None:
    word_of = tuple(i for i, (n, _) in enumerate(words) for _ in range(n))
    sub = SubwordSentence(tuple(range(100, 100 + len(word_of))), word_of)
    texts = ["ক" if has_letter else "।" for _, has_letter in words]
    maskable = [i for i, (_, has_letter) in enumerate(words) if has_letter]
    rows = list(probe_masking._masked_rows(sub, texts, MASK))
    assert sorted(i for row in rows for i in row.positions) == [
        i for i, word in enumerate(word_of) if words[word][1]
    ]
    for row in rows:
        changed = {i: id_ for i, id_ in enumerate(row.ids) if id_ != sub.ids[i]}
        assert changed == dict.fromkeys(row.positions, MASK)
        assert row.targets == tuple(sub.ids[i] for i in row.positions)
        places = sorted({maskable.index(word) for word in row.word_of})
        assert all(b - a == MASK_STRIDE for a, b in pairwise(places))


@pytest.mark.parametrize("model_type", ENCODER_TYPES)
def test_logits_of_masked_positions_are_those_of_the_whole_model(model_type: str) -> None:
    torch.manual_seed(0)
    model = AutoModelForMaskedLM.from_config(tiny_config(model_type)).eval()
    ids = torch.randint(5, 100, (3, 9))
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    wanted = torch.zeros_like(ids, dtype=torch.bool)
    wanted[0, [2, 5]] = wanted[1, 3] = wanted[2, 8] = True
    with torch.inference_mode():
        expected = model(input_ids=ids, attention_mask=mask).logits[wanted]
    found = masked_logits(model, ids, mask, wanted)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    with torch.inference_mode():
        again = model(input_ids=ids, attention_mask=mask).logits
    assert again.shape == (3, 9, 100), "the model is left as it was"


def tiny_config(model_type: str) -> AutoConfig:
    return AutoConfig.for_model(
        model_type,
        vocab_size=100,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=66,
        pad_token_id=1,
        embedding_size=16,
        dim=32,
        hidden_dim=64,
        n_heads=4,
        n_layers=1,
        type_vocab_size=2,
        input_embedding_size=16,
        output_embedding_size=16,
        relative_attention=False,
        cls_token_id=0,
        sep_token_id=2,
        bos_token_id=0,
        eos_token_id=2,
    )
