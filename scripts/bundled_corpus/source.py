"""Reads what ``build.py`` builds from: frames, names and endings (format: see there)."""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

SPLITS = ("train", "validation", "test")
LITERAL_SECTION = "literal"

PART = re.compile(
    r"\{(?P<slot>[A-Z]+)(?:\.(?P<section>[a-z]+))?(?:#(?P<index>\w+))?(?:\|(?P<case>[a-z]+))?\}"
    r"|\[(?P<literal>[^\[\]]+)\](?P<literal_type>[A-Z]+)"
    r"|(?P<word>[^\s\[\]{}]+)"
)

Inflect = Callable[[str, str], str]


class BuildError(Exception):
    """The frames or names are wrong; the message lists every mistake found."""


@dataclass(frozen=True)
class Slot:
    """A place in a frame for a name."""

    type: str
    section: str | None
    index: str | None
    case: str | None


@dataclass(frozen=True)
class Literal:
    """An entity (``type`` set) or a plain word (``type`` None), written out."""

    text: str
    type: str | None


@dataclass(frozen=True)
class Frame:
    """One line of a frames file."""

    place: str
    parts: tuple[Slot | Literal, ...]

    @property
    def has_slots(self) -> bool:
        """Whether the frame can give more than one sentence."""
        return any(isinstance(part, Slot) for part in self.parts)

    @property
    def skeleton(self) -> str:
        """The frame with every entity reduced to its type."""
        return " ".join(
            part.text if isinstance(part, Literal) and part.type is None else f"<{part.type}>"
            for part in self.parts
        )


@dataclass
class Names:
    """The names of one split, by section, and the extra forms of some."""

    sections: dict[str, list[str]] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)

    def all(self) -> list[str]:
        """Every name of every section, in file order."""
        return [name for names in self.sections.values() for name in names]

    def candidates(self, type_: str, section: str | None) -> list[str]:
        """The names a slot may draw from."""
        if section:
            return self.sections.get(f"{type_}.{section}", [])
        return [
            name
            for key, names in self.sections.items()
            if key.split(".")[0] == type_ and key != f"{type_}.{LITERAL_SECTION}"
            for name in names
        ]


@dataclass(frozen=True, eq=False)
class Language:
    """Everything read for one language."""

    code: str
    frames: dict[str, list[Frame]]
    names: dict[str, Names]
    inflect: Inflect
    cases: tuple[str, ...]


def read_lines(path: Path) -> Iterator[tuple[str, str]]:
    """``(place, line)`` of the lines that are neither empty nor comments, in NFC."""
    text = unicodedata.normalize("NFC", path.read_text(encoding="utf-8"))
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield f"{path.parent.name}/{path.name}:{number}", line.strip()


def parse_frame(place: str, line: str) -> Frame:
    """Read one frame.

    >>> parse_frame("x:1", "{PER|erg} [নগাঁৱত]LOC আছে ।").skeleton
    '<PER> <LOC> আছে ।'
    """
    parts: list[Slot | Literal] = []
    position = 0
    while position < len(line):
        match = PART.match(line, position)
        if match is None or (match.end() < len(line) and line[match.end()] != " "):
            raise BuildError(f"{place}: cannot read {line[position : position + 30]!r}")
        if match["slot"]:
            parts.append(Slot(match["slot"], match["section"], match["index"], match["case"]))
        else:
            parts.append(Literal(match["literal"] or match["word"], match["literal_type"]))
        position = match.end() + 1
    return Frame(place, tuple(parts))


def read_names(path: Path) -> Names:
    """Read a names file."""
    names = Names()
    section = None
    for place, line in read_lines(path):
        if line.startswith("== "):
            section = names.sections.setdefault(line[3:].strip(), [])
        elif section is None:
            raise BuildError(f"{place}: a name before the first '== TYPE' line")
        else:
            name, *forms = (part.strip() for part in line.split(" = "))
            section.append(name)
            names.forms.update(dict.fromkeys(forms, name))
    return names


def load_inflect(path: Path) -> tuple[Inflect, tuple[str, ...]]:
    """``inflect`` and ``CASES`` of a language's ``inflect.py``."""
    spec = importlib.util.spec_from_file_location(f"inflect_{path.parent.name}", path)
    if spec is None or spec.loader is None:
        raise BuildError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.inflect, tuple(module.CASES)


def read_language(folder: Path) -> Language:
    """Read all that belongs to one language."""
    inflect, cases = load_inflect(folder / "inflect.py")
    return Language(
        code=folder.name,
        frames={
            split: [parse_frame(*item) for item in read_lines(folder / f"frames_{split}.txt")]
            for split in SPLITS
        },
        names={split: read_names(folder / f"names_{split}.txt") for split in SPLITS},
        inflect=inflect,
        cases=cases,
    )
