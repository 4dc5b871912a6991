"""From tags as they stand in a file to IOB2 tags of the types asked for; every change counted."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from nerbridge.corpus.raw import RawSentence
from nerbridge.corpus.sentence import Sentence
from nerbridge.errors import CorpusError
from nerbridge.labels import (
    DEFAULT_TYPES,
    OUTSIDE,
    Scheme,
    convert_tags,
    detect_scheme,
    find_invalid_tags,
    repair_tags,
)
from nerbridge.text.counts import count_of
from nerbridge.type_maps import TypeMap, fitting_map, kept_types, map_tags, unnamed_message

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
_FIX = "Fix the file, or pass repair=True (on the command line --repair)."
_N_TYPES = 8
"""Expected types that a message lists."""


def clean_sentences(
    splits: Mapping[str, Sequence[RawSentence]],
    *,
    scheme: Scheme | None = None,
    repair: bool = False,
    type_map: TypeMap | None = None,
    allowed_types: Sequence[str] | None = None,
) -> tuple[dict[str, tuple[Sentence, ...]], Counter[str]]:
    """IOB2 sentences of every split, and what changed.

    A scheme that is not given is detected from all splits together. The counts are in
    entities, except ``repaired_tags``: ``mapped_types`` were renamed, ``dropped_types`` became O.

    Raises:
        CorpusError: tags invalid in the scheme (unless ``repair``), types that a type map does not
            name, or types not allowed.
    """
    losses: Counter[str] = Counter()
    splits = add_prefixes(splits, scheme, type_map or {})
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
    if type_map:
        _check_named(done, kept_types(type_map, allowed_types or ()))
    if allowed_types is not None:
        _check_types(done, allowed_types)
    return done, +losses


def add_prefixes(
    splits: Mapping[str, Sequence[RawSentence]], scheme: Scheme | None, type_map: TypeMap
) -> Mapping[str, Sequence[RawSentence]]:
    """Bare types as tags of IO, as in Few-NERD's own files: ``person-actor`` is ``I-person-actor``.

    This is done only if no tag has a prefix, and either ``scheme`` is IO or all types are known:
    PER, ORG, LOC, and the types of a bundled map or of ``type_map``. Otherwise a column of parts of
    speech could become entities.
    """
    found = {
        tag for sentences in splits.values() for sentence in sentences for tag in sentence.tags
    } - {OUTSIDE}
    known = {*DEFAULT_TYPES, *type_map}
    is_known = scheme is Scheme.IO or found <= known or fitting_map(found) is not None
    if scheme not in (None, Scheme.IO) or not is_known or any(map(_TAG.fullmatch, found)):
        return splits
    return {
        name: [
            replace(s, tags=tuple(tag if tag == OUTSIDE else f"I-{tag}" for tag in s.tags))
            for s in sentences
        ]
        for name, sentences in splits.items()
    }


def recognise_scheme(sentences: Iterable[RawSentence]) -> Scheme:
    """The scheme that fits all tags best; IOB2 if several fit equally well.

    Raises:
        CorpusError: a tag that is valid in no scheme, such as ``LOC``.
    """
    tags = []
    for sentence in sentences:
        # Sentences of O alone fit every scheme; leaving them out makes large corpora faster.
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
                f"{sentence.place(index)}: {tag!r} is not a tag; expected 'O' or a prefix and a "
                "type, "
                "such as 'B-LOC'. Name the columns: --columns WORD,TAG. Types without a prefix "
                "are read with --scheme io, or with a map that names them all: --map-types FILE."
            )


def _check_tags(sentences: Sequence[RawSentence], scheme: Scheme) -> None:
    invalid = invalid_places(sentences, scheme)
    if not invalid:
        return
    sentence, index, why = invalid[0]
    more = f" ({len(invalid) - 1:,} more such tags follow)" if len(invalid) > 1 else ""
    # The most frequent cause of an invalid tag is the wrong scheme, so others are tried first.
    fitting = [
        f'Read it with scheme="{other.value}", or pass repair=True '
        f"(on the command line --scheme {other.value} or --repair)."
        for other in Scheme
        if other is not scheme and not invalid_places(sentences, other)
    ]
    remedy = fitting[0] if fitting else _FIX
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
            _count_mapped(tags, type_map, losses)
            tags = map_tags(tags, type_map)
    place = (sentence.path, sentence.lines[0])
    return Sentence(sentence.words, tuple(tags), *place, document=sentence.document)


def _count_mapped(tags: Sequence[str], type_map: TypeMap, losses: Counter[str]) -> None:
    for tag in tags:
        if tag.startswith("B-") and (target := type_map.get(tag[2:], tag[2:])) != tag[2:]:
            losses["dropped_types" if target is None else "mapped_types"] += 1


def _check_named(splits: Mapping[str, Sequence[Sentence]], kept: Collection[str]) -> None:
    found, place = _find_other_types(splits, kept)
    if found:
        raise CorpusError(f"{place}: {unnamed_message([*found], _count_entities(found))}")


def _check_types(splits: Mapping[str, Sequence[Sentence]], allowed: Sequence[str]) -> None:
    found, place = _find_other_types(splits, allowed)
    if found:
        raise CorpusError(
            f"{place}: unexpected types: {', '.join(_count_entities(found))}; expected "
            f"only {_list_some(allowed)}. {_suggest_map(found, allowed)}"
        )


def _find_other_types(
    splits: Mapping[str, Sequence[Sentence]], known: Collection[str]
) -> tuple[dict[str, int], str]:
    """Entities of types that are not among ``known``, the most frequent first, and the place."""
    counts: Counter[str] = Counter()
    place = ""
    for sentences in splits.values():
        for sentence in sentences:
            for tag in sentence.tags:
                if tag.startswith("B-") and tag[2:] not in known:
                    counts[tag[2:]] += 1
                    place = place or f"{sentence.path}:{sentence.line}"
    return dict(counts.most_common()), place


def _count_entities(found: Mapping[str, int]) -> list[str]:
    return [f"{type_} ({count_of(n, 'entity', 'entities')})" for type_, n in found.items()]


def _list_some(types: Sequence[str]) -> str:
    more = f" and {len(types) - _N_TYPES} more" if len(types) > _N_TYPES else ""
    return f"{', '.join(types[:_N_TYPES])}{more}"


def _suggest_map(found: Iterable[str], allowed: Sequence[str]) -> str:
    """The option that makes these types fit. The expected types may be the ones to map."""
    found = list(found)
    if name := fitting_map([*found, *allowed]):
        return f"Map the types to PER, ORG and LOC: {_as_options([name])}."
    if not set(allowed) & set(DEFAULT_TYPES):
        return (
            "Map the types of the corpus to the expected types, or the reverse: "
            "--map-types OLD=NEW for each type, or --map-types FILE (in a recipe: type_map)."
        )
    pairs = [f"{type_}={_suggest(type_, allowed) or OUTSIDE}" for type_ in found]
    return f"Map each of them; O drops a type. For example: {_as_options(pairs)}."


def _as_options(values: Sequence[str]) -> str:
    options = " ".join(f"--map-types {value}" for value in values)
    in_recipe = json.dumps(values if len(values) > 1 else values[0], ensure_ascii=False)
    return f"{options} (in a recipe: type_map = {in_recipe})"


def _suggest(type_: str, allowed: Sequence[str]) -> str | None:
    guess = next((name for name in allowed if name.upper() == type_.upper()), None)
    guess = guess or _SUGGESTED.get(type_.upper())
    return guess if guess in allowed else None
