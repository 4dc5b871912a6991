"""From the tables to what the report shows."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from nerbridge.analysis.counting import Facts, read_periods
from nerbridge.analysis.network import MIN_LOG_LIKELIHOOD, Network, choose_pairs, lay_out
from nerbridge.analysis.page import Findings
from nerbridge.analysis.tables import (
    EntityRow,
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
