"""Entities that one corpus alone calls so."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.conftest import sentences
from nerbridge.corpus import Sentence, harmonising
from nerbridge.corpus.harmonising import (
    LEFT_OUT,
    WordUsage,
    count_usage,
    find_disagreement,
    harmonise,
    harmonise_corpora,
)
from nerbridge.corpus.reading import build_corpus
from nerbridge.corpus.sentence import Corpus
from nerbridge.labels import tags_to_spans

FEW = sentences(st.sampled_from("কখগ"))


def labelled(text: str) -> Sentence:
    """``তিনি/B-PER ঢাকায়/B-LOC`` as a sentence; words without a tag are outside."""
    pairs = [word.partition("/")[::2] for word in text.split()]
    return Sentence(tuple(word for word, _ in pairs), tuple(tag or "O" for _, tag in pairs))


def corpus(name: str, *texts: str) -> Corpus:
    return build_corpus(name, "bn", {"train": list(map(labelled, texts))})


def everywhere(usage: WordUsage) -> dict[str, WordUsage]:
    return dict.fromkeys(("PER", "ORG", "LOC"), usage)


@given(FEW, st.lists(FEW, max_size=12))
def test_only_entities_that_others_leave_outside_go(
    sentence: Sentence, others: Sequence[Sentence]
) -> None:
    usage = count_usage((s.words, s.tags) for s in others)
    tags = harmonise(sentence.words, sentence.tags, everywhere(usage))
    told = [pair for s in others for pair in zip(s.words, s.tags, strict=True)]
    names = {s.words[e.start_word : e.end_word] for s in others for e in tags_to_spans(s.tags)}

    def is_outside(word: str) -> bool:
        found = [tag for other, tag in told if other == word]
        return len(found) >= 5 and found.count("O") / len(found) >= 0.9

    def is_known(words: tuple[str, ...]) -> bool:
        return len(words) > 1 and words in names

    expected = [
        span
        for span in tags_to_spans(sentence.tags)
        for words in [sentence.words[span.start_word : span.end_word]]
        if is_known(words) or not all(map(is_outside, words))
    ]
    assert tags_to_spans(tags) == expected


def test_a_word_must_have_been_seen_often_enough() -> None:
    for n_seen, expected in ((4, "B-PER"), (5, "O")):
        usage = count_usage([(["তিনি"], ["O"])] * n_seen)
        assert harmonise(["তিনি"], ["B-PER"], everywhere(usage)) == (expected,)


@pytest.mark.parametrize(("n_outside", "expected"), [(8, "B-PER"), (9, "O")])
def test_nine_in_ten_must_be_outside(n_outside: int, expected: str) -> None:
    told = [(["রাম"], ["O"])] * n_outside + [(["রাম"], ["B-PER"])]
    assert harmonise(["রাম"], ["B-PER"], everywhere(count_usage(told))) == (expected,)


def test_a_longer_name_that_another_labels_stays_though_its_words_are_common() -> None:
    told = [(["নির্বাচন", "কমিশন"], ["O", "O"])] * 50
    for known, expected in (
        ([], ("O", "O")),
        ([(["নির্বাচন", "কমিশন"], ["B-ORG", "I-ORG"])], ("B-ORG", "I-ORG")),
    ):
        others = everywhere(count_usage(told + known))
        assert harmonise(["নির্বাচন", "কমিশন"], ["B-ORG", "I-ORG"], others) == expected


def test_who_does_not_label_a_type_has_no_say_about_it() -> None:
    places = corpus("places", *["ঢাকায়/B-LOC যান"] * 3, "রহিম/B-PER")
    persons = corpus("persons", *["ঢাকায় করিম/B-PER"] * 5)
    both = corpus("both", *["ঢাকায় করিম/B-PER"] * 5, "দিল্লি/B-LOC")
    assert find_disagreement([places, persons], [None, None])[0].n_discordant == 0
    assert find_disagreement([places, both], [None, None])[0].n_discordant == 3


def test_a_copy_has_no_say() -> None:
    odd = corpus("odd", *["তিনি/B-PER আসেন"] * 5)
    usual = corpus("usual", *["তিনি যান"] * 5, "রহিম/B-PER")
    found = find_disagreement([odd, odd, usual], [None] * 3)
    assert [discord.n_discordant for discord in found] == [5, 5, 0]


def test_no_more_than_twenty_thousand_sentences_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harmonising, "_MAX_COMPARED", 4)
    odd = corpus("odd", *["তিনি/B-PER"] * 6)
    usual = corpus("usual", "রহিম/B-PER", *["তিনি"] * 9)
    assert find_disagreement([odd, usual], [None, None])[0].n_entities == 4
    assert find_disagreement([odd, usual], [None, None])[0].n_discordant == 0


def test_validation_is_harmonised_and_test_is_not() -> None:
    told = (labelled("তিনি/B-PER"),)
    odd = build_corpus("odd", "bn", {"train": told, "validation": told, "test": told})
    usual = corpus("usual", *["তিনি"] * 5, "রহিম/B-PER")
    changed, _ = harmonise_corpora([odd, usual], [None, None], [True, False])
    tags = {split: sentences[0].tags for split, sentences in changed.splits.items()}
    assert tags == {"train": ("O",), "validation": ("O",), "test": ("B-PER",)}


def test_only_what_others_say_counts_and_only_the_chosen_corpus_changes() -> None:
    odd = corpus("odd", *["তিনি/B-PER আসেন"] * 50, "তিনি/B-PER হাসিনা/I-PER")
    usual = corpus("usual", *["তিনি যান"] * 9, "তিনি/B-LOC", "রহিম/B-PER")
    changed, same = harmonise_corpora([odd, usual], [None, None], [True, False])
    assert same is usual
    assert changed.splits["train"][0].tags == ("O", "O")
    assert changed.splits["train"][-1].tags == ("B-PER", "I-PER")
    assert changed.losses == {LEFT_OUT: 50}
    assert changed.sha256 == odd.sha256
    assert harmonise_corpora([odd, usual], [None, None], [False, False]) == (odd, usual)


def test_words_are_compared_in_the_script_that_the_model_sees() -> None:
    odd = corpus("odd", "তিনি/B-PER")
    hindi = corpus("hindi", *["तिनि"] * 5, "सीता/B-PER")
    apart, _ = harmonise_corpora([odd, hindi], [None, None], [True, False])
    together, _ = harmonise_corpora([odd, hindi], ["Beng", "Beng"], [True, False])
    assert apart.splits["train"][0].tags == ("B-PER",)
    assert together.splits["train"][0].tags == ("O",)


def test_discord_counts_what_harmonising_would_leave_out() -> None:
    odd = corpus("odd", *["তিনি/B-PER আসেন"] * 3, *["পুলিশ/B-ORG"] * 2, "ঢাকায়/B-LOC")
    usual = corpus("usual", *["তিনি যান পুলিশ"] * 5, "ঢাকায়/B-LOC রহিম/B-PER দল/B-ORG")
    found, none = find_disagreement([odd, usual], [None, None])
    assert (found.n_entities, found.n_discordant) == (6, 5)
    assert found.examples == ("তিনি", "পুলিশ")
    assert none.n_discordant == none.share == 0
    changed, _ = harmonise_corpora([odd, usual], [None, None], [True, False])
    assert changed.losses[LEFT_OUT] == found.n_discordant
    assert find_disagreement([changed, usual], [None, None])[0].n_discordant == 0
