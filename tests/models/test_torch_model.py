from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedModel

from nerbridge.alignment.subwords import (
    SubwordSentence,
    encode_sentences,
    first_subwords,
)
from nerbridge.alignment.windows import merge_windows, split_windows
from nerbridge.labels import LabelSet, Scheme, find_invalid_tags
from nerbridge.models.adapter import LoraSettings, attach_adapter
from nerbridge.models.encoder import (
    EncoderSource,
    load_token_classifier,
    load_tokenizer,
    max_window_subwords,
)
from nerbridge.models.torch_model import TorchNetwork, to_word_model
from nerbridge.models.word_model import TokenClassifier

Fresh = Callable[[], PreTrainedModel]
SENTENCES = [["অসম", "কলিকতা"], [], ["মদন"], ["দাস", "ab", "খবৰ"] * 12, ["অ"] * 7]


@pytest.fixture(scope="module")
def model(encoder: EncoderSource, label_set: LabelSet) -> PreTrainedModel:
    return load_token_classifier(encoder, label_set, seed=1)


@pytest.fixture(scope="module")
def classifier(
    model: PreTrainedModel, encoder: EncoderSource, label_set: LabelSet
) -> TokenClassifier:
    network = TorchNetwork(model, load_tokenizer(encoder))
    return to_word_model(network, label_set, script=None, max_subwords=20)


@pytest.fixture(scope="module")
def subs(encoder: EncoderSource) -> list[SubwordSentence]:
    return encode_sentences(load_tokenizer(encoder).backend_tokenizer, SENTENCES, 3)


def test_logits_are_those_of_the_first_subwords_as_transformers_gives_them(
    model: PreTrainedModel, classifier: TokenClassifier, subs: list[SubwordSentence]
) -> None:
    specials = classifier.specials
    found = replace(classifier, max_subwords=62, batch_subwords=100).encoded_logits(subs)
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
    classifier: TokenClassifier, subs: list[SubwordSentence], chosen: list[int], batch: int
) -> None:
    alone = classifier.encoded_logits(subs)
    in_batches = replace(classifier, batch_subwords=batch)
    together = in_batches.encoded_logits([subs[i] for i in chosen])
    for index, logits in zip(chosen, together, strict=True):
        np.testing.assert_allclose(logits, alone[index], rtol=1e-4, atol=1e-5)


def test_windows_fill_the_positions_to_the_last_and_not_beyond(
    model: PreTrainedModel, encoder: EncoderSource, label_set: LabelSet
) -> None:
    network = TorchNetwork(model, load_tokenizer(encoder))
    limit = max_window_subwords(model)
    assert limit == 62  # 66 positions, two of them unusable in XLM-R, two for special tokens
    for asked in (None, limit, limit + 1):
        whole = to_word_model(network, label_set, script=None, max_subwords=asked)
        assert whole.max_subwords == limit
        long = SubwordSentence(tuple(range(5, 5 + limit)), tuple(range(limit)))
        assert np.isfinite(whole.encoded_logits([long])[0]).all()


def test_each_window_is_read_from_its_own_place_and_all_are_merged(
    model: PreTrainedModel, classifier: TokenClassifier
) -> None:
    # Random, as a sentence that repeats itself may look the same through every window.
    rng = np.random.default_rng(0)
    word_of = np.repeat(np.arange(40), rng.integers(1, 5, 40)).tolist()
    long = SubwordSentence(tuple(rng.integers(5, 60, len(word_of)).tolist()), tuple(word_of))
    windows = split_windows(long, 20, 5)
    assert len(windows) > 3
    specials = classifier.specials
    alone = []
    for window in windows:
        ids = [specials.start, *long.ids[window.start : window.end], specials.end]
        with torch.inference_mode():
            alone.append(model(input_ids=torch.tensor([ids])).logits[0, 1:-1].numpy())
    expected = merge_windows(windows, alone, len(long))[first_subwords(long)]
    (found,) = classifier.encoded_logits([long])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_long_sentences_are_tagged_to_their_end(classifier: TokenClassifier) -> None:
    sentences = [["অসম", "x"] * 150, ["কখগ" * 60], ["ক"]]
    tags = classifier.tag_many(sentences)
    assert [len(found) for found in tags] == [300, 1, 1]
    assert not any(find_invalid_tags(found, Scheme.IOB2) for found in tags)
    assert tags[2] == classifier.tag_many([["ক"]])[0]


def test_training_mode_is_given_back_and_does_not_matter(
    fresh: Fresh, encoder: EncoderSource, label_set: LabelSet
) -> None:
    model = attach_adapter(fresh(), LoraSettings(), seed=0)
    live = to_word_model(TorchNetwork(model, load_tokenizer(encoder)), label_set, script=None)
    model.eval()
    expected = live.word_logits(SENTENCES)
    model.train()
    found = live.word_logits(SENTENCES)
    assert model.training
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_array_equal(left, right)
