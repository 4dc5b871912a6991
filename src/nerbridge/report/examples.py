"""Errors shown in their sentence: gold entities underlined, predicted ones overlined."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from nerbridge.evaluation.errors import ErrorExample
from nerbridge.labels import Span
from nerbridge.markup import Markup, concat, concat_all, element

_KINDS = {
    "boundary": "wrong boundary",
    "boundary_and_type": "wrong boundary and type",
    "missed": "missed",
    "spurious": "spurious",
    "type": "wrong type",
}
_CONTEXT_WORDS = 16
"""Words shown on either side of the entities of a long sentence."""


def errors_to_html(errors: Sequence[ErrorExample], language: str | None) -> Markup:
    """The errors as a list; ``language`` is the code of the sentences, for fonts and readers."""
    return element("ol", *(_error_to_html(error, language) for error in errors), class_="errors")


def legend() -> Markup:
    """How gold and predicted entities are marked."""
    return element(
        "p",
        element("span", "solid line below", class_="gold"),
        " gold entity · ",
        element("span", "dashed line above", class_="predicted"),
        " predicted entity",
        class_="caption legend",
    )


def mark_sentence(words: Sequence[str], gold: Sequence[Span], predicted: Sequence[Span]) -> Markup:
    """The sentence with its entities marked; a long one is cut around them.

    >>> mark_sentence(["In", "Tezpur"], [Span(1, 2, "LOC")], [])
    'In <span class="gold">Tezpur</span>'
    """
    start, end = _window(len(words), [*gold, *predicted])
    runs: list[tuple[tuple[bool, bool], str]] = []
    for index in range(start, end):
        # The space inside an entity belongs to its line; the space between entities does not.
        if index > start:
            runs.append(((_spans_gap(gold, index), _spans_gap(predicted, index)), " "))
        runs.append(((_covers(gold, index), _covers(predicted, index)), words[index]))
    marked = (
        _mark("".join(text for _, text in run), *state)
        for state, run in groupby(runs, key=lambda run: run[0])
    )
    return concat("… " if start else None, concat_all(marked), " …" if end < len(words) else None)


def _error_to_html(error: ErrorExample, language: str | None) -> Markup:
    told = [element("b", _KINDS.get(error.kind, error.kind))]
    for name, spans in (("gold", error.gold), ("predicted", error.predicted)):
        told += [
            concat(f"{name} {span.type} ", _quote(error.words, span, language)) for span in spans
        ]
    times = element("span", f"{error.count} ×", class_="times")
    return element(
        "li",
        element("p", times, " ", concat_all(told, separator=" · ")),
        element(
            "p",
            mark_sentence(error.words, error.gold, error.predicted),
            class_="sentence indic",
            lang=language,
        ),
    )


def _quote(words: Sequence[str], span: Span, language: str | None) -> Markup:
    text = " ".join(words[span.start_word : span.end_word])
    return element("span", text, class_="indic", lang=language)


def _mark(text: str, is_gold: bool, is_predicted: bool) -> Markup:
    classes = " ".join(
        name for name, is_on in (("gold", is_gold), ("predicted", is_predicted)) if is_on
    )
    return element("span", text, class_=classes) if classes else concat(text)


def _covers(spans: Sequence[Span], index: int) -> bool:
    return any(span.start_word <= index < span.end_word for span in spans)


def _spans_gap(spans: Sequence[Span], index: int) -> bool:
    """Whether the space before the word lies inside an entity."""
    return any(span.start_word < index < span.end_word for span in spans)


def _window(n_words: int, spans: Sequence[Span]) -> tuple[int, int]:
    """First and last (excluded) word to show."""
    if not spans:
        return 0, n_words
    start = min(span.start_word for span in spans) - _CONTEXT_WORDS
    end = max(span.end_word for span in spans) + _CONTEXT_WORDS
    return max(0, start), min(n_words, end)
