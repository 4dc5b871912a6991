"""brat's standoff files: entities in ``NAME.ann``, their text in ``NAME.txt`` beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nerbridge.corpus.annotation_exports import text_to_sentences
from nerbridge.corpus.files import read_text
from nerbridge.corpus.layout import Layout
from nerbridge.corpus.offsets import CharSpan, SpannedText, has_surface, to_code_points
from nerbridge.corpus.raw import RawSplit
from nerbridge.errors import CorpusError
from nerbridge.io.lines import split_lines

_ENTITY = re.compile(r"T\S*\t(\S+) (\d+ \d+(?:;\d+ \d+)*)(?:\t(.*))?")


def read_brat(path: Path, layout: Layout | None = None) -> RawSplit:
    """Read an ``.ann`` file and its text, which is divided into sentences.

    A span of several pieces covers all from its first to its last (``discontinuous_spans``).
    Relations, events, attributes and notes are counted as ``other_annotations``.

    Raises:
        CorpusError: a file is missing, a line is not brat's, or a span does not hold its text.
    """
    losses: Counter[str] = Counter()
    text_path = path.with_suffix(".txt")
    text = read_text(text_path)
    # brat writes an empty file for a text in which nothing is marked.
    spans = _read_spans(read_text(path), path, losses) if path.stat().st_size else []
    text = _as_counted(text, spans)
    spanned = SpannedText(text, tuple(spans), str(path))
    placed = to_code_points([spanned], (layout or Layout()).offsets, losses)[0]
    found = text_to_sentences(text, placed, str(text_path), 1, "line", losses, is_running=True)
    return RawSplit(tuple(replace(one, document=str(path)) for one in found), +losses)


def has_annotations(path: Path) -> bool:
    """Whether brat's annotations of a text lie beside it."""
    return path.suffix.lower() == ".txt" and path.with_suffix(".ann").is_file()


def _read_spans(text: str, path: Path, losses: Counter[str]) -> list[CharSpan]:
    spans = []
    for number, line in enumerate(split_lines(text), start=1):
        line = line.rstrip("\r\n")
        if not line.startswith("T"):
            losses["other_annotations"] += bool(line.strip())
            continue
        match = _ENTITY.fullmatch(line)
        if match is None:
            raise CorpusError(
                f"{path}:{number}: {line!r:.80} is not an entity of brat; expected its number, a "
                "tab, type, start and end, a tab and its text. Correct the line."
            )
        offsets = [int(one) for piece in match[2].split(";") for one in piece.split()]
        is_whole = len(offsets) == 2
        # brat joins the texts of the pieces by spaces, so that text is not in the document.
        losses["discontinuous_spans"] += not is_whole
        surface = match[3] if is_whole else None
        spans.append(CharSpan(min(offsets), max(offsets), match[1], surface))
    return spans


def _as_counted(text: str, spans: Sequence[CharSpan]) -> str:
    """The text with the line ends that the offsets count."""
    # Git and editors change line ends. Every CR that came or went moves all later offsets by one.
    plain = text.replace("\r\n", "\n")
    for one in (text, plain, plain.replace("\n", "\r\n")):
        if all(span.end_char <= len(one) and has_surface(span, one) for span in spans):
            return one
    return text
