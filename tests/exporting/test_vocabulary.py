"""Smaller vocabularies that cut the same text the same way."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import nn

from nerbridge.alignment.subwords import SpecialIds, encode_sentences
from nerbridge.corpus.reading import read_corpus
from nerbridge.errors import ModelError
from nerbridge.exporting.vocabulary import (
    count_changed,
    trim_embedding,
    trim_tokenizer,
    used_pieces,
)
from nerbridge.models.encoder import load_token_classifier, resolve_encoder
from nerbridge.text.model_input import to_model_form

SPECIAL_PIECES = ["<s>", "<pad>", "</s>", "<unk>"]
SPECIALS = SpecialIds(start=0, end=2, pad=1, unk=3)
LETTERS = "abc"
properties = settings(deadline=None, derandomize=True, max_examples=50)

# "d" has no piece of its own in most vocabularies drawn, and "e" never.
words = st.text("abcde", min_size=1, max_size=8)
texts = st.lists(words, min_size=1, max_size=6)
pieces = st.lists(
    st.tuples(st.text("▁abcd", min_size=1, max_size=4), st.integers(-6, -1)),
    max_size=25,
    unique_by=lambda entry: entry[0],
)


def unigram(drawn: list[tuple[str, int]], **more: Any) -> Tokenizer:
    scores = dict.fromkeys(SPECIAL_PIECES, 0.0) | dict.fromkeys(LETTERS, -5.0)
    scores |= {piece: float(score) for piece, score in drawn} | {"<mask>": 0.0}
    tokenizer = Tokenizer(models.Unigram(list(scores.items()), unk_id=3, **more))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return finish(tokenizer)


def wordpiece(drawn: list[tuple[str, int]]) -> Tokenizer:
    found = [piece.replace("▁", "##", 1) if piece[0] == "▁" else piece for piece, _ in drawn]
    found = [piece for piece in found if "▁" not in piece and piece != "##"]
    names = [*SPECIAL_PIECES, *LETTERS, *(f"##{letter}" for letter in LETTERS), *found, "<mask>"]
    vocabulary = {piece: id_ for id_, piece in enumerate(dict.fromkeys(names))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return finish(tokenizer)


def finish(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.add_special_tokens([*SPECIAL_PIECES, "<mask>"])
    mask = tokenizer.token_to_id("<mask>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s> <mask>", special_tokens=[("<s>", 0), ("</s>", 2), ("<mask>", mask)]
    )
    return tokenizer


MAKERS = {"unigram": unigram, "wordpiece": wordpiece}
every_kind = pytest.mark.parametrize("kind", MAKERS)


@every_kind
@given(drawn=pieces, covered=texts)
@properties
def test_text_it_was_trimmed_to_is_cut_as_before(
    kind: str, drawn: list[tuple[str, int]], covered: list[str]
) -> None:
    full = MAKERS[kind](drawn)
    used = used_pieces(full, [[covered]], SPECIALS.unk)
    trimmed = trim_tokenizer(full, used, SPECIALS)
    [before] = encode_sentences(full, [covered], SPECIALS.unk)
    [after] = encode_sentences(trimmed.tokenizer, [covered], SPECIALS.unk)
    assert after.word_of == before.word_of
    assert tuple(trimmed.kept[id_] for id_ in after.ids) == before.ids


@every_kind
@given(drawn=pieces, covered=texts, other=texts)
@properties
def test_nothing_becomes_unknown(
    kind: str, drawn: list[tuple[str, int]], covered: list[str], other: list[str]
) -> None:
    full = MAKERS[kind](drawn)
    used = used_pieces(full, [[covered]], SPECIALS.unk)
    trimmed = trim_tokenizer(full, used, SPECIALS)
    for word in other:
        [before] = encode_sentences(full, [[word]], SPECIALS.unk)
        [after] = encode_sentences(trimmed.tokenizer, [[word]], SPECIALS.unk)
        if SPECIALS.unk not in before.ids:
            assert SPECIALS.unk not in after.ids


@every_kind
@given(drawn=pieces, covered=texts)
@properties
def test_special_tokens_and_text_keep_their_names(
    kind: str, drawn: list[tuple[str, int]], covered: list[str]
) -> None:
    full = MAKERS[kind](drawn)
    trimmed = trim_tokenizer(full, used_pieces(full, [[covered]], SPECIALS.unk), SPECIALS)
    assert len(trimmed.kept) == trimmed.tokenizer.get_vocab_size() <= full.get_vocab_size()
    assert trimmed.kept[: SPECIALS.unk + 1] == (0, 1, 2, 3)
    assert all(
        trimmed.tokenizer.id_to_token(new) == full.id_to_token(old)
        for new, old in enumerate(trimmed.kept)
    )
    before, after = (t.encode(covered, is_pretokenized=True) for t in (full, trimmed.tokenizer))
    assert after.tokens == before.tokens
    assert [trimmed.kept[id_] for id_ in after.ids] == before.ids


def test_a_rarer_piece_than_all_kept_ones_still_sets_the_price_of_the_unknown() -> None:
    # Unknown costs 10 more than the rarest piece. Without "zz" that would be -15 for the d of
    # "ad", which then is cheaper than the piece "ad" at -21.
    full = unigram([("zz", -40), ("z", -5), ("▁ad", -31), ("▁", -5)])
    used = used_pieces(full, [[["ad"]]], SPECIALS.unk)
    assert full.token_to_id("▁ad") in used
    trimmed = trim_tokenizer(full, used, SPECIALS)
    assert trimmed.tokenizer.encode(["ad"], is_pretokenized=True).tokens[1] == "▁ad"
    assert trimmed.tokenizer.token_to_id("zz") is not None


def test_bytes_stay() -> None:
    names = [f"<0x{byte:02X}>" for byte in range(256)]
    full = unigram([(name, -9) for name in names], byte_fallback=True)
    trimmed = trim_tokenizer(full, set(), SPECIALS)
    assert all(trimmed.tokenizer.token_to_id(name) is not None for name in names)
    [after] = encode_sentences(trimmed.tokenizer, [["ж"]], SPECIALS.unk)
    assert SPECIALS.unk not in after.ids


@pytest.mark.parametrize(
    "processor",
    [
        processors.BertProcessing(("<mask>", 8), ("<s>", 0)),
        processors.RobertaProcessing(("<mask>", 8), ("<s>", 0)),
        processors.Sequence([processors.BertProcessing(("</s>", 2), ("<mask>", 8))]),
    ],
)
def test_every_post_processor_is_renumbered(processor: Any) -> None:
    full = unigram([("ab", -1)])
    assert full.token_to_id("<mask>") == 8
    full.post_processor = processor
    trimmed = trim_tokenizer(full, set(), SPECIALS)
    assert trimmed.tokenizer.token_to_id("<mask>") == 7
    before, after = full.encode("a"), trimmed.tokenizer.encode("a")
    assert [trimmed.kept[id_] for id_ in after.ids] == before.ids


@every_kind
def test_pieces_that_alone_know_a_character_stay(kind: str) -> None:
    full = MAKERS[kind]([("ade", -1), ("▁ade", -1), ("▁be", -1), ("be", -1)])
    trimmed = trim_tokenizer(full, set(), SPECIALS)
    for word in ("ade", "be"):
        for tokenizer in (full, trimmed.tokenizer):
            [cut] = encode_sentences(tokenizer, [[word]], SPECIALS.unk)
            assert SPECIALS.unk not in cut.ids


def test_the_padding_id_stays_where_it_is() -> None:
    # Positions of some encoders are counted from it.
    pieces = ["<unk>", "ab", "ac", "<pad>", "<s>", "</s>", *LETTERS, "abc"]
    full = Tokenizer(models.Unigram([(piece, -1.0) for piece in pieces], unk_id=0))
    trimmed = trim_tokenizer(full, {7}, SpecialIds(start=4, end=5, pad=3, unk=0))
    assert trimmed.kept == (0, 1, 2, 3, 4, 5, 6, 7, 8)


def test_byte_pairs_are_refused() -> None:
    full = Tokenizer(models.BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")]))
    with pytest.raises(ModelError, match="BPE tokenizer cannot be trimmed exactly"):
        trim_tokenizer(full, {2}, SPECIALS)


def test_a_real_vocabulary() -> None:
    source = resolve_encoder("bundled:mini")
    full = Tokenizer.from_file(str(source.folder / "tokenizer.json"))
    own = sentences_of("bundled:as")
    unk = full.token_to_id("<unk>")
    specials = SpecialIds(full.token_to_id("<s>"), full.token_to_id("</s>"), 1, unk)
    trimmed = trim_tokenizer(full, used_pieces(full, [own], unk), specials)
    assert len(trimmed.kept) < full.get_vocab_size() / 3
    counts = count_changed(full, trimmed, own, unk)
    assert counts.n_words_changed == 0
    assert counts.n_subwords_full == counts.n_subwords_trimmed
    other = count_changed(full, trimmed, sentences_of("bundled:bn"), unk)
    assert 0 < other.n_words_changed < other.n_words
    assert other.n_subwords_trimmed > other.n_subwords_full


def sentences_of(corpus: str) -> list[list[str]]:
    splits = read_corpus(corpus).splits.values()
    return [[to_model_form(word, "Beng") for word in s.words] for split in splits for s in split]


def test_the_embedding_keeps_the_rows_of_the_pieces(encoder: Any, label_set: Any) -> None:
    model = load_token_classifier(encoder, label_set, seed=0)
    full = model.get_input_embeddings().weight.detach().clone()
    kept = (0, 1, 2, 3, 7, 11, len(full) - 1)
    trim_embedding(model, kept)
    embedding = model.get_input_embeddings()
    assert torch.equal(embedding.weight, full[list(kept)])
    assert embedding.padding_idx == 1
    assert (model.config.vocab_size, model.config.pad_token_id) == (len(kept), 1)
    assert (model.config.bos_token_id, model.config.eos_token_id) == (0, 2)


def test_an_embedding_that_does_not_fit_is_refused(encoder: Any, label_set: Any) -> None:
    model = load_token_classifier(encoder, label_set, seed=0)
    with pytest.raises(ModelError, match="tokenizer's last id 100000"):
        trim_embedding(model, (0, 1, 100_000))
    model.set_input_embeddings(nn.Linear(2, 2))
    with pytest.raises(ModelError, match="embedding is a Linear"):
        trim_embedding(model, (0, 1))


def test_the_full_tokenizer_stays_as_it_was() -> None:
    full = unigram([("ab", -1)])
    text = full.to_str()
    trim_tokenizer(full, set(), SPECIALS)
    assert full.to_str() == text
