"""Text in, entities out: exact offsets, any length, any number of texts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import regex

from nerbridge.alignment.decoding import decode_spans_many
from nerbridge.alignment.inference import Logits
from nerbridge.errors import InputError
from nerbridge.labels import OUTSIDE, Span
from nerbridge.models.loading import load_classifier
from nerbridge.models.word_model import TokenClassifier
from nerbridge.tagging.entity import Entities, Entity
from nerbridge.tagging.initials import join_initials
from nerbridge.tagging.origin import Origin, to_origin
from nerbridge.tagging.script_warning import warn_of_script
from nerbridge.tagging.sentence import LETTER, ReadSentence, batches, join_words, split_text
from nerbridge.text.checking import check_single_text, check_text, refuse_single_text
from nerbridge.text.noise import Reading, read_past_noise
from nerbridge.text.normalise import DANDA_LOOKALIKES
from nerbridge.type_maps import TypeMapSpec, read_type_map

BATCH_SENTENCES = 256
"""Sentences that are read ahead, so that those of one length go through the model together."""

_SOLID = regex.compile(r"[\p{L}\p{N}\p{S}]")
# Some dandas are numbers or symbols to Unicode, and a grapheme may hold a space or a quote, such as
# one with a vowel sign or behind a prepended letter.
_UNFIT = r"[\s\p{Pi}\p{Pf}\"'\p{Sentence_Break=STerm}" + "".join(sorted(DANDA_LOOKALIKES)) + "]"
_UNFIT_EDGE = regex.compile(rf"^\p{{Cf}}*{_UNFIT}|{_UNFIT}\p{{Cf}}*$")
_IMPOSSIBLE = -100.0
_CLOSING_OF = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class StreamResult:
    """A message, its entities, and how long they took: from its arrival to its result."""

    text: str
    entities: list[Entity]
    latency_ms: float


class Tagger:
    """Finds entities in text. Safe in several threads and after a fork.

    Sent to another process (pickled), it loads itself there again, from the same place.

    Example::

        tagger = Tagger.load("runs/assamese")
        for entity in tagger.tag("জোনালী শইকীয়া যোৰহাটৰ পৰা আহিছিল।"):
            print(entity.type, entity.text, entity.start_char, entity.end_char, entity.score)
    """

    def __init__(
        self, model: TokenClassifier, *, min_score: float = 0.0, types: Iterable[str] | None = None
    ) -> None:
        """Use a model that is already loaded; otherwise as `load`."""
        self._model = model
        self._types = _check_types(types, model)
        self._min_score = _check_score(min_score)
        self._origin: Origin | None = None
        self._warnings: set[str] = set()

    @classmethod
    def load(
        cls,
        model: str | Path = "bundled:as",
        *,
        base: str | None = None,
        n_threads: int | None = None,
        min_score: float = 0.0,
        types: Iterable[str] | None = None,
        map_types: TypeMapSpec | None = None,
    ) -> Tagger:
        """Load a model.

        Args:
            model: ``bundled:as``, a model folder (exported, adapter, merged, or any token
                classifier of transformers), a run folder (its best adapted model), or a hub id.
                All but exported models need ``nerbridge[train]``.
            base: where the base encoder of an adapter is now, if not where it was.
            n_threads: processor cores to use; None for all.
            min_score: entities less probable than this are left out.
            types: the entity types to keep; None for all.
            map_types: other names for the model's types: ``"multiconer2"``, ``"fewnerd"``, a file,
                ``"OLD=NEW"``, several of these, or a mapping (`nerbridge.type_maps`). ``types``
                and scores are those of the new names. Labels without names get them here:
                ``"LABEL_1=B-PER"``.

        Raises:
            ModelError: if there is no such model, or it is incomplete, damaged, pickled, in need
                of remote code, or does not fit together.
            InputError: if ``min_score`` or ``n_threads`` is out of range, or the model does not
                know one of ``types``, or ``map_types`` does not name one of its types.
            EnvironmentProblem: if the hub cannot be reached, or torch is needed and not there.
        """
        # An iterator can be read once only; the types are needed here and by another process.
        types = types if types is None or isinstance(types, str) else tuple(types)
        if n_threads is not None and n_threads < 1:
            raise InputError(f"n_threads is {n_threads}, expected 1 or more, or None for all.")
        type_map = read_type_map(map_types)
        loaded = load_classifier(model, base=base, n_threads=n_threads, type_map=type_map)
        tagger = cls(loaded, min_score=min_score, types=types)
        given = {"n_threads": n_threads, "min_score": min_score, "types": types}
        arguments = {"model": model, "base": base, "map_types": type_map or None, **given}
        tagger._origin = to_origin(arguments, loaded.name, loaded.folder)
        return tagger

    def __repr__(self) -> str:
        return f"Tagger({self.name!r}, types={self._types})"

    def __copy__(self) -> Tagger:
        return self

    def __deepcopy__(self, memo: object) -> Tagger:
        """Itself: nothing in it changes, so that copies share the loaded model."""
        return self

    def __reduce__(self) -> tuple[Callable[[Origin], Tagger], tuple[Origin]]:
        """Where it came from: another process loads the model again."""
        if self._origin is None:
            raise TypeError(
                f"{self!r} cannot be pickled, because its model is an object that another process "
                "cannot load. Create the tagger with Tagger.load."
            )
        return load_again, (self._origin,)

    @property
    def model(self) -> TokenClassifier:
        """The loaded model."""
        return self._model

    @property
    def name(self) -> str:
        """What the model was called when it was loaded."""
        return self._model.name

    @property
    def types(self) -> tuple[str, ...]:
        """The entity types that are kept, in the model's order."""
        return self._types

    def tag(self, text: str) -> Entities:
        """Entities of a text of any length, in order.

        An entity is whole words of one sentence (`nerbridge.text.sentences`), one with a letter at
        least; punctuation at its ends is left out. Emoji, addresses, mentions and hash marks are
        in none and change none (`nerbridge.text.noise`). A notebook shows the result as the text
        with its entities highlighted.

        Warns:
            ScriptWarning: if the model cannot read the letters of the text well; each such warning
                comes once.

        Raises:
            TextTypeError: if ``text`` is no ``str``; it is a `TypeError`.
            TextError: if ``text`` holds a lone surrogate.
        """
        sentences = self._read(check_single_text(text), "text")
        return Entities(next(self._tag(sentences, BATCH_SENTENCES, trims=True)), text)

    def tag_many(
        self, texts: Iterable[str], *, batch_size: int = BATCH_SENTENCES
    ) -> Iterator[list[Entity]]:
        """Entities of each text, one list per text, in the order given; otherwise as `tag`.

        Texts are read as results are asked for, at most ``batch_size`` sentences ahead, so that
        memory does not grow with their number. What is found in a text does not depend on others.

        Raises:
            TextError: as `tag`, when the text's turn comes; at once if ``texts`` is one text.
        """
        if batch_size < 1:
            raise InputError(f"batch_size is {batch_size}, expected 1 or more sentences.")
        refuse_single_text(texts)
        sentences = (
            sentence
            for number, text in enumerate(texts, start=1)
            for sentence in self._read(text, f"text {number}")
        )
        return self._tag(sentences, batch_size, trims=True)

    def tag_stream(self, messages: Iterable[str]) -> Iterator[StreamResult]:
        """Each message with its entities as soon as it is there: none is read ahead.

        The entities are those of `tag`. For many texts that are there already, `tag_many` is
        faster.

        Raises:
            TextError: as `tag`, when the message's turn comes.
        """
        refuse_single_text(messages)
        for number, message in enumerate(messages, start=1):
            start = time.perf_counter()
            sentences = self._read(message, f"message {number}")
            entities = next(self._tag(sentences, BATCH_SENTENCES, trims=True))
            yield StreamResult(message, entities, 1000 * (time.perf_counter() - start))

    def tag_words(self, words: Sequence[str]) -> Entities:
        """Entities of one sentence given as words: exactly what the model says of them.

        Raises:
            TextTypeError: if ``words`` is no sequence of ``str``.
            TextError: if a word holds a lone surrogate.
        """
        sentence = self._read_words(words, 1)
        found = next(self._tag(iter([sentence]), BATCH_SENTENCES, trims=False))
        return Entities(found, sentence.text)

    def tag_words_many(
        self, sentences: Iterable[Sequence[str]], *, batch_size: int = BATCH_SENTENCES
    ) -> Iterator[list[Entity]]:
        """`tag_words` of each sentence, in the order given; streams as `tag_many` does."""
        if batch_size < 1:
            raise InputError(f"batch_size is {batch_size}, expected 1 or more sentences.")
        read = (self._read_words(words, number) for number, words in enumerate(sentences, start=1))
        return self._tag(read, batch_size, trims=False)

    def _read(self, text: object, place: str) -> Iterator[ReadSentence]:
        checked = check_text(text, place)
        warn_of_script(checked, self._model, self._warnings)
        return split_text(checked)

    def _read_words(self, words: object, number: int) -> ReadSentence:
        sentence = join_words(words, number)
        warn_of_script(sentence.text, self._model, self._warnings)
        return sentence

    def _tag(
        self, sentences: Iterator[ReadSentence], batch_size: int, *, trims: bool
    ) -> Iterator[list[Entity]]:
        entities: list[Entity] = []
        for batch in batches(sentences, batch_size):
            for sentence, found in zip(
                batch, self._decode(batch, reads_all=not trims), strict=True
            ):
                # Spans are dropped after initials are joined: a dropped span may hold the initials
                # of a person who is kept.
                for span, score in _tidy(sentence, found) if trims else found:
                    if self._keeps(span, score):
                        entities.append(_to_entity(sentence, span, score))
                if sentence.is_last:
                    yield entities
                    entities = []

    def _decode(
        self, batch: Sequence[ReadSentence], *, reads_all: bool
    ) -> list[list[tuple[Span, float]]]:
        if reads_all:
            words = [sentence.words for sentence in batch]
            return decode_spans_many(self._calibrated(words), self._model.label_set)
        # What has no letter has no name; a long run of signs would take as long as a page.
        words = [sentence.words if sentence.has_letter else [] for sentence in batch]
        readings = [read_past_noise(of_sentence) for of_sentence in words]
        read = [
            reading.choose(of_sentence)
            for of_sentence, reading in zip(words, readings, strict=True)
        ]
        outside = self._model.label_set.tag_to_id[OUTSIDE]
        logits = [
            _put_borders(array, reading, outside)
            for array, reading in zip(self._calibrated(read), readings, strict=True)
        ]
        found = decode_spans_many(logits, self._model.label_set)
        return [
            [(_place(span, reading.kept), score) for span, score in of_sentence]
            for of_sentence, reading in zip(found, readings, strict=True)
        ]

    def _calibrated(self, sentences: Sequence[Sequence[str]]) -> list[Logits]:
        logits = self._model.word_logits(sentences)
        return [array / self._model.temperature for array in logits]

    def _keeps(self, span: Span, score: float) -> bool:
        return span.type in self._types and score >= self._min_score


