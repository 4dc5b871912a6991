"""Label Studio's tasks: one text, the regions that somebody marked, in code points.

Source: ``label_studio_sdk/converter`` (exports) and ``selection-tools.js`` (offsets).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from itertools import accumulate
from typing import Any

from nerbridge.corpus.offsets import CharSpan, SpannedText, has_surface
from nerbridge.errors import CorpusError

REGION_LABELS = ("labels", "hypertextlabels", "paragraphlabels")
"""Types of results that mark text; each is also the key of its labels."""
_NO_REGIONS = ("choices", "textarea", "rating", "number", "datetime", "taxonomy", "pairwise")
_MARKUP = re.compile(r"<[a-zA-Z/!][^>]*>")
_SPEAKER_KEYS = ("author", "name", "speaker", "role")


def is_task(record: Mapping[str, Any]) -> bool:
    """Whether the record is a task of Label Studio."""
    return isinstance(record.get("data"), Mapping)


def read_task(record: Mapping[str, Any], place: str, losses: Counter[str]) -> SpannedText | None:
    """The text and its regions; None if nobody has annotated it (``unlabelled_records``).

    The text of a dialogue is its paragraphs, a line each. Of several annotations of a task the
    first counts, the others are counted as ``extra_annotations``. A task that was never in Label
    Studio, such as `nerbridge suggest` writes it, has no annotations at all; its prediction counts
    then (``predicted_records``).

    Raises:
        CorpusError: no text, several texts, or a region that cannot be placed.
    """
    annotations = _annotations(record, losses)
    if not annotations:
        losses["unlabelled_records"] += 1
        return None
    losses["extra_annotations"] += len(annotations) - 1
    results = [one for one in _list(annotations[0].get("result")) if isinstance(one, Mapping)]
    regions = [one["value"] for one in results if _is_region(one, losses)]
    return _place_regions(record["data"], regions, place, losses)


def region_to_spans(
    region: Mapping[str, Any],
    place: str,
    losses: Counter[str],
    paragraph_starts: Sequence[int] | None = None,
) -> list[CharSpan]:
    """A span for every label of a region; none if it has no label (``regions_without_label``).

    Args:
        region: the value of a result.
        place: for messages.
        losses: for counting.
        paragraph_starts: where each paragraph of a dialogue begins in the text.

    Raises:
        CorpusError: the region does not say where it is.
    """
    labels: Any = next((region[key] for key in REGION_LABELS if region.get(key)), [])
    names = [labels] if isinstance(labels, str) else _list(labels)
    if not names:
        losses["regions_without_label"] += 1
        return []
    start, end = _range(region, paragraph_starts)
    if start is None or end is None or not all(isinstance(name, str) for name in names):
        raise CorpusError(
            f"{place}: the region is {dict(region)!r:.120}; expected start and end as numbers, or "
            "globalOffsets, and labels. Export it again from a newer Label Studio."
        )
    text = region.get("text")
    surface = text if isinstance(text, str) else None
    return [CharSpan(start, end, name.strip(), surface) for name in names]


def _annotations(record: Mapping[str, Any], losses: Counter[str]) -> list[Mapping[str, Any]]:
    key = next((key for key in ("annotations", "completions") if key in record), None)
    if key is None and record.get("predictions"):
        losses["predicted_records"] += 1
        return [one for one in _list(record["predictions"])[:1] if isinstance(one, Mapping)]
    return [
        one
        for one in _list(record.get(key or ""))
        if isinstance(one, Mapping) and not (one.get("was_cancelled") or one.get("skipped"))
    ]


def _is_region(result: Mapping[str, Any], losses: Counter[str]) -> bool:
    """Whether a result marks text. Other regions (boxes, sound) count as ``regions_left_out``."""
    if result.get("type") in REGION_LABELS and isinstance(result.get("value"), Mapping):
        return True
    if result.get("type") not in (*_NO_REGIONS, "relation"):
        losses["regions_left_out"] += 1
    return False


def _place_regions(
    data: Mapping[str, Any], regions: Sequence[Mapping[str, Any]], place: str, losses: Counter[str]
) -> SpannedText:
    # A task does not say which of its fields was annotated: it is the one that the regions fit.
    texts = list(_texts(data, any("hypertextlabels" in region for region in regions)))
    if len(texts) > 1 and regions:
        texts = [one for one in texts if _fits(one, regions)] or texts
    if len(texts) > 1 and isinstance(data.get("text"), str | list):
        texts = texts[:1]
    if len(texts) != 1:
        raise CorpusError(
            f"{place}: data holds {len(texts)} texts; expected one, under the key 'text'. "
            "Export only the text that was annotated."
        )
    text, starts = texts[0]
    spans = [span for one in regions for span in region_to_spans(one, place, losses, starts)]
    return SpannedText(text, tuple(spans), place, is_running=starts is not None)


_Text = tuple[str, Sequence[int] | None]
"""A text and, of a dialogue, where each of its paragraphs begins."""


def _texts(data: Mapping[str, Any], is_hypertext: bool) -> Iterator[_Text]:
    """All texts of a task; those under the key ``text`` come first."""
    for value in sorted(data.values(), key=lambda value: value is not data.get("text")):
        if isinstance(value, str):
            is_html = is_hypertext and _MARKUP.search(value)
            yield (_visible_text(value) if is_html else value), None
        elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            paragraphs = [_paragraph(one) for one in value]
            lengths = (len(one) + 1 for one in paragraphs[:-1])
            yield "\n".join(paragraphs), [*accumulate(lengths, initial=0)]


def _paragraph(one: Mapping[str, Any]) -> str:
    if isinstance(one.get("text"), str):
        return str(one["text"])
    texts = [v for k, v in one.items() if isinstance(v, str) and k not in _SPEAKER_KEYS]
    return max(texts, key=len, default="")


def _fits(text: _Text, regions: Sequence[Mapping[str, Any]]) -> bool:
    ignored: Counter[str] = Counter()
    spans = [span for one in regions for span in region_to_spans(one, "", ignored, text[1])]
    return all(span.end_char <= len(text[0]) and has_surface(span, text[0]) for span in spans)


def _range(
    region: Mapping[str, Any], paragraph_starts: Sequence[int] | None
) -> tuple[int | None, int | None]:
    overall = region.get("globalOffsets")
    if isinstance(overall, Mapping):
        return _number(overall.get("start")), _number(overall.get("end"))
    start, end = _number(region.get("start")), _number(region.get("end"))
    # In a dialogue, start and end are paragraphs and the offsets count inside of them.
    if "startOffset" not in region:
        return start, end
    if paragraph_starts is None or start is None or end is None:
        # Old versions record only XPaths of a web page here, which cannot be placed in a text.
        return None, None
    if not 0 <= start <= end < len(paragraph_starts):
        return None, None
    offsets = _number(region["startOffset"]), _number(region.get("endOffset"))
    if offsets[0] is None or offsets[1] is None:
        return None, None
    return paragraph_starts[start] + offsets[0], paragraph_starts[end] + offsets[1]


def _number(value: Any) -> int | None:
    """A number, or text that is one: Label Studio writes paragraph numbers as text."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _visible_text(html: str) -> str:
    """The text that Label Studio counts: that of all text nodes, and a line break for ``<br>``."""
    parser = _TextNodes()
    parser.feed(html)
    parser.close()
    return "".join(parser.pieces)


class _TextNodes(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.pieces.append("\n")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
