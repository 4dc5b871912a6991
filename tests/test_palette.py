"""One palette: a type has one colour wherever it is shown."""

from __future__ import annotations

import re
from importlib.resources import files

from nerbridge.palette import TERMINAL_COLOURS, TYPE_COLOURS, Colour, css_variables, type_position


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_types_can_be_read_on_light_and_on_dark_ground() -> None:
    assert [c for c in TYPE_COLOURS if contrast(c.light, "#ffffff") < 4.5] == []
    assert [c for c in TYPE_COLOURS if contrast(c.dark, "#15181c") < 4.5] == []


def test_the_page_of_the_server_has_the_same_colours() -> None:
    style = files("nerbridge.server").joinpath("static/app.css").read_text("utf-8")
    found = re.findall(r"--c\d: light-dark\((#\w+), (#\w+)\);", style)
    assert [Colour(*pair) for pair in found] == list(TYPE_COLOURS)


def test_person_organisation_and_place_have_a_colour_of_their_own_in_every_model() -> None:
    for types in (["PER", "ORG", "LOC"], ["DATE", "LOC", "PER"], ["LOC"]):
        assert type_position("LOC", types) == 2
    assert [type_position(name, ["A", "B"]) for name in "AB"] == [0, 1]
    assert len(TERMINAL_COLOURS) == len(TYPE_COLOURS)


def test_paper_is_light_whatever_the_screen_is() -> None:
    assert "@media screen and (prefers-color-scheme: dark)" in css_variables()
