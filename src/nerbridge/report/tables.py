"""Tables about one run, once as plain cells, written as Markdown or for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable
from rich.text import Text

from nerbridge.evaluation.scores import Scores
from nerbridge.models.manifest import Training
from nerbridge.records import Paired, RunRecord, Summary, System
from nerbridge.report.formatting import (
    MISSING,
    format_bytes,
    format_count,
    format_difference,
    format_f1,
    format_interval,
    format_p,
    format_seconds,
    format_share,
)
from nerbridge.report.narrative import describe_verdict, headline, name_test

Cell = Callable[[System], str]
"""What a column says of a system."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; numbers are aligned at the right."""

    name: str
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text. What follows a line break in a cell is secondary (an interval).

    ``title`` says what it is, ``caption`` how to read it. ``notes`` describe the systems, one each,
    or are empty. ``is_by_system`` says that lines begin with the name of a system of the record.
    """

    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    notes_name: str = "what it is"
    is_by_system: bool = True


def result_table(record: RunRecord) -> Table:
    """Every system on every test set, with its cost."""
    caption = (
        f"F1 as mean ± standard deviation over {describe_seeds(record)}, below it the 95\u00a0% "
        "interval over sentences and seeds. Strict and conll score the same predictions. Time is "
        "of the stage alone, per seed."
    )
    if any(system.stage == "crf" for system in record.systems):
        caption += (
            " A CRF is trained once, with one sample of sentences where the recipe takes a part of "
            "a corpus; its interval does not contain the choice of the sample."
        )
    columns: dict[str, Cell] = {
        f"F1 strict, {name_test(record, 'test')}": lambda system: format_summary(system.f1_strict),
        **{
            f"F1 strict, {name_test(record, name)}": partial(_further_cell, name)
            for name in further_tests(record)
        },
        "F1 conll": lambda system: format_f1(system.f1_conll.mean),
        "F1 without leaks": lambda system: format_f1(
            None if system.f1_leak_free is None else system.f1_leak_free.mean
        ),
        "time": lambda system: format_seconds(_mean_cost(system, "wall_s")),
        "trained parameters": lambda system: format_count(
            _mean_cost(system, "n_parameters_trained")
        ),
    }
    notes = tuple(system.description for system in record.systems)
    return system_table("Every system on every test set", caption, columns, record.systems, notes)


def system_table(
    title: str,
    caption: str,
    columns: Mapping[str, Cell],
    systems: Sequence[System],
    notes: tuple[str, ...] = (),
) -> Table:
    """A line for each system: its name, then the cells that the columns make of it."""
    return Table(
        title,
        caption,
        (Column("system", is_number=False), *map(Column, columns)),
        tuple((system.name, *(cell(system) for cell in columns.values())) for system in systems),
        notes,
    )


def paired_table(record: RunRecord) -> Table:
    """Every comparison of two systems on the same sentences."""
    return Table(
        "Differences between systems",
        describe_pairing("systems", len(record.paired)),
        PAIRED_COLUMNS,
        tuple(paired_cells(pair) for pair in record.paired),
        tuple(f"on {name_test(record, pair.test_set)}" for pair in record.paired),
        "test set",
        is_by_system=False,
    )


PAIRED_COLUMNS = (
    Column("comparison", is_number=False),
    Column("verdict", is_number=False),
    Column("difference"),
    Column("p, bootstrap"),
    Column("p, randomisation"),
)


def paired_cells(pair: Paired) -> tuple[str, ...]:
    """A line of a table with `PAIRED_COLUMNS`."""
    return (
        f"{pair.b} against {pair.a}",
        describe_verdict(pair.a, pair.b, pair.difference, pair.p, pair.p_randomisation),
        f"{format_difference(pair.difference)}\n{format_interval(pair.ci95)}",
        format_p(pair.p),
        format_p(pair.p_randomisation),
    )


def describe_pairing(what: str, n_pairs: int) -> str:
    """How to read a table with `PAIRED_COLUMNS`."""
    return (
        f"Difference in strict F1 between {what} on the same sentences, below it its 95\u00a0% "
        f"interval. Two {what} count as different only where both tests give p below 0.05; no p "
        f"is corrected for the number of comparisons ({n_pairs})."
    )


def seed_table(record: RunRecord) -> Table:
    """Strict F1 of every seed, of the systems that have several."""
    several = [system for system in record.systems if len(system.seeds) > 1]
    columns: dict[str, Cell] = {
        f"seed {seed}": partial(_seed_cell, seed)
        for seed in sorted({result.seed for system in several for result in system.seeds})
    }
    caption = f"Strict F1 on {name_test(record, 'test')}."
    return system_table("Every seed", caption, columns, several)


def type_table(record: RunRecord) -> Table:
    """F1, precision and recall per entity type."""
    columns: dict[str, Cell] = {type_: partial(_type_cell, type_) for type_ in entity_types(record)}
    caption = "Strict F1 per entity type, below it precision and recall; means over seeds."
    return system_table("Entity types", caption, columns, record.systems)


def name_confusion(system: System) -> tuple[list[str], list[list[float]]]:
    """Names and mean counts of the confusion of gold (down) and predicted (across) types.

    The last name stands for no entity: missed in its column, spurious in its line.
    """
    found = [result.test.confusion for result in system.seeds]
    # Seeds may have made different confusions, so their names are joined.
    names = list(dict.fromkeys(name for confusion in found for name in confusion))
    counts = [
        [sum(c.get(gold, {}).get(predicted, 0) for c in found) / len(found) for predicted in names]
        for gold in names
    ]
    return names, counts


def mistake_table(record: RunRecord) -> Table:
    """What became of the gold and of the predicted entities."""
    columns: dict[str, Cell] = {
        "gold": _mean_count("n_gold"),
        "predicted": _mean_count("n_predicted"),
        "correct": _mean_count("n_correct"),
        "wrong boundary": _mean_count("n_boundary_errors"),
        "wrong type": _mean_count("n_type_errors"),
        "both wrong": _mean_count("n_boundary_and_type_errors"),
        "missed": _mean_count("n_missed"),
        "spurious": _mean_count("n_spurious"),
    }
    caption = "Means over seeds. Every predicted entity is correct, wrong or spurious."
    return system_table("What became of the entities", caption, columns, record.systems)


def seen_table(record: RunRecord) -> Table:
    """Recall of mentions that were and were not among the training sentences."""
    columns: dict[str, Cell] = {
        "seen": _mean_count("n_seen"),
        "recall, seen": lambda system: format_f1(
            mean_score(system, lambda found: found.recall_seen)
        ),
        "unseen": _mean_count("n_unseen"),
        "recall, unseen": lambda system: format_f1(
            mean_score(system, lambda found: found.recall_unseen)
        ),
    }
    caption = (
        "Recall of gold entities whose words and type occur in the sentences that the system was "
        "trained on, of the target and of the sources (seen), and of the others (unseen). Systems "
        "that learned from different sentences divide the entities differently."
    )
    return system_table("Seen and unseen mentions", caption, columns, record.systems)


def cost_table(record: RunRecord) -> Table:
    """What training each system took."""
    columns: dict[str, Cell] = {
        "sentences": lambda system: format_count(_mean_cost(system, "n_sentences")),
        "steps": lambda system: format_count(_mean_cost(system, "n_steps")),
        "best epoch": lambda system: _format_one_digit(_mean_cost(system, "best_epoch")),
        "trained parameters": _trained_parameters,
        "time": lambda system: format_seconds(_mean_cost(system, "wall_s")),
        "peak memory": lambda system: format_bytes(
            max(cost.peak_memory_bytes for cost in trainings(system))
        ),
    }
    caption = (
        "Of each stage alone; means over seeds, of memory the largest. The share is of all "
        "parameters of the model."
    )
    return system_table(
        "Cost", caption, columns, [system for system in record.systems if trainings(system)]
    )


def table_to_markdown(table: Table) -> str:
    """A table in GitHub's Markdown: title, cells, caption.

    >>> columns = (Column("name", is_number=False), Column("n"))
    >>> print(table_to_markdown(Table("Sizes", "Of all.", columns, (("a|b", "3"),))))
    **Sizes**
    <BLANKLINE>
    | name | n |
    | :-- | --: |
    | a\\|b | 3 |
    <BLANKLINE>
    Of all.
    """
    columns, rows = _with_notes(table)
    lines = [
        [_markdown_cell(column.name) for column in columns],
        ["--:" if column.is_number else ":--" for column in columns],
        *([_markdown_cell(cell) for cell in row] for row in rows),
    ]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    title, caption = _markdown_cell(table.title), _markdown_cell(table.caption)
    return f"**{title}**\n\n{body}\n\n{caption}"


def table_to_rich(table: Table) -> RichTable:
    """A table for the terminal; printing it is the caller's business."""
    columns, rows = _with_notes(table)
    rich = RichTable(
        box=SIMPLE_HEAD,
        title=Text(table.title),
        title_justify="left",
        caption=Text(table.caption),
        caption_justify="left",
    )
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.is_number else "left"
        rich.add_column(Text(column.name), justify=justify, overflow="fold")
    for row in rows:
        # In a plain string rich reads square brackets as markup.
        rich.add_row(*(Text(cell) for cell in row))
    return rich


