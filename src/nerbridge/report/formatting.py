"""How numbers are written: one way for each kind, in tables, figures and sentences alike."""

from __future__ import annotations

from collections.abc import Sequence

MISSING = "–"
MINUS = "−"


def format_f1(value: float | None) -> str:
    """F1, precision or recall, 0 to 1.

    >>> format_f1(0.71249), format_f1(None)
    ('0.712', '–')
    """
    return MISSING if value is None else f"{value:.3f}"


def format_interval(ci95: Sequence[float]) -> str:
    """Both ends of an interval.

    >>> format_interval((0.6512, 0.7789))
    '0.651 to 0.779'
    """
    low, high = ci95
    return f"{_signed(low, '.3f')} to {_signed(high, '.3f')}"


def format_difference(value: float) -> str:
    """A difference of two F1, always with its sign.

    >>> format_difference(-0.0314), format_difference(0.2), format_difference(-0.0001)
    ('−0.031', '+0.200', '0.000')
    """
    return _signed(value, "+.3f")


def format_points(value: float) -> str:
    """A difference of F1 in points (hundredths), always with its sign.

    >>> format_points(0.3061), format_points(-0.02)
    ('+30.6', '−2.0')
    """
    return _signed(100 * value, "+.1f")


def format_p(p: float) -> str:
    """A p-value.

    >>> format_p(0.0002), format_p(0.0314)
    ('< 0.001', '0.031')
    """
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def format_count(n: float | None) -> str:
    """A number of things, thousands apart by a thin space.

    >>> format_count(38412) == "38\\u2009412", format_count(None)
    (True, '–')
    """
    return MISSING if n is None else f"{n:,.0f}".replace(",", "\u2009")


def format_share(part: float, whole: float) -> str:
    """A share in percent; small ones keep two digits.

    >>> format_share(1, 3), format_share(0.6, 278), format_share(0, 0)
    ('33\xa0%', '0.22\xa0%', '–')
    """
    if not whole:
        return MISSING
    percent = 100 * part / whole
    return f"{percent:.0f}\u00a0%" if percent >= 9.5 or percent == 0 else f"{percent:.2g}\u00a0%"


def format_seconds(seconds: float | None) -> str:
    """A duration.

    >>> [format_seconds(s) for s in (0.42, 58.7, 61, 3725, None)]
    ['0.4 s', '59 s', '1 min 01 s', '1 h 02 min', '–']
    """
    if seconds is None:
        return MISSING
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    # Rounded before it is divided: 7199 seconds are 2 h 00 min, not 1 h 60 min.
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def format_bytes(n_bytes: float | None) -> str:
    """An amount of memory, in powers of 1000.

    >>> [format_bytes(n) for n in (512, 1_340_000, 2_310_000_000, 0, None)]
    ['512 B', '1.3 MB', '2.3 GB', '–', '–']
    """
    if not n_bytes:
        return MISSING
    for unit in ("B", "kB", "MB", "GB"):
        # From 999.5 on the number would be shown as 1000.
        if n_bytes < 999.5 or unit == "GB":
            break
        n_bytes /= 1000
    return f"{n_bytes:.0f} {unit}" if n_bytes >= 10 else f"{n_bytes:.1f} {unit}"


def _signed(value: float, spec: str) -> str:
    text = format(value, spec)
    # A rounded zero has no sign: −0.000 looks like a loss.
    if not text.strip("+-0."):
        return text.lstrip("+-")
    return text.replace("-", MINUS)
