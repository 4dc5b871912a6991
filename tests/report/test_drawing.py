import importlib
import itertools
import re
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from nerbridge.errors import EnvironmentProblem
from nerbridge.report import drawing
from nerbridge.report.drawing import draw, label_all, slug_all, spread, style_systems

NAMES = st.lists(st.text(max_size=40), max_size=12, unique=True)


@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.001, 0.3))
def test_spread_labels_keep_their_order_and_their_distance(
    positions: list[float], gap: float
) -> None:
    moved = spread(positions, gap)
    for i, a in enumerate(positions):
        for j, b in enumerate(positions):
            if a < b:
                assert moved[j] - moved[i] >= gap - 1e-6
            elif i != j:
                assert abs(moved[j] - moved[i]) >= gap - 1e-6


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_labels_that_have_room_stay(positions: list[float]) -> None:
    ordered = sorted(positions)
    gaps = [b - a for a, b in itertools.pairwise(ordered)]
    if all(gap > 1e-3 for gap in gaps):
        assert spread(positions, 1e-3) == pytest.approx(positions, abs=1e-8)


@given(NAMES)
@example(["0", "1", "2", "7", "00", "000", ""])
@example(["A", "a"])
def test_file_names_are_safe_and_all_different(names: list[str]) -> None:
    slugs = slug_all(names)
    assert len({slug.lower() for slug in slugs.values()}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", slug) for slug in slugs.values())


@given(NAMES)
def test_labels_hold_only_what_matplotlib_can_draw(names: list[str]) -> None:
    for label in label_all(names, "system").values():
        assert all(ord(letter) < 0x250 or letter == "…" for letter in label)


def test_a_long_title_is_wrapped_and_its_figure_higher() -> None:
    def paint(figure: Figure) -> None:
        figure.subplots()

    title = "Strict F1 on village_news-validation (validation, not test)"
    short, long = (draw("figure", text, "", 2.0, paint) for text in ("Strict F1", title))
    shown = re.findall(r"<text [^>]*>([^<]*)</text>|<tspan [^>]*>([^<]*)</tspan>", long.svg)
    words = " ".join(text for pair in shown for text in pair).split()
    assert set(title.split()) <= set(words)
    heights = [float(re.findall(r'height="([0-9.]+)pt"', d.svg)[0]) for d in (short, long)]
    assert heights[1] > heights[0]


def test_known_rows_look_the_same_in_every_run() -> None:
    few, many = style_systems(["adapt"]), style_systems(["crf_all", "mine", "adapt"])
    assert few["adapt"] == many["adapt"]
    assert len({style.colour for style in many.values()}) == 3


def test_without_matplotlib_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, drawing.__name__)
    with pytest.raises(EnvironmentProblem, match=r"pip install 'nerbridge\[report\]'"):
        importlib.import_module(drawing.__name__)
