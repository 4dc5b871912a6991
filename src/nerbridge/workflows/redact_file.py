"""A copy of one document with names hidden: what ``nerbridge tag --redact`` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nerbridge.batch.formats import InputFormat
from nerbridge.batch.shards import check_output
from nerbridge.batch.sources import Source, refuse_own_output
from nerbridge.documents import plan_redaction, read_document, tag_document, write_redacted
from nerbridge.documents.limits import MAX_BYTES
from nerbridge.errors import InputError
from nerbridge.files import write_bytes
from nerbridge.io.compressed import name_of_content
from nerbridge.tagging.tagger import Tagger
from nerbridge.workflows.tag_files import DEFAULT_OPTIONS, TagOptions

_SHOWN_WORDS = 30
"""Hidden words that are listed."""


@dataclass(frozen=True)
class RedactedFile:
    """The copy that was written.

    ``hidden`` has the hidden words with how often each stood there; ``description`` says what a
    person must check; ``notices`` are about the document that was read.
    """

    path: Path
    hidden: tuple[tuple[str, int], ...]
    description: str
    notices: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path}: {self.description}"

    def list_hidden(self) -> str:
        """The hidden words with their counts, so that a word that is no name is seen at once.

        >>> hidden = (("ৰমেন দাস", 3), ("গুৱাহাটী", 1))
        >>> RedactedFile(Path("copy.docx"), hidden, "", ()).list_hidden()
        'ৰমেন দাস (3), গুৱাহাটী (1)'
        """
        shown = ", ".join(f"{words} ({n:,})" for words, n in self.hidden[:_SHOWN_WORDS])
        n_more = len(self.hidden) - _SHOWN_WORDS
        return f"{shown}, and {n_more:,} more" if n_more > 0 else shown


def redact_file(
    document: str,
    output: Path,
    types: Sequence[str],
    options: TagOptions = DEFAULT_OPTIONS,
    *,
    overwrite: bool = False,
) -> RedactedFile:
    """Write a copy of a document, in its own format, with the names of some types hidden.

    Args:
        document: a PDF, DOCX, HTML or text file; ``-`` is standard input.
        output: the copy, with the ending of the document.
        types: the entity types to hide.
        options: the model, and what it reads.
        overwrite: replace the copy if there is one.

    Raises:
        InputError: the document, the copy or a type cannot be used; or the copy's own file name
            holds a name that is hidden in it.
        DocumentError: the document cannot be read, or cannot be copied safely.
        ModelError: the model cannot be loaded.
    """
    sources = options.find_sources([document], output)
    if len(sources) != 1:
        raise InputError(
            f"{document}: a folder with several files; expected one document. Name one of the "
            "files."
        )
    source = sources[0]
    _check_copy(source, output)
    check_output(output, resume=False, overwrite=overwrite)
    tagger = options.load_tagger()
    _check_types(types, tagger)
    with source.open() as stream:
        # One byte more than allowed, so that a document that is too large shows.
        content = stream.read(MAX_BYTES + 1)
    read = read_document(content, name=source.name, is_whole_page=source.is_whole_page)
    redaction = plan_redaction(read, tag_document(tagger, read), types)
    # Known only now: which names are hidden depends on the text.
    if redaction.names.is_inside(output.name):
        raise InputError(
            "--output: the file name contains a name that the copy hides; expected a neutral "
            f"name, such as redacted{output.suffix}. Choose another file name."
        )
    write_bytes(output, write_redacted(read, redaction))
    notices = tuple(f"{source.name}: {notice}" for notice in read.notices)
    return RedactedFile(output, tuple(redaction.hidden), redaction.describe(), notices)


def _check_copy(source: Source, output: Path) -> None:
    if source.format not in (InputFormat.DOCUMENT, InputFormat.TEXT):
        raise InputError(
            f"--redact: {source.name} is a table; expected a PDF, DOCX, HTML or text file. Redact "
            "the documents that the table was made from."
        )
    ending = Path(name_of_content(source.name)).suffix
    if not source.is_stdin and ending.lower() != output.suffix.lower():
        raise InputError(
            f"--output {output}: a copy of {source.name} has the same format; expected the ending "
            f"{ending or '(none)'}. Rename it."
        )
    refuse_own_output([source], output)


def _check_types(types: Sequence[str], tagger: Tagger) -> None:
    if not types or (unknown := sorted(set(types) - set(tagger.types))):
        found = ", ".join(unknown) if types else "none"
        raise InputError(
            f"--redact: entity types {found}; expected some of {', '.join(tagger.types)}."
        )
