"""Dates as articles carry them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

import regex


class Order(StrEnum):
    """How sure a date is."""

    CERTAIN = "certain"
    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"
    UNCLEAR = "unclear"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ReadDate:
    """A day, and how it was written; ``swapped`` is the other reading of an unclear one."""

    order: Order
    day: date | None = None
    swapped: date | None = None


_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s].*)?")
_UNIX_TIME = re.compile(r"(\d{10})(\d{3})?")
_MONTH = r"(?P<month>[\p{L}\p{M}'’]+)\.?"
_WEEKDAY = r"[\p{L}\p{M}]+,\s*"
_DAY = r"(?P<day>\d{1,2})(?i:st|nd|rd|th|শে|ই|লা|রা|ঠা)?"
_WITH_NAME = regex.compile(
    rf"(?:{_WEEKDAY})?(?:{_DAY}[\s.,-]+{_MONTH}|{_MONTH}[\s-]*{_DAY})"
    r"[\s.,-]+(?P<year>\d{4})(?:[,\s].*)?"
)
_MONTHS = """
    জানুৱাৰী জানুৱাৰি জানুয়ারি জানুয়ারী जनवरी
    ফেব্ৰুৱাৰী ফেব্ৰুৱাৰি ফেব্রুয়ারি ফেব্রুয়ারী फरवरी फ़रवरी
    মাৰ্চ মার্চ मार्च
    এপ্ৰিল এপ্রিল अप्रैल
    মে মে' মে’ मई
    জুন जून
    জুলাই जुलाई
    আগষ্ট আগস্ট অগাস্ট अगस्त
    ছেপ্টেম্বৰ চেপ্টেম্বৰ ছেপ্তেম্বৰ চেপ্তেম্বৰ সেপ্টেম্বর सितंबर सितम्बर
    অক্টোবৰ অক্টোবর अक्टूबर अक्तूबर
    নৱেম্বৰ নবেম্বৰ নভেম্বর नवंबर नवम्बर
    ডিচেম্বৰ ডিছেম্বৰ ডিসেম্বর दिसंबर दिसम्बर
"""
_MONTH_NUMBERS = {
    name: number
    for number, names in enumerate(_MONTHS.strip().splitlines(), 1)
    for name in unicodedata.normalize("NFC", names).split()
}
_ENGLISH = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_MIN_LETTERS = 3
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T,\s].*)?")


def read_date(value: object) -> ReadDate:
    """The day a value names; of a timestamp the day as written, in its own time zone.

    Read are ISO 8601 (``2026-03-09``, with or without a time), ``DD-MM-YYYY`` with hyphens,
    slashes or stops, a day with the name of its month in English, Assamese, Bengali or Hindi
    (``Mar 9, 2026``), the dates of feeds and e-mail (``Mon, 09 Mar 2026 10:00:00 +0530``) and Unix
    time in seconds or milliseconds (its day in UTC), in digits of any script. Which of two numbers
    is the day, one date often does not tell, but the others of the same column may: that is left
    to the reader of all of them.

    >>> read_date("২০২৬-০৩-০৯T১০:০০").day, read_date("৯ মাৰ্চ, ২০২৬").day
    (datetime.date(2026, 3, 9), datetime.date(2026, 3, 9))
    >>> read_date("31/12/2025").order, read_date("03/04/2026").order
    (<Order.DAY_FIRST: 'day first'>, <Order.UNCLEAR: 'unclear'>)
    """
    if value is None or not str(value).strip():
        return ReadDate(Order.MISSING)
    text = "".join(_plain_digit(char) for char in str(value).strip())
    if match := _UNIX_TIME.fullmatch(text):
        return ReadDate(Order.CERTAIN, datetime.fromtimestamp(int(match[1]), UTC).date())
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = map(int, match.groups())
        return _certain(year, month, day)
    if match := _YEAR_LAST.fullmatch(text):
        first, second, year = map(int, match.groups())
        return _day_and_month(first, second, year)
    if (match := _WITH_NAME.fullmatch(text)) and (number := _month(match["month"])):
        return _certain(int(match["year"]), number, int(match["day"]))
    return _mail_date(text)


def _month(name: str) -> int | None:
    """The number of a month, by its name or the first letters of its English one."""
    key = unicodedata.normalize("NFC", name).lower()
    return _MONTH_NUMBERS.get(key) or next(
        (
            number
            for number, month in enumerate(_ENGLISH, 1)
            if len(key) >= _MIN_LETTERS and month.startswith(key)
        ),
        None,
    )


def _plain_digit(char: str) -> str:
    return char if char.isascii() else str(unicodedata.decimal(char, char))


def _certain(year: int, month: int, day: int) -> ReadDate:
    found = _day(year, month, day)
    return ReadDate(Order.CERTAIN, found) if found else ReadDate(Order.UNREADABLE)


def _day_and_month(first: int, second: int, year: int) -> ReadDate:
    day_first, month_first = _day(year, second, first), _day(year, first, second)
    if day_first and month_first:
        if first == second:
            return ReadDate(Order.CERTAIN, day_first)
        return ReadDate(Order.UNCLEAR, day_first, month_first)
    if day_first:
        return ReadDate(Order.DAY_FIRST, day_first)
    if month_first:
        return ReadDate(Order.MONTH_FIRST, month_first)
    return ReadDate(Order.UNREADABLE)


def _mail_date(text: str) -> ReadDate:
    try:
        return ReadDate(Order.CERTAIN, parsedate_to_datetime(text).date())
    except (ValueError, OverflowError):
        return ReadDate(Order.UNREADABLE)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
