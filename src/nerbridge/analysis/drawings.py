"""Drawings of the report, as SVG in the page: bars over time, sparklines, the network.

Colours and fonts are the page's; every drawing says in words what it shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from nerbridge.analysis.network import WIDTH, Network, Node, count_links
from nerbridge.markup import Markup, concat_all, element
from nerbridge.palette import type_class
from nerbridge.tagging.marked import show_controls

_SPARK_WIDTH, _SPARK_HEIGHT = 110, 22
_MAX_BARS = 110
_CHART_WIDTH, _CHART_HEIGHT = 960, 150


def draw_sparkline(
    counts: Mapping[date, int], periods: Sequence[date], recent_from: date | None
) -> Markup:
    """One bar per period; recent ones in the accent colour."""
    values = [counts.get(period, 0) for period in periods]
    bars = _bars(values, periods, recent_from, _SPARK_WIDTH, _SPARK_HEIGHT)
    label = f"{sum(values)} articles over {len(periods)} periods, at most {max(values, default=0)}"
    return _svg(bars, _SPARK_WIDTH, _SPARK_HEIGHT, "spark", label)


def draw_timeline(counts: Sequence[tuple[date, int]], recent_from: date | None, by: str) -> Markup:
    """Articles per period, with dates below."""
    periods, values = [period for period, _ in counts], [n for _, n in counts]
    height = _CHART_HEIGHT - 24
    bars = _bars(values, periods, recent_from, _CHART_WIDTH, height)
    step = max(1, -(-len(periods) // 8))
    labels = concat_all(
        element(
            "text",
            say_period(period, by),
            x=f"{_axis_x(index, len(periods)):.1f}",
            y=f"{_CHART_HEIGHT - 6}",
            class_="axis end" if index > 0.9 * len(periods) else "axis",
        )
        for index, period in list(enumerate(periods))[::step]
    )
    label = f"Articles per {by}, at most {max(values, default=0)}"
    return _svg(concat_all([bars, labels]), _CHART_WIDTH, _CHART_HEIGHT, "timeline", label)


def draw_network(
    network: Network, linked: frozenset[int], types: Sequence[str], language: str
) -> Markup:
    """Names as pills, each a link to its passages if it is in ``linked``."""
    nodes = {node.entity.entity: node for node in network.nodes}
    lines = concat_all(
        element(
            "line",
            element(
                "title",
                f"{nodes[pair.first].label} – {nodes[pair.second].label}: "
                f"{pair.n_articles} articles, {pair.n_sentences} sentences",
            ),
            x1=f"{nodes[pair.first].x:.1f}",
            y1=f"{nodes[pair.first].y:.1f}",
            x2=f"{nodes[pair.second].x:.1f}",
            y2=f"{nodes[pair.second].y:.1f}",
            stroke_width=f"{1 + 4 * max(pair.npmi, 0):.1f}",
            data_ends=f"{pair.first} {pair.second}",
        )
        for pair in network.pairs
    )
    links = count_links(network.pairs)
    pills = concat_all(
        _pill(node, links[node.entity.entity], linked, types, language) for node in network.nodes
    )
    label = f"{len(network.nodes)} entities and {len(network.pairs)} pairs that share articles"
    return _svg(concat_all([lines, pills]), WIDTH, network.height, "network", label)


def say_period(period: date, by: str) -> str:
    """A period in words.

    >>> say_period(date(2026, 2, 2), "week"), say_period(date(2026, 2, 1), "month")
    ('2 Feb 2026', 'Feb 2026')
    """
    return f"{period:%b %Y}" if by == "month" else f"{period.day} {period:%b %Y}"


def _axis_x(index: int, n_periods: int) -> float:
    """A label begins at its bar, one near the right edge ends with it."""
    is_last = index > 0.9 * n_periods
    return (index + (0.9 if is_last else 0.1)) * _CHART_WIDTH / n_periods


def _pill(
    node: Node, n_links: int, linked: frozenset[int], types: Sequence[str], language: str
) -> Markup:
    entity = node.entity
    parts = concat_all(
        [
            element(
                "title",
                f"{show_controls(entity.name)}: {entity.n_articles} articles, {n_links} links",
            ),
            element(
                "rect",
                x=f"{node.x - node.width / 2:.1f}",
                y=f"{node.y - node.height / 2:.1f}",
                width=f"{node.width:.1f}",
                height=f"{node.height:.1f}",
                rx=f"{node.height / 2:.1f}",
            ),
            element(
                "text",
                node.label,
                x=f"{node.x:.1f}",
                y=f"{node.y + node.font_size * 0.34:.1f}",
                font_size=f"{node.font_size:.1f}",
                lang=language,
            ),
        ]
    )
    name = "a" if entity.entity in linked else "g"
    href = f"#e{entity.entity}" if entity.entity in linked else None
    kind = type_class(entity.type, types)
    return element(name, parts, href=href, class_=f"pill {kind}", data_node=str(entity.entity))


def _bars(
    values: Sequence[int],
    periods: Sequence[date],
    recent_from: date | None,
    width: float,
    height: float,
) -> Markup:
    """Bars from the bottom; of more periods than fit, several share a bar."""
    share = max(1, -(-len(values) // _MAX_BARS))
    groups = [
        (sum(values[at : at + share]), periods[min(at + share, len(periods)) - 1])
        for at in range(0, len(values), share)
    ]
    highest = max((n for n, _ in groups), default=0) or 1
    slot = width / max(len(groups), 1)
    return concat_all(
        element(
            "rect",
            x=f"{index * slot + slot * 0.1:.1f}",
            y=f"{height - (height - 2) * n / highest:.1f}",
            width=f"{slot * 0.8:.1f}",
            height=f"{(height - 2) * n / highest:.1f}",
            class_="recent" if recent_from is not None and last >= recent_from else None,
        )
        for index, (n, last) in enumerate(groups)
        if n
    )


def _svg(content: Markup, width: float, height: float, name: str, label: str) -> Markup:
    return element(
        "svg",
        content,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        class_=name,
        role="group" if name == "network" else "img",
        aria_label=label,
    )
