"""From tags as they stand in a file to IOB2 tags of the types asked for; every change counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from nerbridge.corpus.raw import RawSentence
from nerbridge.corpus.sentence import Sentence
from nerbridge.errors import CorpusError
from nerbridge.labels import (
    OUTSIDE,
    Scheme,
    convert_tags,
    detect_scheme,
    find_invalid_tags,
    repair_tags,
)

TypeMap = Mapping[str, str | None]

# Only for the suggestion in a message; nothing is ever renamed without being asked for.
_SUGGESTED = {
    "PERSON": "PER",
    "PEOPLE": "PER",
    "NAME": "PER",
    "ORGANIZATION": "ORG",
    "ORGANISATION": "ORG",
    "NEP": "PER",
    "NEO": "ORG",
    "NEL": "LOC",
    "LOCATION": "LOC",
    "PLACE": "LOC",
    "GPE": "LOC",
}
_TAG = re.compile(r"O|[BILUES]-.+", re.DOTALL)
_MEND = "Mend the file, or pass repair=True (on the command line --repair)."
_N_SHOWN = 3


def clean_sentences(
    splits: Mapping[str, Sequence[RawSentence]],
    *,
    scheme: Scheme | None = None,
    repair: bool = False,
    type_map: TypeMap | None = None,
    allowed_types: Sequence[str] | None = None,
) -> tuple[dict[str, tuple[Sentence, ...]], Counter[str]]:
    """IOB2 sentences of every split, and what changed.

    The scheme, where not named, is recognised over all splits together. The counts are in
    entities, except ``repaired_tags``: ``mapped_types`` were renamed, ``dropped_types`` became O.

    Raises:
        CorpusError: tags invalid in the scheme (unless ``repair``), or types not allowed.
    """
    losses: Counter[str] = Counter()
    raw = [sentence for sentences in splits.values() for sentence in sentences]
    scheme = scheme or recognise_scheme(raw)
    if not repair:
        _check_tags(raw, scheme)
    done = {
        name: tuple(
            _clean(sentence, scheme, repair, type_map or {}, losses) for sentence in sentences
        )
        for name, sentences in splits.items()
    }
    if allowed_types is not None:
        _check_types(done, allowed_types)
    return done, +losses


def recognise_scheme(sentences: Iterable[RawSentence]) -> Scheme:
    """The scheme that fits all tags best; IOB2 where nothing speaks against it.

    Raises:
        CorpusError: a tag that is one in no scheme, such as ``LOC``.
    """
    tags = []
    for sentence in sentences:
        if _has_entities(sentence.tags):
            _check_shapes(sentence)
            tags.append(sentence.tags)
    return detect_scheme(tags)


def invalid_places(
    sentences: Iterable[RawSentence], scheme: Scheme
) -> list[tuple[RawSentence, int, str]]:
    """Every tag not allowed where it stands: sentence, word index and why."""
    found = []
    for sentence in sentences:
        if _has_entities(sentence.tags):
            _check_shapes(sentence)
            for index, why in find_invalid_tags(sentence.tags, scheme):
                found.append((sentence, index, why))
    return found


def _has_entities(tags: Sequence[str]) -> bool:
    return tags.count(OUTSIDE) < len(tags)


def _check_shapes(sentence: RawSentence) -> None:
    for index, tag in enumerate(sentence.tags):
        if not _TAG.fullmatch(tag):
            raise CorpusError(
                f"{sentence.place(index)}: {tag!r} is no tag; expected 'O' or a prefix and a type, "
                "such as 'B-LOC'. The tag must stand in the last column."
            )


def _check_tags(sentences: Sequence[RawSentence], scheme: Scheme) -> None:
    invalid = invalid_places(sentences, scheme)
    if not invalid:
        return
    sentence, index, why = invalid[0]
    more = f" ({len(invalid) - 1:,} more such tags follow)" if len(invalid) > 1 else ""
    fitting = [
        f'Read it with scheme="{other.value}", or pass repair=True '
        f"(on the command line --scheme {other.value} or --repair)."
        for other in Scheme
        if other is not scheme and not invalid_places(sentences, other)
    ]
    remedy = fitting[0] if fitting else _MEND
    raise CorpusError(
        f"{sentence.place(index)}: {why}, not allowed in {scheme.name}{more}. {remedy}"
    )


def _clean(
    sentence: RawSentence,
    scheme: Scheme,
    repair: bool,
    type_map: TypeMap,
    losses: Counter[str],
) -> Sentence:
    tags: Sequence[str] = sentence.tags
    if _has_entities(tags):
        if repair:
            tags, n_repaired = repair_tags(tags, scheme)
            losses["repaired_tags"] += n_repaired
        if scheme is not Scheme.IOB2:
            tags = convert_tags(tags, scheme, Scheme.IOB2)
        if type_map:
            tags = [_map_tag(tag, type_map, losses) for tag in tags]
    return Sentence(sentence.words, tuple(tags), sentence.path, sentence.lines[0])


def _map_tag(tag: str, type_map: TypeMap, losses: Counter[str]) -> str:
    prefix, _, type_ = tag.partition("-")
    if type_ not in type_map:
        return tag
    target = type_map[type_]
    if prefix == "B" and target != type_:
        losses["dropped_types" if target is None else "mapped_types"] += 1
    return OUTSIDE if target is None else f"{prefix}-{target}"


def _check_types(splits: Mapping[str, Sequence[Sentence]], allowed: Sequence[str]) -> None:
    counts: Counter[str] = Counter()
    first: dict[str, Sentence] = {}
    for sentences in splits.values():
        for sentence in sentences:
            for tag in sentence.tags:
                if tag.startswith("B-") and tag[2:] not in allowed:
                    counts[tag[2:]] += 1
                    first.setdefault(tag[2:], sentence)
    if not counts:
        return
    sentence = first[next(iter(first))]
    found = ", ".join(f"{type_} ({n:,} entities)" for type_, n in counts.most_common())
    mapping = {type_: _suggest(type_, allowed) for type_, _ in counts.most_common()}
    options = " ".join(f"--map {type_}={target or ''}" for type_, target in mapping.items())
    raise CorpusError(
        f"{sentence.path}:{sentence.line}: types that are not asked for: {found}; expected only "
        f"{', '.join(allowed)}. Say what to do with them, for example type_map={mapping!r} "
        f"(None: drop the entity), or on the command line {options}."
    )


def _suggest(type_: str, allowed: Sequence[str]) -> str | None:
    guess = next((name for name in allowed if name.upper() == type_.upper()), None)
    guess = guess or _SUGGESTED.get(type_.upper())
    return guess if guess in allowed else None
