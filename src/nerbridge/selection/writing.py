"""Suggestions as files of annotation tools, with the model's entities as a first answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nerbridge.corpus.files import write_text
from nerbridge.corpus.sentence import Sentence
from nerbridge.corpus.writing import write_sentences
from nerbridge.labels import Span, spans_to_tags
from nerbridge.selection.formats import SuggestionFormat
from nerbridge.selection.suggesting import Suggestion


def write_suggestions(
    path: Path, suggestions: Sequence[Suggestion], format: SuggestionFormat, *, model: str
) -> None:
    """Write one file, whole or not at all; ``model`` is the name that made the first answers.

    Raises:
        CorpusError: a text that the format cannot hold.
        EnvironmentProblem: the disk is full or the folder cannot be written.
    """
    if format is SuggestionFormat.LABEL_STUDIO:
        tasks = [suggestion_to_task(suggestion, model) for suggestion in suggestions]
        write_text(path, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")
    elif format is SuggestionFormat.DOCCANO:
        write_text(path, _lines(suggestions, suggestion_to_doccano))
    else:
        write_sentences(path, map(suggestion_to_sentence, suggestions), str(format))


def suggestion_to_task(suggestion: Suggestion, model: str) -> dict[str, Any]:
    """A task of Label Studio with the model's answer as its prediction.

    Offsets count code points, as Label Studio does since 2022 (``charsToCodePoints`` in its
    ``selection-tools.js``). The labelling interface must call the text
    ``text`` and the labels ``label``.
    """
    text = suggestion.sentence.text
    results = [
        {
            "id": f"e{number}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "score": round(entity.score, 4),
            "value": {
                "start": entity.start_char,
                "end": entity.end_char,
                "text": entity.text,
                "labels": [entity.type],
            },
        }
        for number, entity in enumerate(suggestion.entities)
    ]
    prediction = {
        "model_version": model,
        "score": round(suggestion.worth.value, 4),
        "result": results,
    }
    return {"data": {"text": text, **_origin(suggestion)}, "predictions": [prediction]}


def suggestion_to_doccano(suggestion: Suggestion) -> dict[str, Any]:
    """A line of doccano: the text and its spans, half-open, in UTF-16 units.

    So doccano counts, unless a project counts grapheme clusters as one character.
    """
    text = suggestion.sentence.text
    spans = [
        [_utf16_length(text[: e.start_char]), _utf16_length(text[: e.end_char]), e.type]
        for e in suggestion.entities
    ]
    return {"text": text, "label": spans, **_origin(suggestion)}


def suggestion_to_sentence(suggestion: Suggestion) -> Sentence:
    """Words and IOB2 tags."""
    sentence = suggestion.sentence
    spans = [Span(e.start_word, e.end_word, e.type) for e in suggestion.entities]
    tags = spans_to_tags(spans, len(sentence.words))
    return Sentence(sentence.words, tuple(tags), sentence.source, sentence.row)


def _origin(suggestion: Suggestion) -> dict[str, Any]:
    return {"source": suggestion.sentence.source, "row": suggestion.sentence.row}


def _lines(
    suggestions: Sequence[Suggestion], render: Callable[[Suggestion], dict[str, Any]]
) -> str:
    return "".join(f"{json.dumps(render(s), ensure_ascii=False)}\n" for s in suggestions)


def _utf16_length(text: str) -> int:
    return len(text) + sum(ord(char) > 0xFFFF for char in text)
