"""The sentences most worth labelling: what ``nerbridge suggest`` does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nerbridge.batch.records import read_records
from nerbridge.batch.sources import Inputs, Progress, list_inputs, refuse_own_output
from nerbridge.errors import InputError
from nerbridge.selection import suggesting
from nerbridge.selection.formats import SuggestionFormat, suggestion_format_of
from nerbridge.selection.writing import write_suggestions
from nerbridge.workflows.inputs import SentenceReader, note_left_out
from nerbridge.workflows.progress import Listener, Note, ignore, track
from nerbridge.workflows.tag_files import DEFAULT_OPTIONS, TagOptions


@dataclass(frozen=True)
class Suggestions:
    """The file that was written: ``n_sentences`` of ``n_read``; ``losses`` counts the unfit."""

    path: Path
    format: SuggestionFormat
    n_sentences: int
    n_read: int
    losses: Mapping[str, int]

    def __str__(self) -> str:
        return f"{self.path}: {self.n_sentences:,} of {self.n_read:,} sentences, for {self.format}"


def suggest(
    inputs: Inputs,
    output: str | Path,
    options: TagOptions = DEFAULT_OPTIONS,
    *,
    n: int = 100,
    format: SuggestionFormat | None = None,
    seed: int = 0,
    overwrite: bool = False,
    listen: Listener = ignore,
) -> Suggestions:
    """Find the sentences most worth labelling, and write them for a labelling tool.

    Args:
        inputs: unlabelled files; ``-`` is standard input.
        output: the file to write.
        options: the model, and what it reads.
        n: how many sentences to suggest.
        format: of the output; None: by its ending.
        seed: random seed of the comparison of sentences.
        overwrite: replace the output if there is one.
        listen: told what is read and left out.

    Raises:
        InputError: an argument cannot be used, or no sentence is fit to be labelled.
        ModelError: the model cannot be loaded.
    """
    output = Path(output)
    sources = options.find_sources(inputs, output)
    refuse_own_output(sources, output)
    # Before the model is loaded: an ending that tells nothing is told at once.
    chosen = format or suggestion_format_of(output)
    if output.exists() and not overwrite:
        raise InputError(
            f"--output {output}: exists already, perhaps with labels from a person. Choose another "
            "name, or replace the file with --overwrite."
        )
    tagger = options.load_tagger()
    progress, losses, reader = Progress(), Counter[str](), SentenceReader()
    records = read_records(sources, field=options.field, progress=progress)
    sentences = track(reader.split(records), "sentences read", listen)
    found = suggesting.suggest(tagger, sentences, n, seed=seed, losses=losses)
    note_left_out(losses, progress, listen)
    if not found:
        raise InputError(
            f"{', '.join(list_inputs(inputs))}: {reader.n_sentences:,} sentences, none suitable "
            "for labelling; expected running text of the model's language. Check the file and "
            "--field."
        )
    write_suggestions(output, found, chosen, model=tagger.name)
    if len(found) < n:
        listen(
            Note(
                f"{len(found):,} sentences instead of {n:,}: the others are unsuitable or "
                "similar to these"
            )
        )
    return Suggestions(output, chosen, len(found), reader.n_sentences, dict(losses))
