"""Copies of documents without names: what is hidden, where it stands again, and the copy itself."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import regex

from nerbridge.documents.document import Document
from nerbridge.documents.reading import load_module
from nerbridge.documents.reflow import mend
from nerbridge.documents.spellings import decode_spellings, encoded_texts
from nerbridge.errors import DocumentError, InputError
from nerbridge.tagging.entity import Entity
from nerbridge.text.counts import count_of
from nerbridge.text.inflection import language_of, stems
from nerbridge.text.languages import all_words
from nerbridge.text.normalise import normalise, normalise_text

WARNING = (
    "A model misses names, above all in Latin letters, and parts of a name that stand alone (a "
    "first name, a surname), nicknames, pictures and handwriting are not covered: a person must "
    "read the copy before it is passed on."
)

_KEY_CHARS = 2
_MIN_PREFIX_CHARS = 3
_MIN_BYTES = 8
_MIN_JOINED_CHARS = 6
_LETTER = r"\p{L}\p{N}\p{M}"
_LETTERS = regex.compile(rf"[{_LETTER}]{{1,60}}")
_NO_LETTERS = regex.compile(rf"[^{_LETTER}]+")
_WORD_START = regex.compile(rf"(?<![{_LETTER}])[{_LETTER}]")
_BETWEEN_WORDS = r"[\s._+\-\u2010-\u2015]*"
_BROKEN = regex.compile(r"[-\u2010\u00ad]\n")
# Words that hold an escape, or may be base64 or hexadecimal digits; style sheets end escapes with a
# space.
_ESCAPED = regex.compile(
    r"\S*+(?<=(?:[\\&%]|_x|[A-Za-z0-9+/_-]{12})\S*)(?:\s\S*+(?<=\\[0-9A-Fa-f]{1,6}\S*))*"
)
HIDDEN = "[…]"
HIDDEN_ADDRESS = "about:blank"


@dataclass
class _Pattern:
    """How a name is looked for; a stem counts only with an ending that a name can have."""

    name: str
    source: str
    label: str
    is_stem: bool

    @cached_property
    def compiled(self) -> regex.Pattern[str]:
        """Not before it is needed: a book has thousands of names."""
        return regex.compile(self.source, regex.IGNORECASE)


class HiddenNames:
    """Names to be hidden, and where they stand in a text: from the start of a word.

    A name also covers longer words that begin with it (অসম: অসমৰ), unless it has fewer than three
    characters, and other forms of the same name (গুৱাহাটীত: গুৱাহাটীলৈ). Case, white space between
    its words, and the Unicode form do not matter. Pronouns and the like are no names: one that the
    model takes for a name once would else be hidden all over the text.
    """

    def __init__(self, labels: Iterable[tuple[str, str]]) -> None:
        """Take names, each with its type."""
        self._patterns: dict[str, list[_Pattern]] = {}
        self._plain: list[str] = []
        self._joined: list[str] = []
        self._labels: set[str] = set()
        # Long names first: where one name begins another, the longer one is hidden.
        for name, type_ in sorted(dict(labels).items(), key=lambda item: (-len(item[0]), item)):
            plain = " ".join(normalise_text(_BROKEN.sub("", name)).split())
            start = _WORD_START.search(plain)
            key = "" if start is None else plain[start.start() :]
            if len(key) >= _KEY_CHARS and not is_closed_class(key):
                self._add(key, f"[{type_}]")

    def _add(self, name: str, label: str) -> None:
        self._labels.add(label)
        rest = rf"[{_LETTER}]*" if len(name) >= _MIN_PREFIX_CHARS else rf"(?![{_LETTER}])"
        self._add_pattern(name, rest, label, is_stem=False)
        for stem in {found.text for found in stems(name, language_of([name]))}:
            if len(stem) >= _MIN_PREFIX_CHARS:
                self._add_pattern(stem, rf"[{_LETTER}]*", label, is_stem=True)

    def _add_pattern(self, name: str, rest: str, label: str, *, is_stem: bool) -> None:
        first = _LETTERS.match(name)
        joined = _NO_LETTERS.sub("", name.lower())
        # Without its spaces, a short name would be found inside other words.
        is_long = len(joined) >= _MIN_JOINED_CHARS
        # In an address or a hashtag, anything or nothing stands between the words.
        words = (_BETWEEN_WORDS if is_long else r"\s+").join(map(regex.escape, name.split()))
        pattern = _Pattern(name, words + rest, label, is_stem)
        self._patterns.setdefault(first.group().lower() if first else name, []).append(pattern)
        self._plain.append(name.lower())
        if is_long and joined != name.lower():
            self._joined.append(joined)

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """Half-open ranges of ``text``, in order and apart, with what to write there.

        >>> HiddenNames([("ৰমেন দাস", "PER")]).find("ৰমেন  দাসৰ ঘৰ")
        [(0, 10, '[PER]')]
        """
        if not self._patterns:
            return []
        return _merge([*self._find_plain(text), *self._find_escaped(text)])

    def _find_plain(self, text: str) -> list[tuple[int, int, str]]:
        clean = normalise(text)
        found: list[tuple[int, int, str]] = []
        done = 0
        for match in _WORD_START.finditer(clean.text):
            start = match.start()
            if start < done:
                continue
            hit = next(self._hits_at(clean.text, start), None)
            if hit is not None:
                done, label = hit
                found.append((*clean.original_span(start, done), label))
        return found

    def _hits_at(self, text: str, start: int) -> Iterator[tuple[int, str]]:
        """Where names end that begin at ``start``, and what to write; long first words first."""
        first = _LETTERS.match(text, start)
        letters = first.group().lower() if first else ""
        for length in range(len(letters), 0, -1):
            for pattern in self._patterns.get(letters[:length], ()):
                hit = pattern.compiled.match(text, start)
                if (
                    hit
                    and (not pattern.is_stem or _is_form(hit.group(), pattern.name))
                    and not is_closed_class(hit.group())
                ):
                    yield hit.end(), pattern.label

    def label_in(self, text: str) -> str:
        """The text with labels instead of names; nothing of it where a name is spelled in escapes.

        >>> HiddenNames([("ৰমেন", "PER")]).label_in("ৰমেনক মাতা")
        '[PER] মাতা'
        """
        if not self.is_inside(text):
            return text
        for start, end, label in reversed(self.find(text)):
            text = text[:start] + label + text[end:]
        return "" if self._is_escaped_in(text) else text

    def _find_escaped(self, text: str) -> list[tuple[int, int, str]]:
        """Ranges whose letters are escapes, such as ``%E0…``, and that spell a name."""
        return [
            (*match.span(), HIDDEN)
            for match in _ESCAPED.finditer(text)
            if self._is_escaped_in(match.group())
        ]

    def _is_escaped_in(self, text: str) -> bool:
        decoded = decode_spellings(text)
        forms = encoded_texts(decoded) + ([] if decoded == text else [decoded])
        # Most runs of letters and digits are no escapes: that must be seen at once.
        return any(
            self._beginnings.search(normalise_text(form)) and self._find_plain(form)
            for form in forms
        )

    @cached_property
    def _beginnings(self) -> regex.Pattern[str]:
        """The first two characters of any name."""
        found = sorted({name[:2] for name in self._plain})
        return regex.compile("|".join(map(regex.escape, found)) or r"(?!)", regex.IGNORECASE)

    def is_inside(self, text: str) -> bool:
        """Whether a name stands anywhere in an address or the like, whatever is between its words.

        >>> names = HiddenNames([("Ramen Das", "PER")])
        >>> names.is_inside("mailto:ramen.das@example.org"), names.is_inside("/Ramen%20Das.html")
        (True, True)
        """
        if not self._plain:
            return False
        decoded = decode_spellings(text)
        return any(self._is_in(form) for form in (decoded, *encoded_texts(decoded)))

    def _is_in(self, text: str) -> bool:
        # In the query of an address, a plus sign is a space.
        plain = " ".join(normalise_text(text).lower().replace("+", " ").split())
        if any(name in plain for name in self._plain):
            return True
        joined = _NO_LETTERS.sub("", plain)
        return any(name in joined for name in self._joined)

    def refuse_in_copy(self, texts: Iterable[tuple[str, str]], name: str) -> None:
        """Look once more at what a finished copy says: places and texts of its paragraphs.

        Raises:
            DocumentError: a name still stands in one; ``name`` is the document.
        """
        for place, text in texts:
            shown = text
            for label in self._labels:
                shown = shown.replace(label, HIDDEN)  # a name may be spelled as a label is
            if self.find(shown):
                raise DocumentError(
                    f"{name}: a name that is to be hidden still stands in the copy ({place}), so "
                    "no copy is made. Save the document as plain text, and redact that."
                )

    def are_in_bytes(self, content: bytes) -> bool:
        """Whether binary data hold a name as UTF-8 or UTF-16, not by chance."""
        lower = content.lower()
        return any(
            len(data) >= _MIN_BYTES and data in lower
            for name in self._plain
            for form in ("NFC", "NFD")
            for encoding in ("utf-8", "utf-16-le", "utf-16-be")
            for data in (unicodedata.normalize(form, name).encode(encoding),)
        )


@dataclass(frozen=True)
class Redaction:
    """What is hidden in the copy of a document.

    ``ranges`` are half-open, in order and apart, in the document's text, each with what is
    written there. ``n_found`` mentions come from the model, ``n_repeated`` are further places
    where one of the ``n_names`` names stands. ``hidden`` are the words of the ranges as they stand
    in the text, each with how often, the most frequent first.
    """

    ranges: tuple[tuple[int, int, str], ...]
    names: HiddenNames
    n_names: int
    n_found: int
    n_repeated: int
    hidden: tuple[tuple[str, int], ...]

    def describe(self) -> str:
        """What was hidden, and that a person must check it, in two sentences."""
        return (
            f"{count_of(self.n_found + self.n_repeated, 'mention')} of "
            f"{count_of(self.n_names, 'name')} hidden: "
            f"{self.n_found:,} found by the model, {self.n_repeated:,} by repetition. {WARNING}"
        )


def plan_redaction(
    document: Document, entities: Sequence[Entity], types: Collection[str]
) -> Redaction:
    """What to hide: entities of some types, and every other place where their names stand.

    Raises:
        InputError: no types.
    """
    if not types:
        raise InputError("redaction: no entity types; expected some, such as PER,ORG. Name them.")
    # A string is a collection of its letters: take it as one type.
    wanted = {types} if isinstance(types, str) else set(types)
    chosen = [entity for entity in entities if entity.type in wanted]
    labels = {" ".join(_BROKEN.sub("", entity.text).split()): entity.type for entity in chosen}
    names = HiddenNames(labels.items())
    # In the document itself, a name that is divided at a line end would not be found.
    mended = mend(document)
    found = [(entity.start_char, entity.end_char, f"[{entity.type}]") for entity in chosen]
    repeated = [
        (*mended.original_span(start, end), label) for start, end, label in names.find(mended.text)
    ]
    new = [range_ for range_ in repeated if not _touches(range_, found)]
    ranges = _merge([*found, *repeated])
    hidden = Counter(" ".join(document.text[start:end].split()) for start, end, _ in ranges)
    return Redaction(
        tuple(ranges), names, len(labels), len(chosen), len(new), tuple(hidden.most_common())
    )


def redact(document: Document, entities: Sequence[Entity], types: Collection[str]) -> bytes:
    """A copy of the document, in its own format, without the entities of some types.

    Every further place where one of their names stands is hidden as well. Text becomes ``[PER]``;
    a PDF becomes pictures of its pages with black boxes. Metadata, comments in the markup, earlier
    versions, and whatever was not read are left out of the copy, except pictures. It is not safe
    to pass on unread: the model misses names.

    Raises:
        InputError: no types.
        DocumentError: the document cannot be copied safely.
    """
    return write_redacted(document, plan_redaction(document, entities, types))


def write_redacted(document: Document, redaction: Redaction) -> bytes:
    """The copy that `redact` gives, of a redaction that is planned already."""
    name, ranges = document.name, redaction.ranges
    copy: bytes
    if document.kind == "pdf":
        spans = [(start, end) for start, end, _ in ranges]
        copy = load_module("pdf", name).redact_pdf(document.data, name, spans)
    elif document.kind == "docx":
        module = load_module("docx_redaction", name)
        copy = module.redact_docx(document.data, name, ranges, redaction.names)
    elif document.kind == "html":
        module = load_module("html_redaction", name)
        copy = module.redact_html(
            document.data, name, ranges, redaction.names, is_whole=document.is_whole_page
        )
    elif document.kind == "mail":
        raise DocumentError(
            f"{name}: a mail or a page saved as one file, of which no copy is made; expected PDF, "
            "DOCX, HTML or text. Save it as one of these, for example by printing it into a PDF."
        )
    else:
        text = document.text
        # From the end, so that the offsets of earlier ranges stay right.
        for start, end, label in reversed(ranges):
            text = text[:start] + label + text[end:]
        redaction.names.refuse_in_copy([("text", text)], name)
        copy = text.encode("utf-8")
    return copy


def is_closed_class(name: str) -> bool:
    """Whether a name, in normal form, is made of pronouns and the like alone.

    Every form is listed: taking off endings would take names for them (``আমিৰ`` is not ``আমি``).
    Words that are also names of people are not listed (Bengali ``তারা``, Hindi ``मेरी``), because
    to show a name is worse than to hide a pronoun.

    >>> [is_closed_class(name) for name in ("মোৰ", "तुम और हम", "আমিৰ", "তেওঁ ৰমেন")]
    [True, True, False, False]
    """
    words = name.split()
    return bool(words) and all(word in all_words("closed_class") for word in words)


def _is_form(found: str, stem: str) -> bool:
    """Whether what was found is the stem, alone or with one of its language's endings."""
    plain = " ".join(found.split())
    return plain.lower() == stem.lower() or any(
        known.text == stem for known in stems(plain, language_of([plain]))
    )


def _touches(one: tuple[int, int, str], others: Sequence[tuple[int, int, str]]) -> bool:
    return any(one[0] < other[1] and other[0] < one[1] for other in others)


def _merge(ranges: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Ranges in order, those that overlap joined under the label of the first."""
    merged: list[tuple[int, int, str]] = []
    for start, end, label in sorted(ranges, key=lambda range_: range_[:2]):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]), merged[-1][2])
        else:
            merged.append((start, end, label))
    return merged
