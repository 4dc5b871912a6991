"""What does a tagger make of sentences without their final stop? F1 on validation, both ways.

Headlines, messages and forms have no stop. A tagger that learned from titles, which have none
either and are names, may take for a name whatever has none; so beside F1 stands in how many
sentences without a name it marks something.

    python benchmarks/stops.py bundled:as runs/assamese-tagger/models/adapt-13 \\
        --corpus ../shared/data/asner_as --corpus bundled:as
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from nerbridge.corpus.final_punctuation import without_final_punctuation
from nerbridge.corpus.reading import read_corpus
from nerbridge.corpus.sentence import Sentence
from nerbridge.evaluation.counts import count_entities, counts_to_f1
from nerbridge.labels import OUTSIDE
from nerbridge.models.loading import load_classifier
from nerbridge.models.word_model import TokenClassifier


@dataclass(frozen=True)
class Found:
    """F1, and in how many of the sentences without a name something was marked."""

    f1: float
    n_marked: int
    n_nameless: int


def score(model: TokenClassifier, sentences: Sequence[Sentence]) -> Found:
    """What a model finds in labelled sentences."""
    tags = model.tag_many([s.words for s in sentences])
    counts = count_entities([s.tags for s in sentences], tags, model.label_set.types).sum(axis=0)
    nameless = [t for s, t in zip(sentences, tags, strict=True) if {*s.tags} == {OUTSIDE}]
    n_marked = sum({*found} != {OUTSIDE} for found in nameless)
    return Found(round(float(counts_to_f1(counts.sum(axis=0))), 4), n_marked, len(nameless))


def main() -> None:
    """Score every model on every corpus and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", nargs="+", help="a tagger: bundled:as or a folder")
    parser.add_argument("--corpus", action="append", required=True, help="its validation part")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    asked = parser.parse_args()
    corpora = {name: read_corpus(name).splits["validation"] for name in asked.corpus}
    found: dict[str, dict[str, dict[str, Found]]] = {}
    for name in asked.model:
        model = load_classifier(name, n_threads=1)
        for corpus, sentences in corpora.items():
            ways = {"with": sentences, "without": [without_final_punctuation(s) for s in sentences]}
            scores = {way: score(model, part) for way, part in ways.items()}
            found.setdefault(name, {})[corpus] = scores
            if not asked.json:
                print(f"{name}, {corpus}: {', '.join(map(_say, scores.items()))}", flush=True)
    if asked.json:
        print(json.dumps(found, default=asdict))


def _say(entry: tuple[str, Found]) -> str:
    way, found = entry
    return f"{way} stops {found.f1:.3f}, marks in {found.n_marked} of {found.n_nameless} nameless"


if __name__ == "__main__":
    main()
