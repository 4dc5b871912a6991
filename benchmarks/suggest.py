"""Does suggesting beat chance? F1 after adapting to 50, 100, 200 sentences chosen either way.

The pool is the training split of a corpus, its labels hidden. A transferred model (adapter), which
must not have seen the corpus, chooses k sentences as `nerbridge suggest` does, or they are drawn at
random from the same pool; it is adapted to them and scored on the validation split. The last epoch
counts, so that validation has no say in the training. Each cell of the table is kept as a file in
the output folder: an interrupted benchmark goes on where it stopped.

    python benchmarks/suggest.py --transferred RUN --corpus CORPUS --output curve --json
    python benchmarks/suggest.py … --sizes 10 --seeds 13 --epochs 1   # does it run at all?

`--write FOLDER` trains nothing: it leaves there, for each size, the corpus with the sentences that
the model of the first seed chooses as its training split, for a recipe to be run on.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nerbridge.corpus import read_corpus
from nerbridge.corpus.files import write_text
from nerbridge.corpus.reading import build_corpus
from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.corpus.writing import write_corpus
from nerbridge.evaluation.counts import count_entities
from nerbridge.evaluation.resampling import bootstrap_interval, mean_f1, paired_bootstrap
from nerbridge.models.adapter import load_adapter
from nerbridge.models.encoder import load_token_classifier, load_tokenizer, resolve_encoder
from nerbridge.models.manifest import read_manifest
from nerbridge.models.torch_model import to_live_model
from nerbridge.selection.suggesting import MAX_WORDS, MIN_WORDS, UnlabelledSentence, suggest
from nerbridge.tagging import Tagger
from nerbridge.text.model_input import words_to_model_form
from nerbridge.training.stage import StageData, train_stage
from nerbridge.training.stage_settings import AdaptSettings

WAYS = ("suggested", "random")
MAX_SUBWORDS = 126
Counts = NDArray[np.int64]


def choose(way: str, folder: Path, pool: list[Sentence], k: int, seed: int) -> list[Sentence]:
    """``k`` sentences of the pool, chosen by the transferred model or by chance."""
    if way == "random":
        fit = [s for s in pool if MIN_WORDS <= len(s.words) <= MAX_WORDS]
        return random.Random(seed).sample(fit, min(k, len(fit)))
    unlabelled = (
        UnlabelledSentence("pool", row, " ".join(s.words), s.words, has_own_words=True)
        for row, s in enumerate(pool)
    )
    found = suggest(Tagger.load(folder, n_threads=1), unlabelled, k, seed=seed)
    return [pool[suggestion.sentence.row] for suggestion in found]


def adapt_and_count(
    folder: Path, chosen: list[Sentence], validation: list[Sentence], seed: int, epochs: int
) -> Counts:
    """Strict counts of each validation sentence, shape (n_sentences, 3); no sentence: as it is."""
    manifest = read_manifest(folder)
    if manifest.base is None:
        sys.exit(f"{folder}: no adapter; give the transferred model of a run.")
    labels = manifest.label_set
    source = resolve_encoder(manifest.base.id, manifest.base.revision)
    tokenizer = load_tokenizer(source)
    base = load_token_classifier(source, labels, seed=seed)
    model = load_adapter(base, folder, trainable=True)
    words = [words_to_model_form(s.words, manifest.script) for s in validation]
    gold = [s.tags for s in validation]
    if chosen:
        data = StageData(
            [words_to_model_form(s.words, manifest.script) for s in chosen],
            [s.tags for s in chosen],
            words,
            gold,
        )
        settings = AdaptSettings(epochs=epochs, keep_best=False, validate_every=epochs)
        with tempfile.TemporaryDirectory() as work:
            train_stage(
                model,
                tokenizer,
                data,
                settings,
                labels,
                seed=seed,
                max_subwords=MAX_SUBWORDS,
                folder=Path(work),
                report=lambda point, done: None,
            )
    tags = to_live_model(model, tokenizer, labels, MAX_SUBWORDS).tag_many(words)
    counts: Counts = count_entities(gold, tags, labels.types).sum(axis=1)
    return counts


def fill_cells(asked: argparse.Namespace, corpus: Corpus) -> dict[tuple[str, int], Counts]:
    """Counts by way and size, shape (n_seeds, n_sentences, 3), from files where they are there.

    A cell that was filled from another run or corpus ends the program.
    """
    pool, validation = list(corpus.splits["train"]), list(corpus.splits["validation"])
    found: dict[tuple[str, int], list[Counts]] = {}
    origin = {"transferred": str(asked.transferred), "corpus_sha256": corpus.sha256}
    for seed in asked.seeds:
        folder = find_transferred(asked.transferred, seed, corpus.sha256)
        for way, k in [("as it is", 0), *((way, k) for k in asked.sizes for way in WAYS)]:
            cell = asked.output / f"{way.replace(' ', '-')}-{k}-{seed}-{asked.epochs}.json"
            if not cell.exists():
                start = time.monotonic()
                chosen = choose(way, folder, pool, k, seed) if k else []
                counts = adapt_and_count(folder, chosen, validation, seed, asked.epochs)
                n_words = sum(len(sentence.words) for sentence in chosen)
                said = {
                    **origin,
                    "n_chosen": len(chosen),
                    "n_words": n_words,
                    "wall_s": round(time.monotonic() - start, 1),
                }
                write_text(cell, json.dumps({**said, "counts": counts.tolist()}))
                print(f"{cell.name}: {said}", file=sys.stderr)
            filled = json.loads(cell.read_text("utf-8"))
            if {key: filled.get(key) for key in origin} != origin:
                sys.exit(f"{cell}: of another run or corpus; choose another --output.")
            if filled["n_chosen"] != k:
                print(f"{cell.name}: only {filled['n_chosen']} sentences", file=sys.stderr)
            found.setdefault((way, k), []).append(np.array(filled["counts"]))
    return {key: np.stack(counts) for key, counts in found.items()}


def write_chosen(asked: argparse.Namespace, corpus: Corpus) -> None:
    """A corpus for each size: what was chosen to train on, validation and test as they were."""
    seed = asked.seeds[0]
    folder = find_transferred(asked.transferred, seed, corpus.sha256)
    for k in asked.sizes:
        chosen = choose(WAYS[0], folder, list(corpus.splits["train"]), k, seed)
        name = f"{corpus.name}-suggested-{k}-{seed}"
        written = build_corpus(name, corpus.language, {**corpus.splits, "train": chosen})
        write_corpus(written, asked.write / name)
        n_entities = sum(tag.startswith("B-") for sentence in chosen for tag in sentence.tags)
        print(f"{asked.write / name}: {len(chosen)} sentences, {n_entities} entities")


def find_transferred(run: Path, seed: int, corpus_sha256: str) -> Path:
    """The run's transferred model of a seed, which must not know the corpus."""
    folder = run / "models" / f"transfer-{seed}"
    if not folder.is_dir():
        sys.exit(f"{folder}: not there; name a run with a transferred model of seed {seed}.")
    if corpus_sha256 in {used.sha256 for used in read_manifest(folder).data.values()}:
        sys.exit(f"{folder}: trained on this very corpus; the curve would show nothing.")
    return folder


