import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from nerbridge.evaluation.errors import ErrorExample
from nerbridge.labels import Span
from nerbridge.report.examples import errors_to_html, mark_sentence

WORDS = st.lists(st.sampled_from(["অসম", "<b>", "&", "a b", "ক্ষ"]), min_size=1, max_size=14)


def text_of(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", markup))


@st.composite
def sentences(draw: st.DrawFn) -> tuple[list[str], list[Span], list[Span]]:
    words = draw(WORDS)
    spans = []
    for _ in range(2):
        start = draw(st.integers(0, len(words) - 1))
        spans.append([Span(start, draw(st.integers(start + 1, len(words))), "PER")])
    return words, spans[0], spans[1]


@given(sentences())
def test_marking_keeps_the_text_and_marks_exactly_the_entities(
    case: tuple[list[str], list[Span], list[Span]],
) -> None:
    words, gold, predicted = case
    marked = mark_sentence(words, gold, predicted)
    assert text_of(marked) == " ".join(words)
    for class_, (span,) in (("gold", gold), ("predicted", predicted)):
        runs = re.findall(rf'<span class="[a-z ]*\b{class_}\b[a-z ]*">(.*?)</span>', marked)
        assert text_of("".join(runs)) == " ".join(words[span.start_word : span.end_word])


def test_touching_entities_are_marked_apart() -> None:
    marked = mark_sentence(["a", "b"], [Span(0, 1, "PER"), Span(1, 2, "LOC")], [])
    assert marked == '<span class="gold">a</span> <span class="gold">b</span>'


def test_long_sentences_are_cut_around_the_entities() -> None:
    words = [f"w{index}" for index in range(100)]
    marked = text_of(mark_sentence(words, [Span(50, 51, "PER")], [Span(51, 52, "PER")]))
    assert marked.startswith("… w34 ")
    assert marked.endswith(" w67 …")


def test_an_error_says_in_words_what_the_lines_show() -> None:
    error = ErrorExample("boundary", ("অসম", "চৰকাৰ"), (Span(0, 2, "ORG"),), (Span(0, 1, "ORG"),), 3)
    html = errors_to_html([error], "as")
    told = text_of(html)
    assert "3 × wrong boundary · gold ORG অসম চৰকাৰ · predicted ORG অসম" in told
    assert html.count('lang="as"') == 3
