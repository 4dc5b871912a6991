"""Pages of highlighted texts, as `nerbridge tag` and the page write them."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

from nerbridge.corpus.annotation_exports import text_to_sentences
from nerbridge.corpus.files import read_text
from nerbridge.corpus.offsets import CharSpan
from nerbridge.corpus.raw import RawSplit
from nerbridge.errors import CorpusError

_TYPE = "data-type"
_CAPTIONS = ("span", "small")
"""What shows the type beside the name; it is no text."""


def read_marked_html(path: Path) -> RawSplit:
    """The sentences of all texts in the page, with its marks as entities.

    Raises:
        CorpusError: nothing is marked as nerbridge marks it.
    """
    parser = _Marks()
    parser.feed(read_text(path))
    parser.close()
    if not any(spans for _, spans in parser.texts):
        raise CorpusError(
            f"{path}: no marked entity; expected a page that nerbridge wrote. Any other page can "
            "be tagged: nerbridge tag PAGE."
        )
    losses: Counter[str] = Counter()
    sentences = [
        sentence
        for number, (text, spans) in enumerate(parser.texts, start=1)
        for sentence in text_to_sentences(
            text, spans, str(path), number, "record", losses, is_running=True
        )
    ]
    return RawSplit(tuple(sentences), +losses)


class _Marks(HTMLParser):
    """Collects the text of every paragraph, and where ``<mark data-type=…>`` stands in it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[tuple[str, list[CharSpan]]] = []
        self._pieces: list[str] | None = None
        self._spans: list[CharSpan] = []
        self._mark: tuple[int, str] | None = None
        self._n_captions = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "p" and known.get("class") != "place":
            self._pieces, self._spans = [], []
        elif tag == "mark" and known.get(_TYPE) and self._pieces is not None:
            self._mark = (self._n_chars(), known[_TYPE] or "")
        elif tag in _CAPTIONS and self._mark is not None:
            self._n_captions += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "p" and self._pieces is not None:
            self.texts.append(("".join(self._pieces), self._spans))
            self._pieces = None
        elif tag == "mark" and self._mark is not None:
            start, type_ = self._mark
            self._spans.append(CharSpan(start, self._n_chars(), type_))
            self._mark = None
        elif tag in _CAPTIONS and self._n_captions:
            self._n_captions -= 1

    def handle_data(self, data: str) -> None:
        if self._pieces is not None and not self._n_captions:
            self._pieces.append(data)

    def _n_chars(self) -> int:
        return sum(map(len, self._pieces or ()))
