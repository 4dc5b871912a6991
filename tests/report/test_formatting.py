import re

from hypothesis import given
from hypothesis import strategies as st

from nerbridge.report.formatting import (
    MINUS,
    format_bytes,
    format_count,
    format_difference,
    format_interval,
    format_seconds,
)


@given(st.floats(-1, 1))
def test_a_difference_reads_back_and_zero_has_no_sign(value: float) -> None:
    text = format_difference(value)
    read = float(text.replace(MINUS, "-"))
    assert abs(read - value) <= 0.0005 + 1e-12
    assert (text[0] in f"+{MINUS}") == (read != 0)


@given(st.floats(0, 1e6))
def test_seconds_read_back(seconds: float) -> None:
    text = format_seconds(seconds)
    units = {"h": 3600, "min": 60, "s": 1}
    read = sum(float(n) * units[unit] for n, unit in re.findall(r"([\d.]+) (h|min|s)", text))
    assert abs(read - seconds) <= (30 if "h" in text else 0.5)
    assert "60" not in text.split(" ")[1:] or "h" not in text


@given(st.integers(1, 10**12))
def test_bytes_keep_their_size_within_a_twentieth(n_bytes: int) -> None:
    number, unit = format_bytes(n_bytes).split(" ")
    size = float(number) * {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[unit]
    assert abs(size - n_bytes) <= 0.05 * n_bytes + 0.5


@given(st.integers(0, 10**12))
def test_counts_read_back(n: int) -> None:
    assert int(format_count(n).replace("\u2009", "")) == n


def test_an_interval_has_true_minus_signs() -> None:
    assert format_interval((-0.1, 0.2)) == f"{MINUS}0.100 to 0.200"
