"""What the numbers say, in words that claim no more than they show."""

from __future__ import annotations

from typing import Literal

from nerbridge.records import Paired, RunRecord, System
from nerbridge.report.formatting import format_f1, format_points

WORDS_FROM_LEXICON = "words_from_lexicon"
"""What a record's ``losses`` call them (``corpus.lexicon.FROM_LEXICON``)."""

Verdict = Literal["better", "worse", "undecided", "disagree"]

_LEVEL = 0.05

_SYSTEMS = {
    "baseline": "training on the target language alone",
    "transfer": "zero-shot transfer",
    "adapt": "the adapted model",
    "crf_target": "the CRF on the target language alone",
    "crf_transfer": "the zero-shot CRF",
    "crf_all": "the CRF on all corpora",
}


def name_system(system: str) -> str:
    """What to call a system inside a sentence."""
    return _SYSTEMS.get(system, system)


def name_test(record: RunRecord, test: str) -> str:
    """The name of a test set: the target corpus for ``test``, else the further set's own.

    What is no test at all is called so.
    """
    split, name = record.scored_split(test), test
    if test == "test":
        name = " + ".join(c.name for c in record.corpora if c.role == "target") or test
    return name if split == "test" else f"{name} ({split}, not test)"


def decide(difference: float, p: float, p_randomisation: float) -> Verdict:
    """What a pair of tests says about the second system.

    A difference counts only if both tests find it; where one does and the other does not, they
    ``disagree``, and that is said.

    >>> decide(0.1, 0.001, 0.002), decide(-0.1, 0.001, 0.002), decide(0.01, 0.4, 0.5)
    ('better', 'worse', 'undecided')
    >>> decide(0.1, 0.049, 0.06)
    'disagree'
    """
    n_found = (p < _LEVEL) + (p_randomisation < _LEVEL)
    if n_found == 1:
        return "disagree"
    if n_found == 0:
        return "undecided"
    return "better" if difference > 0 else "worse"


def describe_verdict(a: str, b: str, difference: float, p: float, p_randomisation: float) -> str:
    """The verdict in a few words, for a table.

    >>> describe_verdict("baseline", "adapt", 0.01, 0.4, 0.5)
    'cannot be told apart'
    """
    return {
        "better": f"{b} is better",
        "worse": f"{a} is better",
        "undecided": "cannot be told apart",
        "disagree": "on the edge: the two tests disagree",
    }[decide(difference, p, p_randomisation)]


def flip(pair: Paired) -> Paired:
    """The same comparison seen from the other side."""
    low, high = pair.ci95
    return pair.model_copy(
        update={"a": pair.b, "b": pair.a, "difference": -pair.difference, "ci95": (-high, -low)}
    )


def main_system(record: RunRecord) -> System | None:
    """The system the run was made for: adapted, else transferred, else the last one."""
    for stage in ("adapt", "transfer", "baseline"):
        for system in record.systems:
            if system.stage == stage:
                return system
    return record.systems[-1] if record.systems else None


def main_pairs(record: RunRecord) -> list[Paired]:
    """Comparisons of the main system with the others, it being ``b``.

    The recipe's test set before the further ones, the baseline before the other systems.
    """
    main = main_system(record)
    if main is None:
        return []
    pairs = [
        pair if pair.b == main.name else flip(pair)
        for pair in record.paired
        if main.name in (pair.a, pair.b)
    ]
    stages = {system.name: system.stage for system in record.systems}
    return sorted(
        pairs, key=lambda pair: (pair.test_set != "test", stages.get(pair.a) != "baseline")
    )


def describe_pair(record: RunRecord, pair: Paired) -> str:
    """A comparison as a sentence."""
    where, b = name_test(record, pair.test_set), _name_with_f1(record, pair.b, pair.test_set)
    return f"On {where}, {b} {_predicate(record, pair)}."


def _predicate(record: RunRecord, pair: Paired) -> str:
    """What a comparison says about its second system."""
    a = _name_with_f1(record, pair.a, pair.test_set)
    low, high = (format_points(end) for end in pair.ci95)
    size = f"{format_points(abs(pair.difference)).lstrip('+')} points"
    interval = f"95\u00a0% interval of the difference {low}\u00a0to\u00a0{high}"
    verdict = decide(pair.difference, pair.p, pair.p_randomisation)
    if verdict in ("better", "worse"):
        return f"is {size} {verdict} than {a}; {interval}"
    told = f"cannot be told apart from {a}"
    if verdict == "disagree":
        told += ", though only just: one of the two tests finds a difference, the other does not"
    return f"{told}; difference {format_points(pair.difference)} points, {interval}"


