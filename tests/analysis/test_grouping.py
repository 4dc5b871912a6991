"""Grouping: what is joined, what never is, and that nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.gold import judge_pairs, precision_and_recall
from nerbridge.analysis.grouping import Entry, Surface, group_surfaces

DOCS = Path(__file__).resolve().parents[2] / "docs" / "analysis.md"


def group(*counted: tuple[str, int], type_: str = "LOC") -> list[Entry]:
    return group_surfaces(Surface(type_, text, n) for text, n in counted)


def names(entries: list[Entry]) -> dict[str, set[str]]:
    return {entry.base: {variant.text for variant in entry.variants} for entry in entries}


def test_the_docs_tell_what_the_gold_list_gives() -> None:
    pairs = list(judge_pairs())
    precision, recall = precision_and_recall(pairs)
    print(f"{len(pairs)} pairs, precision {precision:.3f}, recall {recall:.3f}")
    told = re.search(
        r"On (\d+) pairs.*?precision (0\.\d+), recall (0\.\d+)", DOCS.read_text("utf-8"), re.DOTALL
    )
    assert told is not None
    assert told.groups() == (str(len(pairs)), f"{precision:.3f}", f"{recall:.3f}")


def test_forms_become_one_entry_under_their_base() -> None:
    forms = ("অসম", "অসমৰ", "অসমত", "অসমলৈ", "অসমে")
    found = group(*((form, 3) for form in forms), ("অসমীয়া", 5))
    assert names(found) == {"অসম": set(forms), "অসমীয়া": {"অসমীয়া"}}


def test_a_base_that_is_nowhere_needs_two_forms() -> None:
    assert names(group(("যোৰহাটত", 2))) == {"যোৰহাটত": {"যোৰহাটত"}}
    (entry,) = group(("যোৰহাটত", 2), ("যোৰহাটলৈ", 1))
    assert (entry.base, entry.is_attested) == ("যোৰহাট", False)


def test_a_case_with_a_particle_is_no_base() -> None:
    forms = {"ডিব্ৰুগড়ত": 2, "ডিব্ৰুগড়তো": 1, "ডিব্ৰুগড়ৰ": 1, "ডিব্ৰুগড়ে": 1}
    assert names(group(*forms.items())) == {"ডিব্ৰুগড়": set(forms)}


def test_a_name_that_takes_endings_loses_none() -> None:
    found = names(group(("ভাৰত", 8), ("ভাৰতৰ", 4), ("ভাৰ", 8)))
    assert found == {"ভাৰত": {"ভাৰত", "ভাৰতৰ"}, "ভাৰ": {"ভাৰ"}}


def test_a_form_far_more_frequent_than_its_stem_stays() -> None:
    assert len(group(("সুজিত", 30), ("সুজি", 2))) == 2


def test_a_known_last_word_tells_the_base_form() -> None:
    found = group(("মৃণাল শইকীয়াই", 1), ("ৰীতা শইকীয়া", 1), type_="PER")
    assert sorted(names(found)) == ["মৃণাল শইকীয়া", "ৰীতা শইকীয়া"]


def test_a_surname_of_its_own_and_a_slip_rename_nobody() -> None:
    surnames = group(("প্ৰদীপ চাংমাই", 40), ("কনৰাড চাংমা", 30), type_="PER")
    assert sorted(names(surnames)) == ["কনৰাড চাংমা", "প্ৰদীপ চাংমাই"]
    slip = group(("ৰাকেশ কুমাৰ", 50), ("ৰাকেশ কুমা", 1), ("বিমল কুমাৰ", 9), type_="PER")
    assert sorted(entry.base for entry in slip if entry.n_mentions > 1) == [
        "বিমল কুমাৰ",
        "ৰাকেশ কুমাৰ",
    ]
    assert "মণিপুৰ" in names(group(("মণিপুৰ", 50), ("মণিপুক", 1)))


def test_letters_of_different_sounds_keep_names_apart() -> None:
    assert len(group(("সায়ন দাস", 50), ("সাজন দাস", 9), type_="PER")) == 2
    assert len(group(("গয়া", 50), ("গজা", 9))) == 2


def test_endings_behind_a_hyphen_find_their_name() -> None:
    forms = {"আছু", "আছু-ৱে", "আছু-য়ে"}
    assert names(group(*((form, 9) for form in forms), type_="ORG")) == {"আছু": forms}


def test_invisible_characters_and_spaces_are_the_same_letters() -> None:
    (entry,) = group(("নতুন  দিল্লী", 1), ("নতুন দিল্\u200dলী", 1), ("নতুন-দিল্লী", 1))
    assert entry.n_mentions == 3


def test_spellings_of_equal_frequency_need_the_same_company() -> None:
    pair = [Surface("PER", "দীপা দাস", 4), Surface("PER", "দিপা দাস", 3)]

    def company(*shared: str) -> list[Entry]:
        def contexts(type_: str, forms: Collection[str]) -> Mapping[str, frozenset[str]]:
            assert (type_, set(forms)) == ("PER", {"দীপা দাস", "দিপা দাস"})
            return {form: frozenset([*shared, form[:3]]) for form in forms}

        return group_surfaces(pair, contexts)

    assert len(group_surfaces(pair)) == 2
    assert len(company("অসম")) == 2
    assert len(company("অসম", "মাজুলী")) == 1


def test_a_rare_inflected_misspelling_finds_its_entry() -> None:
    (entry,) = group(("গুৱাহাটী", 20), ("গুৱাহাটিলৈ", 1))
    assert entry.variants[-1].rule == "ending লৈ, spelling (rare)"


SAMPLE = """
অসম অসমৰ অসমত অসমে অসমেৰে অসমীয়া অসমতে আসাম নগাঁও নগাওঁ নগাঁৱত ৰাম ৰামক ৰামে ৰামপুৰ ৰামপুৰত দীপা দিপা
দীপাৰ দিপাই মণিপুৰ মণিপুৰে মণিপু ভাৰত ভাৰ ভাৰতৰ গুৱাহাটী গুৱাহাটিত গুবাহাটী
"""
FORMS = st.sampled_from(SAMPLE.split()) | st.text("কখগতৰমািীেৱই -", min_size=1, max_size=6)
SURFACES = st.dictionaries(
    st.tuples(st.sampled_from(["PER", "LOC", "ORG"]), FORMS), st.integers(1, 200), max_size=25
)


@settings(max_examples=150, deadline=None)
@given(SURFACES, st.randoms())
def test_every_surface_is_in_one_entry_of_its_type(counts, random) -> None:  # type: ignore[no-untyped-def]
    surfaces = [Surface(type_, text, n) for (type_, text), n in counts.items()]
    entries = group_surfaces(surfaces)
    placed = [
        Surface(entry.type, variant.text, variant.n_mentions)
        for entry in entries
        for variant in entry.variants
    ]
    assert sorted(placed, key=repr) == sorted(surfaces, key=repr)
    assert sum(entry.n_mentions for entry in entries) == sum(counts.values())
    assert len({(entry.type, entry.base) for entry in entries}) == len(entries)
    random.shuffle(surfaces)
    assert names_by_type(group_surfaces(surfaces)) == names_by_type(entries)


def names_by_type(entries: list[Entry]) -> dict[tuple[str, str], set[str]]:
    return {(entry.type, entry.base): {v.text for v in entry.variants} for entry in entries}
