from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.text.mapped import MappedText
from nerbridge.text.normalise import INVISIBLE, normalise, normalise_text, to_nfc
from nerbridge.text.script import transliterate
from nerbridge.text.words import graphemes
from text.indic import any_text, properties


def _to_bengali(text: str) -> MappedText:
    return transliterate(text, "Beng")


def _normal_bengali(text: str) -> MappedText:
    normal = normalise(text)
    return normal.compose(transliterate(normal.text, "Beng"))


DERIVATIONS = [MappedText.identity, to_nfc, normalise, _to_bengali, _normal_bengali]
derivations = pytest.mark.parametrize("derive", DERIVATIONS)


@derivations
@given(text=any_text)
@properties
def test_map_is_monotone_and_inside_the_original(
    derive: Callable[[str], MappedText], text: str
) -> None:
    mapped = derive(text)
    assert mapped.original == text
    assert len(mapped.text) == len(mapped.starts) == len(mapped.ends)
    assert list(mapped.starts) == sorted(mapped.starts)
    assert list(mapped.ends) == sorted(mapped.ends)
    assert all(
        0 <= start < end <= len(text) for start, end in zip(mapped.starts, mapped.ends, strict=True)
    )


@derivations
@given(text=any_text)
@properties
def test_only_invisible_characters_are_in_no_range(
    derive: Callable[[str], MappedText], text: str
) -> None:
    mapped = derive(text)
    ranges = zip(mapped.starts, mapped.ends, strict=True)
    covered = {index for start, end in ranges for index in range(start, end)}
    left_out = {char for index, char in enumerate(text) if index not in covered}
    assert left_out <= INVISIBLE


@derivations
@given(text=any_text, data=st.data())
@properties
def test_original_span_never_cuts_a_grapheme(
    derive: Callable[[str], MappedText], text: str, data: st.DataObject
) -> None:
    mapped = derive(text)
    start = data.draw(st.integers(0, len(mapped.text)))
    end = data.draw(st.integers(start, len(mapped.text)))
    boundaries = {0} | {boundary for span in graphemes(text) for boundary in span}
    span = mapped.original_span(start, end)
    assert set(span) <= boundaries
    assert (span[0] < span[1]) == (start < end)


@given(text=any_text, data=st.data())
@properties
def test_original_span_holds_the_characters_it_is_for(text: str, data: st.DataObject) -> None:
    mapped = normalise(text)
    start = data.draw(st.integers(0, len(mapped.text)))
    end = data.draw(st.integers(start, len(mapped.text)))
    first, last = mapped.original_span(start, end)
    assert mapped.text[start:end] in normalise_text(text[first:last])


def test_composition_maps_through_both() -> None:
    first = MappedText.from_pieces("abcd", [(0, 1, "A"), (2, 4, "XY")])
    second = MappedText.from_pieces("AXY", [(0, 2, "q"), (2, 3, "")])
    both = first.compose(second)
    assert (both.text, both.starts, both.ends, both.original) == ("q", (0,), (4,), "abcd")


def test_composition_of_strangers_is_refused() -> None:
    with pytest.raises(ValueError, match="derived from 'b'"):
        MappedText.identity("a").compose(MappedText.identity("b"))


@pytest.mark.parametrize("span", [(-1, 0), (2, 1), (0, 4)])
def test_span_outside_the_text_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="outside a text of 3 characters"):
        MappedText.identity("abc").original_span(*span)


def test_empty_span_stays_empty_and_moves_to_a_grapheme() -> None:
    assert MappedText.identity("কা").original_span(1, 1) == (0, 0)
    assert MappedText.identity("কা").original_span(2, 2) == (2, 2)
