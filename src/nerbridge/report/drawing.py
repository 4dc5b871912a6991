"""How figures are made: sizes, colours, marks, and the bytes they become.

Colours are a fixed set of hexadecimal values, so that a page can replace them by its own (dark)
ones; they are those of `nerbridge.palette`. Each system has its own mark, too.

matplotlib cannot shape Indic scripts: labels that it cannot draw are numbered instead.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nerbridge import palette
from nerbridge.errors import missing_extra

try:
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
except ImportError as error:
    raise missing_extra("the figures of the report need", error.name, "report") from error

# Files of figures are light; a page turns these colours into its variables, which may be dark.
INK, MUTED, GRID, PAPER = (
    colour.light for colour in (palette.INK, palette.MUTED, palette.LINE, palette.PAPER)
)
LIGHT_SYSTEM_COLOURS = tuple(colour.light for colour in palette.SYSTEM_COLOURS)
_MARKS = ("o", "s", "D", "^", "v", "P", "X", "<", ">")
_FIRST = ("adapt", "transfer", "baseline", "crf_target", "crf_all", "crf_transfer")

WIDTH = 3.9
"""Inches of a figure: two fit beside each other on a page, one fits on a phone."""

NARROW = 2.7
"""Inches of a figure of which three fit beside each other."""

_PNG_DPI = 200
_MAX_LABEL = 26
_TITLE_LETTERS_PER_INCH = 11.5
_TITLE_LINE = 0.16
"""Inches of a further line of a title."""

_LAST_LATIN = 0x24F

_RC: dict[str, Any] = {
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.grid": False,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 9,
    "axes.titleweight": "normal",
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "savefig.facecolor": "none",
    # Text stays text, so that a page can give it its own font.
    "svg.fonttype": "none",
    "text.color": INK,
    # A dollar sign in a name begins no formula.
    "text.parse_math": False,
    "xtick.color": GRID,
    "xtick.labelcolor": MUTED,
    "xtick.labelsize": 8,
    "ytick.color": GRID,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8.5,
    "ytick.major.size": 0,
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished figure. ``alt`` says in words what it shows."""

    name: str
    title: str
    alt: str
    svg: str
    png: bytes
    width: float = WIDTH


@dataclass(frozen=True, slots=True)
class SystemStyle:
    """How a system looks in every figure; ``position`` indexes `LIGHT_SYSTEM_COLOURS`."""

    position: int
    label: str

    @property
    def colour(self) -> str:
        """Hexadecimal colour."""
        return LIGHT_SYSTEM_COLOURS[self.position % len(LIGHT_SYSTEM_COLOURS)]

    @property
    def variable(self) -> str:
        """The colour in a page, where dark mode may change it."""
        return name_colour_variable(self.position)

    @property
    def mark(self) -> str:
        """matplotlib's name of the mark."""
        return _MARKS[self.position % len(_MARKS)]


def name_colour_variable(position: int) -> str:
    """The CSS variable for a position in `LIGHT_SYSTEM_COLOURS`."""
    return f"var(--system-{position % len(LIGHT_SYSTEM_COLOURS)})"


def style_systems(names: Sequence[str]) -> dict[str, SystemStyle]:
    """A style for every system; those of every experiment look the same in all figures.

    >>> {name: style.position for name, style in style_systems(["other", "adapt"]).items()}
    {'other': 6, 'adapt': 0}
    """
    labels = label_all(names, "system")
    # Positions of the usual systems are fixed, whichever of them a run has.
    others = [name for name in names if name not in _FIRST]
    order = {name: position for position, name in enumerate([*_FIRST, *others])}
    return {name: SystemStyle(order[name], labels[name]) for name in names}


def label_all(names: Iterable[str], kind: str) -> dict[str, str]:
    """Labels matplotlib can draw: shortened, and numbered where it cannot shape the script.

    >>> label_all(["village_news", "বাতৰি"], "test set")
    {'village_news': 'village_news', 'বাতৰি': 'test set 2'}
    """
    return {
        name: _shorten(name) if _is_drawable(name) else f"{kind} {number}"
        for number, name in enumerate(dict.fromkeys(names), start=1)
    }