def record_to_markdown(record: RunRecord) -> str:
    """``table.md``: the headline, the result table and the paired tests."""
    parts = [f"# {_markdown_cell(record.name)}", _markdown_cell(headline(record))]
    parts += [table_to_markdown(table) for table in (result_table(record), paired_table(record))]
    return "\n\n".join(parts) + "\n"


def further_tests(record: RunRecord) -> list[str]:
    """Names of the further test sets, in order of appearance."""
    return list(dict.fromkeys(name for system in record.systems for name in system.test_sets))


def entity_types(record: RunRecord) -> list[str]:
    """The entity types scored, in the order of the record."""
    by_seed = (result.test.per_type for system in record.systems for result in system.seeds)
    return list(dict.fromkeys(type_ for per_type in by_seed for type_ in per_type))


def trainings(system: System) -> list[Training]:
    """What is known about the training of a system, seed by seed."""
    return [result.training for result in system.seeds if result.training is not None]


def mean_of(items: Iterable[object], get: Callable[..., float | None]) -> float | None:
    """Mean of what ``get`` finds; None if it finds nothing.

    >>> mean_of([1, 2, None], lambda item: item)
    1.5
    """
    values = [value for item in items if (value := get(item)) is not None]
    return sum(values) / len(values) if values else None


def mean_score(system: System, get: Callable[[Scores], float | None]) -> float | None:
    """Mean over seeds of something about the scores on the test set."""
    return mean_of(system.seeds, lambda result: get(result.test))


