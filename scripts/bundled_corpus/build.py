"""Build the bundled corpus from hand-written frames and lists of names.

::

    python scripts/bundled_corpus/build.py            # every language that has a folder here
    python scripts/bundled_corpus/build.py as bn      # some
    python scripts/bundled_corpus/build.py --check    # compare with the committed files

The same input gives the same bytes on every machine: order and choice come from SHA-256, not
from a random number generator. All input is read as NFC.

**Frames**: ``<lang>/frames_{train,validation,test}.txt``, one a line, words and punctuation
separated by single spaces (a hashtag is the two words ``# word``). Lines that start with ``#`` are
comments, so a frame cannot start with a hashtag. A word may be

``{PER}``
    a slot: a name of that type. Two such slots in a frame get different names.
``{PER.f}``
    a name of one section of the type (``PER.f``, ``PER.m``, or any section of the names file,
    such as ``LOC.river``); ``{PER}`` draws from ``PER`` and every ``PER.x``.
``{LOC|loc}``
    with a case ending, by ``inflect(name, "loc")`` of ``<lang>/inflect.py``.
``{PER.f#1|gen}``
    with an index: slots with the same type, section and index get the same name. Order of the
    parts: type, section, index, case.
``[রমেশ দাস]PER``
    a literal entity, written as it stands in the sentence, ending included. It must be a name
    of the split's names file in one of ``inflect.CASES``, or a form listed there (next paragraph).

A frame without slots gives one sentence. Frames with slots are used in turn until the asked size
is reached. More frames than sentences is an error, so no frame is written for nothing.

**Names**: ``<lang>/names_{train,validation,test}.txt``, sections ``== PER.m``, ``== PER.f``,
``== LOC``, ``== ORG`` (and any ``== TYPE.section``), one name a line. Names of a section
``TYPE.literal`` are never drawn for ``{TYPE}``; they are the ones that only literal entities use.
Forms that no case gives are added to the line: ``জোন = জোনহঁতৰ = জোনহঁতে``.

**Endings**: ``<lang>/inflect.py`` with ``CASES: tuple[str, ...]`` and
``inflect(name: str, case: str) -> str``: the ending goes on the last word, the number of words
stays. ``inflect(name, "nom")`` is the name.

**Checked**: splits share no frame (compared with every entity reduced to its type), no name and
no sentence; no sentence twice; every slot, case and section exists; NFC.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count
from pathlib import Path

import running
from source import SPLITS, BuildError, Frame, Language, Literal, Slot, read_language

HERE = Path(__file__).resolve().parent
BUNDLED = HERE.parents[1] / "src" / "nerbridge" / "corpus" / "bundled"
SIZES = {"as": (100, 100, 100), "bn": (1000, 200, 200), "hi": (1000, 200, 200)}
TYPES = ("PER", "ORG", "LOC")
MAX_DRAWS = 200

Tagged = tuple[tuple[str, str], ...]  # a sentence: (word, IOB2 tag) pairs


@cache
def surface_forms(language: Language, split: str) -> dict[str, str]:
    """Every form of every name of the split, and the name it belongs to."""
    names = language.names[split]
    forms = {language.inflect(name, case): name for name in names.all() for case in language.cases}
    return forms | {name: name for name in names.all()} | names.forms


def find_mistake(part: Slot | Literal, language: Language, split: str) -> str | None:
    """What is wrong with a part of a frame, if anything."""
    if part.type is not None and part.type not in TYPES:
        return f"unknown type {part.type!r}, known are {', '.join(TYPES)}"
    if isinstance(part, Literal):
        known = part.type is None or part.text in surface_forms(language, split)
        return None if known else f"[{part.text}]: no form of a name of {split}"
    if not language.names[split].candidates(part.type, part.section):
        return f"no names for {{{part.type}{'.' + part.section if part.section else ''}}}"
    if part.case is not None and part.case not in language.cases:
        return f"unknown case {part.case!r}, known are {', '.join(language.cases)}"
    return None


def find_repeats(items: Sequence[tuple[str, str]], what: str) -> Iterator[str]:
    """``items`` are (place, text); yields a line for every text met before."""
    seen: dict[str, str] = {}
    for place, text in items:
        if text in seen:
            yield f"{place}: {what} {text!r} is also in {seen[text]}"
        seen.setdefault(text, place)


def find_mistakes(language: Language) -> list[str]:
    """Everything wrong with the input of one language."""
    frames = [(f.place, f.skeleton) for split in SPLITS for f in language.frames[split]]
    names = [(split, name) for split in SPLITS for name in language.names[split].all()]
    forms = [(split, form) for split in SPLITS for form in surface_forms(language, split)]
    mistakes = [*find_repeats(frames, "frame"), *find_repeats(names, "name")]
    mistakes += find_repeats(forms, "form of a name") if not mistakes else []
    mistakes += [
        f"{frame.place}: {mistake}"
        for split in SPLITS
        for frame in language.frames[split]
        for part in frame.parts
        if (mistake := find_mistake(part, language, split))
    ]
    for size, split in zip(SIZES[language.code], SPLITS, strict=True):
        n_frames = len(language.frames[split])
        if n_frames > size:
            mistakes.append(f"{language.code}: {n_frames} frames for {size} {split} sentences")
    return mistakes


def shuffled(items: Sequence[str], key: str) -> list[str]:
    """``items`` in an order that depends on ``key`` and the items alone."""
    return sorted(items, key=lambda item: hashlib.sha256(f"{key}\n{item}".encode()).digest())


class Deck:
    """Deals the names of one section; every name once before any comes again."""

    def __init__(self, names: Sequence[str], key: str) -> None:
        self._names = names
        self._key = key
        self._rounds = count()
        self._left: list[str] = []

    def draw(self, taken: set[str]) -> str:
        """The next name not in ``taken``, which goes back under the deck otherwise."""
        for _ in range(MAX_DRAWS):
            if not self._left:
                self._left = shuffled(self._names, f"{self._key}/{next(self._rounds)}")
            name = self._left.pop()
            if name not in taken:
                return name
        raise BuildError(f"{self._key}: too few names for one frame")


class Filler:
    """Fills frames of one split with names."""

    def __init__(self, language: Language, split: str) -> None:
        self._language = language
        self._names = language.names[split]
        self._key = f"{language.code}/{split}"
        self._decks: dict[tuple[str, str | None], Deck] = {}

    def _draw(self, slot: Slot, taken: set[str]) -> str:
        key = (slot.type, slot.section)
        if key not in self._decks:
            self._decks[key] = Deck(self._names.candidates(*key), f"{self._key}/{key}")
        return self._decks[key].draw(taken)

    def fill(self, frame: Frame) -> Tagged:
        """One sentence from a frame; another one at the next call if it has slots."""
        chosen: dict[tuple[str, str | None, str], str] = {}
        taken: set[str] = set()
        sentence: list[tuple[str, str]] = []
        for part in frame.parts:
            if isinstance(part, Literal):
                sentence += tag_words(part.text, part.type)
                continue
            key = (part.type, part.section, part.index or "")
            name = chosen.get(key) if part.index else None
            if name is None:
                name = chosen[key] = self._draw(part, taken)
                taken.add(name)
            form = self._language.inflect(name, part.case) if part.case else name
            if len(form.split()) != len(name.split()):
                raise BuildError(f"inflect({name!r}, {part.case!r}) changes the number of words")
            sentence += tag_words(form, part.type)
        return tuple(sentence)


def tag_words(text: str, type_: str | None) -> list[tuple[str, str]]:
    """The words of a mention (or of plain text) with their IOB2 tags.

    >>> tag_words("ৰমেন দাসে", "PER")
    [('ৰমেন', 'B-PER'), ('দাসে', 'I-PER')]
    """
    words = text.split()
    if type_ is None:
        return [(word, "O") for word in words]
    return [(word, f"{'I' if i else 'B'}-{type_}") for i, word in enumerate(words)]


def build_split(language: Language, split: str, size: int, seen: set[str]) -> list[Tagged]:
    """``size`` sentences of a split; ``seen`` holds the sentences made so far and grows."""
    filler = Filler(language, split)
    frames = {frame.place: frame for frame in language.frames[split]}
    sentences: list[Tagged] = []
    for round_ in count():
        if len(sentences) >= size:
            break
        if not frames:
            raise BuildError(f"{language.code}: {len(sentences)} {split} sentences, not {size}")
        places = shuffled(list(frames), f"{language.code}/{split}/frames/{round_}")
        sentences += [fill_anew(filler, frames[p], seen) for p in places[: size - len(sentences)]]
        frames = {place: frame for place, frame in frames.items() if frame.has_slots}
    return sentences


def fill_anew(filler: Filler, frame: Frame, seen: set[str]) -> Tagged:
    """A sentence that is not in ``seen``, which it joins."""
    for _ in range(MAX_DRAWS if frame.has_slots else 1):
        sentence = filler.fill(frame)
        text = " ".join(word for word, _ in sentence)
        if text not in seen:
            seen.add(text)
            return sentence
    raise BuildError(f"{frame.place}: gives no further sentence that is not there already")


def format_conll(sentences: Sequence[Tagged]) -> str:
    """Word, tab, tag; an empty line after every sentence.

    Raises:
        BuildError: an ending made text that is not NFC.
    """
    text = "".join("".join(f"{w}\t{t}\n" for w, t in s) + "\n" for s in sentences)
    if not unicodedata.is_normalized("NFC", text):
        raise BuildError("a sentence is not NFC: look at inflect.py")
    return text


def build_language(folder: Path) -> dict[str, str]:
    """The text of the three CoNLL files of a language, by split."""
    if folder.name == running.CODE:
        built = running.build_running(folder)
        return {split: format_conll(sentences) for split, sentences in built.items()}
    language = read_language(folder)
    mistakes = find_mistakes(language)
    if mistakes:
        raise BuildError("\n".join(mistakes))
    seen: set[str] = set()
    return {
        split: format_conll(build_split(language, split, size, seen))
        for split, size in zip(SPLITS, SIZES[language.code], strict=True)
    }


def write_text(path: Path, text: str) -> None:
    """Write by way of a temporary name, so that no half file is ever seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    temporary.replace(path)


def find_differences(code: str, texts: dict[str, str]) -> list[str]:
    """The committed files of a language that are not what the script makes."""
    paths = {BUNDLED / code / f"{split}.conll": text for split, text in texts.items()}
    return [
        f"{path.relative_to(BUNDLED)}: not what build.py makes; run it and commit the result"
        for path, text in paths.items()
        if not path.is_file() or path.read_bytes() != text.encode()
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Build or check; the exit code is 1 where something is wrong."""
    parser = argparse.ArgumentParser(description="Build the bundled corpus.")
    parser.add_argument("languages", nargs="*", help="default: every language with a folder")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    codes = options.languages or [c for c in (*SIZES, running.CODE) if (HERE / c).is_dir()]
    problems: list[str] = []
    for code in codes:
        try:
            texts = build_language(HERE / code)
        except BuildError as error:
            problems.append(str(error))
            continue
        if options.check:
            problems += find_differences(code, texts)
            continue
        for split, text in texts.items():
            write_text(BUNDLED / code / f"{split}.conll", text)
            print(f"{code}/{split}: {text.count(chr(10) * 2)} sentences")
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
