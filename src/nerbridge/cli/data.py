"""``nerbridge data``: look at labelled files, count, audit and convert them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerbridge.cli.console import print_json, print_note, print_result
from nerbridge.cli.options import JsonOption, QuietOption
from nerbridge.errors import EnvironmentProblem, InputError
from nerbridge.labels import Scheme

if TYPE_CHECKING:
    from rich.table import Table
    from tokenizers import Tokenizer

    from nerbridge.corpus.audit import Audit
    from nerbridge.corpus.sentence import Corpus

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Look at labelled files, count, audit and convert them.\n\n"
    "Example: nerbridge data audit corpora/as",
)

PathsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH…",
        help="A folder with train, validation and test files, one file, hub:owner/name@config, "
        "or bundled:as.",
    ),
]
SchemeOption = Annotated[
    Scheme | None,
    typer.Option("--scheme", help="Tagging scheme of the files; recognised if not given."),
]

EXIT_INVALID_TAGS = 1


@app.command("audit")
def audit_command(
    paths: PathsArgument,
    scheme: SchemeOption = None,
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
    from nerbridge.corpus.audit import audit_spec

    loaded = None if tokenizer is None else _load_tokenizer(tokenizer)
    audits = []
    for path in paths:
        print_note(f"Auditing {path} …", quiet=quiet)
        audits.append(audit_spec(path, scheme=scheme, tokenizer=loaded))
    if as_json:
        found = [audit.to_dict() for audit in audits]
        print_json(found[0] if len(found) == 1 else found)
    else:
        for audit in audits:
            _print_audit(audit)
    if plots is not None:
        _write_plots(audits, plots, quiet=quiet)
    if any(split.invalid_tags.n for audit in audits for split in audit.splits.values()):
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
    repair: Annotated[
        bool, typer.Option("--repair", help="Turn invalid tags into valid ones, and count them.")
    ] = False,
    mappings: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="OLD=NEW", help="Rename a type; OLD= drops it. Repeatable."),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option("--format", help="conll, jsonl, csv or parquet; else by the ending of OUT."),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Write a corpus in another format, scheme or set of types.

    Prints the files written; what was repaired, renamed or dropped is counted on stderr.

    Example: nerbridge data convert export.jsonl corpora/as/train.conll --map GPE=LOC --map MISC=
    """
    from nerbridge.corpus import read_corpus

    corpus = read_corpus(source, scheme=scheme, repair=repair, type_map=_parse_map(mappings or []))
    for path in _write(corpus, target, format, to_scheme):
        print_result(str(path))
    for name, n in corpus.losses.items():
        print_note(f"{name.replace('_', ' ')}: {n:,}", quiet=quiet)


