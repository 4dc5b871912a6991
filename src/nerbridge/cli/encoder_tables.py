"""The tables of ``nerbridge encoder probe``: encoders side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nerbridge.cli.console import new_table, print_result, print_table

if TYPE_CHECKING:
    from rich.table import Table

    from nerbridge.models.probe_names import NearestNames, Retrieval
    from nerbridge.workflows.probe_encoder import EncoderProbe

N_NAMES_SHOWN = 8


def print_probes(probes: Sequence[EncoderProbe]) -> None:
    """What was measured, a column for each encoder, on stdout."""
    table = new_table("", *_short_names([probe.model for probe in probes]))
    for row in _rows(probes):
        table.add_row(*row)
    print_table(table)
    for probe in probes:
        if probe.masked_words_missing:
            print_result(f"{probe.model}: no masked words: {probe.masked_words_missing}.")
    for probe in probes:
        if probe.nearest_names is not None and probe.nearest_names.n:
            print_result(f"Nearest names in {probe.model}:")
            print_table(_names_table(probe.nearest_names))


def _short_names(models: Sequence[str]) -> list[str]:
    """Folders by their last part, where that tells them apart: a column is narrow."""
    short = [Path(model).name if Path(model).is_dir() else model for model in models]
    return short if len(set(short)) == len(short) else list(models)


def _rows(probes: Sequence[EncoderProbe]) -> Iterator[list[str]]:
    yield ["script", *(probe.script or "as written" for probe in probes)]
    yield ["parameters, million", *(f"{probe.size.n_parameters / 1e6:.1f}" for probe in probes)]
    yield ["files, MB", *(f"{probe.size.n_bytes / 1e6:.1f}" for probe in probes)]
    speeds, n_threads = [probe.speed for probe in probes], probes[0].speed.n_threads
    threads = "1 thread" if n_threads == 1 else f"{n_threads} threads"
    yield [f"sentences/s, {threads}", *(_show(speed.sentences_per_s, 0) for speed in speeds)]
    yield ["subwords/s", *(_show(speed.subwords_per_s, 0) for speed in speeds)]
    for language in probes[0].subwords:
        yield from _language_rows(language, probes)
    if any(probe.nearest_names for probe in probes):
        yield ["same consonants among 3 nearest names", *map(_nearest_cell, probes)]
    # Every encoder was asked for the same pairs, in the same order.
    for pairs in zip(*(probe.retrieval or () for probe in probes), strict=True):
        name = f"{pairs[0].source} → {pairs[0].target}"
        yield [f"{name}, all: P@1, MRR", *(_retrieval_cell(pair.all) for pair in pairs)]
        cells = [_retrieval_cell(pair.different) for pair in pairs]
        yield [f"{name}, written differently: P@1, MRR", *cells]


def _language_rows(language: str, probes: Sequence[EncoderProbe]) -> Iterator[list[str]]:
    counts = [probe.subwords[language] for probe in probes]
    yield [f"{language}: subwords per word", *(_show(c.subwords_per_word, 2) for c in counts)]
    unknown = [_show(c.unknown_word_share, 4) for c in counts]
    yield [f"{language}: words with unknown pieces", *unknown]
    for unit in ("word", "piece"):
        cells = [_masked_cell(probe, language, unit) for probe in probes]
        yield [f"{language}: masked {unit}s right", *cells]


def _masked_cell(probe: EncoderProbe, language: str, unit: str) -> str:
    found = (probe.masked_words or {}).get(language)
    if found is None:
        return "–"
    if unit == "word":
        return f"{_show(found.word_accuracy, 3)} of {found.n_words:,}"
    return f"{_show(found.piece_accuracy, 3)} of {found.n_pieces:,}"


def _nearest_cell(probe: EncoderProbe) -> str:
    found = probe.nearest_names
    return "–" if found is None else f"{_show(found.share_found, 3)} of {found.n:,}"


def _retrieval_cell(found: Retrieval) -> str:
    return (
        f"{_show(found.precision_at_1, 3)}, {_show(found.mean_reciprocal_rank, 3)} of {found.n:,}"
    )


def _names_table(found: NearestNames) -> Table:
    from nerbridge.models.probe import spread

    table = new_table(f"name ({found.language})", "nearest", "second", "third")
    for name in spread(sorted(found.nearest), N_NAMES_SHOWN):
        near = found.nearest[name]
        table.add_row(name, *(f"{n.name} ({n.language} {n.cosine:.2f})" for n in near))
    return table


def _show(value: float | None, n_decimals: int) -> str:
    return "–" if value is None else f"{value:,.{n_decimals}f}"
