"""Mentions that name one thing, however they are inflected and spelled, as one entry.

What is written is only evidence, so a form joins another one under these conditions, always
within a type, and always to a name that is there or that several forms point to:

1. *Same letters*: equal but for invisible characters, Unicode form, spaces.
2. *Ending*: taking off one ending (`nerbridge.text.inflection`) leaves another form that is
   attested and not far rarer; of several such forms the longest. A form that takes endings of its
   own (``ভাৰতত`` beside ``ভাৰত``) is a base, and loses none.
3. *Shared stem*: no such form is attested, but another form with another ending, not far rarer,
   leaves the same; or, of several words, the last one without its ending ends other names more
   often (``মৃণাল শইকীয়াই`` beside ``ৰীতা শইকীয়া``), which tells the base form and joins nothing.
4. *Spelling*: the same skeleton (`nerbridge.analysis.spelling`), and either the same letters but
   for spaces, stops and mere ways of writing, or the rarer one much rarer, or both seen in the
   same company.
5. *Ending and spelling*: as 2, but what is left has the skeleton of an entry that is much more
   frequent.

Full names and surnames are left apart: a surname names many people.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nerbridge.analysis.spelling import MIN_SKELETON, join_letters, make_skeleton
from nerbridge.text.inflection import Stem, language_of, stems
from nerbridge.text.languages import LANGUAGES
from nerbridge.text.normalise import normalise_text

MUCH_RARER = 5
"""So many times rarer must a spelling be to count as a slip of the other."""
MAX_RATIO = 10
"""A form so many times as frequent as its stem does not come from it."""
MIN_SHARED = 2
MIN_OVERLAP = 0.3
"""Same company: so many neighbours in common, and such a share of those of the rarer spelling."""

Contexts = Callable[[str, Collection[str]], Mapping[str, frozenset[str]]]
"""Of a type and some of its forms: the forms mentioned in the same articles as each of them."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A spelling as it stands in the texts, and how often."""

    type: str
    text: str
    n_mentions: int


