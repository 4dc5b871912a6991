"""Names of uploads are names, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from nerbridge.server.uploads import clean_name


@given(st.text(max_size=300))
def test_a_name_is_never_a_path(name: str) -> None:
    cleaned = clean_name(name)
    assert 0 < len(cleaned) <= 200
    assert "/" not in cleaned
    assert cleaned.strip(".")
    assert cleaned.isprintable()
    cleaned.encode("utf-8")


def test_names_people_give() -> None:
    assert clean_name("চিঠি ২০২৬.pdf") == "চিঠি ২০২৬.pdf"
    assert clean_name("C:\\fakepath\\a.pdf") == "a.pdf"
    assert clean_name("..") == clean_name("/") == clean_name(".\x00.") == "document"
