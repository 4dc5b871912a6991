import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.corpus.overlap import normalised_key
from nerbridge.corpus.sentence import Sentence
from nerbridge.corpus.splitting import divide_sentences
from nerbridge.errors import InputError
from text.indic import properties

SHARES = {"train": 80.0, "validation": 10.0, "test": 10.0}


def sentence(text: str, line: int = 0, tag: str = "O", document: str = "") -> Sentence:
    words = tuple(text.split())
    return Sentence(words, (tag,) * len(words), "f.jsonl", line, document=document)


@given(
    numbers=st.lists(st.integers(0, 40), min_size=3, max_size=80),
    documents=st.integers(0, 6),
    shares=st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any),
    seed=st.integers(0, 99),
)
@properties
def test_parts_are_disjoint_complete_and_hold_whole_documents(
    numbers: list[int], documents: int, shares: list[int], seed: int
) -> None:
    found = [
        sentence(f"বাক্য{n} শেষ।", line, document=str(n % documents) if documents else "")
        for line, n in enumerate(numbers)
    ]
    asked = dict(zip(SHARES, map(float, shares), strict=True))
    try:
        parts = divide_sentences(found, asked, seed=seed)
    except InputError:
        n_groups = len({n % documents if documents else n for n in numbers})
        assert n_groups < sum(map(bool, shares))
        return
    assert set(parts.splits) == {split for split, share in asked.items() if share}
    assert all(parts.splits.values())
    keys = [normalised_key(one) for part in parts.splits.values() for one in part]
    assert len(keys) == len(set(keys)) == len(set(numbers))
    assert parts.n_duplicates == len(numbers) - len(keys)
    if documents:
        where = Counter(
            document for part in parts.splits.values() for document in {s.document for s in part}
        )
        assert set(where.values()) == {1}
    assert parts == divide_sentences(found, asked, seed=seed)


def test_shares_are_kept() -> None:
    found = [sentence(f"বাক্য{n}", n) for n in range(1000)]
    sizes = {split: len(part) for split, part in divide_sentences(found, SHARES).splits.items()}
    assert sizes == {"train": 800, "validation": 100, "test": 100}
    order = [one.line for one in divide_sentences(found, SHARES).splits["train"]]
    assert order == sorted(order)
    assert order != [one.line for one in divide_sentences(found, SHARES, seed=1).splits["train"]]


def test_large_documents_go_where_they_fit() -> None:
    rng = random.Random(3)
    sizes = [rng.randint(1, 30) for _ in range(60)]
    found = [
        sentence(f"ক{n} খ{i}", 0, document=str(n))
        for n, size in enumerate(sizes)
        for i in range(size)
    ]
    parts = divide_sentences(found, SHARES).splits
    assert len(parts["train"]) == pytest.approx(0.8 * len(found), abs=30)


def test_three_sentences_make_three_parts() -> None:
    parts = divide_sentences([sentence(word, n) for n, word in enumerate("কখগ")], SHARES)
    assert [len(part) for part in parts.splits.values()] == [1, 1, 1]


def test_of_duplicates_the_last_labels_stay() -> None:
    found = [
        sentence("ৰমেন আহিল।", 1),
        sentence("হয়।", 2),
        sentence("ৰমেন আহিল", 3, "B-PER"),
        sentence("নহয়।", 4),
        sentence("হয়।", 5),
    ]
    parts = divide_sentences(found, {"train": 1.0, "validation": 0.0, "test": 0.0})
    assert [one.line for one in parts.splits["train"]] == [3, 5, 4]
    assert (parts.n_duplicates, parts.n_conflicts) == (2, 1)


def test_sentences_of_one_running_text_stay_together() -> None:
    found = [sentence(f"ক{n}", 1) for n in range(5)] + [sentence("খ", 2), sentence("গ", 3)]
    parts = divide_sentences(found, SHARES).splits.values()
    assert sorted(len(part) for part in parts) == [1, 1, 5]


def test_too_few() -> None:
    same = [sentence("একে বাক্য", n) for n in range(9)]
    with pytest.raises(InputError, match=r"1 distinct of 9 sentences; .*--shares"):
        divide_sentences(same, SHARES)
    one_document = [sentence(f"ক{n}", n, document="d") for n in range(9)]
    with pytest.raises(InputError, match=r"9 sentences in 1 documents; .*--cut-documents"):
        divide_sentences(one_document, SHARES)
    assert divide_sentences(one_document, SHARES, keep_documents=False).n_documents == 0
