"""Who appears with whom, as a drawing: pills of names, none over another.

Drawn are the pairs with most evidence (log-likelihood), lines as thick as the pair is close (NPMI).
Places come from a spring layout; then pills that overlap are pushed apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import networkx
import regex

from nerbridge.analysis.tables import EntityRow, Pair
from nerbridge.tagging.marked import show_controls

MAX_PAIRS = 60
MAX_NODES = 36
MIN_LOG_LIKELIHOOD = 6.63
"""The 1 % point of chi-squared with one degree of freedom."""
WIDTH = 1080.0

_FONT_SIZES = (15.0, 21.0)
_GRAPHEME_EM = 0.74
"""Width of a grapheme; Assamese ones in Noto Sans Bengali are 0.65 wide on average."""
_MAX_LETTERS = 30
_PADDING = 13.0
_GAP = 9.0
_HAIR = 0.01
_ROUNDS = 600
_HEIGHT_PER_NODE = 20.0
_GRAPHEME = regex.compile(r"\X")


@dataclass(slots=True)
class Node:
    """A pill: its middle, its size, and the size of its letters, in the drawing's units."""

    entity: EntityRow
    label: str
    x: float
    y: float
    width: float
    height: float
    font_size: float


@dataclass(frozen=True)
class Network:
    """What to draw; pairs are of nodes that are in it."""

    nodes: tuple[Node, ...]
    pairs: tuple[Pair, ...]
    height: float


def choose_pairs(pairs: Sequence[Pair]) -> list[Pair]:
    """The first pairs, as long as they bring no more than `MAX_NODES` entities."""
    chosen: list[Pair] = []
    entities: set[int] = set()
    for pair in pairs:
        both = {pair.first, pair.second}
        # Not the end at the first that is too many: a later pair may join two that are drawn.
        if len(entities | both) <= MAX_NODES:
            entities |= both
            chosen.append(pair)
    return chosen[:MAX_PAIRS]


def lay_out(pairs: Sequence[Pair], entities: Mapping[int, EntityRow]) -> Network:
    """Places for all entities of the pairs; the same for the same input."""
    graph = networkx.Graph()
    for pair in pairs:
        graph.add_edge(pair.first, pair.second, weight=max(pair.npmi, 0.05))
    height = max(320.0, _HEIGHT_PER_NODE * len(graph))
    most = max((entities[entity].n_articles for entity in graph), default=1)
    nodes = [
        _make_node(entities[entity], x, y, most, height) for entity, (x, y) in _place(graph).items()
    ]
    _push_apart(nodes)
    top = min((node.y - node.height / 2 for node in nodes), default=0.0) - _GAP
    for node in nodes:
        node.y -= top
    bottom = max((node.y + node.height / 2 for node in nodes), default=0.0)
    return Network(tuple(nodes), tuple(pairs), bottom + _GAP)


def boxes_overlap(a: Node, b: Node, gap: float = 0.0) -> bool:
    """Whether two pills are nearer than ``gap``."""
    return (
        abs(a.x - b.x) < (a.width + b.width) / 2 + gap
        and abs(a.y - b.y) < (a.height + b.height) / 2 + gap
    )


def count_links(pairs: Sequence[Pair]) -> Counter[int]:
    """How many pairs each entity is in."""
    return Counter(entity for pair in pairs for entity in (pair.first, pair.second))


def _place(graph: networkx.Graph) -> Mapping[int, tuple[float, float]]:
    """Coordinates between -1 and 1; parts without a link between them keep together."""
    if not graph:
        return {}
    parts = sorted(networkx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    tied = graph.copy()
    anchors = [max(part, key=lambda node: (graph.degree(node), -node)) for part in parts]
    tied.add_edges_from(((anchors[0], anchor) for anchor in anchors[1:]), weight=0.15)
    places = networkx.spring_layout(tied, seed=1, iterations=300, k=2.2 / len(tied) ** 0.5)
    return {node: (float(x), float(y)) for node, (x, y) in places.items()}


def _make_node(entity: EntityRow, x: float, y: float, most: int, height: float) -> Node:
    small, large = _FONT_SIZES
    font_size = small + (large - small) * (entity.n_articles / most) ** 0.5
    name = show_controls(entity.name)
    letters = _GRAPHEME.findall(name)
    label = name if len(letters) <= _MAX_LETTERS else "".join(letters[:_MAX_LETTERS]) + "…"
    width = min(len(letters), _MAX_LETTERS + 1) * _GRAPHEME_EM * font_size + 2 * _PADDING
    y = (y + 1) / 2 * height
    node = Node(entity, label, WIDTH / 2, y, width, font_size * 1.9, font_size)
    node.x = _inside(node, (x + 1) / 2 * (WIDTH - width) + width / 2)
    return node


def _push_apart(nodes: Sequence[Node]) -> None:
    """Move overlapping pills away from each other along the shorter way, within the width."""
    for _ in range(_ROUNDS):
        is_clear = True
        for a, b in combinations(nodes, 2):
            if boxes_overlap(a, b, _GAP - 0.5):
                is_clear = False
                _separate(a, b)
        if is_clear:
            return
    _stack(nodes)


def _separate(a: Node, b: Node) -> None:
    across = (a.width + b.width) / 2 + _GAP - abs(a.x - b.x)
    down = (a.height + b.height) / 2 + _GAP - abs(a.y - b.y)
    if across < down:
        step = across / 2 if a.x < b.x else -across / 2
        a.x, b.x = _inside(a, a.x - step), _inside(b, b.x + step)
        if boxes_overlap(a, b, _GAP - 0.5):  # one of them stands at the border
            _move_down(a, b)
    else:
        _move_down(a, b)


def _move_down(a: Node, b: Node) -> None:
    down = (a.height + b.height) / 2 + _GAP - abs(a.y - b.y)
    step = down / 2 if a.y < b.y else -down / 2
    a.y, b.y = a.y - step, b.y + step


def _inside(node: Node, x: float) -> float:
    return min(max(x, node.width / 2 + 2), WIDTH - node.width / 2 - 2)


def _stack(nodes: Sequence[Node]) -> None:
    """The last resort, where pushing never ends: move down whatever still overlaps."""
    placed: list[Node] = []
    for node in sorted(nodes, key=lambda node: node.y):
        while hit := next((other for other in placed if boxes_overlap(node, other, _GAP)), None):
            # A hair more than the gap: rounding could let the two overlap again, without end.
            node.y = hit.y + (hit.height + node.height) / 2 + _GAP + _HAIR
        placed.append(node)
