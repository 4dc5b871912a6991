"""From the results of a run to its record: means, intervals, paired tests, what was lost."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
import torch
from numpy.typing import NDArray

from nerbridge.alignment.subwords import encode_sentences
from nerbridge.corpus.audit import audit_corpus
from nerbridge.corpus.sentence import Corpus
from nerbridge.errors import RunError
from nerbridge.evaluation.calibration import MIN_ENTITIES
from nerbridge.evaluation.resampling import (
    approximate_randomisation,
    bootstrap_interval,
    paired_bootstrap,
)
from nerbridge.evaluation.scores import Scores
from nerbridge.models.encoder import special_ids
from nerbridge.records import (
    CorpusRecord,
    Paired,
    RunRecord,
    SeedResult,
    Summary,
    System,
    SystemStage,
)
from nerbridge.training.data import to_labelled
from nerbridge.training.experiment import STAGES
from nerbridge.training.recipe import CorpusSettings
from nerbridge.training.recipe_files import recipe_sha256
from nerbridge.training.references import CRF_SEED, CRF_SYSTEMS
from nerbridge.training.run import Run, package_versions
from nerbridge.training.scoring import system_errors

TEST = "test"

DESCRIPTIONS = {
    "baseline": "encoder, fine-tuned on the target's training sentences alone",
    "transfer": "encoder, trained on the sources; nothing of the target corpus seen (zero-shot)",
    "adapt": "the transferred model, trained further on the target's training sentences",
    "crf_target": "linear CRF on surface features, target alone",
    "crf_transfer": "linear CRF, sources in the model's script; nothing of the target corpus seen",
    "crf_all": "linear CRF, source languages and target together",
}
_JOINT = {
    "transfer": "encoder, trained on the sources, the target corpus among them: not zero-shot",
    "crf_transfer": "linear CRF, sources in the model's script, the target corpus among them",
}
"""Descriptions of the systems that differ if the target corpus is also a source."""

PAIRS = (
    ("baseline", "transfer"),
    ("baseline", "adapt"),
    ("transfer", "adapt"),
    ("crf_transfer", "transfer"),
    ("crf_target", "adapt"),
    ("crf_all", "adapt"),
)


def build_record(run: Run, command: str) -> RunRecord:
    """Everything the report shows, from the results in the run folder.

    Raises:
        RunError: a system or seed is not finished.
    """
    systems = tuple(_build_system(run, name) for name in _system_names(run))
    trained = [s.training for system in systems for s in system.seeds if s.training is not None]
    return RunRecord(
        name=run.recipe.name,
        nerbridge=package_versions()["nerbridge"],
        recipe=run.recipe.to_dict(),
        recipe_sha256=recipe_sha256(run.recipe),
        command=command,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=describe_machine(),
        versions=package_versions(),
        encoder=dict(run.base.description),
        corpora=tuple(_corpus_records(run)),
        systems=systems,
        paired=tuple(_paired_tests(systems)),
        notes=tuple(_notes(run, systems)),
        wall_s=round(sum(training.wall_s for training in trained), 1),
    )


def _system_names(run: Run) -> list[str]:
    return [*STAGES, *(CRF_SYSTEMS if run.recipe.reference.crf else ())]


def _build_system(run: Run, name: str) -> System:
    is_crf = name in CRF_SYSTEMS
    seeds = [CRF_SEED] if is_crf else list(run.recipe.seeds)
    results = [_finished(run, name, seed) for seed in seeds]
    tests = [result.test for result in results]
    stage: SystemStage = "crf" if is_crf else name  # type: ignore[assignment]
    return System(
        name=name,
        stage=stage,
        description=_describe_system(run, name),
        seeds=tuple(results),
        f1_strict=summarise(tests),
        f1_conll=_spread([scores.f1_conll for scores in tests], summarise(tests)),
        f1_leak_free=_leak_free(run, tests),
        test_sets={
            one.name: summarise([result.test_sets[one.name] for result in results])
            for one in run.recipe.test_sets
        },
        errors=tuple(system_errors(run, name, seeds[0])),
    )


def _describe_system(run: Run, name: str) -> str:
    is_joint = any(map(run.data.is_target, run.data.sources))
    return (DESCRIPTIONS | _JOINT if is_joint else DESCRIPTIONS)[name]


def _finished(run: Run, system: str, seed: int) -> SeedResult:
    result = run.folder.read_result(system, seed)
    if result is None:
        raise RunError(
            f"{run.folder.path}: {system} of seed {seed} is not finished. "
            "Repeat the command that began the run."
        )
    return result


def counts_of(scores: Sequence[Scores]) -> NDArray[np.int64]:
    """Strict counts of one system. Shape: (n_seeds, n_sentences, 3)."""
    return np.array([s.counts for s in scores], dtype=np.int64)


def summarise(scores: Sequence[Scores]) -> Summary:
    """Strict F1: mean and sd over seeds, 95 % interval over sentences and seeds."""
    low, high = bootstrap_interval(counts_of(scores))
    values = [s.f1_strict for s in scores]
    return Summary(mean=float(np.mean(values)), sd=_sd(values), ci95=(low, high))


def _sd(values: Sequence[float]) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def _spread(values: Sequence[float], like: Summary) -> Summary:
    """A summary of scores without counts to resample: the strict interval, shifted."""
    # CoNLL and strict F1 vary with the sentences in the same way, so the width of the interval is
    # that of the strict one.
    mean = float(np.mean(values))
    shift = mean - like.mean
    low, high = (float(np.clip(end + shift, 0, 1)) for end in like.ci95)
    return Summary(mean=mean, sd=_sd(values), ci95=(low, high))


def _leak_free(run: Run, tests: Sequence[Scores]) -> Summary | None:
    """Strict F1 on the test sentences that are not in the target's training set."""
    kept = [not is_leaked for is_leaked in run.data.tests[0].leaked]
    values = [s.f1_leak_free for s in tests if s.f1_leak_free is not None]
    if len(values) < len(tests) or not any(kept):
        return None
    low, high = bootstrap_interval(counts_of(tests)[:, kept])
    return Summary(mean=float(np.mean(values)), sd=_sd(values), ci95=(low, high))