def slug_all(names: Iterable[str]) -> dict[str, str]:
    """Parts of file names, one for each name and no two the same, in upper or lower case.

    >>> slug_all(["crf_all", "a/b", "a b"])
    {'crf_all': 'crf_all', 'a/b': 'a-b', 'a b': 'a-b-3'}
    """
    slugs: dict[str, str] = {}
    taken = {""}
    for number, name in enumerate(dict.fromkeys(names), start=1):
        slug = re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.")[:_MAX_LABEL]
        # File systems of Windows and macOS do not tell A from a.
        while slug.lower() in taken:
            slug = f"{slug}-{number}".lstrip("-")
        taken.add(slug.lower())
        slugs[name] = slug
    return slugs


def _lay_out(figure: Figure) -> None:
    """Lay out once for both formats, which would each do it again (and draw twice)."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    figure.set_layout_engine(None)


def is_title_drawn(drawing: Drawing) -> bool:
    """Whether the title stands in the figure itself."""
    return _is_drawable(drawing.title)


def draw(
    name: str,
    title: str,
    alt: str,
    height: float,
    paint: Callable[[Figure], None],
    width: float = WIDTH,
) -> Drawing:
    """Paint a figure of ``width`` by ``height`` inches; the same bytes every time.

    The title stands in the figure too, unless matplotlib cannot shape it; a second line of it
    makes the figure higher.
    """
    # Without a salt, ids in the SVG are random and differ each time.
    settings: dict[Any, Any] = {**_RC, "svg.hashsalt": name}
    with rc_context(settings):
        lines = _wrap_title(title, width)
        higher = _TITLE_LINE * max(0, len(lines) - 1)
        figure = Figure(figsize=(width, height + higher), layout="constrained")
        if lines:
            figure.suptitle("\n".join(lines), x=0, ha="left", size=9.5, weight="bold")
        paint(figure)
        _lay_out(figure)
        svg, png = io.BytesIO(), io.BytesIO()
        # Date and version would change the bytes of equal figures.
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        figure.savefig(
            png, format="png", dpi=_PNG_DPI, facecolor=PAPER, metadata={"Software": None}
        )
    return Drawing(name, title, alt, svg.getvalue().decode("utf-8"), png.getvalue(), width)


def label_ends(
    axes: Axes,
    ends: Sequence[tuple[float, float] | None],
    labels: Sequence[str],
    colours: Sequence[str],
) -> None:
    """Labels at the right of where lines end, moved apart where they would touch."""
    low, high = axes.get_ylim()
    shown = [
        (end, label, colour)
        for end, label, colour in zip(ends, labels, colours, strict=True)
        if end is not None
    ]
    heights = spread([end[1] for end, _, _ in shown], 0.12 * (high - low))
    for (end, label, colour), y in zip(shown, heights, strict=True):
        axes.annotate(
            label,
            (end[0], y),
            xytext=(6, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            annotation_clip=False,
        )


def label_rows(axes: Axes, labels: Sequence[str]) -> None:
    """Names of rows at the left, the first at 0."""
    axes.set_yticks(range(len(labels)), labels)
    axes.spines["left"].set_visible(False)


def row_height(n_rows: int) -> float:
    """Inches of a figure with one line per row."""
    return 0.7 + 0.36 * n_rows


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Move positions apart until neighbours are ``gap`` from each other, order kept.

    >>> spread([0.5, 0.5, 0.9], 0.1)
    [0.45, 0.55, 0.9]
    """
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    blocks: list[tuple[float, list[int]]] = []
    for index in order:
        centre, members = positions[index], [index]
        # A block that moves may touch the one before it, and then joins that one.
        while blocks and _is_touching(blocks[-1], (centre, members), gap):
            before, earlier = blocks.pop()
            members = earlier + members
            weight = len(earlier) / len(members)
            centre = before * weight + centre * (1 - weight)
        blocks.append((centre, members))
    moved = [0.0] * len(positions)
    for centre, members in blocks:
        for place, index in enumerate(members):
            moved[index] = round(centre + (place - (len(members) - 1) / 2) * gap, 9)
    return moved


def _is_touching(a: tuple[float, list[int]], b: tuple[float, list[int]], gap: float) -> bool:
    reach = (len(a[1]) + len(b[1])) / 2 * gap
    return b[0] - a[0] < reach


def _is_drawable(text: str) -> bool:
    return all(character.isprintable() and ord(character) <= _LAST_LATIN for character in text)


def _wrap_title(title: str, width: float) -> list[str]:
    """The title in one line or two; none if matplotlib cannot shape it."""
    if not _is_drawable(title):
        return []
    letters = int(_TITLE_LETTERS_PER_INCH * width)
    return textwrap.wrap(title, letters, max_lines=2, placeholder=" …")


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_LABEL else f"{text[: _MAX_LABEL - 1]}…"
