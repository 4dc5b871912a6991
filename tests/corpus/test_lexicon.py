"""Words of a source replaced by those of a lexicon."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.corpus.lexicon import (
    Lexicon,
    apply_lexicon,
    count_words,
    find_lexicon,
    read_lexicon,
)
from nerbridge.corpus.reading import build_corpus
from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.errors import CorpusError
from nerbridge.labels import OUTSIDE, tags_to_spans
from nerbridge.text.normalise import normalise_text

ENTRIES = """# Hindi as Assamese says it
में	-ত
ने	-ে/য়ে
से	-ৰ পৰা
है	-
और	আৰু
शहर	চহৰ
राजमार्ग	ৰাষ্ট্ৰীয় ঘাইপথ
-ों	-সকল
"""


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    return read_lexicon(write(tmp_path, ENTRIES))


def write(folder: Path, text: str) -> Path:
    path = folder / "hi-as.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def corpus(words: str, tags: str) -> Corpus:
    sentence = Sentence(tuple(words.split()), tuple(tags.split()))
    return build_corpus("own", "hi", {"train": (sentence,), "test": (sentence,)})


@pytest.mark.parametrize(
    ("words", "tags", "new_words", "new_tags"),
    [
        ("राम और शहर", "B-PER O O", "राम আৰু চহৰ", "B-PER O O"),
        ("दिल्ली में है ।", "B-LOC O O O", "दिल्लीত ।", "B-LOC O"),
        ("राम ने कहा", "B-PER O O", "रामে कहा", "B-PER O"),
        ("दिल्ली ने कहा", "B-LOC O O", "दिल्लीয়ে कहा", "B-LOC O"),
        ("সময় ने", "O O", normalise_text("সময়ে"), "O"),
        ("दिल्ली से", "B-LOC O", "दिल्लीৰ পৰা", "B-LOC O"),
        ("शहर है।", "O O", "চহৰ।", "O"),
        ("शहर, और", "O O", "চহৰ, আৰু", "O O"),
        ("राजमार्ग 5", "B-ORG I-ORG", "ৰাষ্ট্ৰীয় ঘাইপথ 5", "B-ORG I-ORG I-ORG"),
        ("राम में राम", "B-ORG I-ORG I-ORG", "रामত राम", "B-ORG I-ORG"),
        ("लोगों ने", "O O", "लोगসকলে", "O"),
    ],
)
def test_words_are_replaced_and_entities_stay(
    lexicon: Lexicon, words: str, tags: str, new_words: str, new_tags: str
) -> None:
    (sentence,) = apply_lexicon(corpus(words, tags), lexicon).splits["train"]
    assert " ".join(sentence.words) == new_words
    assert " ".join(sentence.tags) == new_tags


@pytest.mark.parametrize(
    ("words", "tags"),
    [
        ("में राम", "O B-PER"),
        ("2017 में", "O O"),
        ("राम में", "B-PER B-LOC"),
        ("राम है", "B-PER I-PER"),
        ("है", "O"),
        ("कों", "O"),
    ],
)
def test_what_does_not_fit_stays_a_word(lexicon: Lexicon, words: str, tags: str) -> None:
    before = corpus(words, tags)
    after = apply_lexicon(before, lexicon)
    assert after.splits["train"] == before.splits["train"]
    assert after.losses["words_from_lexicon"] == 0


def test_lines_still_to_be_written_pass(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeffऔर\tআৰু\nबाढ़\t\n")
    assert read_lexicon(path).words == {"और": "আৰু"}


def test_the_words_that_a_lexicon_lacks_are_counted(lexicon: Lexicon) -> None:
    sentences = corpus("राम और बाढ़ में बाढ़, 2017 ।", "B-PER O O O O O O").splits["train"]
    missing, n_known = count_words(sentences, lexicon)
    assert (missing, n_known) == ({normalise_text("बाढ़"): 2}, 2)
    assert count_words(sentences, None)[0].total() == 4


def test_every_split_is_changed_and_the_change_is_told(lexicon: Lexicon) -> None:
    before = corpus("राम और शहर में", "B-PER O O O")
    after = apply_lexicon(before, lexicon)
    assert [len(part[0].words) for part in after.splits.values()] == [3, 3]
    assert after.sha256 == before.sha256
    assert after.lexicon_sha256 == lexicon.sha256
    assert after.losses["words_from_lexicon"] == 6


def test_a_share_of_the_words_but_every_ending_is_replaced(lexicon: Lexicon) -> None:
    long = corpus(" ".join(["शहर में"] * 400), " ".join(["O O"] * 400))
    (sentence,) = apply_lexicon(long, lexicon, 0.7).splits["train"]
    assert len(sentence.words) == 400
    assert 240 < sentence.words.count("চহৰত") < 320
    assert apply_lexicon(long, lexicon, 0.7) == apply_lexicon(long, lexicon, 0.7)


WORDS = st.sampled_from(["में", "ने", "से", "है", "और", "शहर", "राजमार्ग", "राम", "है।", "2017", "लोगों"])


@st.composite
def tagged(draw: st.DrawFn) -> Sentence:
    words: list[str] = []
    tags: list[str] = []
    for kind in draw(st.lists(st.sampled_from(["O", "PER", "LOC"]), min_size=1, max_size=6)):
        chunk = draw(st.lists(WORDS, min_size=1, max_size=4))
        words += chunk
        tags += (
            [OUTSIDE] * len(chunk)
            if kind == "O"
            else [f"B-{kind}", *[f"I-{kind}"] * (len(chunk) - 1)]
        )
    return Sentence(tuple(words), tuple(tags))


@given(tagged(), st.floats(0, 1))
def test_every_entity_is_still_there_in_order(sentence: Sentence, share: float) -> None:
    lexicon = read_lexicon(find_lexicon("bundled:hi-as"))
    made = build_corpus("own", "hi", {"train": (sentence,)})
    (new,) = apply_lexicon(made, lexicon, share).splits["train"]
    before, after = (tags_to_spans(s.tags) for s in (sentence, new))
    assert [span.type for span in after] == [span.type for span in before]
    assert all(new.words)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("में -ত\n", r"hi-as\.tsv:1: found 'में -ত'; expected one word, a tab"),
        ("और\tআৰু\n\nऔर\tআৰু\n", r"hi-as\.tsv:3: 'और' has a second entry"),
        ("हवाई अड्डा\tবিমানবন্দৰ\n", "expected one word"),
        ("# nothing\nऔर\t\n", "no entry; expected"),
    ],
)
def test_a_line_that_is_no_entry_is_told_with_its_place(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(CorpusError, match=said):
        read_lexicon(write(tmp_path, text))


def test_a_lexicon_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        CorpusError, match=r"no such bundled lexicon; expected one of .*bundled:hi-as"
    ):
        find_lexicon("bundled:xx-as")
    with pytest.raises(CorpusError, match="no such file"):
        read_lexicon(tmp_path / "none.tsv")
    (tmp_path / "bytes.tsv").write_bytes(b"a\xff")
    with pytest.raises(CorpusError, match="byte 0xff is not UTF-8"):
        read_lexicon(tmp_path / "bytes.tsv")


@pytest.mark.parametrize("name", ["hi-as", "bn-as"])
def test_the_lexicons_of_the_package_are_sound(name: str) -> None:
    lexicon = read_lexicon(find_lexicon(f"bundled:{name}"))
    assert len(lexicon.words) > 600
    for new in [*lexicon.words.values(), *lexicon.endings.values()]:
        assert all("\u0980" <= letter <= "\u09ff" or letter in "-/ ' ’" for letter in new)
