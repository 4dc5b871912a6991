"""Several runs beside each other: the same systems, paired wherever the test set is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerbridge.errors import InputError
from nerbridge.evaluation.resampling import approximate_randomisation, paired_bootstrap
from nerbridge.evaluation.scores import Scores
from nerbridge.records import Paired, RunRecord, Summary, System, read_record
from nerbridge.report.narrative import name_test
from nerbridge.report.tables import (
    PAIRED_COLUMNS,
    Column,
    Table,
    describe_pairing,
    format_summary,
    further_tests,
    paired_cells,
    table_to_markdown,
)

SCHEMA = 2  # 1 said rows and also for systems and test sets


class RunPair(Paired):
    """One system of two runs on the same sentences; ``a`` and ``b`` are the runs."""

    system: str


@dataclass(frozen=True, slots=True)
class Unpaired:
    """A system that two runs share but that cannot be paired, and why."""

    system: str
    test_set: str
    a: str
    b: str
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs by label, and every pair of them system by system and test set by test set."""

    runs: Mapping[str, RunRecord]
    pairs: tuple[RunPair, ...]
    unpaired: tuple[Unpaired, ...]


def read_runs(arguments: Sequence[Path]) -> list[RunRecord]:
    """Records of runs, each given as its folder or, all of them, as ``FOLDER:SYSTEM``.

    A record with a picked system has no other. The picked systems get one name, made of all their
    names: ``adapt / transfer``.

    Raises:
        RunError: no record there.
        InputError: a run has no such system, or only some of the runs have one picked.
    """
    split = [_split(argument) for argument in arguments]
    records = [read_record(folder) for folder, _ in split]
    names = dict.fromkeys(system for _, system in split if system is not None)
    if not names:
        return records
    whole = next((folder for folder, system in split if system is None), None)
    if whole is not None:
        raise InputError(
            f"{whole}: found without a system, expected FOLDER:SYSTEM as for the other runs. "
            "Pick a system of every run, or of none."
        )
    return [
        _pick(record, folder, system or "", " / ".join(names))
        for record, (folder, system) in zip(records, split, strict=True)
    ]


def name_runs(records: Sequence[RunRecord], paths: Sequence[Path]) -> dict[str, RunRecord]:
    """Label every run: by its name, or by its path where another run has the same name.

    Raises:
        InputError: a run is given twice.
    """
    names = [record.name for record in records]
    labels = [
        name if names.count(name) == 1 else str(path)
        for name, path in zip(names, paths, strict=True)
    ]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise InputError(f"{twice}: found twice among the runs, expected once. Give each run once.")
    return dict(zip(labels, records, strict=True))


def compare_runs(runs: Mapping[str, RunRecord]) -> Comparison:
    """Pair all systems of the same name between all runs; earlier runs are ``a``.

    Raises:
        InputError: fewer than two runs.
    """
    if len(runs) < 2:
        raise InputError(f"found {len(runs)} run, expected at least two. Add a run to compare.")
    pairs: list[RunPair] = []
    unpaired: list[Unpaired] = []
    for a, b in combinations(runs, 2):
        for name in _shared_systems(runs[a], runs[b]):
            for test in _shared_tests(runs[a].system(name), runs[b].system(name)):
                # A paired test of different sentences would give numbers without a meaning.
                why = _explain_unpaired(runs[a], runs[b], name, test)
                if why:
                    unpaired.append(Unpaired(name, test, a, b, why))
                else:
                    counts = (_seed_counts(runs[run].system(name), test) for run in (a, b))
                    pairs.append(_test_pair(name, test, a, b, *counts))
    return Comparison(runs, tuple(pairs), tuple(unpaired))


def comparison_tables(comparison: Comparison) -> list[Table]:
    """One table of F1 per test set (systems × runs), then the paired tests."""
    tables = [_f1_table(comparison, test) for test in list_tests(comparison)]
    return [*tables, _pair_table(comparison)]


