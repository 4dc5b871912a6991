"""Records of words and spans over them: GLiNER, SpERT, and what nerbridge tags of CoNLL files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nerbridge.corpus.raw import RawSentence, Unit, place, raw_sentence
from nerbridge.errors import CorpusError
from nerbridge.labels import OUTSIDE

_Span = tuple[int, int, str]


def is_token_form(record: Mapping[str, Any]) -> bool:
    """Whether the record has words and spans that count them."""
    if "tokenized_text" in record and "ner" in record:
        return True
    spans = record.get("entities")
    return (
        _are_words(record.get("tokens"))
        and isinstance(spans, list)
        and ("text" not in record or all(isinstance(s, dict) and "start_word" in s for s in spans))
    )


def tokens_to_sentence(
    record: Mapping[str, Any], path: str, line: int, unit: Unit, losses: Counter[str]
) -> RawSentence | None:
    """The sentence of one record; None if it has no words (``dropped_empty``).

    Of spans that share a word the longest stays (``overlapping_spans``). The ends of GLiNER's
    spans are inside of them; those of the others are behind them.

    Raises:
        CorpusError: words that are none, or a span that lies outside of them.
    """
    where = place(path, line, unit)
    is_gliner = "tokenized_text" in record
    words = record["tokenized_text"] if is_gliner else record["tokens"]
    found = record["ner"] if is_gliner else record["entities"]
    if not isinstance(words, list) or not isinstance(found, list):
        raise CorpusError(
            f"{where}: expected a list of words and a list of spans. Export it again."
        )
    if not words:
        losses["dropped_empty"] += 1
        return None
    spans = [one for span in found for one in _read_span(span, is_gliner, len(words), where)]
    tags = [OUTSIDE] * len(words)
    for start, end, type_ in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        if any(tag != OUTSIDE for tag in tags[start:end]):
            losses["overlapping_spans"] += 1
            continue
        tags[start:end] = [f"B-{type_}", *[f"I-{type_}"] * (end - start - 1)]
    return raw_sentence(words, tags, path, line, unit)


def _are_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _read_span(span: Any, is_gliner: bool, n_words: int, where: str) -> list[_Span]:
    """The span once for every type that it has."""
    start, end, named = _parts(span)
    types = named if isinstance(named, list) and named else [named]
    are_types = all(isinstance(one, str) and one.strip() for one in types)
    if isinstance(start, int) and isinstance(end, int) and are_types:
        end += is_gliner
        if 0 <= start < end <= n_words:
            return [(start, end, one.strip()) for one in types]
    raise CorpusError(
        f"{where}: the span is {span!r:.80}; expected the numbers of its first and last word, from "
        f"0 to {n_words - 1}, and a type. Correct it, or export again."
    )


def _parts(span: Any) -> Sequence[Any]:
    if isinstance(span, list) and len(span) >= 3:
        return span[:3]
    if not isinstance(span, dict):
        return None, None, None
    names = (("start_word", "start"), ("end_word", "end"), ("type", "label"))
    return [next((span[key] for key in keys if key in span), None) for keys in names]