def _paired_tests(systems: Sequence[System]) -> Iterator[Paired]:
    by_name = {system.name: system for system in systems}
    for a, b in PAIRS:
        if a in by_name and b in by_name:
            yield compare_systems(by_name[a], by_name[b], TEST)
            for name in by_name[a].test_sets:
                yield compare_systems(by_name[a], by_name[b], name)


def compare_systems(a: System, b: System, test: str) -> Paired:
    """Both paired tests of two systems on one test set; differences are ``b`` minus ``a``."""
    counts = [
        counts_of([s.test if test == TEST else s.test_sets[test] for s in system.seeds])
        for system in (b, a)
    ]
    bootstrap = paired_bootstrap(*counts)
    randomisation = approximate_randomisation(*counts)
    return Paired(
        a=a.name,
        b=b.name,
        difference=bootstrap.difference,
        ci95=(bootstrap.ci95.low, bootstrap.ci95.high),
        p=bootstrap.p,
        p_randomisation=randomisation.p,
        test_set=test,
    )


def _corpus_records(run: Run) -> Iterator[CorpusRecord]:
    recipe, experiment_data = run.recipe, run.data
    yield _corpus_record(run, experiment_data.target, recipe.target, "target")
    for corpus, source in zip(experiment_data.sources, recipe.sources, strict=True):
        yield _corpus_record(run, corpus, source, "source")
    for one in recipe.test_sets:
        corpus = experiment_data.test_corpora[one.name]
        yield _corpus_record(run, corpus, one, "test_set", name=one.name)


def _corpus_record(
    run: Run, corpus: Corpus, settings: CorpusSettings, role: str, name: str | None = None
) -> CorpusRecord:
    return CorpusRecord.model_validate(
        {
            "name": name or corpus.name,
            "role": role,
            "language": corpus.language,
            "sha256": corpus.sha256,
            "revision": corpus.revision,
            "n_sentences": {name: len(part) for name, part in corpus.splits.items()},
            "losses": dict(corpus.losses),
            "audit": audit_corpus(corpus).to_dict(),
            "subwords_per_word": {
                split: _subwords_per_word(run, corpus, split, settings.script)
                for split in corpus.splits
            },
        }
    )


_FRAGMENTATION_SENTENCES = 2000
"""Sentences of a split on which the number of subwords per word is measured."""


def _subwords_per_word(run: Run, corpus: Corpus, split: str, script: str | None) -> float:
    words = to_labelled(corpus.splits[split][:_FRAGMENTATION_SENTENCES], script).words
    tokenizer = run.base.tokenizer
    encoded = encode_sentences(tokenizer.backend_tokenizer, words, special_ids(tokenizer).unk)
    n_words = sum(map(len, words))
    return round(sum(len(sub.ids) for sub in encoded) / max(n_words, 1), 3)


def _notes(run: Run, systems: Sequence[System]) -> Iterator[str]:
    for corpus in run.data.corpora:
        for loss, n in corpus.losses.items():
            if n:
                yield f"{corpus.name}: {n} {loss.replace('_', ' ')} while reading."
    yield from run.data.advice
    for test in run.data.tests:
        if n := run.data.n_in_sources(test):
            yield f"{test.name}: {n} of {len(test.leaked)} sentences are in a source too."
        if n := sum(test.leaked):
            yield (
                f"{test.name}: {n} of {len(test.leaked)} sentences are in the target's training "
                "set too; the leak-free column leaves them out."
            )
    for system in systems:
        for result in system.seeds:
            for remedy in result.training.remedies if result.training else ():
                yield f"{system.name}, seed {result.seed}: {remedy}."
            n_entities = result.manifest.get("calibration", {}).get("n_entities", MIN_ENTITIES)
            if n_entities < MIN_ENTITIES:
                yield (
                    f"{system.name}, seed {result.seed}: {n_entities} entities found in "
                    "validation, too few to calibrate the scores of entities."
                )


def describe_machine() -> dict[str, str | int]:
    """What the times and the memory were measured on."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count() or 1,
        "gpu": gpu,
        "python": platform.python_version(),
    }
