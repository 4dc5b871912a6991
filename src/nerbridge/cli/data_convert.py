"""``nerbridge data convert`` and ``words``: corpora in other formats, and words for a lexicon."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerbridge.cli.console import print_note, print_result
from nerbridge.cli.corpora import (
    ColumnsOption,
    LexiconOption,
    OffsetsOption,
    PathsArgument,
    RepairOption,
    SchemeOption,
)
from nerbridge.cli.options import MapTypesOption, OldMapOption, QuietOption, read_map_option
from nerbridge.cli.progress import show_progress
from nerbridge.labels import Scheme


def convert_command(
    source: Annotated[str, typer.Argument(metavar="IN", help="A corpus, as for audit.")],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="A folder, or a file if IN has one split.")
    ],
    scheme: SchemeOption = None,
    to_scheme: Annotated[
        Scheme, typer.Option("--to-scheme", help="Tagging scheme to write.")
    ] = Scheme.IOB2,
    repair: RepairOption = False,
    columns: ColumnsOption = None,
    offsets: OffsetsOption = None,
    map_types: MapTypesOption = None,
    old_map: OldMapOption = None,
    format: Annotated[
        str | None,
        typer.Option(
            "--format", help="conll, jsonl, csv or parquet; default: by the ending of OUT."
        ),
    ] = None,
    lexicon: LexiconOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Write a corpus in another format, scheme or set of types, or with words of another language.

    Prints the paths of the written files. Repaired, renamed and dropped tags are counted on stderr.

    Example: nerbridge data convert export.jsonl corpora/as/train.conll --map-types GPE=LOC
    --map-types MISC=O
    """
    from nerbridge.workflows.corpora import convert_corpus
    from nerbridge.workflows.labelled import CorpusOptions

    type_map = read_map_option(map_types, old_map)
    with show_progress(quiet=quiet) as listen:
        written = convert_corpus(
            source,
            target,
            CorpusOptions(scheme, repair, columns, offsets, type_map),
            to_scheme=to_scheme,
            format=format,
            lexicon=lexicon,
            overwrite=overwrite,
            listen=listen,
        )
    for path in written:
        print_result(str(path))


def words_command(
    paths: PathsArgument,
    lexicon: LexiconOption = None,
    n: Annotated[int, typer.Option("-n", min=1, help="How many words to print.")] = 500,
    scheme: SchemeOption = None,
    repair: RepairOption = False,
    columns: ColumnsOption = None,
    offsets: OffsetsOption = None,
    map_types: MapTypesOption = None,
    quiet: QuietOption = False,
) -> None:
    """Print the most frequent words of sources, one per line, as the start of a lexicon.

    Prints words outside entities, from training sentences, that are not yet in --lexicon. After the
    tab of each line, write the word of the target language.

    Example: nerbridge data words corpora/hi --lexicon bundled:hi-as -n 200 > more.tsv
    """
    from nerbridge.workflows.corpora import find_missing_words
    from nerbridge.workflows.labelled import CorpusOptions

    options = CorpusOptions(scheme, repair, columns, offsets, read_map_option(map_types))
    found = find_missing_words(paths, options, lexicon=lexicon, n=n)
    for word in found.words:
        print_result(f"{word}\t")
    print_note(
        f"Of {found.n_words:,} words outside entities, {found.known_share:.0%} are in the "
        f"lexicon. The printed words cover {found.listed_share:.0%}.",
        quiet=quiet,
    )
