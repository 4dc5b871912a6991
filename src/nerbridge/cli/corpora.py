"""How commands read labelled sentences, and what they say of corpora."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerbridge.cli.console import new_table, print_note, print_result, print_table
from nerbridge.io.offset_unit import OffsetUnit
from nerbridge.labels import Scheme

if TYPE_CHECKING:
    from rich.table import Table

    from nerbridge.corpus.audit import Audit
    from nerbridge.corpus.sentence import Corpus

SchemeOption = Annotated[
    Scheme | None,
    typer.Option("--scheme", help="Tagging scheme of the files; recognised if not given."),
]
RepairOption = Annotated[
    bool, typer.Option("--repair", help="Turn invalid tags into valid ones, and count them.")
]
ColumnsOption = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="WORD,TAG",
        help="Columns of words and tags, by number or name: 2,3 or token,label. For JSON: the "
        "fields of text and spans. Detected if not given.",
    ),
]
OffsetsOption = Annotated[
    OffsetUnit | None,
    typer.Option("--offsets", help="Unit of the offsets of spans; detected if not given."),
]
LexiconOption = Annotated[
    str | None,
    typer.Option(
        "--lexicon",
        metavar="FILE",
        help="Words and what replaces them: bundled:hi-as, bundled:bn-as or a file.",
    ),
]


def print_losses(corpus: Corpus, *, quiet: bool) -> None:
    """What was repaired, renamed or dropped as a corpus was read, on stderr."""
    for name, n in corpus.losses.items():
        print_note(f"{name.replace('_', ' ')}: {n:,}", quiet=quiet)


def print_audit(audit: Audit) -> None:
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
    table = new_table(
        "In both splits", "sentences", "normalised", "mentions", "normalised", justify="right"
    )
    for overlap in audit.overlaps:
        table.add_row(
            f"{overlap.split} in {overlap.other}",
            f"{overlap.n_shared_sentences:,} of {overlap.n_sentences:,}",
            _show(overlap.n_shared_sentences_normalised),
            f"{overlap.n_shared_mentions:,} of {overlap.n_mentions:,}",
            _show(overlap.n_shared_mentions_normalised),
        )
    return table


def count_splits(corpus: Corpus) -> list[dict[str, Any]]:
    """Sizes of the splits of a corpus, a row each, as ``nerbridge data stats --json`` has them."""
    rows = []
    for split, sentences in corpus.splits.items():
        types = Counter(
            tag[2:] for sentence in sentences for tag in sentence.tags if tag.startswith("B-")
        )
        rows.append(
            {
                "corpus": corpus.name,
                "sha256": corpus.sha256,
                "split": split,
                "n_sentences": len(sentences),
                "n_words": sum(len(sentence.words) for sentence in sentences),
                "n_entities": types.total(),
                "type_counts": dict(types.most_common()),
            }
        )
    return rows


def stats_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Sizes of splits; a row has the fields of ``nerbridge data stats --json``."""
    types = sorted({type_ for row in rows for type_ in row["type_counts"]})
    table = new_table("corpus", "split", "sentences", "words", "entities", *types, justify="right")
    table.columns[1].justify = "left"
    for row in rows:
        numbers = [row["n_sentences"], row["n_words"], row["n_entities"]]
        numbers += [row["type_counts"].get(type_, 0) for type_ in types]
        table.add_row(row["corpus"], row["split"], *map(_show, numbers))
    return table


def discord_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Who labels what others do not; a row has the fields of ``nerbridge data agree --json``."""
    table = new_table("corpus", "entities", "alone", "share", "such as", justify="right")
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


def _show(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"
