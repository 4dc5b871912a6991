"""Maps of entity types: what they may be written as, what they make of types, what they refuse."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from nerbridge.errors import InputError
from nerbridge.type_maps import (
    MAP_NAMES,
    TypeMapSpec,
    fitting_map,
    map_tags,
    map_types,
    read_type_map,
)

# Written down here from the papers, independent of the files in the package.
MULTICONER2 = {
    "PER": "Scientist Artist Athlete Politician Cleric SportsManager OtherPER",
    "LOC": "Facility OtherLOC HumanSettlement Station",
    "ORG": "MusicalGRP PublicCorp PrivateCorp AerospaceManufacturer SportsGRP CarManufacturer ORG",
    None: "VisualWork MusicalWork WrittenWork ArtWork Software Clothing Vehicle Food Drink "
    "OtherPROD Medication/Vaccine MedicalProcedure AnatomicalStructure Symptom Disease",
}
FEWNERD_GROUPS = {
    "person": ("PER", 8),
    "organization": ("ORG", 10),
    "location": ("LOC", 7),
    "building": ("LOC", 8),
    "art": (None, 6),
    "event": (None, 6),
    "product": (None, 9),
    "other": (None, 12),
}


def test_multiconer2_has_all_33_types() -> None:
    found = read_type_map("multiconer2")
    expected = {type_: new for new, types in MULTICONER2.items() for type_ in types.split()}
    assert len(expected) == 33
    assert {type_: found[type_] for type_ in expected} == expected
    for other in ("PublicCORP", "PrivateCORP", "TechCORP", "CORP", "GRP"):
        assert found[other] == "ORG"
    for other in ("CW", "PROD", "MED", "OtherCW"):
        assert found[other] is None


def test_fewnerd_has_66_fine_and_8_coarse_types() -> None:
    found = read_type_map("fewnerd")
    coarse = {type_ for type_ in found if "-" not in type_}
    assert coarse == set(FEWNERD_GROUPS)
    assert len(found) == 66 + 8
    sizes = Counter(type_.split("-")[0] for type_ in found if "-" in type_)
    assert sizes == {group: n for group, (_, n) in FEWNERD_GROUPS.items()}
    assert all(f"{group}-other" in found for group in coarse - {"other"})
    for type_, new in found.items():
        assert new == FEWNERD_GROUPS[type_.split("-")[0]][0]
    for slashed in (
        "person-artist/author",
        "organization-government/governmentagency",
        "organization-media/newspaper",
        "location-road/railway/highway/transit",
        "event-attack/battle/war/militaryconflict",
    ):
        assert slashed in found


@pytest.mark.parametrize("name", MAP_NAMES)
def test_the_maps_say_where_their_names_are_from(name: str) -> None:
    import nerbridge.type_maps

    text = (Path(nerbridge.type_maps.__file__).parent / f"{name}.tsv").read_text("utf-8")
    assert "# Source of the names: " in text
    assert set(read_type_map(name).values()) == {"PER", "ORG", "LOC", None}


@pytest.mark.parametrize(
    "content",
    [
        "City\tLOC\nDrug/Dose\tO\n",
        "# mine\n\nCity=LOC\nDrug/Dose=O\n",
        "City LOC\nDrug/Dose O\n",
        "City,LOC\r\nDrug/Dose,\r\n",
        'City , LOC\n"Drug/Dose" = O\n',
        "City: LOC\nDrug/Dose: O\n",
        '[type_map]\nCity = "LOC"\n"Drug/Dose" = ""\n',
        '{"City": "LOC", "Drug/Dose": null}',
        '\ufeff{\n "City": "LOC",\n "Drug/Dose": "O"\n}\n',
    ],
)
def test_a_file_may_be_lines_or_json(tmp_path: Path, content: str) -> None:
    path = tmp_path / "my types.tsv"
    path.write_bytes(content.encode())
    assert read_type_map(str(path)) == read_type_map(path) == {"City": "LOC", "Drug/Dose": None}


def test_a_type_in_a_file_may_hold_spaces(tmp_path: Path) -> None:
    path = tmp_path / "types.txt"
    path.write_text("Holy person\tPER\nA book = O\n", "utf-8")
    assert read_type_map(path) == {"Holy person": "PER", "A book": None}


def test_several_values_are_one_map(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("Facility=O\nStation=O\n", "utf-8")
    found = read_type_map(["Facility=ORG", "multiconer2", path, "Mountain=LOC", "Food="])
    assert found["Facility"] == "ORG"  # a pair overrides files, wherever it stands
    assert found["Station"] is None  # a later file overrides an earlier one
    assert (found["Mountain"], found["Food"], found["Artist"]) == ("LOC", None, "PER")


def test_a_mapping_is_taken_as_it_is() -> None:
    assert read_type_map({"A": "B", "C": "O", "D": "", "E": None}) == {
        "A": "B", "C": None, "D": None, "E": None,
    }  # fmt: skip
    assert read_type_map(None) == read_type_map([]) == {}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("multiconer", r"no such map and no such file.*Did you mean multiconer2\?"),
        ("FewNERD", r"Did you mean fewnerd\?"),
        ("maps/none.tsv", "no such map and no such file; expected multiconer2 or fewnerd"),
        ("=LOC", "not one pair"),
        ("A=B,C=D", "not one pair.*Repeat the option"),
        (["A=B", "A=C"], "A was named before"),
    ],
)
def test_what_is_no_map_is_said(spec: TypeMapSpec, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_type_map(spec)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no pair of types found"),
        (b"GPE=LOC\nMISC\n", r"types\.tsv:2: 'MISC' is no pair"),
        (b"A person PER\n", r"types\.tsv:1: 'A person PER' is no pair"),
        (b"A=B\nA=C\n", r"types\.tsv:2: A was named before"),
        (b'{"A": "B"', "not JSON"),
        (b'{"A": ["B"]}', "one new name for each type"),
        (b"A=\xe9\n", "expected UTF-8"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "types.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_type_map(path)


def test_types_that_nothing_names_are_listed() -> None:
    type_map = read_type_map(["City=PLACE", "Food=O"])
    assert map_types(["City", "PER", "PLACE", "Food"], type_map, "m") == {
        "City": "PLACE", "PER": "PER", "PLACE": "PLACE", "Food": None,
    }  # fmt: skip
    with pytest.raises(InputError, match=r"m: no type map names X, Y;.*--map-types X=O") as error:
        map_types(["X", "City", "Y"], type_map, "m")
    assert "--map-types X=X keeps it" in str(error.value)
    assert map_types(["X"], type_map, "m", allowed=["X"]) == {"X": "X"}
    assert map_types(["X"], {}, "m") == {"X": "X"}


def test_a_map_may_rename_what_would_pass() -> None:
    assert map_types(["PER", "LOC"], read_type_map("PER=PERSON"), "m") == {
        "PER": "PERSON", "LOC": "LOC",
    }  # fmt: skip


def test_type_names_may_hold_hyphens_and_slashes() -> None:
    type_map = read_type_map("fewnerd")
    tags = ["B-person-artist/author", "I-person-artist/author", "O", "B-location-GPE", "B-art-film"]
    assert map_tags(tags, type_map) == ["B-PER", "I-PER", "O", "B-LOC", "O"]


def test_the_map_that_fits_is_found() -> None:
    assert fitting_map(["Artist", "Medication/Vaccine", "ORG", "LOC"]) == "multiconer2"
    assert fitting_map(["person-actor", "person"]) == "fewnerd"
    assert fitting_map(["Artist", "person"]) is None
    assert fitting_map(["PER", "ORG", "LOC"]) is None
