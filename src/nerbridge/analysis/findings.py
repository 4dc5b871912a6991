"""What the report shows, read from the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from nerbridge.analysis.counting import Facts, read_periods
from nerbridge.analysis.network import MIN_LOG_LIKELIHOOD, Network, choose_pairs, lay_out
from nerbridge.analysis.tables import (
    EntityRow,
    Passage,
    count_changed,
    read_changed,
    read_entities,
    read_neighbours,
    read_over_time,
    read_passages,
    read_strongest_pairs,
    read_top,
    read_types,
    read_variants,
)

TOP = 100
"""Entities listed of each type."""
CHANGED = 25
"""Risers, and newcomers, listed."""
PASSAGES = 8
_NEIGHBOURS = 8
_STRONGEST = 200


@dataclass(frozen=True)
class Findings:
    """All that the page shows; whatever is by entity covers every entity that is listed."""

    title: str
    model: str
    facts: Facts
    periods: Sequence[tuple[date, int]]
    types: Sequence[tuple[str, int, int]]
    top: Mapping[str, Sequence[EntityRow]]
    risers: Sequence[EntityRow]
    newcomers: Sequence[EntityRow]
    n_changed: Mapping[str, int]
    network: Network
    over_time: Mapping[int, Mapping[date, int]]
    variants: Mapping[int, Sequence[tuple[str, int, str]]]
    neighbours: Mapping[int, Sequence[tuple[str, int]]]
    passages: Mapping[int, Sequence[Passage]]
    max_passages: int

    @property
    def type_names(self) -> list[str]:
        """The entity types, in the order of their sections."""
        return [type_ for type_, _, _ in self.types]

    def entities(self) -> list[EntityRow]:
        """Every entity with passages, each once: by type, then as listed."""
        rows = [row for rows in self.top.values() for row in rows]
        rows += [*self.risers, *self.newcomers, *(node.entity for node in self.network.nodes)]
        found = {row.entity: row for row in rows}
        order = {type_: index for index, (type_, _, _) in enumerate(self.types)}
        return sorted(found.values(), key=lambda row: (order[row.type], -row.n_articles, row.name))


def collect_findings(
    db: duckdb.DuckDBPyConnection, facts: Facts, *, title: str, model: str
) -> Findings:
    """Read what the report shows; its size does not grow with the number of articles."""
    types = read_types(db)
    top = {type_: read_top(db, type_, TOP) for type_, _, _ in types}
    risers, newcomers = (read_changed(db, kind, CHANGED) for kind in ("riser", "newcomer"))
    network = _read_network(db)
    listed = _numbers([*top.values(), risers, newcomers], network)
    return Findings(
        title=title,
        model=model,
        facts=facts,
        periods=read_periods(db, facts) if facts.first_day else [],
        types=types,
        top=top,
        risers=risers,
        newcomers=newcomers,
        n_changed=count_changed(db),
        network=network,
        over_time=read_over_time(db, listed),
        variants=read_variants(db, listed),
        neighbours=read_neighbours(db, listed, _NEIGHBOURS),
        passages=read_passages(db, listed, PASSAGES),
        max_passages=PASSAGES,
    )


def _read_network(db: duckdb.DuckDBPyConnection) -> Network:
    pairs = choose_pairs(read_strongest_pairs(db, _STRONGEST, MIN_LOG_LIKELIHOOD))
    numbers = {entity for pair in pairs for entity in (pair.first, pair.second)}
    return lay_out(pairs, {row.entity: row for row in read_entities(db, numbers)})


def _numbers(lists: Sequence[Sequence[EntityRow]], network: Network) -> list[int]:
    found = {row.entity for rows in lists for row in rows}
    return sorted(found | {node.entity.entity for node in network.nodes})
