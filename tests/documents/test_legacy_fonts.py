"""Fonts that are not Unicode, and texts that are mistaken for them."""

from __future__ import annotations

import pytest

from nerbridge.documents.legacy_fonts import (
    is_legacy_font,
    refuse_broken,
    refuse_gibberish,
    refuse_legacy_fonts,
)
from nerbridge.errors import DocumentError

BIJOY = "Avwg †Zvgvi K_v ï‡b‡Q, †m e‡j‡Q wPiw`b †Zvgvi †`k †Kv_vq Av‡Q"


@pytest.mark.parametrize(
    "name",
    ["Geetanjali", "ABCDEF+Ramdhenu-Bold", "SutonnyMJ", "AS-TTDurga", "Kruti Dev 010", "Luit Bold"],
)
def test_known_legacy_fonts(name: str) -> None:
    assert is_legacy_font(name)


@pytest.mark.parametrize(
    "name",
    ["Noto Sans Bengali", "Kalpurush", "Nirmala UI", "Ramdhenu Unicode", "SutonnyOMJ", "Arial", ""],
)
def test_other_fonts(name: str) -> None:
    assert not is_legacy_font(name)


def test_gibberish() -> None:
    with pytest.raises(DocumentError, match="OCR"):
        refuse_gibberish(BIJOY, "a")


@pytest.mark.parametrize(
    "text",
    [
        "অসমৰ বাতৰি আজি পুৱা আহিল আৰু সকলোৱে পঢ়িলে।",
        "L’été dernier, François a vu des élèves « là-bas » à 30 °C — déjà naïfs…",
        "Er zahlte 5 € für ½ Kilo; Größe: 10×20 mm ± 2 µm (§ 4), © 2020 Müller®",
        "Ở Việt Nam, người ta thường đọc báo mỗi sáng và uống cà phê.",
        "https://example.org/a_b?c=d&e=f | x < y > z {a} | b",
        "int main() { return a[i] | b; } // x<y",
        "",
    ],
)
def test_real_text_passes(text: str) -> None:
    refuse_gibberish(text, "a")


def test_a_legacy_font_counts_only_where_it_is_used() -> None:
    refuse_legacy_fonts({"Geetanjali": 10, "Arial": 500}, "a" * 510, "a")
    refuse_legacy_fonts({"Geetanjali": 500}, "অ" * 500, "a")
    with pytest.raises(DocumentError, match="in the font Geetanjali"):
        refuse_legacy_fonts({"Geetanjali": 100, "Arial": 100}, "a" * 200, "a")


def test_characters_without_letters() -> None:
    refuse_broken("অসম" * 20 + "\ue000", "a")
    for text in ("\ue000\ue001 অসম", "(cid:12)(cid:13) a", "\ufffd\ufffda"):
        with pytest.raises(DocumentError, match="no letter behind them"):
            refuse_broken(text, "a")
