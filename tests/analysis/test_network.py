"""The network: no name over another, all within the drawing, the same every time."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from nerbridge.analysis.network import (
    MAX_NODES,
    MAX_PAIRS,
    WIDTH,
    boxes_overlap,
    choose_pairs,
    lay_out,
)
from nerbridge.analysis.tables import EntityRow, Pair

NAMES = st.lists(st.text("কখগমৰা ", min_size=1, max_size=60), min_size=40, max_size=40)
LINKS = st.lists(
    st.tuples(st.integers(0, 39), st.integers(0, 39)).filter(lambda link: link[0] != link[1]),
    max_size=80,
    unique_by=lambda link: frozenset(link),
)


def make_row(number: int, name: str) -> EntityRow:
    counts = (number + 1, number + 1, 1)
    return EntityRow(number, "LOC", name, True, *counts, *(None,) * 10)  # type: ignore[arg-type]


@settings(max_examples=15, deadline=None)
@given(NAMES, LINKS)
def test_pills_never_overlap_and_stay_inside(
    names: list[str], links: list[tuple[int, int]]
) -> None:
    rows = {number: make_row(number, name) for number, name in enumerate(names)}
    pairs = choose_pairs([Pair(a, b, 3, 1, 0.4, 9.0) for a, b in links])
    assert len(pairs) <= MAX_PAIRS
    network = lay_out(pairs, rows)
    assert len(network.nodes) <= MAX_NODES
    assert not [pair for pair in combinations(network.nodes, 2) if boxes_overlap(*pair)]
    for node in network.nodes:
        assert node.y - node.height / 2 >= 0
        assert node.y + node.height / 2 <= network.height
        if node.width < WIDTH - 4:
            assert node.x - node.width / 2 >= 0
            assert node.x + node.width / 2 <= WIDTH
    assert [(n.x, n.y) for n in network.nodes] == [(n.x, n.y) for n in lay_out(pairs, rows).nodes]