def headline(record: RunRecord) -> str:
    """The main claim of the run in one sentence."""
    pairs = main_pairs(record)
    if pairs:
        return describe_pair(record, pairs[0])
    main = main_system(record)
    if main is None:
        return "This run has no result yet."
    return (
        f"On {name_test(record, 'test')}, {name_system(main.name)} reaches F1 "
        f"{format_f1(main.f1_strict.mean)}; nothing in this run was compared with it."
    )


def findings(record: RunRecord) -> list[tuple[str, list[str]]]:
    """Other comparisons of the main system: what a test set is about, and what was found there."""
    told: dict[str, list[str]] = {}
    for pair in main_pairs(record)[1:]:
        b = _name_with_f1(record, pair.b, pair.test_set)
        told.setdefault(f"On {name_test(record, pair.test_set)}, {b}", []).append(
            f"{_predicate(record, pair)}."
        )
    return list(told.items())


def caveats(record: RunRecord) -> list[str]:
    """What limits the claims: size of the test set, seeds, sources, leaks, retries."""
    main = main_system(record)
    if main is None or not main.seeds:
        return []
    test = main.seeds[0].test
    name = name_test(record, "test")
    told = [
        f"The test set {name} holds {test.n_sentences} sentences with {test.n_gold} entities, "
        "so every score on it is uncertain by the width of its interval."
    ]
    if record.scored_split("test") == "validation":
        told.append(
            "All models and temperatures were chosen on the very sentences that they are scored "
            "on here, so the scores are too high. Score the test set once all is decided."
        )
    if len(main.seeds) == 1:
        told.append("One seed was run: the intervals leave out how much another seed would differ.")
    told += _describe_own_sources(record)
    told += _describe_lexicons(record)
    told += _describe_leaks(main, name)
    told += [
        f"{system.name}, seed {result.seed}: training collapsed and was repeated "
        f"({'; '.join(result.training.remedies)})."
        for system in record.systems
        for result in system.seeds
        if result.training is not None and result.training.remedies
    ]
    return told


def _describe_own_sources(record: RunRecord) -> list[str]:
    """Zero-shot is a claim about what nobody labelled."""
    [target] = [corpus for corpus in record.corpora if corpus.role == "target"]
    return [
        f"{corpus.name} is the target corpus and a source too: nothing that learned from the "
        "sources is zero-shot here, whatever it is called."
        if corpus.sha256 == target.sha256
        else f"{corpus.name} is a source in the target's own language. What is called zero-shot "
        "here is so only if nobody labelled it, nor taught a model that did."
        for corpus in record.corpora
        if corpus.role == "source" and corpus.language == target.language
    ]


def _describe_lexicons(record: RunRecord) -> list[str]:
    """What the sources say of the target's language beside their labels."""
    written = [corpus.name for corpus in record.corpora if corpus.losses.get(WORDS_FROM_LEXICON)]
    if not written:
        return []
    return [
        f"Words of {', '.join(written)} were replaced by those of a lexicon: someone who knows the "
        "target's language wrote it, though no sentence was labelled for it."
    ]


def _describe_leaks(main: System, name: str) -> list[str]:
    test = main.seeds[0].test
    if test.n_leaked is None:
        return ["Nobody looked for test sentences in the training set."]
    if test.n_leaked == 0:
        return ["No test sentence stands in the target's training set."]
    leaks = (
        f"{test.n_leaked} of the {test.n_sentences} test sentences of {name} also stand in the "
        "target's training set"
    )
    if main.f1_leak_free is None:
        return [f"{leaks}; there is no score without them."]
    return [
        f"{leaks}. Without them F1 of {main.name} is {format_f1(main.f1_leak_free.mean)} instead "
        f"of {format_f1(main.f1_strict.mean)}."
    ]


def _mean_f1(record: RunRecord, name: str, test: str) -> float | None:
    for system in record.systems:
        if system.name == name:
            summary = system.f1_strict if test == "test" else system.test_sets.get(test)
            return None if summary is None else summary.mean
    return None


def _name_with_f1(record: RunRecord, name: str, test: str) -> str:
    f1 = _mean_f1(record, name, test)
    return name_system(name) + ("" if f1 is None else f" (F1\u00a0{format_f1(f1)})")
