"""What workflows share that read the user's own files: their sentences, and what was not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from nerbridge.batch.records import Record
from nerbridge.batch.sources import Progress
from nerbridge.selection.suggesting import UnlabelledSentence, split_text
from nerbridge.workflows.progress import Listener, Note


class SentenceReader:
    """The sentences of texts, counted as they are read."""

    def __init__(self) -> None:
        self.n_sentences = 0

    def split(self, records: Iterable[Record]) -> Iterator[UnlabelledSentence]:
        """The sentences of every record; a record of words is one sentence already."""
        for record in records:
            found: Iterable[UnlabelledSentence]
            if record.words is None:
                found = split_text(record.source, record.number, record.text)
            else:
                found = [
                    UnlabelledSentence(
                        record.source, record.number, record.text, record.words, True
                    )
                ]
            for sentence in found:
                self.n_sentences += 1
                yield sentence


def note_left_out(losses: Counter[str], progress: Progress, listen: Listener) -> None:
    """Tell the listener what of the input was not used."""
    for notice in progress.all_notices():
        listen(Note(notice))
    if counts := [f"{what}: {n:,}" for what, n in losses.items() if n]:
        listen(Note(f"left out: {'; '.join(counts)}"))
