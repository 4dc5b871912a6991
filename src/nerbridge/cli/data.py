"""``nerbridge data``: look at labelled files, count, audit and convert them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerbridge.cli.console import print_json, print_note, print_result, print_table
from nerbridge.cli.corpora import (
    ColumnsOption,
    LexiconOption,
    OffsetsOption,
    RepairOption,
    SchemeOption,
    count_splits,
    discord_table,
    print_audit,
    print_losses,
    stats_table,
)
from nerbridge.cli.options import (
    JsonOption,
    MapTypesOption,
    OldMapOption,
    QuietOption,
    read_map_option,
)
from nerbridge.cli.split import split_command
from nerbridge.corpus.converted_files import check_files, choose_files
from nerbridge.errors import InputError
from nerbridge.labels import Scheme

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from nerbridge.corpus.audit import Audit

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Look at labelled files, count, audit and convert them.\n\n"
    "Example: nerbridge data audit corpora/as",
)

PathsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH…",
        help="A folder with train, validation and test files, one file, hub:owner/name@config, "
        "hf://datasets/owner/name/path, "
        "or bundled:as.",
    ),
]

EXIT_INVALID_TAGS = 1

app.command("split")(split_command)


@app.command("audit")
def audit_command(
    paths: PathsArgument,
    scheme: SchemeOption = None,
    columns: ColumnsOption = None,
    offsets: OffsetsOption = None,
    map_types: MapTypesOption = None,
    tokenizer: Annotated[
        Path | None,
        typer.Option("--tokenizer", help="Folder with tokenizer.json: count subwords per word."),
    ] = None,
    plots: Annotated[
        Path | None, typer.Option("--plots", help="Folder to write the figures to.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Report sizes, invalid tags, duplicates, leaks between splits, scripts and spellings.

    Files with invalid tags are reported, not refused; the exit code is then 1. Other findings do
    not change it. With --json: one object, or a list of them for several paths.

    Example: nerbridge data audit corpora/as --tokenizer models/mini --plots figures
    """
    from nerbridge.corpus.audit import audit

    loaded = None if tokenizer is None else _load_tokenizer(tokenizer)
    audits, type_map = [], read_map_option(map_types)
    for path in paths:
        print_note(f"Auditing {path} …", quiet=quiet)
        audits.append(
            audit(
                path,
                scheme=scheme,
                type_map=type_map,
                tokenizer=loaded,
                columns=columns,
                offsets=offsets,
            )
        )
    if as_json:
        found = [each.to_dict() for each in audits]
        print_json(found[0] if len(found) == 1 else found)
    else:
        for each in audits:
            print_audit(each)
    if plots is not None:
        _write_plots(audits, plots, quiet=quiet)
    if any(split.invalid_tags.n for each in audits for split in each.splits.values()):
        raise typer.Exit(EXIT_INVALID_TAGS)


@app.command("convert")
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
        typer.Option("--format", help="conll, jsonl, csv or parquet; else by the ending of OUT."),
    ] = None,
    lexicon: LexiconOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that are there.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Write a corpus in another format, scheme or set of types, or with words of another language.

    Prints the files written; what was repaired, renamed or dropped is counted on stderr.

    Example: nerbridge data convert export.jsonl corpora/as/train.conll --map-types GPE=LOC
    --map-types MISC=O
    """
    from nerbridge.corpus import read_corpus, write_sentences
    from nerbridge.corpus.lexicon import apply_lexicon, find_lexicon, read_lexicon

    corpus = read_corpus(
        source,
        scheme=scheme,
        repair=repair,
        type_map=read_map_option(map_types, old_map),
        columns=columns,
        offsets=offsets,
    )
    if lexicon is not None:
        corpus = apply_lexicon(corpus, read_lexicon(find_lexicon(lexicon)))
    files, format = choose_files(corpus, target, format)
    check_files(files.values(), overwrite=overwrite)
    for split, path in files.items():
        write_sentences(path, corpus.splits[split], format, scheme=to_scheme)
        print_result(str(path))
    print_losses(corpus, quiet=quiet)


@app.command("stats")
def stats_command(
    paths: PathsArgument,
    scheme: SchemeOption = None,
    repair: RepairOption = False,
    columns: ColumnsOption = None,
    offsets: OffsetsOption = None,
    map_types: MapTypesOption = None,
    old_map: OldMapOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Count sentences, words and entities of every split.

    Example: nerbridge data stats corpora/as corpora/bn bundled:hi
    """
    from nerbridge.corpus import read_corpus

    corpora, type_map = [], read_map_option(map_types, old_map)
    for path in paths:
        print_note(f"Reading {path} …", quiet=quiet)
        corpora.append(
            read_corpus(
                path,
                scheme=scheme,
                repair=repair,
                type_map=type_map,
                columns=columns,
                offsets=offsets,
            )
        )
        print_losses(corpora[-1], quiet=quiet)
    rows = [row for corpus in corpora for row in count_splits(corpus)]
    if as_json:
        print_json(rows)
    else:
        print_table(stats_table(rows))


