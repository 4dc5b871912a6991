from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.evaluation.errors import frequent_errors
from nerbridge.evaluation.scores import score_predictions
from nerbridge.labels import Span

properties = settings(deadline=None, derandomize=True, max_examples=60)
TYPES = ("PER", "LOC")
TAGS = ("O", *(f"{prefix}-{type_}" for type_ in TYPES for prefix in "BI"))
sentences = st.lists(
    st.lists(
        st.tuples(*[st.sampled_from(TAGS)] * 2, st.sampled_from("ab")), min_size=1, max_size=6
    ),
    max_size=5,
)


@properties
@given(sentences)
def test_counts_are_those_of_the_scores(rows):
    words, gold, predicted = [[[word[c] for word in row] for row in rows] for c in (2, 0, 1)]
    scores = score_predictions(words, gold, predicted, TYPES)
    errors = frequent_errors(words, gold, predicted, n=1000)
    expected = {
        "boundary": scores.n_boundary_errors,
        "type": scores.n_type_errors,
        "boundary_and_type": scores.n_boundary_and_type_errors,
        "missed": scores.n_missed,
        "spurious": scores.n_spurious,
    }
    for kind, count in expected.items():
        assert sum(error.count for error in errors if error.kind == kind) == count
    assert [error.count for error in errors] == sorted((e.count for e in errors), reverse=True)


def test_same_error_in_several_sentences_is_one_example_from_the_first():
    words = [["Majuli", "today"], ["to", "Majuli"], ["Majuli"], ["Anima", "sings"]]
    gold = [["B-LOC", "O"], ["O", "B-LOC"], ["B-LOC"], ["B-PER", "O"]]
    predicted = [["B-PER", "O"], ["O", "B-PER"], ["O"], ["B-PER", "I-PER"]]
    first, *others = frequent_errors(words, gold, predicted, n=2)
    assert (first.kind, first.count, first.words) == ("type", 2, ("Majuli", "today"))
    assert first.gold == (Span(0, 1, "LOC"),)
    assert first.predicted == (Span(0, 1, "PER"),)
    assert [(error.kind, error.predicted) for error in others] == [("missed", ())]


def test_same_words_of_another_type_are_another_error():
    words = [["Majuli"], ["Majuli"]]
    errors = frequent_errors(words, [["O"], ["O"]], [["B-LOC"], ["B-PER"]], n=5)
    assert [(error.kind, error.count, error.gold) for error in errors] == [("spurious", 1, ())] * 2