def comparison_to_dict(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain values, for JSON."""
    return {
        "schema": SCHEMA,
        "runs": {
            label: {
                "name": record.name,
                "recipe_sha256": record.recipe_sha256,
                "systems": [
                    {
                        "name": system.name,
                        "n_seeds": len(system.seeds),
                        "f1_strict": system.f1_strict.model_dump(mode="json"),
                        "f1_conll": system.f1_conll.model_dump(mode="json"),
                        "test_sets": {
                            k: v.model_dump(mode="json") for k, v in system.test_sets.items()
                        },
                    }
                    for system in record.systems
                ],
            }
            for label, record in comparison.runs.items()
        },
        "paired": [pair.model_dump(mode="json") for pair in comparison.pairs],
        "unpaired": [asdict(pair) for pair in comparison.unpaired],
    }


def comparison_to_markdown(comparison: Comparison) -> str:
    """All tables as Markdown."""
    title = f"# {' · '.join(comparison.runs)}"
    tables = [table_to_markdown(table) for table in comparison_tables(comparison)]
    return "\n\n".join([title, *tables, *describe_limits(comparison)]) + "\n"


def describe_limits(comparison: Comparison) -> list[str]:
    """What cannot be compared or only with care, one sentence each."""
    return [*describe_unlike(comparison), *describe_unpaired(comparison)]


def describe_unlike(comparison: Comparison) -> list[str]:
    """One sentence for every system that was not made in the same way in all runs."""
    told = []
    for name in list_systems(comparison):
        ways: dict[str, list[str]] = {}
        for label, record in comparison.runs.items():
            for system in record.systems:
                if system.name == name:
                    ways.setdefault(system.description, []).append(label)
        if len(ways) > 1:
            said = "; ".join(f"{', '.join(labels)}: {way}" for way, labels in ways.items())
            told.append(f"{name} is not the same in all runs. {said}.")
    return told


def describe_unpaired(comparison: Comparison) -> list[str]:
    """One sentence for every reason for which systems were not paired."""
    systems: dict[tuple[str, str, str, str], list[str]] = {}
    for pair in comparison.unpaired:
        systems.setdefault((pair.test_set, pair.a, pair.b, pair.why), []).append(pair.system)
    return [
        f"Not paired on {test}, {a} and {b} ({', '.join(names)}): {why}."
        for (test, a, b, why), names in systems.items()
    ]


def list_systems(comparison: Comparison) -> list[str]:
    """Names of all systems of all runs, in order of appearance."""
    records = comparison.runs.values()
    return list(dict.fromkeys(system.name for record in records for system in record.systems))


def list_tests(comparison: Comparison) -> list[str]:
    """All test sets: ``test``, then the further ones in order of appearance."""
    further = [name for record in comparison.runs.values() for name in further_tests(record)]
    return list(dict.fromkeys(["test", *further]))


def _shared_systems(a: RunRecord, b: RunRecord) -> list[str]:
    names = {system.name for system in b.systems}
    return [system.name for system in a.systems if system.name in names]


def _shared_tests(a: System, b: System) -> list[str]:
    return ["test", *(name for name in a.test_sets if name in b.test_sets)]


def _scores(system: System, test: str) -> list[Scores]:
    """Scores on one test set, by seed in increasing order, so that equal seeds pair up."""
    seeds = sorted(system.seeds, key=lambda result: result.seed)
    if test == "test":
        return [result.test for result in seeds]
    return [result.test_sets[test] for result in seeds if test in result.test_sets]


def _seed_counts(system: System, test: str) -> NDArray[np.int64]:
    """Strict counts. Shape: (n_seeds, n_sentences, 3)."""
    return np.array([scores.counts for scores in _scores(system, test)], dtype=np.int64)


def _corpus_hashes(record: RunRecord, test: str) -> list[str]:
    """Hashes of the corpora of a test set.

    A further test set may be called otherwise than its corpus; both stand in the recipe's order.
    """
    if test == "test":
        return [corpus.sha256 for corpus in record.corpora if corpus.role == "target"]
    further = [corpus for corpus in record.corpora if corpus.role == "test_set"]
    named = [corpus.sha256 for corpus in further if corpus.name == test]
    names = further_tests(record)
    if named or len(names) != len(further):
        return named
    return [further[names.index(test)].sha256]


def _explain_unpaired(a: RunRecord, b: RunRecord, system: str, test: str) -> str:
    """Why two systems were not scored on the same sentences; empty if they were."""
    # Without a hash nobody knows whether the sentences are the same.
    if not _corpus_hashes(a, test) or _corpus_hashes(a, test) != _corpus_hashes(b, test):
        return "the corpora differ"
    splits = [record.scored_split(test) for record in (a, b)]
    if splits[0] != splits[1]:
        return f"other sentences were scored, {' and '.join(splits)} of the corpus"
    sizes = {
        (scores.n_sentences, scores.n_gold, len(scores.counts))
        for record in (a, b)
        for scores in _scores(record.system(system), test)
    }
    if len(sizes) == 1:
        return ""
    return "the test sets differ in size" if sizes else "there are no scores"


def _test_pair(
    system: str, test: str, a: str, b: str, counts_a: NDArray[np.int64], counts_b: NDArray[np.int64]
) -> RunPair:
    # The later run comes first, so that a gain since the earlier one is positive.
    bootstrap = paired_bootstrap(counts_b, counts_a)
    return RunPair(
        system=system,
        test_set=test,
        a=a,
        b=b,
        difference=bootstrap.difference,
        ci95=(bootstrap.ci95.low, bootstrap.ci95.high),
        p=bootstrap.p,
        p_randomisation=approximate_randomisation(counts_b, counts_a).p,
    )


def _f1_table(comparison: Comparison, test: str) -> Table:
    """Strict F1 of all systems (down) in all runs (across) on one test set."""
    records = list(comparison.runs.values())
    names = list(dict.fromkeys(name_test(record, test) for record in records))
    columns = (Column("system", is_number=False), *(Column(label) for label in comparison.runs))
    systems = tuple(
        (name, *(format_summary(_summary(record, name, test)) for record in records))
        for name in list_systems(comparison)
    )
    caption = "Mean ± standard deviation over seeds, below it the 95\u00a0% interval."
    return Table(f"Strict F1 on {' / '.join(names)}", caption, columns, systems)


def _summary(record: RunRecord, name: str, test: str) -> Summary | None:
    for system in record.systems:
        if system.name == name:
            return system.f1_strict if test == "test" else system.test_sets.get(test)
    return None


def _pair_table(comparison: Comparison) -> Table:
    pairs = comparison.pairs
    return Table(
        "Differences between runs",
        describe_pairing("runs", len(pairs)),
        (Column("system", is_number=False), *PAIRED_COLUMNS),
        tuple((pair.system, *paired_cells(pair)) for pair in pairs),
        tuple(f"on {name_test(comparison.runs[pair.a], pair.test_set)}" for pair in pairs),
        "test set",
    )


def _split(argument: Path) -> tuple[Path, str | None]:
    folder, colon, system = str(argument).rpartition(":")
    # C:\runs has a colon too, and so may the name of a folder that exists.
    if not (colon and folder and system) or "/" in system or "\\" in system or argument.exists():
        return argument, None
    return Path(folder), system


def _pick(record: RunRecord, folder: Path, name: str, called: str) -> RunRecord:
    for system in record.systems:
        if system.name == name:
            picked = system.model_copy(update={"name": called})
            label = f"{record.name}:{name}"
            return record.model_copy(update={"name": label, "systems": (picked,)})
    systems = ", ".join(system.name for system in record.systems)
    raise InputError(f"{folder}: no system {name!r} found, expected one of {systems}.")