def load_again(origin: Origin) -> Tagger:
    """What `Tagger.load` gave in another process; loaded once for all texts that are sent here."""
    return _load_and_keep(origin)


@lru_cache(maxsize=2)
def _load_and_keep(origin: Origin) -> Tagger:
    tagger = Tagger.load(**origin.arguments)
    # Loaded from an absolute path, the model would be called by that path.
    tagger._model = replace(tagger._model, name=origin.name)
    tagger._origin = origin
    return tagger


def _check_types(types: Iterable[str] | None, model: TokenClassifier) -> tuple[str, ...]:
    known = model.label_set.types
    if types is None:
        return known
    wanted = {types} if isinstance(types, str) else set(types)
    if unknown := sorted(wanted - set(known)):
        raise InputError(
            f"{model.name}: no entity type {', '.join(unknown)}; expected some of "
            f"{', '.join(known)}."
        )
    return tuple(type_ for type_ in known if type_ in wanted)


def _check_score(min_score: float) -> float:
    if not 0 <= min_score <= 1:
        raise InputError(f"min_score is {min_score}, expected a probability between 0 and 1.")
    return min_score


def _put_borders(logits: Logits, reading: Reading, outside: int) -> Logits:
    """Logits of the words kept: those read, and for every border a row that says ``O``.

    Shape: (n_read or one more, n_tags) to (n_kept, n_tags).
    """
    if len(reading.read) == len(reading.kept):
        return logits
    rows = np.full((len(reading.kept), logits.shape[1]), _IMPOSSIBLE, dtype=logits.dtype)
    rows[:, outside] = 0.0
    # A last row may be that of the danda which `Reading.choose` has added.
    rows[np.isin(reading.kept, reading.read)] = logits[: len(reading.read)]
    return rows


