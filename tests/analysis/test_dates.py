"""Dates: the forms that are read, and the honest word for those that are not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerbridge.analysis.dates import Order, read_date

BENGALI = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")


@given(st.dates(date(1000, 1, 1)), st.sampled_from(["", "T10:30:00Z", " 23:59:59+05:30"]))
def test_iso_dates_are_read_in_any_digits(day: date, time: str) -> None:
    text = day.isoformat() + time
    for written in (text, text.translate(BENGALI), f" {text} "):
        assert read_date(written).day == day
        assert read_date(written).order is Order.CERTAIN


@given(st.dates(date(1000, 1, 1)), st.sampled_from("-/."))
def test_day_first_is_certain_only_beyond_twelve(day: date, sign: str) -> None:
    read = read_date(f"{day:%d}{sign}{day:%m}{sign}{day.year:04}".translate(BENGALI))
    assert read.day == day
    if day.day > 12:
        assert read.order is Order.DAY_FIRST
    elif day.day == day.month:
        assert read.order is Order.CERTAIN
    else:
        assert read.order is Order.UNCLEAR
        assert read.swapped == date(day.year, day.day, day.month)


@pytest.mark.parametrize(
    ("value", "order"),
    [
        (None, Order.MISSING),
        ("  ", Order.MISSING),
        ("12/31/2025", Order.MONTH_FIRST),
        ("31/31/2025", Order.UNREADABLE),
        ("2025-02-30", Order.UNREADABLE),
        ("yesterday", Order.UNREADABLE),
        ("Mon, 09 Mar 99999999999 10:00:00", Order.UNREADABLE),
        (1735689600, Order.CERTAIN),
        (173568960, Order.UNREADABLE),
        ("Mon, 09 Mar 2026 10:00:00 +0530", Order.CERTAIN),
    ],
)
def test_what_a_value_is(value: object, order: Order) -> None:
    assert read_date(value).order is order


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Mar 9, 2026",
            "March 9th, 2026, 10:30 AM",
            "9 March 2026",
            "9-Mar-2026",
            "MARCH 09 2026",
        ),
        *(
            "৯ মাৰ্চ, ২০২৬",
            "মাৰ্চ ৯, ২০২৬",
            "Monday, March 9, 2026",
            "Mar-09-2026",
            "9TH MARCH 2026",
            "৯ই মার্চ ২০২৬",
            "9 মার্চ 2026",
            "९ मार्च २०२६",
            "9. Mar. 2026 10:00",
        ),
    ],
)
def test_months_have_names(text: str) -> None:
    read = read_date(text)
    assert (read.order, read.day) == (Order.CERTAIN, date(2026, 3, 9))


@pytest.mark.parametrize("language", ["%B", "%b"])
@given(day=st.dates(date(1000, 1, 1)))
def test_english_names_are_those_of_python(language: str, day: date) -> None:
    assert read_date(f"{day:%d} {day.strftime(language)} {day.year:04}").day == day


@pytest.mark.parametrize(
    ("text", "month"),
    [("১ জানুৱাৰী ২০২৬", 1), ("১ জানুয়ারি ২০২৬", 1), ("1 मई 2026", 5), ("১ মে', ২০২৬", 5)],
)
def test_months_have_names_of_their_language(text: str, month: int) -> None:
    assert read_date(text).day == date(2026, month, 1)


@pytest.mark.parametrize("text", ["31 Feb 2026", "9 Ma 2026", "9 Foo 2026", "9 2026", "March 2026"])
def test_what_only_looks_like_a_date_is_unreadable(text: str) -> None:
    assert read_date(text).order is Order.UNREADABLE


@given(st.text(max_size=40))
def test_no_text_is_too_strange(text: str) -> None:
    assert read_date(text).order in Order


@pytest.mark.parametrize("value", [1735689599, "1735689599123", "১৭৩৫৬৮৯৫৯৯"])
def test_unix_time_is_a_day_in_utc(value: object) -> None:
    assert read_date(value).day == date(2024, 12, 31)