@app.command("agree")
def agree_command(
    paths: PathsArgument,
    script: Annotated[
        str | None,
        typer.Option("--script", help="Compare words in this script, such as Beng; else as is."),
    ] = None,
    scheme: SchemeOption = None,
    repair: RepairOption = False,
    columns: ColumnsOption = None,
    offsets: OffsetsOption = None,
    map_types: MapTypesOption = None,
    old_map: OldMapOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Hold corpora against each other: which labels what the others leave outside?

    Counts entities all of whose words stand outside of entities in those other corpora that label
    the type (nine times in ten, seen five times at least), in up to 20,000 training sentences of
    each, and shows the most frequent as they were compared. A source with many of them may be
    better off with harmonise = true in a recipe.

    Example: nerbridge data agree corpora/bn corpora/hi --script Beng
    """
    from nerbridge.corpus import read_corpus
    from nerbridge.corpus.harmonising import find_disagreement
    from nerbridge.text.script import SCRIPTS

    if len(set(paths)) < max(len(paths), 2):
        raise InputError(f"{' '.join(paths)}: expected two corpora or more, each named once.")
    if script is not None and script not in SCRIPTS:
        raise InputError(f"--script {script}: expected one of {', '.join(SCRIPTS)}.")
    corpora, type_map = [], read_map_option(map_types, old_map)
    for path in paths:
        print_note(f"Reading {path} …", quiet=quiet)
        corpora.append(
            read_corpus(
                path,
                scheme=scheme,
                repair=repair,
                type_map=type_map,
                columns=columns,
                offsets=offsets,
            )
        )
        print_losses(corpora[-1], quiet=quiet)
        if not corpora[-1].splits.get("train"):
            raise InputError(
                f"{path}: no training sentences, only {', '.join(corpora[-1].splits)}; expected "
                "a train file. Name a folder that has one."
            )
    found = find_disagreement(corpora, [script] * len(corpora))
    rows = [
        {"corpus": corpus.name, "path": path, **asdict(discord), "share": round(discord.share, 4)}
        for path, corpus, discord in zip(paths, corpora, found, strict=True)
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(discord_table(rows))


@app.command("words")
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
    """Print the most frequent words of sources, a line each, for a lexicon to be made of them.

    Words outside of entities in the training sentences that --lexicon does not have yet. Behind
    the tab of each line write what the target language says instead.

    Example: nerbridge data words corpora/hi --lexicon bundled:hi-as -n 200 > more.tsv
    """
    from nerbridge.corpus import read_corpus
    from nerbridge.corpus.lexicon import count_words, find_lexicon, read_lexicon

    known = None if lexicon is None else read_lexicon(find_lexicon(lexicon))
    type_map = read_map_option(map_types)
    corpora = [
        read_corpus(
            path,
            scheme=scheme,
            repair=repair,
            type_map=type_map,
            columns=columns,
            offsets=offsets,
        )
        for path in paths
    ]
    train = (s for c in corpora for s in c.splits.get("train") or next(iter(c.splits.values())))
    missing, n_known = count_words(train, known)
    printed = missing.most_common(n)
    for word, _ in printed:
        print_result(f"{word}\t")
    n_words = n_known + missing.total()
    print_note(
        f"Of {n_words:,} words outside of entities {n_known / max(n_words, 1):.0%} are in the "
        f"lexicon and {sum(count for _, count in printed) / max(n_words, 1):.0%} are printed.",
        quiet=quiet,
    )


def _load_tokenizer(folder: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    file = folder / "tokenizer.json" if folder.is_dir() else folder
    if not file.is_file():
        raise InputError(
            f"{folder}: no tokenizer.json; expected the folder of a model or tokenizer. "
            "Check the path."
        )
    try:
        content = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        content = error
    if not (isinstance(content, dict) and isinstance(content.get("model"), dict)):
        raise InputError(
            f"{file}: not a tokenizer ({content!r:.60}); expected a file of the tokenizers "
            "library. Save it again with tokenizer.save_pretrained."
        )
    return Tokenizer.from_file(str(file))


def _write_plots(audits: Sequence[Audit], folder: Path, *, quiet: bool) -> None:
    from nerbridge.report.audit_plots import plot_audit

    for audit in audits:
        name = audit.name.replace(":", "_").replace("/", "_")
        target = folder if len(audits) == 1 else folder / name
        for path in plot_audit(audit.to_dict(), target):
            print_note(f"Wrote {path}", quiet=quiet)
