"""Records of a text and character spans, in the formats of common annotation tools.

doccano, Prodigy, spaCy, Label Studio (`label_studio`), and what nerbridge itself writes: one
reader, because all of them are a text and a list of spans under different names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nerbridge.corpus.label_studio import REGION_LABELS, is_task, read_task, region_to_spans
from nerbridge.corpus.offsets import CharSpan, SpannedText, has_surface
from nerbridge.errors import CorpusError
from nerbridge.io.fields import find_field

_TEXT_KEYS = ("text", "data", "sentence", "content")
_SPAN_KEYS = ("spans", "entities", "labels", "label", "ents", "annotations")
_START_KEYS = ("start", "start_char", "start_offset", "startOffset", "begin", "offset")
_END_KEYS = ("end", "end_char", "end_offset", "endOffset", "stop")
_TYPE_KEYS = ("label", "labels", "type", "entity_group", "entity_type", "category", "tag")
_OWN_START = "start_char"
_MANAGED_BY_LABEL_STUDIO = "annotation_id"
"""A column of JSON_MIN and CSV: the text was annotated, even if it has no span."""


@dataclass(frozen=True)
class SpanFields:
    """Names of the fields of text and spans; None if each record must be searched."""

    text: str | None = None
    spans: str | None = None
    is_running: bool = False
    """Whether each text has several sentences, as in the output of ``nerbridge tag``."""


def find_fields(records: Iterable[Any]) -> SpanFields:
    """The fields of text and spans, found from all records together.

    The text field is the only one in which the spans of all records hold their recorded text. Else
    it is ``text`` (or ``data``, ``sentence``, ``content``), else the only field with text.
    """
    held: set[str] | None = None
    present: set[str] | None = None
    is_running = False
    for record in records:
        if not isinstance(record, Mapping) or is_task(record):
            continue
        spans = _raw_spans(record, None)
        is_running = is_running or any(isinstance(s, Mapping) and _OWN_START in s for s in spans)
        is_running = is_running or {"source", "row", "entities"} <= record.keys()
        texts = dict(_texts(record))
        present = set(texts) if present is None else present & set(texts)
        if any(isinstance(span, Mapping) and isinstance(span.get("text"), str) for span in spans):
            fitting = {name for name, text in texts.items() if _holds(text, spans)}
            held = fitting if held is None else held & fitting
    known = next((name for name in _TEXT_KEYS if present and name in present), None)
    if held and (known is None or known not in held):
        known = next(iter(held)) if len(held) == 1 else known
    if known is None and present and len(present) == 1:
        known = next(iter(present))
    return SpanFields(known, None, is_running)


def record_to_text(
    record: Mapping[str, Any], fields: SpanFields, place: str, losses: Counter[str]
) -> SpannedText | None:
    """Text and spans of a record; None if it is to be skipped.

    Skipped and counted: Prodigy records not accepted (``rejected_records``), and what `read_task`
    skips.

    Raises:
        CorpusError: the record is in none of the known shapes.
    """
    if record.get("answer", "accept") != "accept":
        losses["rejected_records"] += 1
        return None
    if is_task(record):
        return read_task(record, place, losses)
    text = _find_text(record, fields)
    is_known = fields.spans in record if fields.spans else bool(_span_keys(record))
    if not isinstance(text, str) or not (is_known or _is_annotated(record)):
        raise CorpusError(
            f"{place}: the keys are {', '.join(map(repr, record)) or 'missing'}; expected tokens "
            "and ner_tags, or text and one of label, labels, entities, spans. Export it again as "
            "JSON or JSONL, or name the fields: --columns TEXT,SPANS."
        )
    if not is_known and _MANAGED_BY_LABEL_STUDIO in record:
        losses["regions_left_out"] += sum(map(_n_objects, record.values()))
    spans: list[CharSpan] = []
    for span in _raw_spans(record, fields.spans):
        spans += _read_span(span, place, losses)
    return SpannedText(text, tuple(spans), place, fields.is_running)


def _is_annotated(record: Mapping[str, Any]) -> bool:
    """Whether the text was annotated, so that a missing field of spans means no entity.

    Prodigy writes words and an answer for a span task, but no words for a classification task.
    """
    return _MANAGED_BY_LABEL_STUDIO in record or {"answer", "tokens"} <= record.keys()


def _find_text(record: Mapping[str, Any], fields: SpanFields) -> Any:
    name = fields.text or "text"
    try:
        found = find_field(record, name)
    except KeyError:
        return None
    return "" if found is None else found


def _span_keys(record: Mapping[str, Any]) -> list[str]:
    """The fields of spans: all that hold regions of Label Studio, else the first known name."""
    # Several label controls of Label Studio each write their own field.
    regions = [key for key, value in record.items() if _are_regions(value)]
    if regions:
        return regions
    filled = (key for key in _SPAN_KEYS if _is_list_or_groups(record.get(key)))
    empty = (key for key in _SPAN_KEYS if key in record and not record[key])
    return [key for key in (next(filled, None) or next(empty, None),) if key]


def _are_regions(value: Any) -> bool:
    """Whether it is a list of what Label Studio marks; a region need not have a label."""
    return isinstance(value, list) and any(
        isinstance(one, Mapping)
        and (
            any(key in one for key in REGION_LABELS[1:])
            or isinstance(one.get(REGION_LABELS[0]), list)
            or one.keys() == {"start", "end", "text"}
        )
        for one in value
    )


def _is_list_or_groups(value: Any) -> bool:
    """Whether a value is a list, or a table of lists: spaCy can name several groups of spans."""
    if isinstance(value, Mapping):
        return bool(value) and all(isinstance(one, list) for one in value.values())
    return isinstance(value, list)


def _n_objects(value: Any) -> int:
    return sum(isinstance(one, Mapping) for one in value) if isinstance(value, list) else 0


def _raw_spans(record: Mapping[str, Any], name: str | None) -> list[Any]:
    values = [record.get(key) for key in ([name] if name else _span_keys(record))]
    groups = [v for value in values if isinstance(value, Mapping) for v in value.values()]
    return [span for value in (*values, *groups) if isinstance(value, list) for span in value]


def _texts(record: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Names and contents of all fields that hold text; of inner fields as ``a.b``."""
    for key, value in record.items():
        if isinstance(value, str):
            yield f"{before}{key}", value
        elif isinstance(value, Mapping):
            yield from _texts(value, f"{before}{key}.")


