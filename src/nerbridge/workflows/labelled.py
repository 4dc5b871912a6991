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
from nerbridge.type_maps import TypeMap
from nerbridge.workflows.progress import Listener, Note, ignore


@dataclass(frozen=True)
class LabelledInput:
    """Which split of a corpus is read, and how; as for `nerbridge.corpus.read_corpus`."""

    split: str = "test"
    scheme: Scheme | None = None
    repair: bool = False
    columns: str | None = None
    offsets: OffsetUnit | None = None
    type_map: TypeMap | None = None
    listen: Listener = ignore

    def read(self, corpus: str | Path | Corpus, types: Sequence[str]) -> tuple[Sentence, ...]:
        """The sentences of the split; of a corpus with one split those, whatever its name.

        Raises:
            CorpusError: the corpus cannot be read, has no such split, or has other ``types``.
        """
        if not isinstance(corpus, Corpus):
            corpus = read_corpus(
                corpus,
                scheme=self.scheme,
                repair=self.repair,
                columns=self.columns,
                offsets=self.offsets,
                type_map=self.type_map,
                allowed_types=types,
            )
            note_losses(corpus, self.listen)
        splits = corpus.splits
        found = next(iter(splits.values())) if len(splits) == 1 else splits.get(self.split, ())
        if not found:
            raise CorpusError(
                f"{corpus.name}: no split {self.split!r}; found {', '.join(splits)}. Name one of "
                "them as the split."
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
