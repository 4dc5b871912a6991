"""The part of ``nerbridge tag --redact``: a copy of one document with names hidden."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nerbridge.batch.compressed import name_of_content
from nerbridge.batch.formats import InputFormat, OutputFormat
from nerbridge.batch.sources import Source, refuse_own_output
from nerbridge.cli.console import print_note
from nerbridge.errors import InputError
from nerbridge.files import write_bytes

if TYPE_CHECKING:
    from nerbridge.tagging.tagger import Tagger

_SHOWN = 30
"""Hidden words that are listed."""


def check_redaction(
    sources: Sequence[Source],
    target: Path | None,
    format: OutputFormat | None,
    *,
    lines: bool,
    resume: bool,
) -> Path:
    """The file to write the copy to.

    Raises:
        InputError: the other options do not fit a redaction.
    """
    if len(sources) != 1 or target is None or format is not None or lines or resume:
        raise InputError(
            "--redact: makes a copy of one document in its own format; expected one input and "
            "--output FILE, without --format, --lines, --stream and --resume. For example: "
            "nerbridge tag letter.docx --redact PER --output copy.docx"
        )
    name = sources[0].name
    if sources[0].format not in (InputFormat.DOCUMENT, InputFormat.TEXT):
        raise InputError(
            f"--redact: {name} is a table; expected a PDF, DOCX, HTML or text file. Redact the "
            "documents that it was made from."
        )
    ending = Path(name_of_content(name)).suffix
    if not sources[0].is_stdin and ending.lower() != target.suffix.lower():
        raise InputError(
            f"--output {target}: a copy of {name} has the same format; expected the ending "
            f"{ending or '(none)'}. Rename it."
        )
    refuse_own_output(sources, target)
    return target


def split_types(redact: str, tagger: Tagger) -> list[str]:
    """The types to hide, from ``PER,ORG``.

    Raises:
        InputError: none, or one that the tagger does not know.
    """
    wanted = [name.strip() for name in redact.split(",") if name.strip()]
    if not wanted or (unknown := sorted(set(wanted) - set(tagger.types))):
        found = ", ".join(unknown) if wanted else "none"
        raise InputError(
            f"--redact: entity types {found}; expected some of {', '.join(tagger.types)}."
        )
    return wanted


def write_redacted_copy(
    tagger: Tagger, source: Source, target: Path, types: Sequence[str], *, quiet: bool
) -> None:
    """Tag the document, write its copy, and say what is hidden and that a person must check.

    Raises:
        InputError: the copy's own file name holds a name that is hidden in it.
        DocumentError: the document cannot be read, or cannot be copied safely.
    """
    from nerbridge.documents import plan_redaction, read_document, tag_document, write_redacted
    from nerbridge.documents.limits import MAX_BYTES

    with source.open() as stream:
        document = read_document(
            stream.read(MAX_BYTES + 1), name=source.name, is_whole_page=source.is_whole_page
        )
    redaction = plan_redaction(document, tag_document(tagger, document), types)
    if redaction.names.is_inside(target.name):
        raise InputError(
            "--output: the file name contains a name that the copy hides; expected a neutral name, "
            f"such as redacted{target.suffix}. Name another file."
        )
    copy = write_redacted(document, redaction)
    write_bytes(target, copy)
    for notice in document.notices:
        print_note(f"{source.name}: {notice}", quiet=quiet)
    print_note(f"{target}: {redaction.describe()}")  # the warning is not for --quiet to silence
    if redaction.hidden:
        print_note(f"hidden: {_list_hidden(redaction.hidden)}", quiet=quiet)


def _list_hidden(hidden: Sequence[tuple[str, int]]) -> str:
    """What is hidden, with how often: a word that is no name is seen at once.

    >>> _list_hidden([("ৰমেন দাস", 3), ("গুৱাহাটী", 1)])
    'ৰমেন দাস (3), গুৱাহাটী (1)'
    """
    shown = ", ".join(f"{words} ({n:,})" for words, n in hidden[:_SHOWN])
    n_more = len(hidden) - _SHOWN
    return f"{shown}, and {n_more:,} more" if n_more > 0 else shown