def _holds(text: str, spans: Iterable[Any]) -> bool:
    """Whether a text holds the recorded text of all spans."""
    ignored: Counter[str] = Counter()
    try:
        read = [one for span in spans for one in _read_span(span, "", ignored)]
    except CorpusError:
        return False
    return all(0 <= s.start_char < s.end_char <= len(text) and has_surface(s, text) for s in read)


def _read_span(span: Any, place: str, losses: Counter[str]) -> list[CharSpan]:
    """A span in any of the tools' shapes: ``[0, 5, "PER"]`` or an object; one for every label."""
    if isinstance(span, Mapping) and _are_regions([span]):
        return region_to_spans(span, place, losses)
    start: Any = None
    end: Any = None
    type_: Any = None
    surface: Any = None
    if isinstance(span, list) and len(span) == 3:
        start, end, type_ = span
    elif isinstance(span, Mapping):
        start, end, type_ = (_first(span, keys) for keys in (_START_KEYS, _END_KEYS, _TYPE_KEYS))
        if end is None and is_offset(start) and is_offset(span.get("length")):
            end = start + span["length"]
        surface = span.get("text")
    start, end = _whole(start), _whole(end)
    if not (is_offset(start) and is_offset(end) and isinstance(type_, str) and type_.strip()):
        raise CorpusError(
            f"{place}: the span is {span!r:.80}; expected two offsets and one type, as in "
            '[0, 5, "PER"] or {"start": 0, "end": 5, "label": "PER"}. Correct it, or export again.'
        )
    return [CharSpan(start, end, type_.strip(), surface if isinstance(surface, str) else None)]


def _first(span: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((span[key] for key in keys if key in span), None)


def _whole(value: Any) -> Any:
    """The whole number in a value that a table has turned into text or a decimal."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def is_offset(value: Any) -> bool:
    """Whether a value is a whole number. JSON's true and false are not."""
    return isinstance(value, int) and not isinstance(value, bool)
