"""Dates as articles carry them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

import regex

from nerbridge.text.languages import LANGUAGES, all_words, follows_registry
from nerbridge.text.normalise import normalise_text


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
_MIN_LETTERS = 3
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T,\s].*)?")


def read_date(value: object) -> ReadDate:
    """The day a value names; of a timestamp the day as written, in its own time zone.

    Read are ISO 8601 (``2026-03-09``, with or without a time), ``DD-MM-YYYY`` with hyphens,
    slashes or stops, a day with the name of its month in a language of the registry
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
    # Ten digits are the seconds from 2001 to 2286.
    if match := _UNIX_TIME.fullmatch(text):
        return ReadDate(Order.CERTAIN, datetime.fromtimestamp(int(match[1]), UTC).date())
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = map(int, match.groups())
        return _certain(year, month, day)
    if match := _YEAR_LAST.fullmatch(text):
        first, second, year = map(int, match.groups())
        return _day_and_month(first, second, year)
    if (match := _with_name().fullmatch(text)) and (number := _month(match["month"])):
        return _certain(int(match["year"]), number, int(match["day"]))
    return _mail_date(text)


@follows_registry
def _with_name() -> regex.Pattern[str]:
    """A day with the name of its month, either first, as all known languages write it."""
    month = r"(?P<month>[\p{L}\p{M}'’]+)\.?"
    # Longest first: a regular expression takes the first alternative that fits.
    suffixes = "|".join(sorted(all_words("day_suffixes"), key=len, reverse=True))
    day = rf"(?P<day>\d{{1,2}})(?i:{suffixes})?"
    return regex.compile(
        rf"(?:[\p{{L}}\p{{M}}]+,\s*)?(?:{day}[\s.,-]+{month}|{month}[\s-]*{day})"
        r"[\s.,-]+(?P<year>\d{4})(?:[,\s].*)?"
    )


@follows_registry
def _month_numbers() -> dict[str, int]:
    return {
        name.lower(): number
        for language in LANGUAGES.values()
        for number, names in enumerate(language.months, 1)
        for name in names
    }


def _month(name: str) -> int | None:
    """The number of a month, by its name or the first letters of its English one."""
    key = normalise_text(name).lower()
    english = [names[0].lower() for names in LANGUAGES["en"].months]
    begun = (number for number, month in enumerate(english, 1) if month.startswith(key))
    return _month_numbers().get(key) or (next(begun, None) if len(key) >= _MIN_LETTERS else None)


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
