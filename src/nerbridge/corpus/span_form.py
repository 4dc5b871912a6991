"""Records of a text and character spans, as annotation tools export them, to words and tags.

Offsets count code points, half-open. Where a record repeats the text of its spans and it does
not match, the offsets are read as UTF-16 units, as browsers count them, and checked again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nerbridge.corpus.raw import RawSentence, check_word
from nerbridge.errors import CorpusError
from nerbridge.labels import OUTSIDE
from nerbridge.text.words import split_words


@dataclass(frozen=True, slots=True)
class CharSpan:
    """An entity over characters of a text, half-open; ``surface`` is its text if recorded."""

    start_char: int
    end_char: int
    type: str
    surface: str | None = None


def record_to_text(
    record: Mapping[str, Any], place: str, losses: Counter[str]
) -> tuple[str, list[CharSpan]] | None:
    """Text and spans of a record of Label Studio, doccano or Prodigy; None if it is to be skipped.

    Skipped and counted: Prodigy records not accepted (``rejected_records``), Label Studio tasks
    that nobody finished (``unlabelled_records``). Of several annotations of a task the first
    counts, the others are counted as ``extra_annotations``.

    Raises:
        CorpusError: the record is in none of the three shapes.
    """
    if record.get("answer", "accept") != "accept":
        losses["rejected_records"] += 1
        return None
    if "data" in record:
        return _read_label_studio(record, place, losses)
    text = record.get("text")
    spans = next((record[key] for key in _SPAN_KEYS if key in record), None)
    if not isinstance(text, str) or not isinstance(spans, list):
        raise CorpusError(
            f"{place}: the keys are {', '.join(map(repr, record)) or 'missing'}; expected tokens "
            "and ner_tags, or text and one of label, labels, entities, spans. "
            "Export it from Label Studio, doccano or Prodigy again, as JSON or JSONL."
        )
    return text, [_read_span(span, place) for span in spans]


def text_to_sentence(
    text: str, spans: Sequence[CharSpan], path: str, line: int, place: str, losses: Counter[str]
) -> RawSentence | None:
    """Words and IOB2 tags of one text; None if it has no words.

    A span that cuts a word is widened to whole words (``widened_spans``). Of spans that share a
    word the longest stays (``overlapping_spans``); one that covers no word goes (``empty_spans``).

    Raises:
        CorpusError: a span lies outside the text or does not hold the text it says.
    """
    words = [(start, end) for start, end in split_words(text) if text[start:end].strip()]
    tags = [OUTSIDE] * len(words)
    checked = [_place_span(span, text, place) for span in spans]
    for span in sorted(checked, key=_longest_first):
        _lay_span(span, words, tags, losses)
    if not words:
        losses["dropped_empty"] += 1
        return None
    surfaces = tuple(check_word(text[start:end], path, line) for start, end in words)
    return RawSentence(surfaces, tuple(tags), path, (line,) * len(words))


def _longest_first(span: CharSpan) -> tuple[int, int, str]:
    return (span.start_char - span.end_char, span.start_char, span.type)


def _lay_span(
    span: CharSpan, words: list[tuple[int, int]], tags: list[str], losses: Counter[str]
) -> None:
    covered = [
        index
        for index, (start, end) in enumerate(words)
        if start < span.end_char and end > span.start_char
    ]
    if not covered:
        losses["empty_spans"] += 1
        return
    if any(tags[index] != OUTSIDE for index in covered):
        losses["overlapping_spans"] += 1
        return
    if words[covered[0]][0] < span.start_char or words[covered[-1]][1] > span.end_char:
        losses["widened_spans"] += 1
    for index in covered:
        tags[index] = f"{'B' if index == covered[0] else 'I'}-{span.type}"


def _place_span(span: CharSpan, text: str, place: str) -> CharSpan:
    if _fits(span, text):
        return span
    # browsers count in UTF-16 units: an emoji before the entity moves it
    units = [index for index, char in enumerate(text) for _ in range(1 + (ord(char) > 0xFFFF))]
    units.append(len(text))
    if span.surface is not None and 0 <= span.start_char < span.end_char < len(units):
        moved = CharSpan(units[span.start_char], units[span.end_char], span.type, span.surface)
        if _fits(moved, text):
            return moved
    found = text[max(0, span.start_char) : max(0, span.end_char)]
    raise CorpusError(
        f"{place}: the span {span.start_char}–{span.end_char} ({span.type}) holds {found!r:.60}; "
        + (f"expected {span.surface!r:.60}" if span.surface else f"the text has {len(text)} chars")
        + ". Offsets count characters of the text, from 0, half-open: export the record again."
    )


def _fits(span: CharSpan, text: str) -> bool:
    if not 0 <= span.start_char < span.end_char <= len(text):
        return False
    return span.surface is None or text[span.start_char : span.end_char] == span.surface


def _read_label_studio(
    record: Mapping[str, Any], place: str, losses: Counter[str]
) -> tuple[str, list[CharSpan]] | None:
    annotations = [
        annotation
        for annotation in _list_of(record.get("annotations", record.get("completions", [])))
        if isinstance(annotation, dict) and not annotation.get("was_cancelled")
    ]
    if not annotations:
        losses["unlabelled_records"] += 1
        return None
    if len(annotations) > 1:
        losses["extra_annotations"] += len(annotations) - 1
    data = record["data"]
    texts = list(_texts(data)) if isinstance(data, dict) else []
    if len(texts) != 1:
        raise CorpusError(
            f"{place}: data holds {len(texts)} texts; expected one, under the key 'text'. "
            "Export only the text that was annotated."
        )
    results = [
        result["value"]
        for result in _list_of(annotations[0].get("result"))
        if isinstance(result, dict) and result.get("type") == "labels" and "value" in result
    ]
    return texts[0], [_read_span(value, place) for value in results]


def _texts(data: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(data.get("text"), str):
        yield data["text"]
        return
    yield from (value for value in data.values() if isinstance(value, str))


def _read_span(span: Any, place: str) -> CharSpan:
    """A span in any of the tools' shapes: ``[0, 5, "PER"]`` or an object."""
    start: Any = None
    end: Any = None
    type_: Any = None
    surface: Any = None
    if isinstance(span, list) and len(span) == 3:
        start, end, type_ = span
    elif isinstance(span, dict):
        start = span.get("start", span.get("start_offset"))
        end = span.get("end", span.get("end_offset"))
        type_ = span.get("label", span.get("labels"))
        surface = span.get("text")
    if isinstance(type_, list) and len(type_) == 1:
        type_ = type_[0]
    if not (_is_offset(start) and _is_offset(end) and isinstance(type_, str) and type_.strip()):
        raise CorpusError(
            f"{place}: the span is {span!r:.80}; expected two offsets and one type, as in "
            '[0, 5, "PER"] or {"start": 0, "end": 5, "label": "PER"}. Mend it, or export again.'
        )
    return CharSpan(start, end, type_.strip(), surface if isinstance(surface, str) else None)


def _is_offset(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


_SPAN_KEYS = ("spans", "entities", "labels", "label")