def format_summary(summary: Summary | None) -> str:
    """Mean ± sd, and the interval on a second line."""
    if summary is None:
        return MISSING
    spread = "" if summary.sd is None else f" ± {format_f1(summary.sd)}"
    return f"{format_f1(summary.mean)}{spread}\n{format_interval(summary.ci95)}"


def describe_seeds(record: RunRecord) -> str:
    """How many seeds the systems have.

    A CRF, which is trained once, has one; the others have equally many.
    """
    n = max((len(system.seeds) for system in record.systems), default=0)
    return "one seed" if n == 1 else f"{n} seeds"


def _further_cell(test: str, system: System) -> str:
    return format_summary(system.test_sets.get(test))


def _seed_cell(seed: int, system: System) -> str:
    found = (result.test.f1_strict for result in system.seeds if result.seed == seed)
    return format_f1(next(found, None))


def _type_cell(type_: str, system: System) -> str:
    scores = [
        result.test.per_type[type_] for result in system.seeds if type_ in result.test.per_type
    ]
    precision = format_f1(mean_of(scores, lambda score: score.precision))
    recall = format_f1(mean_of(scores, lambda score: score.recall))
    return f"{format_f1(mean_of(scores, lambda score: score.f1))}\n{precision} / {recall}"


def _mean_count(name: str) -> Cell:
    """The mean of a count of `Scores` over seeds: whole where it is whole."""

    def cell(system: System) -> str:
        value = mean_score(system, attrgetter(name))
        is_whole = value is None or value == round(value)
        return format_count(value) if is_whole else _format_one_digit(value)

    return cell


def _mean_cost(system: System, name: str) -> float | None:
    return mean_of(trainings(system), attrgetter(name))


def _trained_parameters(system: System) -> str:
    trained, total = (
        _mean_cost(system, name) or 0.0 for name in ("n_parameters_trained", "n_parameters")
    )
    return f"{format_count(trained)}\n{format_share(trained, total)}"


def _format_one_digit(value: float | None) -> str:
    return MISSING if value is None else f"{value:.1f}"


def _with_notes(table: Table) -> tuple[tuple[Column, ...], list[tuple[str, ...]]]:
    """Columns and rows with the notes as a second column, if there are any."""
    if not table.notes:
        return table.columns, list(table.rows)
    columns = (table.columns[0], Column(table.notes_name, is_number=False), *table.columns[1:])
    rows = [(row[0], note, *row[1:]) for row, note in zip(table.rows, table.notes, strict=True)]
    return columns, rows


def _markdown_cell(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    first, *rest = text.strip().splitlines() or [""]
    line = f"{first} ({' '.join(rest)})" if rest else first
    # The backslash first: later it would also double those that are added here.
    for mark in "\\|`*<[":
        line = line.replace(mark, f"\\{mark}")
    return line
