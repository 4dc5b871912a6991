"""The bundled tagger finds what version 0.2.0 found before its code was reorganised.

``golden/bundled_tagger.tsv`` holds what the commit before the reorganisation found in the project's
own test sentences. Processors round the 8-bit weights differently, so that only entities far from
the threshold must be the same. When a new tagger is released, write the file again:

    .venv/bin/python tests/test_unchanged_tags.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from nerbridge import Tagger
from nerbridge.corpus.reading import read_corpus

GOLDEN = Path(__file__).parent / "golden" / "bundled_tagger.tsv"
CORPORA = ("bundled:as", "bundled:as-running")
SURE = 0.7
ROUNDING = 0.05
Found = dict[tuple[str, int, int, int, str], float]


def find_entities() -> Found:
    """Corpus, number of the sentence, offsets and type of every entity, with its score."""
    tagger = Tagger.load()
    return {
        (corpus, number, entity.start_char, entity.end_char, entity.type): entity.score
        for corpus in CORPORA
        for number, entities in enumerate(
            tagger.tag_words_many([s.words for s in read_corpus(corpus).splits["test"]])
        )
        for entity in entities
    }


def read_golden() -> Found:
    """The entities in the file."""
    rows = [line.split("\t") for line in GOLDEN.read_text("utf-8").splitlines()]
    return {
        (corpus, int(number), int(start), int(end), type_): float(score)
        for corpus, number, start, end, type_, score in rows
    }


def test_sure_entities_are_those_of_before() -> None:
    golden, found = read_golden(), find_entities()
    assert len(golden) > 200
    for known, other in ((golden, found), (found, golden)):
        for entity, score in known.items():
            if score >= SURE:
                assert other.get(entity) == pytest.approx(score, abs=ROUNDING), entity


if __name__ == "__main__":
    lines = ["\t".join([*map(str, key), f"{score:.3f}"]) for key, score in find_entities().items()]
    GOLDEN.write_text("\n".join(lines) + "\n", "utf-8")