@app.command("stats")
def stats_command(
    paths: PathsArgument,
    scheme: SchemeOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Count sentences, words and entities of every split.

    Example: nerbridge data stats corpora/as corpora/bn bundled:hi
    """
    from nerbridge.corpus import read_corpus

    corpora = []
    for path in paths:
        print_note(f"Reading {path} …", quiet=quiet)
        corpora.append(read_corpus(path, scheme=scheme))
    rows = [row for corpus in corpora for row in _count(corpus)]
    if as_json:
        print_json(rows)
    else:
        _print_table(_stats_table(rows))


@app.command("agree")
def agree_command(
    paths: PathsArgument,
    script: Annotated[
        str | None,
        typer.Option("--script", help="Compare words in this script, such as Beng; else as is."),
    ] = None,
    scheme: SchemeOption = None,
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
    from nerbridge.corpus.harmonising import find_discord
    from nerbridge.text.script import SCRIPTS

    if len(set(paths)) < max(len(paths), 2):
        raise InputError(f"{' '.join(paths)}: expected two corpora or more, each named once.")
    if script is not None and script not in SCRIPTS:
        raise InputError(f"--script {script}: expected one of {', '.join(SCRIPTS)}.")
    corpora = []
    for path in paths:
        print_note(f"Reading {path} …", quiet=quiet)
        corpora.append(read_corpus(path, scheme=scheme))
        if not corpora[-1].splits.get("train"):
            raise InputError(
                f"{path}: no training sentences, only {', '.join(corpora[-1].splits)}; expected "
                "a train file. Name a folder that has one."
            )
    found = find_discord(corpora, [script] * len(corpora))
    rows = [
        {"corpus": corpus.name, "path": path, **asdict(discord), "share": round(discord.share, 4)}
        for path, corpus, discord in zip(paths, corpora, found, strict=True)
    ]
    if as_json:
        print_json(rows)
    else:
        _print_table(_discord_table(rows))


def _count(corpus: Corpus) -> list[dict[str, Any]]:
    from collections import Counter

    rows = []
    for split, sentences in corpus.splits.items():
        types = Counter(
            tag[2:] for sentence in sentences for tag in sentence.tags if tag.startswith("B-")
        )
        rows.append(
            {
                "corpus": corpus.name,
                "split": split,
                "n_sentences": len(sentences),
                "n_words": sum(len(sentence.words) for sentence in sentences),
                "n_entities": types.total(),
                "type_counts": dict(types.most_common()),
            }
        )
    return rows


def _write(corpus: Corpus, target: Path, format: str | None, scheme: Scheme) -> list[Path]:
    from nerbridge.corpus import write_corpus, write_sentences
    from nerbridge.corpus.reading import SUFFIXES

    suffix = target.suffix.lower()
    if target.is_dir() or suffix not in SUFFIXES:
        return write_corpus(corpus, target, format or "conll", scheme=scheme)
    if len(corpus.splits) != 1:
        raise InputError(
            f"{target}: {corpus.name} has {len(corpus.splits)} splits "
            f"({', '.join(corpus.splits)}), which do not go into one file; expected a folder. "
            "Name a folder, or convert one of its files."
        )
    by_suffix = suffix[1:] if suffix in (".jsonl", ".csv", ".parquet") else "conll"
    (sentences,) = corpus.splits.values()
    write_sentences(target, sentences, format or by_suffix, scheme=scheme)
    return [target]


def _parse_map(mappings: Sequence[str]) -> dict[str, str | None]:
    type_map: dict[str, str | None] = {}
    for mapping in mappings:
        old, equals, new = (part.strip() for part in mapping.partition("="))
        if not old or not equals:
            raise InputError(
                f"--map {mapping}: expected OLD=NEW, as in --map GPE=LOC, or OLD= to drop a type."
            )
        type_map[old] = new or None
    return type_map


def _load_tokenizer(folder: Path) -> Tokenizer:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise EnvironmentProblem(
            "--tokenizer needs the tokenizers library, which is not installed. "
            "Install it with: pip install 'nerbridge[train]'"
        ) from error
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


def _print_audit(audit: Audit) -> None:
    print_result(f"{audit.name} (sha256 {audit.sha256[:12]}, scheme {audit.scheme})")
    _print_table(_facts_table(audit))
    if audit.overlaps:
        _print_table(_overlap_table(audit))
    for split in audit.splits.values():
        for example in split.invalid_tags.examples:
            print_result(f"invalid: {example}")
    for name, n in audit.losses.items():
        print_result(f"{name.replace('_', ' ')}: {n:,}")


def _facts_table(audit: Audit) -> Table:
    table = _new_table("Each split", *audit.splits)
    splits = list(audit.splits.values())
    rows: list[tuple[str, list[float | None]]] = [
        ("sentences", [split.n_sentences for split in splits]),
        ("… without entity", [split.n_without_entity for split in splits]),
        ("… standing there before", [split.n_duplicates for split in splits]),
        ("… the same after normalisation", [split.n_duplicates_normalised for split in splits]),
        ("distinct, tagged in several ways", [split.n_conflicts for split in splits]),
        ("invalid tags", [split.invalid_tags.n for split in splits]),
        ("words", [split.n_words for split in splits]),
        ("words per sentence, mean", [split.mean_words for split in splits]),
        ("words per sentence, most", [split.max_words for split in splits]),
        ("subwords per word", [split.subwords_per_word for split in splits]),
        ("entities", [split.n_entities for split in splits]),
    ]
    types = sorted({type_ for split in splits for type_ in split.type_counts})
    rows += [
        (f"… {type_}", [split.type_counts.get(type_, 0) for split in splits]) for type_ in types
    ]
    scripts = sorted({script for split in splits for script in split.scripts})
    rows += [
        (f"words, script {script}", [split.scripts.get(script, 0) for split in splits])
        for script in scripts
    ]
    forms = [split.unicode_forms for split in splits]
    rows += [
        ("words not NFC", [form.n_not_nfc for form in forms]),
        ("words not NFD", [form.n_not_nfd for form in forms]),
        ("words with ZWJ", [form.n_with_zwj for form in forms]),
        ("words with ZWNJ", [form.n_with_zwnj for form in forms]),
        ("words that normalisation changes", [form.n_changed_by_normalisation for form in forms]),
        ("words in several spellings", [form.n_variants for form in forms]),
    ]
    for name, values in rows:
        if any(value is not None for value in values):
            table.add_row(name, *map(_show, values))
    return table


def _overlap_table(audit: Audit) -> Table:
    table = _new_table("In both splits", "sentences", "normalised", "mentions", "normalised")
    for overlap in audit.overlaps:
        table.add_row(
            f"{overlap.split} in {overlap.other}",
            f"{overlap.n_shared_sentences:,} of {overlap.n_sentences:,}",
            _show(overlap.n_shared_sentences_normalised),
            f"{overlap.n_shared_mentions:,} of {overlap.n_mentions:,}",
            _show(overlap.n_shared_mentions_normalised),
        )
    return table


def _stats_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    types = sorted({type_ for row in rows for type_ in row["type_counts"]})
    table = _new_table("corpus", "split", "sentences", "words", "entities", *types)
    table.columns[1].justify = "left"
    for row in rows:
        numbers = [row["n_sentences"], row["n_words"], row["n_entities"]]
        numbers += [row["type_counts"].get(type_, 0) for type_ in types]
        table.add_row(row["corpus"], row["split"], *map(_show, numbers))
    return table


def _discord_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = _new_table("corpus", "entities", "alone", "share", "such as")
    table.columns[0].no_wrap = False
    table.columns[-1].justify = "left"
    for column in table.columns[1:4]:
        column.no_wrap = True
    names = [row["corpus"] for row in rows]
    for row in rows:
        name = row["corpus"] if names.count(row["corpus"]) == 1 else row["path"]
        counts = map(_show, (row["n_entities"], row["n_discordant"]))
        table.add_row(name, *counts, f"{row['share']:.1%}", ", ".join(row["examples"]))
    return table


def _new_table(first: str, *others: str) -> Table:
    """A table with the first column to the left and the others, numbers, to the right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _print_table(table: Table) -> None:
    from rich.console import Console

    # names of types and files are data: square brackets in them are no markup
    Console(markup=False, highlight=False).print(table)


def _show(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"
