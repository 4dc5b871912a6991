"""Unlabelled sentences from whatever files a user has, for commands that choose among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nerbridge.batch.sources import Progress
from nerbridge.cli.console import print_note, say_what_was_met

if TYPE_CHECKING:
    from nerbridge.batch.records import Record
    from nerbridge.selection.suggesting import Sentence


@dataclass
class Reading:
    """The sentences of the input, counted as they are read."""

    n_sentences: int = 0

    def split(self, records: Iterable[Record]) -> Iterator[Sentence]:
        """The sentences of texts; what comes as words is one already."""
        from nerbridge.selection.suggesting import Sentence, split_text

        for record in records:
            if record.words is not None:
                found: Iterable[Sentence] = [
                    Sentence(record.source, record.number, record.text, record.words, True)
                ]
            else:
                found = split_text(record.source, record.number, record.text)
            for sentence in found:
                self.n_sentences += 1
                yield sentence


def say_what_was_left_out(losses: Counter[str], progress: Progress, *, quiet: bool) -> None:
    """Say on stderr what of the input was not used."""
    say_what_was_met(progress, quiet=quiet)
    if said := [f"{what}: {n:,}" for what, n in losses.items() if n]:
        print_note(f"left out: {'; '.join(said)}", quiet=quiet)
