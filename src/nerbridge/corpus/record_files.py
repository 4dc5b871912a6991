"""The records of one file, in any shape, to its sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nerbridge.corpus.annotation_exports import text_to_sentences
from nerbridge.corpus.hf_records import is_hub_form, record_to_sentence
from nerbridge.corpus.layout import Layout
from nerbridge.corpus.offsets import SpannedText, to_code_points
from nerbridge.corpus.raw import RawSentence, RawSplit, Unit, place
from nerbridge.corpus.span_records import SpanFields, find_fields, record_to_text
from nerbridge.corpus.token_form import is_token_form, tokens_to_sentence
from nerbridge.errors import CorpusError

_DOCUMENT_KEYS = ("document_id", "doc_id", "document")

Numbered = tuple[int, Unit, Any]
"""Where a record stands, in which unit that counts, and the record."""


@dataclass(frozen=True)
class _Text:
    """A text of which the spans are placed later: all texts of a file together show the unit."""

    spanned: SpannedText
    line: int
    unit: Unit
    document: str


def records_to_split(
    records: Iterable[Numbered], path: str, names: Sequence[str] | None, layout: Layout
) -> RawSplit:
    """The sentences of a file, in its order.

    Raises:
        CorpusError: a record in no known shape, or no labelled sentence at all.
    """
    losses: Counter[str] = Counter()
    unpacked = [one for record in records for one in _unpack(record)]
    fields = find_fields(record for _, _, record in unpacked)
    if layout.columns is not None:
        fields = SpanFields(layout.columns.word, layout.columns.tag, fields.is_running)
        unpacked = [_rename_words(one, fields) for one in unpacked]
    found = list(_read_all(unpacked, fields, path, names, losses))
    texts = [one.spanned for one in found if isinstance(one, _Text)]
    placed = iter(to_code_points(texts, layout.offsets, losses))
    # Each of several running texts is a document. A single one would make the whole file one
    # document, and no part of it could be held out.
    are_documents = sum(isinstance(one, _Text) and one.spanned.is_running for one in found) > 1
    sentences: list[RawSentence] = []
    for one in found:
        if isinstance(one, RawSentence):
            sentences.append(one)
            continue
        divided = text_to_sentences(
            one.spanned.text,
            next(placed),
            path,
            one.line,
            one.unit,
            losses,
            is_running=one.spanned.is_running,
        )
        document = one.document or (
            one.spanned.place if are_documents and one.spanned.is_running else ""
        )
        sentences += (replace(sentence, document=document) for sentence in divided)
    if not sentences:
        lost = ", ".join(f"{name}: {n}" for name, n in losses.items()) or "no records"
        raise CorpusError(
            f"{path}: no labelled sentence ({lost}); expected at least one. "
            "Check that the export holds finished annotations."
        )
    return RawSplit(tuple(sentences), +losses)


def _read_all(
    records: Iterable[Numbered],
    fields: SpanFields,
    path: str,
    names: Sequence[str] | None,
    losses: Counter[str],
) -> Iterator[RawSentence | _Text]:
    annotated: set[Any] = set()
    for line, unit, record in records:
        where = place(path, line, unit)
        if not isinstance(record, Mapping):
            raise CorpusError(
                f"{where}: {record!r:.60} is not a record; expected an object with "
                "tokens and ner_tags, or text and spans. Export the file again."
            )
        if _is_further_annotation(record, annotated):
            losses["extra_annotations"] += 1
        elif is_hub_form(record) and not _has_spans(record):
            sentence = record_to_sentence(record, names, path, line, unit)
            losses["dropped_empty"] += sentence is None
            if sentence is not None:
                yield replace(sentence, document=_document_of(record))
        elif is_token_form(record):
            sentence = tokens_to_sentence(record, path, line, unit, losses)
            if sentence is not None:
                yield replace(sentence, document=_document_of(record))
        elif text := record_to_text(record, fields, where, losses):
            yield _Text(text, line, unit, _document_of(record))


def _document_of(record: Mapping[str, Any]) -> str:
    """The document of a record; empty if the record names none."""
    found = next((record[key] for key in _DOCUMENT_KEYS if record.get(key) not in (None, "")), "")
    return str(found) if isinstance(found, str | int) else ""


def _rename_words(numbered: Numbered, fields: SpanFields) -> Numbered:
    """The record with the standard field names, if the chosen fields hold words and tags."""
    line, unit, record = numbered
    if isinstance(record, Mapping) and isinstance(record.get(fields.text), list):
        return line, unit, {"tokens": record[fields.text], "ner_tags": record.get(fields.spans)}
    return numbered


def _has_spans(record: Mapping[str, Any]) -> bool:
    """Whether the field that could hold tags holds spans over the text of the record."""
    return "text" in record and any(
        isinstance(one, list | Mapping) for one in record.get("labels") or ()
    )


def _is_further_annotation(record: Mapping[str, Any], seen: set[Any]) -> bool:
    """Whether the record is a further annotation of a task in Label Studio's JSON_MIN or CSV."""
    if "annotation_id" not in record or not isinstance(record.get("id"), int | str):
        return False
    is_further = record["id"] in seen
    seen.add(record["id"])
    return is_further


def _is_wrapper(record: Mapping[str, Any]) -> bool:
    """Whether the records are the list under its only key, such as ``data``."""
    (only, *others) = record.values() or (None,)
    return not others and isinstance(only, list) and all(isinstance(o, Mapping) for o in only)


def _unpack(numbered: Numbered) -> Iterator[Numbered]:
    """The records inside of a record: spaCy's pairs, its old documents, NER Annotator's files."""
    line, unit, record = numbered
    if isinstance(record, list) and len(record) == 2 and isinstance(record[0], str):
        rest = record[1] if isinstance(record[1], Mapping) else {"entities": record[1]}
        yield line, unit, {"text": record[0], **rest}
    elif isinstance(record, Mapping) and "classes" in record and "annotations" in record:
        for one in record["annotations"] or ():
            if one is not None:
                yield from _unpack((line, unit, one))
    elif isinstance(record, Mapping) and _is_wrapper(record):
        for one in next(iter(record.values())):
            yield from _unpack((line, unit, one))
    elif isinstance(record, Mapping) and isinstance(record.get("paragraphs"), list):
        for paragraph in record["paragraphs"]:
            for sentence in paragraph.get("sentences", ()):
                words = [token.get("orth") for token in sentence.get("tokens", ())]
                tags = [token.get("ner", "O") for token in sentence.get("tokens", ())]
                yield line, unit, {"tokens": words, "ner_tags": tags}
    else:
        yield numbered
