import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.corpus.lexicon import FROM_LEXICON
from nerbridge.records import Paired, RunRecord
from nerbridge.report.formatting import format_f1
from nerbridge.report.narrative import (
    WORDS_FROM_LEXICON,
    caveats,
    decide,
    describe_pair,
    findings,
    flip,
    headline,
    main_pairs,
    main_system,
)

P = st.floats(0.0001, 1)


def pair(record: RunRecord, difference: float, p: float, p_randomisation: float) -> Paired:
    return record.paired[0].model_copy(
        update={"difference": difference, "p": p, "p_randomisation": p_randomisation}
    )


@given(st.floats(-1, 1), P, P)
def test_a_difference_is_claimed_only_if_both_tests_find_it(
    difference: float, p: float, p_randomisation: float
) -> None:
    is_claimed = decide(difference, p, p_randomisation) in ("better", "worse")
    assert is_claimed == (max(p, p_randomisation) < 0.05)


@given(P, P)
def test_seen_from_the_other_side_better_is_worse(p: float, p_randomisation: float) -> None:
    there, back = (decide(sign * 0.1, p, p_randomisation) for sign in (1, -1))
    assert {there, back} in ({"better", "worse"}, {"undecided"}, {"disagree"})


def test_flipping_twice_changes_nothing(record: RunRecord) -> None:
    for found in record.paired:
        assert flip(flip(found)) == found
        assert flip(found).difference == -found.difference
        assert flip(found).ci95 == (-found.ci95[1], -found.ci95[0])


@pytest.mark.parametrize(
    ("difference", "p", "p_randomisation", "words"),
    [
        (0.3, 0.001, 0.001, "30.0 points better than"),
        (-0.3, 0.001, 0.001, "30.0 points worse than"),
        (0.3, 0.2, 0.3, "cannot be told apart from"),
        (0.3, 0.04, 0.06, "though only just"),
    ],
)
def test_the_words_follow_the_tests(
    record: RunRecord, difference: float, p: float, p_randomisation: float, words: str
) -> None:
    assert words in describe_pair(record, pair(record, difference, p, p_randomisation))


def test_the_headline_is_adapted_against_baseline_whichever_way_it_was_tested(
    record: RunRecord,
) -> None:
    turned = record.model_copy(update={"paired": tuple(map(flip, reversed(record.paired)))})
    for found in (record, turned):
        claim = headline(found)
        assert claim.startswith("On titles_as, the adapted model")
        assert "better than training on the target language alone" in claim
        assert format_f1(record.system("baseline").f1_strict.mean) in claim


def test_every_other_comparison_of_the_main_row_is_told_once(record: RunRecord) -> None:
    told = [sentence for _, sentences in findings(record) for sentence in sentences]
    assert len(told) == len(set(told)) == len(main_pairs(record)) - 1


def test_without_comparisons_the_headline_claims_none(record: RunRecord) -> None:
    alone = record.model_copy(update={"paired": ()})
    assert "nothing in this run was compared" in headline(alone)


def test_the_main_row_without_an_encoder_is_the_last(record: RunRecord) -> None:
    crfs = record.model_copy(update={"systems": record.systems[:2]})
    row = main_system(crfs)
    assert row is not None
    assert row.name == "crf_all"


def test_caveats_tell_of_sources_in_the_targets_own_language(record: RunRecord) -> None:
    assert "zero-shot" not in " ".join(caveats(record))
    [language] = {corpus.language for corpus in record.corpora if corpus.role == "target"}
    *others, last = (corpus for corpus in record.corpora if corpus.role != "target")
    own = last.model_copy(update={"role": "source", "language": language, "name": "raw"})
    targets = [corpus for corpus in record.corpora if corpus.role == "target"]
    told = caveats(record.model_copy(update={"corpora": (*targets, *others, own)}))
    [said] = [sentence for sentence in told if "zero-shot" in sentence]
    assert said.startswith("raw is a source in the target's own language.")

    itself = own.model_copy(update={"sha256": targets[0].sha256})
    told = caveats(record.model_copy(update={"corpora": (*targets, *others, itself)}))
    [said] = [sentence for sentence in told if "zero-shot" in sentence]
    assert said.startswith("raw is the target corpus and a source too: nothing")


def test_caveats_tell_of_words_from_a_lexicon(record: RunRecord) -> None:
    assert WORDS_FROM_LEXICON == FROM_LEXICON
    assert "lexicon" not in " ".join(caveats(record))
    target, *others = record.corpora
    written = target.model_copy(
        update={"name": "il_ner", "role": "source", "language": "hi", "losses": {FROM_LEXICON: 3}}
    )
    told = caveats(record.model_copy(update={"corpora": (target, *others, written)}))
    assert [said for said in told if said.startswith("Words of il_ner were replaced")]


def test_caveats_tell_of_leaks_retries_and_single_seeds(record: RunRecord) -> None:
    told = " ".join(caveats(record))
    assert "8 of the 120 test sentences of titles_as also stand in" in told
    assert "baseline, seed 42: training collapsed" in told
    row = record.system("adapt")
    single = row.model_copy(update={"seeds": row.seeds[:1]})
    assert "One seed" in " ".join(caveats(record.model_copy(update={"systems": (single,)})))
