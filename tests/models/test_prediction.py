from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedModel

from nerbridge.alignment.subwords import (
    SpecialIds,
    SubwordSentence,
    encode_sentences,
    first_subwords,
)
from nerbridge.alignment.windows import merge_windows, split_windows
from nerbridge.errors import ModelError
from nerbridge.labels import LabelSet, Scheme, find_invalid_tags
from nerbridge.models.adapter import LoraSettings, attach_adapter
from nerbridge.models.encoder import (
    EncoderSource,
    load_token_classifier,
    load_tokenizer,
    max_window_subwords,
    special_ids,
)
from nerbridge.models.prediction import predict_logits, predict_tags

Fresh = Callable[[], PreTrainedModel]
SENTENCES = [["অসম", "কলিকতা"], [], ["মদন"], ["দাস", "ab", "খবৰ"] * 12, ["অ"] * 7]


@pytest.fixture(scope="module")
def model(encoder: EncoderSource, label_set: LabelSet) -> PreTrainedModel:
    return load_token_classifier(encoder, label_set, seed=1)


@pytest.fixture(scope="module")
def subs(encoder: EncoderSource) -> list[SubwordSentence]:
    return encode_sentences(load_tokenizer(encoder).backend_tokenizer, SENTENCES, 3)


def test_logits_are_those_of_the_first_subwords_as_transformers_gives_them(
    model: PreTrainedModel, encoder: EncoderSource, subs: list[SubwordSentence]
) -> None:
    tokenizer = load_tokenizer(encoder)
    specials = special_ids(tokenizer)
    found = predict_logits(model, subs, specials=specials, max_subwords=62, batch_subwords=100)
    assert [array.shape for array in found] == [(len(words), 7) for words in SENTENCES]
    for sub, logits in zip(subs, found, strict=True):
        if not len(sub) or len(sub) > 62:
            continue
        ids = torch.tensor([[specials.start, *sub.ids, specials.end]])
        with torch.inference_mode():
            whole = model(input_ids=ids).logits[0, 1:-1].numpy()
        np.testing.assert_allclose(logits, whole[first_subwords(sub)], rtol=1e-4, atol=1e-5)


lists = st.lists(st.sampled_from(range(len(SENTENCES))), max_size=8)


@settings(deadline=None, derandomize=True, max_examples=15)
@given(lists, st.sampled_from([1, 30, 4096]))
def test_the_batch_does_not_matter(
    model: PreTrainedModel, subs: list[SubwordSentence], chosen: list[int], batch: int
) -> None:
    specials = _specials()
    alone = predict_logits(model, subs, specials=specials, max_subwords=20)
    together = predict_logits(
        model, [subs[i] for i in chosen], specials=specials, max_subwords=20, batch_subwords=batch
    )
    for index, logits in zip(chosen, together, strict=True):
        np.testing.assert_allclose(logits, alone[index], rtol=1e-4, atol=1e-5)


def _specials() -> SpecialIds:
    return SpecialIds(start=0, end=2, pad=1, unk=3)


def test_windows_fill_the_positions_to_the_last_and_not_beyond(model: PreTrainedModel) -> None:
    limit = max_window_subwords(model)
    assert limit == 62  # 66 positions, two of them unusable in XLM-R, two for special tokens
    long = SubwordSentence(tuple(range(5, 5 + limit)), tuple(range(limit)))
    (logits,) = predict_logits(model, [long], specials=_specials(), max_subwords=limit)
    assert np.isfinite(logits).all()
    with pytest.raises(ModelError, match="max_subwords=63: the model takes at most 62"):
        predict_logits(model, [long], specials=_specials(), max_subwords=limit + 1)


def test_each_window_is_read_from_its_own_place_and_all_are_merged(
    model: PreTrainedModel,
) -> None:
    # Random, as a sentence that repeats itself may look the same through every window.
    rng = np.random.default_rng(0)
    word_of = np.repeat(np.arange(40), rng.integers(1, 5, 40)).tolist()
    long = SubwordSentence(tuple(rng.integers(5, 60, len(word_of)).tolist()), tuple(word_of))
    windows = split_windows(long, 20, 5)
    assert len(windows) > 3
    specials = _specials()
    alone = []
    for window in windows:
        ids = [specials.start, *long.ids[window.start : window.end], specials.end]
        with torch.inference_mode():
            alone.append(model(input_ids=torch.tensor([ids])).logits[0, 1:-1].numpy())
    expected = merge_windows(windows, alone, len(long))[first_subwords(long)]
    (found,) = predict_logits(model, [long], specials=specials, max_subwords=20, overlap=5)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_long_sentences_are_tagged_to_their_end(
    model: PreTrainedModel, encoder: EncoderSource, label_set: LabelSet
) -> None:
    sentences = [["অসম", "x"] * 150, ["কখগ" * 60], ["ক"]]
    tags = predict_tags(model, load_tokenizer(encoder), sentences, label_set, max_subwords=20)
    assert [len(found) for found in tags] == [300, 1, 1]
    assert not any(find_invalid_tags(found, Scheme.IOB2) for found in tags)
    assert (
        tags[2]
        == predict_tags(model, load_tokenizer(encoder), [["ক"]], label_set, max_subwords=20)[0]
    )


def test_training_mode_is_given_back_and_does_not_matter(
    fresh: Fresh, subs: list[SubwordSentence]
) -> None:
    model = attach_adapter(fresh(), LoraSettings(), seed=0)
    expected = predict_logits(model.eval(), subs, specials=_specials(), max_subwords=20)
    model.train()
    found = predict_logits(model, subs, specials=_specials(), max_subwords=20)
    assert model.training
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_array_equal(left, right)


def test_tags_of_another_label_set_are_refused(
    model: PreTrainedModel, encoder: EncoderSource
) -> None:
    with pytest.raises(ModelError, match="the model's tags are"):
        predict_tags(
            model, load_tokenizer(encoder), [["ক"]], LabelSet(("LOC", "ORG", "PER")), max_subwords=9
        )
