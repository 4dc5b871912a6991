"""A run that never was: invented sentences and predictions, real scores, tests and errors."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from nerbridge.evaluation.calibration import Calibration, measure_calibration
from nerbridge.evaluation.errors import frequent_errors
from nerbridge.evaluation.resampling import (
    approximate_randomisation,
    bootstrap_interval,
    paired_bootstrap,
)
from nerbridge.evaluation.scores import Scores, find_mentions, score_predictions
from nerbridge.labels import Span
from nerbridge.models.manifest import CurvePoint, Training
from nerbridge.records import CorpusRecord, Paired, RunRecord, SeedResult, Summary, System

TYPES = ("PER", "ORG", "LOC")
NAMES = {
    "PER": ["অনিমা বৰা", "ৰমেন শইকীয়া", "জ্যোতি প্ৰসাদ দাস", "মীনাক্ষী", "দীপক কলিতা", "ইলা দেৱী"],
    "ORG": ["গুৱাহাটী বিশ্ববিদ্যালয়", "তেজপুৰ পৌৰসভা", "ৰাজ্যিক পৰিৱহণ নিগম বৰ্ড", "কৃষি বিভাগ"],
    "LOC": ["গুৱাহাটী", "তেজপুৰ", "উত্তৰ লখিমপুৰ", "যোৰহাট", "মাজুলী", "ব্ৰহ্মপুত্ৰ নদী"],
}
FRAMES = [
    "মুখ্যমন্ত্ৰী PER আজি LOC ভ্ৰমণ কৰে ।",
    "PER কালি ORG চৌহদত ভাষণ দিয়ে ।",
    "নতুন দলংখন LOC জিলাত নিৰ্মাণ কৰা হ’ব ।",
    "বতৰ ভাল থাকিলে খেতিয়কসকলে শস্য চপাব ।",
    "ORG আৰু ORG যুটীয়া সভা LOC চহৰত অনুষ্ঠিত হয় ।",
    "লেখিকা PER আৰু গায়ক PER সন্মানিত হয় ।",
]
QUALITY = {
    "crf_target": 0.40,
    "crf_all": 0.62,
    "baseline": 0.30,
    "transfer": 0.58,
    "adapt": 0.74,
}
SEEDS = (13, 21, 42, 87, 100)
CUTS = (0.25, 0.5, 0.75)

Tags = list[list[str]]


def build_sentences(n: int, seed: int) -> tuple[Tags, Tags]:
    """Words and gold tags."""
    rng = random.Random(seed)
    words, tags = [], []
    for index in range(n):
        sentence, sentence_tags = [], []
        for token in FRAMES[index % len(FRAMES)].split():
            name = rng.choice(NAMES[token]).split() if token in NAMES else [token]
            sentence += name
            if token in NAMES:
                sentence_tags += [f"B-{token}", *[f"I-{token}"] * (len(name) - 1)]
            else:
                sentence_tags.append("O")
        words.append(sentence)
        tags.append(sentence_tags)
    return words, tags


def spoil(tags: Sequence[str], quality: float, rng: random.Random) -> list[str]:
    """Tags with some entities missed, cut, retyped or invented; always valid IOB2."""
    spoiled = list(tags)
    starts = [index for index, tag in enumerate(tags) if tag.startswith("B-")]
    for start in starts:
        end = start + 1
        while end < len(tags) and tags[end].startswith("I-"):
            end += 1
        if rng.random() < quality:
            continue
        kind = rng.random()
        type_ = rng.choice(TYPES) if kind < CUTS[0] else tags[start][2:]
        if kind > CUTS[2]:
            spoiled[start:end] = ["O"] * (end - start)
        else:
            spoiled[start:end] = [f"B-{type_}", *[f"I-{type_}"] * (end - start - 1)]
        if CUTS[0] <= kind < CUTS[1] and end - start > 1:
            spoiled[end - 1] = "O"
    if rng.random() > 0.5 + quality / 2:
        spoiled[-2] = f"B-{rng.choice(TYPES)}"
    return spoiled


def build_curve(quality: float, n_epochs: int, rng: random.Random) -> tuple[CurvePoint, ...]:
    points = []
    for step in range(1, 4 * n_epochs + 1):
        share = step / (4 * n_epochs)
        is_epoch = step % 4 == 0
        points.append(
            CurvePoint(
                step=step * 10,
                epoch=step / 4,
                train_loss=1.4 * (1 - share) ** 2 + 0.08 + 0.05 * rng.random(),
                validation_loss=(0.35 + 0.9 * (1 - share) ** 2 + 0.1 * rng.random())
                if is_epoch
                else None,
                validation_f1=quality * (1 - 0.8 * (1 - share) ** 3) + 0.03 * rng.random()
                if is_epoch
                else None,
            )
        )
    return tuple(points)


def build_training(row: str, seed: int) -> Training:
    rng = random.Random(f"{row}{seed}")
    if row.startswith("crf"):
        return Training(
            n_sentences=100 if row == "crf_target" else 20361,
            n_steps=80,
            n_parameters=48210,
            n_parameters_trained=48210,
            wall_s=4.2 if row == "crf_target" else 131.0,
            peak_memory_bytes=0,
        )
    n_epochs = {"baseline": 12, "transfer": 4, "adapt": 8}[row]
    return Training(
        n_sentences=20261 if row == "transfer" else 100,
        n_steps=40 * n_epochs,
        n_parameters=7_421_447,
        n_parameters_trained=7_421_447 if row == "baseline" else 183_303,
        wall_s={"baseline": 31.0, "transfer": 412.0, "adapt": 24.0}[row] + rng.random(),
        peak_memory_bytes=1_240_000_000,
        curve=build_curve(QUALITY[row], n_epochs, rng),
        best_epoch=n_epochs - 1,
        remedies=("learning rate halved to 1e-4",) if (row, seed) == ("baseline", 42) else (),
    )


def invent_calibration(row: str, seed: int, test: str, scores: Scores) -> Calibration:
    """Scores of a model that is too sure of itself, for as many right and wrong entities."""
    rng = np.random.default_rng([seed, len(row), len(test)])
    is_correct = np.arange(scores.n_predicted) < scores.n_correct
    log_odds = rng.normal(np.where(is_correct, 1.5, -0.3), 1.0)
    return measure_calibration(
        lambda temperature: 1 / (1 + np.exp(-2 * log_odds / temperature)),
        is_correct,
        scores.n_gold,
        temperature=1.7 + seed / 500,
    )


def summarise(scores: Sequence[Scores]) -> Summary:
    f1 = [score.f1_strict for score in scores]
    interval = bootstrap_interval(stack(scores), n_replicates=500)
    sd = float(np.std(f1, ddof=1)) if len(f1) > 1 else None
    return Summary(mean=float(np.mean(f1)), sd=sd, ci95=(interval.low, interval.high))


def stack(scores: Sequence[Scores]) -> np.ndarray:
    return np.array([score.counts for score in scores])


def compare(rows: dict[str, list[Scores]], a: str, b: str, test: str) -> Paired:
    result = paired_bootstrap(stack(rows[b]), stack(rows[a]), n_replicates=500)
    randomised = approximate_randomisation(stack(rows[b]), stack(rows[a]), n_replicates=500)
    return Paired(
        a=a,
        b=b,
        difference=result.difference,
        ci95=(result.ci95.low, result.ci95.high),
        p=result.p,
        p_randomisation=randomised.p,
        test_set=test,
    )


def build_corpus(name: str, role: str, language: str, n_subwords: float) -> CorpusRecord:
    n_sentences = {"train": 100, "validation": 100, "test": 120 if role == "target" else 100}
    split = {
        "n_words": 800,
        "n_entities": 140,
        "n_without_entity": 20,
        "type_counts": {"PER": 60, "ORG": 40, "LOC": 40},
        "tag_counts": {"O": 600, "B-PER": 60},
        "invalid_tags": {"n": 0, "examples": []},
        "n_duplicates": 3,
        "n_duplicates_normalised": 4,
        "n_conflicts": 1,
        "unicode_forms": {"n_not_nfc": 12, "n_with_zwj": 0},
        "scripts": {"Beng": 700, "Latn": 40, "none": 60},
        "mean_words": 8.0,
        "median_words": 8.0,
        "max_words": 14,
        "sentence_lengths": {"8": 100},
    }
    overlap = {
        "split": "test",
        "other": "train",
        "n_sentences": n_sentences["test"],
        "n_shared_sentences": 7,
        "n_shared_sentences_normalised": 8,
        "n_mentions": 140,
        "n_shared_mentions": 31,
        "n_shared_mentions_normalised": 33,
    }
    audit = {
        "scheme": "iob2",
        "splits": {name: {**split, "n_sentences": n} for name, n in n_sentences.items()},
        "overlaps": [overlap],
    }
    return CorpusRecord(
        name=name,
        role=role,  # type: ignore[arg-type]
        language=language,
        sha256=f"{name:0<64}"[:64],
        revision=None,
        n_sentences=n_sentences,
        losses={"repaired_tags": 4 if role == "source" else 0, "dropped_empty": 1},
        audit=audit,
        subwords_per_word={split: n_subwords + 0.02 * i for i, split in enumerate(n_sentences)},
    )


def build_record(name: str = "synthetic", shift: float = 0.0) -> RunRecord:
    """A whole record; ``shift`` makes every system better by as much."""
    training = build_sentences(6, seed=1)
    tests = {"test": build_sentences(120, seed=2), "village_news": build_sentences(90, seed=3)}
    leaked = [index % 15 == 0 for index in range(120)]
    scores: dict[str, dict[str, list[Scores]]] = {}
    errors = {}
    for row, quality in QUALITY.items():
        scores[row] = {test: [] for test in tests}
        for seed in SEEDS[: 1 if row.startswith("crf") else None]:
            for test, (words, gold) in tests.items():
                rng = random.Random(f"{row} {seed} {test}")
                at = quality + shift - 0.2 * (test != "test")
                predicted = [spoil(tags, at, rng) for tags in gold]
                is_main = test == "test"
                scores[row][test].append(
                    score_predictions(
                        words,
                        gold,
                        predicted,
                        TYPES,
                        known=find_mentions(*training) if is_main else None,
                        leaked=leaked if is_main else None,
                    )
                )
                if is_main and row not in errors:
                    errors[row] = tuple(frequent_errors(words, gold, predicted, 12))
    rows = tuple(build_row(row, scores[row], errors[row]) for row in QUALITY)
    paired = tuple(
        compare({row: scores[row][test] for row in scores}, a, b, test)
        for test in tests
        for a, b in (
            ("baseline", "adapt"),
            ("transfer", "adapt"),
            ("crf_all", "adapt"),
            ("crf_all", "transfer"),
        )
    )
    return RunRecord(
        name=name,
        nerbridge="0.1.0",
        recipe={
            "name": name,
            "seeds": list(SEEDS),
            "base": "bundled:mini",
            "revision": None,
            "target": {"corpus": "data/as", "language": "as", "script": "Beng"},
            "sources": [
                {"corpus": "data/bn", "language": "bn", "cap": 5000},
                {"corpus": "data/hi", "language": "hi", "script": "Beng"},
            ],
            "transfer": {"epochs": 6, "learning_rate": 2e-3, "lora": {"r": 32, "bias": "none"}},
        },
        recipe_sha256="c0ffee" * 10 + "abcd",
        command=f"nerbridge run {name} --seeds 13,21,42,87,100",
        created="2025-03-01T10:20:30Z",
        machine={"cpu": "2 cores", "gpu": None, "memory_bytes": 16_000_000_000, "system": "Linux"},
        versions={"python": "3.11.9", "torch": "2.13.0", "transformers": "5.5.0"},
        encoder={"id": "bundled:mini", "revision": None, "sha256": "ab" * 32, "layers": 4},
        corpora=(
            build_corpus("titles_as", "target", "as", 1.42),
            build_corpus("blogs_bn", "source", "bn", 1.71),
            build_corpus("papers_hi", "source", "hi", 1.96),
            build_corpus("village_news", "test_set", "as", 1.48),
        ),
        systems=rows,
        paired=paired,
        notes=("4 tags of blogs_bn were repaired.", "1 empty sentence was dropped."),
        wall_s=2712.0,
    )


def build_row(name: str, scores: dict[str, list[Scores]], errors: tuple) -> System:
    descriptions = {
        "crf_target": "linear CRF on surface features, target language only",
        "crf_all": "linear CRF on all corpora in one script",
        "baseline": "full fine-tuning on the target language alone",
        "transfer": "LoRA on the sources, no target sentence seen",
        "adapt": "the same adapter trained on with the target sentences",
    }
    seeds = tuple(
        SeedResult(
            seed=seed,
            model=f"models/{name}-{seed}",
            test=test,
            test_sets={"village_news": also},
            calibration={}
            if name.startswith("crf")
            else {
                test_name: invent_calibration(name, seed, test_name, of_test)
                for test_name, of_test in (("test", test), ("village_news", also))
            },
            training=build_training(name, seed),
            manifest={"base": "bundled:mini", "parent": f"{seed:x}" * 8, "sources": ["bn", "hi"]},
        )
        for seed, test, also in zip(SEEDS, scores["test"], scores["village_news"], strict=False)
    )
    main = summarise(scores["test"])
    leak_free = [score.f1_leak_free for score in scores["test"] if score.f1_leak_free is not None]
    return System(
        name=name,
        stage="crf" if name.startswith("crf") else name,  # type: ignore[arg-type]
        description=descriptions[name],
        seeds=seeds,
        f1_strict=main,
        f1_conll=main.model_copy(update={"mean": main.mean + 0.013}),
        f1_leak_free=main.model_copy(update={"mean": float(np.mean(leak_free))}),
        test_sets={"village_news": summarise(scores["village_news"])},
        errors=errors,
    )


def make_hostile(record: RunRecord) -> RunRecord:
    """The same record with markup, mathtext and other traps wherever free text may stand."""
    trap = "<script>alert('x')</script>\"&$\\alpha$|[red]"
    rows = tuple(
        row.model_copy(
            update={
                "name": f"{row.name} {trap}",
                "description": trap,
                "errors": tuple(
                    type(error)(
                        error.kind,
                        (trap, *error.words[1:]),
                        error.gold or (Span(0, 1, trap),),
                        error.predicted,
                        error.count,
                    )
                    for error in row.errors
                ),
                "seeds": tuple(
                    result.model_copy(update={"model": trap, "manifest": {trap: [trap, {trap: 1}]}})
                    for result in row.seeds
                ),
            }
        )
        for row in record.systems
    )
    paired = tuple(
        pair.model_copy(update={"a": f"{pair.a} {trap}", "b": f"{pair.b} {trap}"})
        for pair in record.paired
    )
    corpora = tuple(
        corpus.model_copy(
            update={
                "name": f"{corpus.name} {trap}",
                "losses": {trap: 1},
                "audit": {trap: {trap: trap}},
                "language": trap if corpus.role == "source" else 'as" onload="x',
            }
        )
        for corpus in record.corpora
    )
    return record.model_copy(
        update={
            "name": trap,
            "command": trap,
            "notes": (trap,),
            "systems": rows,
            "paired": paired,
            "corpora": corpora,
            "recipe": {trap: {trap: trap}},
            "machine": {trap: trap},
            "versions": {trap: trap},
            "encoder": {trap: {trap: None}},
        }
    )


@pytest.fixture(scope="session")
def record() -> RunRecord:
    return build_record()


@pytest.fixture(scope="session")
def better_record() -> RunRecord:
    return build_record("synthetic-2", shift=0.12)


@pytest.fixture(scope="session")
def hostile_record(record: RunRecord) -> RunRecord:
    return make_hostile(record)
