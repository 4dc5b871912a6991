from __future__ import annotations

import pytest
import yaml

from nerbridge.models.card_header import header_lines, read_license, set_license

BODY = "# Title\n\n---\nlicense: mine\n---\n"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("license: apache-2.0", "apache-2.0"),
        ('license: "cc-by-4.0"', "cc-by-4.0"),
        ("license: other\nlicense_name: to-be-chosen", None),
        ("license: other\nlicense_name: our-own\nlicense_link: LICENSE", "our-own"),
        ("license: other", None),
        ("license:", None),
        ("language: as", None),
    ],
)
def test_the_licence_is_read_from_the_header(lines: str, found: str | None) -> None:
    assert read_license(f"---\n{lines}\n---\n{BODY}") == found


def test_what_is_no_header_is_not_read() -> None:
    assert read_license(f"---\nlanguage: as\n---\n{BODY}") is None
    assert read_license(BODY) is None


@pytest.mark.parametrize(
    "old",
    [
        "license: other\nlicense_name: x\nlicense_link: LICENSE\n",
        "license: mit\n",
        "license:\n- mit\n- apache-2.0\n",
        "",
    ],
)
def test_setting_the_licence_changes_nothing_else(old: str) -> None:
    card = f'---\nlanguage: ["as"]\n{old}tags: ["ner"]\n---\n{BODY}'
    changed = set_license(card, "cc-by-4.0")
    assert read_license(changed) == "cc-by-4.0"
    header = yaml.safe_load(changed.split("---\n")[1])
    assert header == {"license": "cc-by-4.0", "language": ["as"], "tags": ["ner"]}
    assert changed.endswith(f"---\n{BODY}")
    assert set_license(changed, "cc-by-4.0") == changed


def test_a_card_without_header_has_no_place_for_a_licence() -> None:
    with pytest.raises(ValueError, match="no header"):
        set_license(BODY, "mit")


def test_languages_are_text_and_stand_once() -> None:
    lines = list(
        header_lines(kind="full", languages=["no", "as", "no"], corpora=["a"], hub_base=None)
    )
    assert yaml.safe_load("\n".join(lines[1:-1]))["language"] == ["no", "as"]
