from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, trainers
from tokenizers.models import BPE, Unigram, WordLevel, WordPiece

from nerbridge.alignment.subwords import (
    IGNORE_INDEX,
    SubwordSentence,
    align_labels,
    encode_sentences,
    first_subwords,
)

UNK = 0
PIECES = ["<unk>", "▁", *"অসমপৰকতিাীুে", "▁অ", "▁স", "▁ম", "▁প", "অস", "সম"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(Unigram([(piece, -1.0) for piece in PIECES], unk_id=UNK))
    tokenizer.normalizer = normalizers.Replace("\u200b", " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    return tokenizer


properties = settings(deadline=None, derandomize=True, max_examples=60)
words = st.text(alphabet="অসমপৰকতিাীুেxyz\u200b\u200d \u3000", max_size=6)


@properties
@given(st.lists(st.lists(words, max_size=6), max_size=4))
def test_every_word_has_subwords_and_they_are_those_of_the_word_alone(
    tokenizer: Tokenizer, sentences: list[list[str]]
) -> None:
    encoded = encode_sentences(tokenizer, sentences, UNK)
    assert [sub.n_words for sub in encoded] == [len(sentence) for sentence in sentences]
    for sentence, sub in zip(sentences, encoded, strict=True):
        assert list(sub.word_of) == sorted(sub.word_of)
        n_lost = 0
        for index, word in enumerate(sentence):
            found = [id_ for id_, owner in zip(sub.ids, sub.word_of, strict=True) if owner == index]
            alone = tokenizer.encode([word], is_pretokenized=True, add_special_tokens=False).ids
            n_lost += not alone
            assert found == (alone or [UNK])
        assert sub.n_unmapped == n_lost


def test_a_lost_word_takes_its_place_and_is_counted(tokenizer: Tokenizer) -> None:
    (sub,) = encode_sentences(tokenizer, [["অ", "\u200b", "", "সম"]], UNK)
    assert (sub.n_words, sub.n_unmapped) == (4, 2)
    assert [sub.ids[position] for position in first_subwords(sub)[1:3]] == [UNK, UNK]


def test_truncation_and_padding_of_the_tokenizer_are_not_used_and_stay(
    tokenizer: Tokenizer,
) -> None:
    limited = Tokenizer.from_str(tokenizer.to_str())
    limited.enable_truncation(max_length=2)
    limited.enable_padding(length=9)
    sentences = [["অসম"] * 5, ["অ"]]
    assert encode_sentences(limited, sentences, UNK) == encode_sentences(tokenizer, sentences, UNK)
    assert limited.truncation is not None
    assert limited.truncation["max_length"] == 2
    assert limited.padding is not None
    assert limited.padding["length"] == 9


@properties
@given(st.lists(st.integers(1, 4), max_size=8))
def test_labels_stand_on_first_subwords_and_nowhere_else(lengths: list[int]) -> None:
    word_of = np.repeat(np.arange(len(lengths)), lengths)
    sub = SubwordSentence(tuple(range(len(word_of))), tuple(word_of.tolist()))
    labels = align_labels(sub, list(range(len(lengths))))
    assert len(labels) == len(sub)
    assert [label for label in labels if label != IGNORE_INDEX] == list(range(len(lengths)))
    assert [labels[position] for position in first_subwords(sub)] == list(range(len(lengths)))


def test_labels_and_words_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="1 labels for 2 words"):
        align_labels(SubwordSentence((5, 6), (0, 1)), [0])


def test_the_real_xlm_r_vocabulary(shared: Path) -> None:
    path = shared / "tokenizers/xlm-roberta-base/tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    sentence = ["গুৱাহাটীত", "Guwahati", "\u200b", "অসমৰ"]
    (sub,) = encode_sentences(tokenizer, [sentence], 3)
    assert (sub.n_words, sub.n_unmapped) == (4, 1)
    starts = [tokenizer.id_to_token(sub.ids[position]) for position in first_subwords(sub)]
    assert starts[2] == "<unk>"
    assert all(starts[index].startswith("▁") for index in (0, 1, 3))


def _byte_level(first: str | None = None, *, add_prefix_space: bool = False) -> Tokenizer:
    """As RoBERTa, DeBERTa and GPT-2 cut (``add_prefix_space`` as given), or as ModernBERT does."""
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        show_progress=False,
        special_tokens=["<unk>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer = Tokenizer(BPE())
    if first == "ModernBERT":
        tokenizer.normalizer = normalizers.NFC()
    if first == "Split":
        digits = Regex(r" ?\p{L}+| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(digits, "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    tokenizer.train_from_iterator(RUNNING, trainer)
    return tokenizer


def _pieces_bpe(scheme: str) -> Tokenizer:
    """BPE over "▁", written by the pre-tokenizer or by the normalizer, as in Gemma and mmBERT."""
    trainer = trainers.BpeTrainer(vocab_size=300, show_progress=False, special_tokens=["<unk>"])
    tokenizer = Tokenizer(BPE(unk_token="<unk>"))
    prefix = "never" if scheme == "Gemma" else scheme
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=prefix)
    tokenizer.train_from_iterator(RUNNING, trainer)
    if scheme == "Gemma":
        # Its pieces, too, were learned within words.
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    return tokenizer


def _word_piece() -> Tokenizer:
    trainer = trainers.WordPieceTrainer(
        vocab_size=300, show_progress=False, special_tokens=["<unk>"]
    )
    tokenizer = Tokenizer(WordPiece(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(RUNNING, trainer)
    return tokenizer


RUNNING = [
    "নদীখনৰ পাৰত থকা গাঁওবোৰ বহুত পুৰণি ।",
    "hello world, the town's old bridge isn't there .",
    "In 1998 the river carried 12345 boats !",
] * 3
KINDS = {
    "RoBERTa": _byte_level,
    "RoBERTa with add_prefix_space": lambda: _byte_level(add_prefix_space=True),
    "ModernBERT": lambda: _byte_level("ModernBERT"),
    "Split and ByteLevel": lambda: _byte_level("Split"),
    "Metaspace always": lambda: _pieces_bpe("always"),
    "Metaspace first": lambda: _pieces_bpe("first"),
    "Metaspace never": lambda: _pieces_bpe("never"),
    "Gemma": lambda: _pieces_bpe("Gemma"),
    "BERT": _word_piece,
}
running_words = st.text(alphabet="নদীখৰগাঁও্।helowrdtn's'`,.!-1290éৰ😀\u200d", min_size=1, max_size=7)


@pytest.fixture(scope="module", params=KINDS)
def any_kind(request: pytest.FixtureRequest) -> Tokenizer:
    made: Tokenizer = KINDS[request.param]()
    return made


@properties
@given(st.lists(running_words, min_size=1, max_size=6))
def test_the_subwords_of_words_are_those_of_running_text(
    any_kind: Tokenizer, sentence: list[str]
) -> None:
    (sub,) = encode_sentences(any_kind, [sentence], UNK)
    running = any_kind.encode(" ".join(sentence), add_special_tokens=False).ids
    unmapped = [UNK] * sub.n_unmapped
    assert sorted(sub.ids) == sorted([*running, *unmapped])
    if not unmapped:
        assert list(sub.ids) == running
    assert sub.n_words == len(sentence)


def test_words_after_the_first_carry_their_space() -> None:
    tokenizer = _byte_level()
    tokenizer.decoder = decoders.ByteLevel()
    (sub,) = encode_sentences(tokenizer, [["hello", "world", "town"]], UNK)
    first = [tokenizer.id_to_token(sub.ids[position])[0] for position in first_subwords(sub)]
    assert first == ["h", "Ġ", "Ġ"]
    assert tokenizer.decode(list(sub.ids)) == "hello world town"


def test_without_a_cut_at_spaces_words_are_looked_up_whole() -> None:
    whole = Tokenizer(WordLevel({"<unk>": 0, "নদী": 1, "গাঁও": 2}, unk_token="<unk>"))
    assert encode_sentences(whole, [["নদী", "গাঁও", "x"]], UNK)[0].ids == (1, 2, 0)
