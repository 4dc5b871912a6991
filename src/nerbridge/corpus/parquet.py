"""Parquet in the hub's form: one sentence per row, ``tokens`` and ``ner_tags`` as lists."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerbridge.corpus.entity_table import is_entity_table, read_entity_table
from nerbridge.corpus.files import check_file
from nerbridge.corpus.hf_records import (
    TAG_COLUMNS,
    WORD_COLUMNS,
    find_tag_names,
    first_column,
    record_to_sentence,
    tag_names_of,
)
from nerbridge.corpus.layout import Layout
from nerbridge.corpus.raw import RawSplit
from nerbridge.corpus.record_files import Numbered, records_to_split
from nerbridge.corpus.sentence import Sentence
from nerbridge.errors import CorpusError, InputError
from nerbridge.files import write_whole
from nerbridge.io.parquet import import_pyarrow, iter_rows, open_parquet

if TYPE_CHECKING:
    import pyarrow.parquet

_METADATA = b"huggingface"


def read_parquet(path: Path, layout: Layout | None = None) -> RawSplit:
    """Read a Parquet file; names of tag ids come from the layout, its metadata, or beside it.

    A row is a sentence of words and tags, a text with spans, or an entity that was tagged.

    Raises:
        CorpusError: not Parquet, cut, or without the columns.
        EnvironmentProblem: pyarrow is not installed.
    """
    check_file(path)
    try:
        with open_parquet(path) as file:
            return _read_open(file, path, layout or Layout())
    except CorpusError:
        raise
    except InputError as error:
        raise CorpusError(str(error)) from error


def _read_open(file: pyarrow.parquet.ParquetFile, path: Path, layout: Layout) -> RawSplit:
    header = file.schema_arrow.names
    names = layout.tag_names or _names_in(file) or find_tag_names(path)
    if is_entity_table(header):
        return read_entity_table(path, header, _cells(iter_rows(file, str(path))))
    word_column = first_column(header, WORD_COLUMNS)
    tag_column = first_column(header, TAG_COLUMNS)
    if layout.columns is not None:
        word, tag = layout.columns.find_in(header, len(header), str(path))
        word_column, tag_column = header[word], header[tag]
    elif word_column is None and "text" in header:
        records = enumerate(iter_rows(file, str(path)), start=1)
        numbered: list[Numbered] = [(number, "record", record) for number, record in records]
        return records_to_split(numbered, str(path), None, layout)
    if word_column is None or tag_column is None:
        raise CorpusError(
            f"{path}: the columns are {', '.join(header) or 'missing'}; expected words in "
            f"{' or '.join(WORD_COLUMNS)} and tags in {', '.join(TAG_COLUMNS)}. Rename them."
        )
    losses: Counter[str] = Counter()
    sentences = []
    # Other columns are not read: embeddings, for example, can be far larger than the words.
    rows = iter_rows(file, str(path), [word_column, tag_column])
    for number, row in enumerate(rows, start=1):
        record = {WORD_COLUMNS[0]: row[word_column], TAG_COLUMNS[0]: row[tag_column]}
        sentence = record_to_sentence(record, names, str(path), number, "record")
        if sentence is None:
            losses["dropped_empty"] += 1
        else:
            sentences.append(sentence)
    if not sentences:
        raise CorpusError(
            f"{path}: {file.metadata.num_rows} rows but no words; expected labelled sentences. "
            "Check that the file was exported completely."
        )
    return RawSplit(tuple(sentences), losses)


def write_parquet(path: Path, sentences: Iterable[Sentence]) -> None:
    """Write tags as ids whose names stand in the metadata, as the hub's own files do.

    Raises:
        EnvironmentProblem: pyarrow is not installed, or the file cannot be written.
    """
    arrow = import_pyarrow()
    sentences = list(sentences)
    seen = {tag for sentence in sentences for tag in sentence.tags}
    prefixes = "BI" + "".join(sorted({tag[0] for tag in seen} - set("BIO")))
    types = sorted({tag[2:] for tag in seen if tag != "O"})
    names = ["O", *(f"{prefix}-{type_}" for type_ in types for prefix in prefixes)]
    ids = {name: index for index, name in enumerate(names)}
    table = arrow.table(
        {
            "tokens": arrow.array(
                [list(sentence.words) for sentence in sentences], arrow.list_(arrow.string())
            ),
            "ner_tags": arrow.array(
                [[ids[tag] for tag in sentence.tags] for sentence in sentences],
                arrow.list_(arrow.int64()),
            ),
        }
    ).replace_schema_metadata({_METADATA: json.dumps(_describe(names))})
    write_whole(path, lambda temporary: arrow.parquet.write_table(table, temporary))


def _describe(names: list[str]) -> dict[str, object]:
    word = {"dtype": "string", "_type": "Value"}
    tag = {"names": names, "_type": "ClassLabel"}
    return {
        "info": {
            "features": {
                "tokens": {"feature": word, "_type": "List"},
                "ner_tags": {"feature": tag, "_type": "List"},
            }
        }
    }


def _cells(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    """The rows as text, as a table in CSV has them."""
    for row in rows:
        yield ["" if cell is None else str(cell) for cell in row.values()]


def _names_in(file: pyarrow.parquet.ParquetFile) -> tuple[str, ...] | None:
    metadata = (file.schema_arrow.metadata or {}).get(_METADATA)
    return tag_names_of(json.loads(metadata)) if metadata else None
