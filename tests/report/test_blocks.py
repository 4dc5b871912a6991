from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nerbridge.markup import Markup
from nerbridge.report.blocks import table_to_html, value_to_html
from nerbridge.report.tables import Column, Table

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = TEXT | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False)
VALUES = st.recursive(
    SCALARS | st.lists(SCALARS, max_size=3),
    lambda inner: (
        st.dictionaries(TEXT, inner, max_size=3)
        | st.lists(st.dictionaries(TEXT, inner, max_size=3), max_size=2)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_any_value_is_shown_without_raw_markup(value: Any) -> None:
    html = value_to_html(["<script>", value])
    assert isinstance(html, Markup)
    assert "<script>" not in html


def test_a_table_has_a_caption_and_scoped_headings() -> None:
    table = Table("Title", "How to read it.", (Column("a", False), Column("n")), (("x", "1\n2"),))
    html = table_to_html(table, {})
    assert "<caption>Title</caption>" in html
    assert '<th scope="row">x</th>' in html
    assert '<td class="number">1<span class="second">2</span></td>' in html
    assert table_to_html(Table("Title", "", table.columns, ()), {}) == ""