def _place(span: Span, words: Sequence[int]) -> Span:
    """A span over ``words`` as one over what they are indices of."""
    return Span(words[span.start_word], words[span.end_word - 1] + 1, span.type)


def _tidy(sentence: ReadSentence, found: Sequence[tuple[Span, float]]) -> list[tuple[Span, float]]:
    """Spans without punctuation at their ends, and persons with all their initials."""
    trimmed = [
        (kept, score) for span, score in found if (kept := _trim(sentence, span)) is not None
    ]
    return join_initials(sentence.words, trimmed) if trimmed else trimmed


def _trim(sentence: ReadSentence, span: Span) -> Span | None:
    """The span without punctuation at its ends; a bracket stays if its partner is inside.

    None if there is no letter in it: a number is no name.
    """
    ranges = sentence.ranges[span.start_word : span.end_word]
    words = [sentence.text[start:end] for start, end in ranges]
    solid = [index for index, word in enumerate(words) if _is_solid(word)]
    if not any(map(LETTER.search, words)) or not solid:
        return None
    start, end = solid[0], solid[-1] + 1
    inside = words[start:end]
    if start and _CLOSING_OF.get(words[start - 1]) in inside:
        start -= 1
    if words[end : end + 1] and words[end] in {_CLOSING_OF.get(word) for word in inside}:
        end += 1
    return Span(span.start_word + start, span.start_word + end, span.type)


def _is_solid(word: str) -> bool:
    return _SOLID.search(word) is not None and _UNFIT_EDGE.search(word) is None


def _to_entity(sentence: ReadSentence, span: Span, score: float) -> Entity:
    start_char = sentence.ranges[span.start_word][0]
    end_char = sentence.ranges[span.end_word - 1][1]
    return Entity(
        type=span.type,
        text=sentence.text[start_char:end_char],
        start_char=start_char,
        end_char=end_char,
        start_word=sentence.first_word + span.start_word,
        end_word=sentence.first_word + span.end_word,
        # Rounding can lift a probability a little above 1.
        score=min(1.0, score),
    )
