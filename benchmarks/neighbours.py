"""How much of a say should words that are used alike have? F1 on validation, by weight.

Labels drawn sentences of a raw text and the validation sentences of corpora with models, lets the
neighbours of words have their say as ``nerbridge pseudo-label --neighbours`` does, and scores the
validation sentences: with each model alone (mean) and with all together. Nothing is trained. The
sentences of all named corpora are labelled together with the drawn ones, and have a say too.

    python benchmarks/neighbours.py as.txt -m runs/assamese/models/transfer-13 \\
        -m runs/assamese/models/transfer-21 --corpus ../shared/data/asner_as --corpus bundled:as
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nerbridge.alignment.decoding import decode_many
from nerbridge.corpus.reading import read_corpus
from nerbridge.corpus.sentence import Probabilities, Sentence
from nerbridge.evaluation.counts import count_entities, counts_to_f1
from nerbridge.labels import LabelSet
from nerbridge.models.loading import load_classifier
from nerbridge.selection.neighbours import weigh_by_neighbours
from nerbridge.selection.pseudo_labels import MAX_WORDS, Ensemble, draw
from nerbridge.selection.suggesting import MIN_WORDS, UnlabelledSentence, split_text
from nerbridge.selection.word_vectors import CountedText, WordVectors

Words = list[tuple[str, ...]]


def read_sentences(path: Path) -> Iterator[UnlabelledSentence]:
    with path.open(encoding="utf-8") as lines:
        for row, line in enumerate(lines, 1):
            yield from split_text(path.name, row, line)


def score(gold: Sequence[Sequence[str]], p: Sequence[Probabilities], labels: LabelSet) -> float:
    tags = decode_many([np.log(rows + 1e-9) for rows in p], labels)
    counts = count_entities(gold, tags, labels.types).sum(axis=0)
    return float(counts_to_f1(counts.sum(axis=0)))


def score_weights(
    p: Sequence[Probabilities],
    words: Words,
    corpora: dict[str, Sequence[Sentence]],
    vectors: WordVectors,
    label_set: LabelSet,
    weights: Sequence[float],
) -> dict[str, dict[float, float]]:
    """F1 of every corpus at every weight; the last of ``words`` are those of the corpora."""
    found: dict[str, dict[float, float]] = {name: {} for name in corpora}
    n_labelled = sum(map(len, corpora.values()))
    for weight in weights:
        weighed = weigh_by_neighbours(words, p, vectors, label_set, weight)
        rest = iter(weighed[len(words) - n_labelled :])
        for name, sentences in corpora.items():
            own = [next(rest) for _ in sentences]
            found[name][weight] = score([s.tags for s in sentences], own, label_set)
    return found


def main() -> None:
    """Label, weigh, score and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", type=Path, help="raw text, a text a line")
    parser.add_argument("-m", "--model", action="append", required=True)
    parser.add_argument("--corpus", action="append", required=True, help="its validation part")
    parser.add_argument("--weights", type=float, nargs="+", default=[0, 0.3, 0.5, 0.7, 1])
    parser.add_argument("-n", type=int, default=10_000, help="sentences to draw and label")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    asked = parser.parse_args()
    text = CountedText()
    sentences = read_sentences(asked.text)
    fit = (sentence for sentence in sentences if MIN_WORDS <= len(sentence.words) <= MAX_WORDS)
    drawn, vectors = [s.words for s in draw(text.read(fit), asked.n, 0)], text.vectors()
    corpora = {name: read_corpus(name).splits["validation"] for name in asked.corpus}
    words = [*drawn, *(s.words for sentences in corpora.values() for s in sentences)]
    models = [load_classifier(name) for name in asked.model]
    labels = Ensemble(models).label_set
    single = [Ensemble([model]).probabilities(words) for model in models]
    together = [np.mean(rows, axis=0) for rows in zip(*single, strict=True)]
    each = [score_weights(p, words, corpora, vectors, labels, asked.weights) for p in single]
    groups = {
        "each, mean": {
            name: {w: float(np.mean([f[name][w] for f in each])) for w in asked.weights}
            for name in corpora
        },
        "together": score_weights(together, words, corpora, vectors, labels, asked.weights),
    }
    if asked.json:
        print(json.dumps(groups))
        return
    for group, found in groups.items():
        for name, scores in found.items():
            print(
                f"{group:10}  {name}  " + "  ".join(f"{w:g}: {f1:.3f}" for w, f1 in scores.items())
            )


if __name__ == "__main__":
    main()
