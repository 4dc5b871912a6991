"""In which unit offsets count: decided by the spans, or asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from nerbridge.corpus import read_corpus
from nerbridge.corpus.offsets import CharSpan, SpannedText, to_code_points
from nerbridge.errors import CorpusError
from nerbridge.io.offset_unit import OffsetUnit
from nerbridge.text.words import graphemes

Put = Callable[[str, str | bytes], Path]
TEXT = "👍🏽 নীলিমা গগৈ 🎉 নগাঁৱত শিক্ষক"
NAMES = ("নীলিমা গগৈ", "নগাঁৱত")


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def clusters(text: str) -> int:
    """Conjuncts are several clusters to doccano's library."""
    return sum(1 + text[a:b].count("্ষ") for a, b in graphemes(text))


COUNT: dict[OffsetUnit, Callable[[str], int]] = {
    OffsetUnit.CODE_POINTS: len,
    OffsetUnit.UTF16: utf16,
    OffsetUnit.GRAPHEMES: clusters,
}


def spans_of(text: str, names: tuple[str, ...], unit: OffsetUnit) -> list[list[object]]:
    count = COUNT[unit]
    return [
        [count(text[: text.index(n)]), count(text[: text.index(n) + len(n)]), "X"] for n in names
    ]


@pytest.mark.parametrize("unit", OffsetUnit)
@pytest.mark.parametrize(
    ("text", "names"),
    [
        (TEXT, NAMES),
        ("শিক্ষক ৰক্ষিত আৰু নীলিমা গগৈ নগাঁৱত", ("ৰক্ষিত", *NAMES)),
        ("👨‍👩‍👧 মৰিগাঁও আৰু 𑄌𑄋𑄴 শিৱসাগৰ", ("মৰিগাঁও", "শিৱসাগৰ")),
    ],
)
def test_whole_words_tell_the_unit(
    put: Put, text: str, names: tuple[str, ...], unit: OffsetUnit
) -> None:
    record = {"text": text, "label": spans_of(text, names, unit)}
    corpus = read_corpus(put("a.jsonl", json.dumps(record)))
    (sentence,) = corpus.splits["test"]
    found = " ".join(w for w, t in zip(sentence.words, sentence.tags, strict=True) if t != "O")
    assert found == " ".join(names)
    assert set(corpus.losses) <= {f"spans_read_as_{unit}"}


def test_where_nothing_tells_it_is_asked(put: Put) -> None:
    record = {"text": "😀😀 ক খ গ ঘ", "label": [[5, 6, "X"]]}
    path = put("a.jsonl", json.dumps(record))
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: an emoji.*--offsets code-points"):
        read_corpus(path)
    for unit, place in ((OffsetUnit.CODE_POINTS, 3), (OffsetUnit.UTF16, 2)):
        (sentence,) = read_corpus(path, offsets=unit).splits["test"]
        assert sentence.tags.index("B-X") == place


def test_an_emoji_behind_the_spans_does_not_matter(put: Put) -> None:
    record = {"text": "ক খ গ 😀", "label": [[2, 3, "X"]]}
    assert read_corpus(put("a.jsonl", json.dumps(record))).losses == {}


def test_one_clear_record_tells_for_the_file(put: Put) -> None:
    records = [
        {"text": "😀😀 ক খ গ ঘ", "label": [[5, 6, "X"]]},
        {"text": TEXT, "label": spans_of(TEXT, NAMES, OffsetUnit.UTF16)},
    ]
    corpus = read_corpus(put("a.jsonl", "\n".join(map(json.dumps, records))))
    assert corpus.splits["test"][0].tags.index("B-X") == 2


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("নীলিমাই নগাঁৱত ক'লে", 6),
        ("গুৱাহাটীত আছে", 8),  # eight graphemes are both words
    ],
)
def test_a_marked_stem_is_not_taken_for_graphemes(text: str, end: int) -> None:
    span, losses = CharSpan(0, end, "X"), Counter[str]()
    assert to_code_points([SpannedText(text, (span,), "a:1")], None, losses) == [(span,)]
    assert not losses


def test_a_recorded_text_tells_for_its_span() -> None:
    spans = (CharSpan(5, 8, "LOC", "অসম"), CharSpan(3, 6, "LOC", "অসম"))
    losses: Counter[str] = Counter()
    found = to_code_points([SpannedText("😀😀 অসম", spans, "a:1")], None, losses)
    assert [(span.start_char, span.end_char) for span in found[0]] == [(3, 6), (3, 6)]
    assert losses == {"spans_read_as_utf-16": 1}


@pytest.mark.parametrize(
    "span", [CharSpan(0, 9, "X"), CharSpan(0, 3, "X", "বিহু"), CharSpan(2, 2, "X")]
)
def test_what_cannot_be_placed_is_an_error(span: CharSpan) -> None:
    with pytest.raises(CorpusError, match=r"a:1: the span .* holds"):
        to_code_points([SpannedText("অসম", (span,), "a:1")], None, Counter())


def test_half_of_an_emoji_is_no_place() -> None:
    with pytest.raises(CorpusError, match="holds"):
        to_code_points(
            [SpannedText("😀 ক", (CharSpan(1, 4, "X"),), "a:1")], OffsetUnit.UTF16, Counter()
        )
