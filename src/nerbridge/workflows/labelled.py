"""Labelled sentences on which a model is scored or calibrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nerbridge.corpus.reading import read_corpus
from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.errors import CorpusError
from nerbridge.io.offset_unit import OffsetUnit
from nerbridge.labels import OUTSIDE, Scheme
from nerbridge.type_maps import TypeMapSpec
from nerbridge.workflows.progress import Listener, Note, ignore


@dataclass(frozen=True)
class CorpusOptions:
    """How labelled files are read; as for `nerbridge.corpus.read_corpus`."""

    scheme: Scheme | None = None
    repair: bool = False
    columns: str | None = None
    offsets: OffsetUnit | None = None
    type_map: TypeMapSpec | None = None

    def read(self, path: str | Path, types: Sequence[str] | None = None) -> Corpus:
        """Read one corpus; of other ``types`` than these it is refused."""
        return read_corpus(
            path,
            scheme=self.scheme,
            repair=self.repair,
            type_map=self.type_map,
            columns=self.columns,
            offsets=self.offsets,
            allowed_types=types,
        )


DEFAULT_OPTIONS = CorpusOptions()


def read_split(
    corpus: str | Path | Corpus,
    split: str,
    types: Sequence[str],
    options: CorpusOptions = DEFAULT_OPTIONS,
    listen: Listener = ignore,
) -> tuple[Sentence, ...]:
    """The sentences of a split; of a corpus with one split those, whatever its name.

    Raises:
        CorpusError: the corpus cannot be read, has no such split, or has other ``types``.
    """
    if not isinstance(corpus, Corpus):
        corpus = options.read(corpus, types)
        note_losses(corpus, listen)
    splits = corpus.splits
    # A single file is a split of some name, which says nothing of what it is for.
    found = next(iter(splits.values())) if len(splits) == 1 else splits.get(split, ())
    if not found:
        raise CorpusError(
            f"{corpus.name}: no split {split!r}; found {', '.join(splits)}. Choose one of these "
            "splits."
        )
    _check_types(corpus.name, found, types)
    return found


def note_losses(corpus: Corpus, listen: Listener) -> None:
    """Tell what was repaired, renamed or dropped when a corpus was read."""
    for name, n in corpus.losses.items():
        listen(Note(f"{name.replace('_', ' ')}: {n:,}"))


def _check_types(name: str, sentences: Sequence[Sentence], types: Sequence[str]) -> None:
    """A corpus that was read before may hold types that the model cannot predict."""
    found = {tag[2:] for sentence in sentences for tag in sentence.tags if tag != OUTSIDE}
    if other := sorted(found - set(types)):
        raise CorpusError(
            f"{name}: found the types {', '.join(other)}; the model has {', '.join(types)}. Read "
            "the corpus with a type_map."
        )
