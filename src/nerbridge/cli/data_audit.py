"""``nerbridge data audit``: what is wrong with labelled files, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerbridge.cli.console import new_table, print_json, print_result, print_table
from nerbridge.cli.corpora import (
    ColumnsOption,
    OffsetsOption,
    PathsArgument,
    SchemeOption,
    format_number,
)
from nerbridge.cli.options import JsonOption, MapTypesOption, QuietOption, read_map_option
from nerbridge.cli.progress import show_progress

if TYPE_CHECKING:
    from rich.table import Table

    from nerbridge.corpus.audit import Audit

EXIT_INVALID_TAGS = 1


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

    Invalid tags are reported, and the exit code is then 1. Other findings do not change the exit
    code. --json prints one object, or a list of objects for several paths.

    Example: nerbridge data audit corpora/as --tokenizer models/mini --plots figures
    """
    from nerbridge.workflows.corpora import audit_corpora
    from nerbridge.workflows.labelled import CorpusOptions

    options = CorpusOptions(
        scheme=scheme, columns=columns, offsets=offsets, type_map=read_map_option(map_types)
    )
    with show_progress(quiet=quiet) as listen:
        audits = audit_corpora(paths, options, tokenizer=tokenizer, plots=plots, listen=listen)
    if as_json:
        found = [audit.to_dict() for audit in audits]
        print_json(found[0] if len(found) == 1 else found)
    else:
        for audit in audits:
            _print_audit(audit)
    if any(split.invalid_tags.n for audit in audits for split in audit.splits.values()):
        raise typer.Exit(EXIT_INVALID_TAGS)


def _print_audit(audit: Audit) -> None:
    """A corpus's audit, on stdout."""
    print_result(f"{audit.name} (sha256 {audit.sha256[:12]}, scheme {audit.scheme})")
    print_table(_facts_table(audit))
    if audit.overlaps:
        print_table(_overlap_table(audit))
    for split in audit.splits.values():
        for example in split.invalid_tags.examples:
            print_result(f"invalid: {example}")
    for name, n in audit.losses.items():
        print_result(f"{name.replace('_', ' ')}: {n:,}")


def _facts_table(audit: Audit) -> Table:
    table = new_table("Each split", *audit.splits, justify="right")
    splits = list(audit.splits.values())
    rows: list[tuple[str, list[float | None]]] = [
        ("sentences", [split.n_sentences for split in splits]),
        ("… without entity", [split.n_without_entity for split in splits]),
        ("… repeated", [split.n_duplicates for split in splits]),
        ("… repeated after normalisation", [split.n_duplicates_normalised for split in splits]),
        ("distinct, tagged in several ways", [split.n_conflicts for split in splits]),
        ("invalid tags", [split.invalid_tags.n for split in splits]),
        ("words", [split.n_words for split in splits]),
        ("words per sentence, mean", [split.mean_words for split in splits]),
        ("words per sentence, maximum", [split.max_words for split in splits]),
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
            table.add_row(name, *map(format_number, values))
    return table


def _overlap_table(audit: Audit) -> Table:
    table = new_table(
        "In both splits", "sentences", "normalised", "mentions", "normalised", justify="right"
    )
    for overlap in audit.overlaps:
        table.add_row(
            f"{overlap.split} in {overlap.other}",
            f"{overlap.n_shared_sentences:,} of {overlap.n_sentences:,}",
            format_number(overlap.n_shared_sentences_normalised),
            f"{overlap.n_shared_mentions:,} of {overlap.n_mentions:,}",
            format_number(overlap.n_shared_mentions_normalised),
        )
    return table
