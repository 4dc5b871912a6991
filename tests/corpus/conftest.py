"""Sentences drawn by hypothesis, and a way to put a file down."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import strategies as st

from nerbridge.corpus import Sentence
from nerbridge.labels import Span, spans_to_tags

LETTERS = "কখগতৰৱািী়্ংঁড়\u09dcकखािी्aZ09#'\",-।৷\u200d\u200c\u00a0\ufeff\u0085\u2028 \U0001f600"
WORDS = st.text(
    st.one_of(st.sampled_from(LETTERS), st.characters(codec="utf-8", exclude_characters="\0")),
    min_size=1,
)


@st.composite
def sentences(draw: st.DrawFn, alphabet: st.SearchStrategy[str] = WORDS) -> Sentence:
    """A sentence of any words that are not blank, with valid IOB2 tags."""
    words = draw(st.lists(alphabet.filter(lambda word: bool(word.strip())), min_size=1, max_size=6))
    spans, start = [], 0
    while start < len(words):
        length = draw(st.integers(0, 3))
        end = min(start + length, len(words))
        if length:
            spans.append(Span(start, end, draw(st.sampled_from(["PER", "ORG", "LOC"]))))
        start = max(end, start + 1)
    return Sentence(tuple(words), tuple(spans_to_tags(spans, len(words))))


def pairs(found: Iterable[Sentence]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Words and tags alone, for comparing."""
    return [(sentence.words, sentence.tags) for sentence in found]


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file below the test's folder."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
