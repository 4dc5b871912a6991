from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from nerbridge.markup import Markup, concat, element

# NUL and a lone carriage return are not text to HTML; controls do not survive any parser
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(TEXT, TEXT)
def test_any_text_and_attribute_comes_back_as_it_was(text: str, attribute: str) -> None:
    reader = Reader()
    reader.feed(element("p", text, title=attribute))
    reader.close()
    assert reader.tags == [("p", {"title": attribute})]
    assert reader.text == text


def test_markup_is_escaped_once() -> None:
    assert concat(element("b", "<"), "<") == "<b>&lt;</b>&lt;"


def test_an_attribute_may_be_called_name() -> None:
    assert element("meta", name="viewport") == '<meta name="viewport">'
    assert isinstance(element("br"), Markup)