@dataclass(frozen=True, slots=True)
class Variant:
    """A spelling in an entry, and the rule that brought it there."""

    text: str
    n_mentions: int
    rule: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entity; variants from the most frequent. ``is_attested``: the base stands in a text."""

    type: str
    base: str
    is_attested: bool
    variants: tuple[Variant, ...]

    @property
    def n_mentions(self) -> int:
        """Mentions of all variants."""
        return sum(variant.n_mentions for variant in self.variants)


def normal_form(text: str) -> str:
    """What spellings of the same letters share.

    >>> normal_form("নতুন  দিল্লী")
    'নতুন দিল্লী'
    """
    return " ".join(normalise_text(text).split())


def group_surfaces(
    surfaces: Iterable[Surface],
    contexts: Contexts = lambda type_, forms: {},
    language: str | None = None,
) -> list[Entry]:
    """Every surface in exactly one entry of its type; the most frequent entries first.

    Args:
        surfaces: distinct (type, text) pairs.
        contexts: asked only about spellings that frequencies do not decide.
        language: code of the language of the names; None where their letters are to tell.
    """
    by_type: dict[str, list[Surface]] = defaultdict(list)
    for surface in surfaces:
        by_type[surface.type].append(surface)
    if language is None:
        language = language_of(surface.text for found in by_type.values() for surface in found)
    entries = [
        entry
        for type_, found in by_type.items()
        for entry in _Grouping(type_, found, language, contexts).entries()
    ]
    return sorted(entries, key=lambda entry: (-entry.n_mentions, entry.type, entry.base))


@dataclass
class _Grouping:
    """The forms of one type as a forest: each form points to what it is a variant of."""

    type_: str
    surfaces: Sequence[Surface]
    language: str
    contexts: Contexts
    n_of: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    parent: dict[str, tuple[str, str]] = field(default_factory=dict)
    stems_of: dict[str, list[Stem]] = field(default_factory=dict)

    def entries(self) -> Iterator[Entry]:
        for surface in self.surfaces:
            self.n_of[normal_form(surface.text)] += surface.n_mentions
        self.stems_of = {form: self._stems(form) for form in self.n_of}
        # From strong to weak evidence: a later rule takes only what no earlier one has joined.
        self._join_to_attested()
        self._join_shared_stems()
        self._name_by_last_words()
        self._join_spellings()
        self._join_inflected_spellings()
        members: dict[str, list[Variant]] = defaultdict(list)
        for surface in self.surfaces:
            root, rule = self._explain(normal_form(surface.text))
            members[root].append(Variant(surface.text, surface.n_mentions, rule))
        for base, variants in members.items():
            ordered = sorted(variants, key=lambda variant: (-variant.n_mentions, variant.text))
            yield Entry(self.type_, base, base in self.n_of, tuple(ordered))

    def _stems(self, form: str) -> list[Stem]:
        """Without the endings of places for people: ``সুজিত`` is not a place in ``সুজি``."""
        found = stems(form, self.language)
        places_only = LANGUAGES[self.language].endings.places_only
        if self.type_ != "PER" or not places_only:
            return found
        return [stem for stem in found if not stem.ending.startswith(places_only)]

    def _root(self, form: str) -> str:
        while form in self.parent:
            form = self.parent[form][0]
        return form

    def _explain(self, form: str) -> tuple[str, str]:
        """The root above a form, and the one rule that leads there, or those on the way."""
        root, rules, step = self._root(form), [], form
        for stem in self.stems_of[form]:
            if stem.text == root:
                return root, f"ending {stem.ending.strip()}"
        while step in self.parent:
            step, rule = self.parent[step]
            rules.append(rule)
        return root, ", ".join(rules) or "base form"

    def _join_to_attested(self) -> None:
        candidates = {
            form: [stem for stem in found if stem.text in self.n_of]
            for form, found in self.stems_of.items()
        }
        bases = self._find_bases(candidates)
        for form, found in candidates.items():
            fitting = [
                stem
                for stem in found
                if not (form in bases and stem.kind in ("case", "particle"))
                and self.n_of[form] <= MAX_RATIO * self.n_of[stem.text]
            ]
            if fitting:
                longest = max(fitting, key=lambda stem: len(stem.text))
                self.parent[form] = (longest.text, f"ending {longest.ending.strip()}")

    def _find_bases(self, candidates: Mapping[str, list[Stem]]) -> set[str]:
        """Forms whose own endings cannot be endings of something shorter."""
        bases = set()
        for form, found in candidates.items():
            for stem in found:
                # If ভাৰত were ভাৰ with an ending, ভাৰ would also be a stem of ভাৰতত.
                shorter = {inner.text for inner in self.stems_of.get(stem.text, [])}
                others = {other.text for other in self.stems_of[form]}
                if stem.kind == "case" and shorter and not shorter & others:
                    bases.add(stem.text)
        return bases

    def _find_inflected(self) -> set[str]:
        """Forms that others are cases of; a particle stands behind a case too (``ডিব্ৰুগড়তো``)."""
        return {
            stem.text
            for form, (above, _) in self.parent.items()
            for stem in self.stems_of[form]
            if stem.text == above and stem.kind != "particle"
        }

    def _join_shared_stems(self) -> None:
        support: dict[str, Counter[str]] = defaultdict(Counter)
        roots = [form for form in self.n_of if form not in self.parent]
        for form in roots:
            for stem in self.stems_of[form]:
                support[stem.text][stem.ending] += self.n_of[form]
        inflected = self._find_inflected()
        for form in roots:
            shared = [
                stem
                for stem in self.stems_of[form]
                if form not in inflected and _is_shared(support[stem.text])
            ]
            if shared:
                longest = max(shared, key=lambda stem: len(stem.text))
                self.parent[form] = (longest.text, f"ending {longest.ending.strip()}")

    def _name_by_last_words(self) -> None:
        inflected = self._find_inflected()
        n_last: dict[str, int] = defaultdict(int)
        for form, n in self.n_of.items():
            first, _, last = form.rpartition(" ")
            n_last[last] += n if first else 0
        for form in self.n_of:
            if form in self.parent or form in inflected:
                continue
            for stem in self.stems_of[form]:
                first, _, last = stem.text.rpartition(" ")
                # চাংমাই is a surname of its own where it is more frequent than চাংমা.
                is_ending = n_last[last] >= n_last[form.rpartition(" ")[2]]
                if first and is_ending and stem.text not in self.n_of:
                    self.parent[form] = (stem.text, f"ending {stem.ending.strip()}")
                    break

    def _roots(self) -> dict[str, int]:
        """Every root with the mentions below it."""
        found: dict[str, int] = defaultdict(int)
        for form, n in self.n_of.items():
            found[self._root(form)] += n
        return found

    def _join_spellings(self) -> None:
        clusters: dict[str, list[str]] = defaultdict(list)
        roots = self._roots()
        # The most frequent spelling comes first in its cluster: the others join it.
        for root in sorted(roots, key=lambda root: (-roots[root], root)):
            skeleton = make_skeleton(root)
            if len(skeleton) >= MIN_SKELETON:
                clusters[skeleton].append(root)
        open_: list[tuple[str, str]] = []
        for first, *others in clusters.values():
            for other in others:
                if join_letters(first) == join_letters(other):
                    self.parent[other] = (first, "spelling (same letters)")
                elif roots[other] * MUCH_RARER <= roots[first]:
                    self.parent[other] = (first, "spelling (rare)")
                else:
                    open_.append((first, other))
        self._join_same_company(open_)

    def _join_same_company(self, pairs: Sequence[tuple[str, str]]) -> None:
        if not pairs:
            return
        members: dict[str, list[str]] = {root: [] for pair in pairs for root in pair}
        for form in self.n_of:
            if (root := self._root(form)) in members:
                members[root].append(form)
        asked = [form for forms in members.values() for form in forms]
        contexts = self.contexts(self.type_, asked)
        company = {
            root: frozenset().union(*(contexts.get(form, frozenset()) for form in forms))
            for root, forms in members.items()
        }
        for first, other in pairs:
            near, far = company[other], company[first]
            shared = len(near & far)
            if shared >= MIN_SHARED and shared >= MIN_OVERLAP * min(len(near), len(far)):
                self.parent[other] = (first, "spelling (same company)")

    def _join_inflected_spellings(self) -> None:
        roots = self._roots()
        best: dict[str, str] = {}
        for root in sorted(roots, key=lambda root: (roots[root], root)):
            # The last one stays: the most frequent root of the skeleton.
            best[make_skeleton(root)] = root
        for root in sorted(roots, key=lambda root: (roots[root], root)):
            for stem in self.stems_of.get(root, []):
                skeleton = make_skeleton(stem.text)
                base = best.get(skeleton, root)
                if (
                    len(skeleton) >= MIN_SKELETON
                    and base != root
                    and roots[root] * MUCH_RARER <= roots[base]
                    # Else the two would point to each other for ever.
                    and self._root(base) != root
                ):
                    rule = f"ending {stem.ending.strip()}, spelling (rare)"
                    self.parent[root] = (base, rule)
                    break


def _is_shared(endings: Counter[str]) -> bool:
    """Whether a stem has several endings, and not just one and a slip."""
    # The other endings together have at least a tenth of the mentions of the most frequent one.
    return endings.total() * MAX_RATIO >= (MAX_RATIO + 1) * max(endings.values())
