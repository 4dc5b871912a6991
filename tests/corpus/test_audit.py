"""Audits against counts made another way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from corpus.conftest import sentences
from nerbridge.corpus import Sentence, build_corpus
from nerbridge.corpus.audit import InvalidTags, audit_corpus, leaked
from nerbridge.corpus.audit import audit as make_audit

Put = Callable[[str, str | bytes], Path]
SPLIT = st.lists(sentences(st.sampled_from(["অসম", "\u09df", "য়", "a", "a।"])), max_size=6)


def read_by_hand(path: Path) -> list[tuple[str, ...]]:
    """The words of every sentence, by other means than the reader's."""
    blocks = path.read_text("utf-8").strip("\n").split("\n\n")
    return [tuple(line.split("\t")[0] for line in block.splitlines()) for block in blocks]


def test_the_leak_of_wikiann_hindi(shared: Path) -> None:
    folder = shared / "data" / "wikiann_hi"
    audit = make_audit(folder, language="hi")
    by_split = {(overlap.split, overlap.other): overlap for overlap in audit.overlaps}
    found = by_split["test", "train"]
    assert (found.n_shared_sentences, found.n_shared_sentences_normalised) == (320, 336)

    train, validation, test = (
        read_by_hand(folder / f"{split}.conll") for split in ("train", "validation", "test")
    )
    assert sum(words in set(train) for words in test) == 320
    n_leaked = sum(words in set(train) for words in validation)
    assert by_split["validation", "train"].n_shared_sentences == n_leaked
    assert audit.splits["train"].n_sentences == len(train) == 5000
    assert audit.splits["train"].n_duplicates == len(train) - len(set(train)) == 1050
    assert audit.splits["test"].n_words == sum(map(len, test))


@given(SPLIT, SPLIT)
def test_leaked_against_comparing_each_with_each(
    test: list[Sentence], train: list[Sentence]
) -> None:
    def plain(sentence: Sentence) -> str:
        return "".join(sentence.words).replace("\u09df", "য়").replace("।", "")

    expected = [any(plain(one) == plain(other) for other in train) for one in test]
    assert leaked(test, train) == expected
    audit = audit_corpus(build_corpus("x", "as", {"train": train, "test": test}))
    (overlap,) = audit.overlaps
    assert (overlap.split, overlap.other) == ("test", "train")
    assert overlap.n_shared_sentences_normalised == sum(expected)
    assert overlap.n_shared_sentences == sum(
        any(one.words == other.words for other in train) for one in test
    )
    assert 0 <= overlap.n_shared_mentions <= overlap.n_shared_mentions_normalised
    assert overlap.n_shared_mentions_normalised <= overlap.n_mentions
    assert json.loads(json.dumps(audit.to_dict()))["splits"]["test"]["n_sentences"] == len(test)


def test_neither_spaces_nor_punctuation_hide_a_leak() -> None:
    def sentence(text: str) -> Sentence:
        return Sentence(tuple(text.split()), ("O",) * len(text.split()))

    train = [sentence("অসম ( ভাৰত )"), sentence("১৯ - ৬"), sentence("। ।")]
    test = ["অসম , ভাৰত ।", "অসমভাৰত", "ভাৰত অসম", "১ - ৯৬", "১৯ - ৬", "।"]
    expected = [True, True, False, False, True, False]
    assert leaked([sentence(text) for text in test], train) == expected


def test_facts_by_hand() -> None:
    train = [
        Sentence(("অসম", "রা\u200dম", "।"), ("B-LOC", "B-PER", "O")),
        Sentence(("অসম", "রাম", "।"), ("B-LOC", "O", "O")),
        Sentence(("क\u200cख", "x", "\u09df"), ("O", "O", "O")),
        Sentence(("क\u200cख", "x", "\u09df"), ("O", "O", "O")),
    ]
    test = [Sentence(("রাম",), ("B-PER",)), Sentence(("অসম", "2"), ("B-ORG", "O"))]
    audit = audit_corpus(build_corpus("x", "as", {"train": train, "test": test}))
    facts = audit.splits["train"]
    assert (facts.n_sentences, facts.n_words, facts.n_entities) == (4, 12, 3)
    assert facts.n_without_entity == 2
    assert facts.type_counts == {"LOC": 2, "PER": 1}
    assert facts.tag_counts == {"B-LOC": 2, "B-PER": 1, "O": 9}
    assert (facts.n_duplicates, facts.n_duplicates_normalised, facts.n_conflicts) == (1, 2, 1)
    assert facts.scripts == {"Beng": 6, "Deva": 2, "Latn": 2, "none": 2}
    assert (facts.mean_words, facts.median_words, facts.max_words) == (3.0, 3.0, 3)
    assert facts.sentence_lengths == {3: 4}
    assert facts.n_subwords is None
    forms = facts.unicode_forms
    assert (forms.n_not_nfc, forms.n_not_nfd, forms.n_with_zwj, forms.n_with_zwnj) == (2, 2, 1, 2)
    assert (forms.n_changed_by_normalisation, forms.n_variants) == (5, 1)
    (overlap,) = audit.overlaps
    assert (overlap.n_mentions, overlap.n_shared_mentions) == (2, 0)
    assert overlap.n_shared_mentions_normalised == 1


def test_subwords_are_counted_as_the_model_will_see_them() -> None:
    vocabulary = {"[UNK]": 0, "অ": 1, "##স": 2, "##ম": 3, "a": 4}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    corpus = build_corpus("x", "as", {"test": [Sentence(("অসম", "a"), ("O", "O"))]})
    facts = audit_corpus(corpus, tokenizer).splits["test"]
    assert (facts.n_subwords, facts.subwords_per_word) == (4, 2.0)


def test_invalid_tags_are_reported_and_repaired(put: Put) -> None:
    put("c/train.conll", "x\tB-PER\ny\tO\nz\tB-LOC\n\nx\tB-PER\n\nx\tO\ny\tI-LOC\n")
    path = put("c/test.conll", "x\tO\n")
    audit = make_audit(path.parent)
    train = path.parent / "train.conll"
    assert audit.splits["train"].invalid_tags == InvalidTags(
        1, (f"{train}:8: tag 'I-LOC' follows 'O'",)
    )
    assert audit.splits["test"].invalid_tags == InvalidTags(0, ())
    assert audit.losses == {"repaired_tags": 1}
    assert audit.splits["train"].type_counts == {"LOC": 2, "PER": 2}
