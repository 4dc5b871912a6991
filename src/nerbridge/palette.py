"""The colours of everything that is shown, so that a type or a system looks the same everywhere.

The page of the server has a copy of `TYPE_COLOURS` in ``static/app.css``; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nerbridge.labels import DEFAULT_TYPES


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour on light ground, and one on dark ground, both readable as text."""

    light: str
    dark: str


PAPER = Colour("#ffffff", "#15181c")
INK = Colour("#1f2328", "#e4e7eb")
MUTED = Colour("#5f6772", "#9aa3ae")
LINE = Colour("#dfe3e8", "#343a42")

#: Of entity types: person, organisation, location, then further types in turn.
TYPE_COLOURS = (
    Colour("#a8481a", "#f3a374"),
    Colour("#6a45b0", "#bda4f5"),
    Colour("#0a6a8c", "#6cc3e6"),
    Colour("#3f6f1f", "#9fce7a"),
    Colour("#a12a68", "#f295c1"),
    Colour("#7a5f00", "#dcbf55"),
)
#: The same in a terminal, in its own colours, which its owner can read.
TERMINAL_COLOURS = ("31", "35", "34", "32", "36", "33")

#: Of systems in figures and tables; colour-blind readers can tell them apart.
#: *Source:* Okabe and Ito, Color Universal Design (2008), and four further ones.
SYSTEM_COLOURS = (
    Colour("#0072b2", "#5fb2e8"),
    Colour("#d55e00", "#ff8f4d"),
    Colour("#009e73", "#3cc79a"),
    Colour("#7d858f", "#8b949e"),
    Colour("#3c4248", "#d3d8de"),
    Colour("#aa4499", "#e08ad0"),
    Colour("#8a7a10", "#d2c04a"),
    Colour("#332288", "#a79bf0"),
    Colour("#882255", "#e0709f"),
)

_VARIABLES: Mapping[str, Colour] = {
    "paper": PAPER,
    "ink": INK,
    "muted": MUTED,
    "line": LINE,
    **{f"c{number}": colour for number, colour in enumerate(TYPE_COLOURS)},
    **{f"system-{number}": colour for number, colour in enumerate(SYSTEM_COLOURS)},
}


def type_position(type_: str, types: Sequence[str]) -> int:
    """The place of a type in `TYPE_COLOURS`.

    PER, ORG and LOC have the first three wherever a model has one of them; further types follow in
    their order. A type that is not listed follows them all.

    >>> [type_position(type_, ("LOC", "DATE", "PER")) for type_ in ("PER", "LOC", "DATE")]
    [0, 2, 3]
    """
    first = DEFAULT_TYPES if set(DEFAULT_TYPES) & set(types) else ()
    order = [*first, *(other for other in types if other not in first)]
    return (order.index(type_) if type_ in order else len(order)) % len(TYPE_COLOURS)


def type_class(type_: str, types: Sequence[str]) -> str:
    """The class of `css_variables` that gives an element the colour of a type, as ``--c``."""
    return f"c{type_position(type_, types)}"


def css_variables() -> str:
    """Every colour as a CSS variable, for light and for dark screens; paper is always light."""
    light = "".join(f"--{name}: {colour.light}; " for name, colour in _VARIABLES.items())
    dark = "".join(f"--{name}: {colour.dark}; " for name, colour in _VARIABLES.items())
    classes = "".join(f".c{n} {{ --c: var(--c{n}); }}\n" for n in range(len(TYPE_COLOURS)))
    return (
        f":root {{ color-scheme: light dark; {light}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n{classes}"
    )
