from __future__ import annotations

import pytest
import yaml

from nerbridge.models.card_header import (
    card_header,
    keep_license,
    read_languages,
    read_license,
    set_license,
)
from nerbridge.models.manifest import Manifest, TrainingCorpus

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
        ("license:\n- mit\n- apache-2.0", "mit, apache-2.0"),
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
    languages = {"a": "no", "b": "as", "c": "no"}
    data = {
        name: TrainingCorpus(language=code, sha256="0" * 64) for name, code in languages.items()
    }
    manifest = Manifest(
        kind="full", base=None, types=("PER",), script=None, max_subwords=9, data=data
    )
    header = f"{card_header(manifest)}\n"
    assert yaml.safe_load(header.split("---\n")[1])["language"] == ["no", "as"]
    assert read_languages(header) == ["no", "as"]


@pytest.mark.parametrize("header", ["license: [mit", "- mit", "model-index: 3"])
def test_a_header_that_is_none_is_said(header: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_license(f"---\n{header}\n---\n{BODY}")


def test_a_broken_card_has_no_licence_to_keep() -> None:
    assert keep_license("---\nlicense: other\n---\n", "---\nlicense: [mit\n---\n").count("mit") == 0