def summarise(cells: dict[tuple[str, int], Counts]) -> list[dict[str, object]]:
    """One row per way and size; of suggested ones also the difference to random."""
    rows = []
    for (way, k), counts in cells.items():
        row: dict[str, object] = {
            "way": way,
            "n_sentences": k,
            "n_seeds": len(counts),
            "f1": round(mean_f1(counts), 4),
            "ci95": [round(end, 4) for end in bootstrap_interval(counts)],
        }
        if way == WAYS[0]:
            test = paired_bootstrap(counts, cells[WAYS[1], k])
            row["over_random"] = round(test.difference, 4)
            row["over_random_ci95"] = [round(end, 4) for end in test.ci95]
            row["p"] = round(test.p, 4)
        rows.append(row)
    return rows


def draw(rows: list[dict[str, object]], path: Path) -> None:
    """F1 over the number of sentences, one line with its intervals for each way."""
    from matplotlib.figure import Figure

    axes = (figure := Figure(figsize=(6, 4), layout="constrained")).subplots()
    start = [row for row in rows if row["n_sentences"] == 0]
    for way in WAYS:
        points = start + [row for row in rows if row["way"] == way]
        sizes = [row["n_sentences"] for row in points]
        axes.plot(sizes, [row["f1"] for row in points], marker="o", label=way)
        low, high = zip(*(row["ci95"] for row in points), strict=True)  # type: ignore[misc]
        axes.fill_between(sizes, low, high, alpha=0.15)  # type: ignore[arg-type]
    axes.set(xlabel="labelled sentences", ylabel="F1 (strict), validation", ylim=(0, None))
    axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Fill the cells and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transferred", type=Path, required=True, help="run folder")
    parser.add_argument("--corpus", required=True, help="folder with train and validation files")
    to = parser.add_mutually_exclusive_group(required=True)
    to.add_argument("--output", type=Path, help="folder of the finished cells")
    to.add_argument("--write", type=Path, help="folder for corpora of chosen sentences")
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 100, 200])
    parser.add_argument("--seeds", type=int, nargs="+", default=[13, 21, 34])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--plot", type=Path, help="PNG of the curve")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    asked = parser.parse_args()
    if asked.write and (asked.json or asked.plot):
        parser.error("--write makes no table: leave out --json and --plot")
    corpus = read_corpus(asked.corpus, language="as")
    if asked.write:
        write_chosen(asked, corpus)
        return
    rows = summarise(fill_cells(asked, corpus))
    if asked.plot:
        draw(rows, asked.plot)
    if asked.json:
        print(json.dumps(rows))
        return
    for row in rows:
        sys.stdout.write("  ".join(f"{name} {value}" for name, value in row.items()) + "\n")


if __name__ == "__main__":
    main()
