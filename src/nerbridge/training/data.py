"""The corpora of a recipe, read, checked and brought into the form the model sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nerbridge.corpus.final_punctuation import drop_final_punctuation
from nerbridge.corpus.harmonising import find_disagreement, harmonise_corpora
from nerbridge.corpus.lexicon import apply_lexicon, find_lexicon, read_lexicon
from nerbridge.corpus.overlap import SentenceKey, leaked, letters_key
from nerbridge.corpus.probabilities import with_probabilities
from nerbridge.corpus.reading import read_corpus
from nerbridge.corpus.sampling import mix_sources, take
from nerbridge.corpus.sentence import Corpus, Probabilities, Sentence
from nerbridge.errors import CorpusError
from nerbridge.labels import LabelSet
from nerbridge.text.model_input import words_to_model_form
from nerbridge.training.recipe import CorpusSettings, Recipe, SourceSettings

_HELD_OUT = 0.1
"""Share of the sources' training sentences used for validation where no source has its own."""
_LEXICON_SHARE = 0.7
"""Share of the words of a lexicon that are replaced. A model that sees all of them replaced learns
that every word of the target language is known."""
_DISCORDANT = 0.05
"""Share of a source's entities from which it is told that the others leave them outside."""


@dataclass(frozen=True)
class Labelled:
    """Sentences with their words in model form, beside the sentences as they were written."""

    sentences: tuple[Sentence, ...]
    words: tuple[tuple[str, ...], ...]

    @cached_property
    def tags(self) -> tuple[tuple[str, ...], ...]:
        """IOB2 tags, one a word."""
        return tuple(sentence.tags for sentence in self.sentences)

    @property
    def probabilities(self) -> tuple[Probabilities | None, ...]:
        """Those of every sentence; None where only its tags are known."""
        return tuple(sentence.probabilities for sentence in self.sentences)

    def __len__(self) -> int:
        return len(self.sentences)

    def __add__(self, other: Labelled) -> Labelled:
        return Labelled(self.sentences + other.sentences, self.words + other.words)


def to_labelled(sentences: Sequence[Sentence], script: str | None) -> Labelled:
    """Sentences as the model sees them."""
    words = tuple(tuple(words_to_model_form(sentence.words, script)) for sentence in sentences)
    return Labelled(tuple(sentences), words)


@dataclass(frozen=True)
class TestSet:
    """Sentences to score on; ``leaked`` says of each whether it is in the target's train too."""

    name: str
    labelled: Labelled
    leaked: tuple[bool, ...]


@dataclass(frozen=True)
class ExperimentData:
    """Everything a recipe reads."""

    recipe: Recipe
    target: Corpus
    sources: tuple[Corpus, ...]
    test_corpora: Mapping[str, Corpus]
    """Those of the further test sets, by their names."""

    @property
    def corpora(self) -> tuple[Corpus, ...]:
        """All of them, target first."""
        return (self.target, *self.sources, *self.test_corpora.values())

    def is_target(self, source: Corpus) -> bool:
        """Whether a source is the target's own corpus: what learns from it is not zero-shot."""
        return source.sha256 == self.target.sha256

    @cached_property
    def tests(self) -> tuple[TestSet, ...]:
        """The recipe's test set (``test``, whichever split it is), then the further ones."""
        train = self.target.splits["train"]
        found = [
            ("test", self.target.splits[self.recipe.target.split], self.recipe.target.script),
            *(
                (one.name, self.test_corpora[one.name].splits[one.split], one.script)
                for one in self.recipe.test_sets
            ),
        ]
        return tuple(
            TestSet(name, to_labelled(sentences, script), tuple(leaked(sentences, train)))
            for name, sentences, script in found
        )

    def n_in_sources(self, test: TestSet) -> int:
        """How many of its sentences stand in a source's train too, as the model sees them."""
        return sum(letters_key(words) in self._source_keys for words in test.labelled.words)

    @cached_property
    def target_validation(self) -> Labelled:
        """The target's validation sentences."""
        return to_labelled(self.target.splits["validation"], self.recipe.target.script)

    @cached_property
    def advice(self) -> tuple[str, ...]:
        """Sources that label what the others leave outside, and what can be done."""
        scripts = [source.script for source in self.recipe.sources]
        found = zip(self.recipe.sources, find_disagreement(self.sources, scripts), strict=True)
        return tuple(
            f"{source.path}: of {discord.n_entities:,} entities {discord.n_discordant:,} are words "
            "that the other sources leave outside; as the model sees them: "
            f"{', '.join(discord.examples)}. Where that is not what you want to find, set "
            "harmonise = true for this source."
            for source, discord in found
            if discord.share >= _DISCORDANT and not (source.harmonise or source.soft)
        )

    def target_train(self, seed: int) -> Labelled:
        """The target's training sentences; with ``max_train`` a draw that depends on the seed."""
        sentences = take(self.target.splits["train"], self.recipe.target.max_train, seed)
        return to_labelled(sentences, self.recipe.target.script)

    def source_train(self, seed: int) -> Labelled:
        """The mixture of the sources, in a random order fixed by the seed."""
        mixed = mix_sources(
            self._source_parts[0],
            [source.max_sentences for source in self.recipe.sources],
            seed,
            [source.repeat for source in self.recipe.sources],
        )
        return Labelled(tuple(mixed), tuple(self._words[id(sentence)] for sentence in mixed))

    @cached_property
    def source_validation(self) -> Labelled:
        """The sources' own validation sentences, an equal share of each.

        The transferred model is chosen on them, so that no target sentence influences a zero-shot
        score.
        """
        n_each = max(1, self.recipe.transfer.max_validation // len(self.sources))
        parts = [take(part, n_each, seed=0) for part in self._source_parts[1]]
        sentences = tuple(sentence for part in parts for sentence in part)
        return Labelled(sentences, tuple(self._words[id(sentence)] for sentence in sentences))

    @cached_property
    def _source_parts(self) -> tuple[list[Sequence[Sentence]], list[Sequence[Sentence]]]:
        """Training and validation sentences of every source."""
        train: list[Sequence[Sentence]] = [corpus.splits["train"] for corpus in self.sources]
        validation = [corpus.splits.get("validation", ()) for corpus in self.sources]
        # Sentences are held out only where no source has validation sentences of its own. They are
        # the last ones of each source, so every seed is chosen on the same sentences.
        if not any(validation):
            sizes = self._held_out_sizes()
            validation = [tuple(p[len(p) - n :]) for p, n in zip(train, sizes, strict=True)]
            train = [part[: len(part) - n] for part, n in zip(train, sizes, strict=True)]
        return train, [*validation]

    def _held_out_sizes(self) -> list[int]:
        """Of each source; none of those that models labelled, unless they labelled all."""
        sources = self.recipe.sources
        all_soft = all(source.soft for source in sources)
        return [
            max(1, round(len(corpus.splits["train"]) * _HELD_OUT))
            if all_soft or not source.soft
            else 0
            for source, corpus in zip(sources, self.sources, strict=True)
        ]

    @cached_property
    def _source_keys(self) -> frozenset[SentenceKey]:
        train = (sentence for corpus in self.sources for sentence in corpus.splits["train"])
        return frozenset(letters_key(self._words[id(sentence)]) for sentence in train)

    @cached_property
    def _words(self) -> dict[int, tuple[str, ...]]:
        """Words in model form by the identity of the sentence.

        Equal sentences of two sources may differ in script, so identity is the key, not equality.
        """
        return {
            id(sentence): tuple(words_to_model_form(sentence.words, source.script))
            for source, parts in zip(
                self.recipe.sources, zip(*self._source_parts, strict=True), strict=True
            )
            for part in parts
            for sentence in part
        }


def load_data(recipe: Recipe) -> ExperimentData:
    """Read all corpora of a recipe.

    Raises:
        CorpusError: a corpus cannot be read, or lacks a split or label the experiment needs.
    """
    target = _read(recipe, recipe.target)
    sources = [_read_source(recipe, source) for source in recipe.sources]
    test_corpora = {one.name: _read(recipe, one) for one in recipe.test_sets}
    needed = dict.fromkeys(("train", "validation", recipe.target.split))
    _need(target, recipe.resolve_path(recipe.target.path), tuple(needed))
    for one in recipe.test_sets:
        _need(test_corpora[one.name], recipe.resolve_path(one.path), (one.split,))
    return ExperimentData(recipe, target, _harmonise(recipe, sources), test_corpora)


def _harmonise(recipe: Recipe, sources: Sequence[Corpus]) -> tuple[Corpus, ...]:
    scripts = [source.script for source in recipe.sources]
    chosen = [source.harmonise for source in recipe.sources]
    harmonised = harmonise_corpora(sources, scripts, chosen)
    for corpus, settings in zip(harmonised, recipe.sources, strict=True):
        if settings.harmonise and not _has_entity(corpus.splits["train"]):
            raise CorpusError(
                f"{recipe.resolve_path(settings.path)}: harmonise left no entity in train; "
                "expected some that the other sources know. Remove harmonise, or remove this "
                "source."
            )
    return harmonised


def _read_source(recipe: Recipe, settings: SourceSettings) -> Corpus:
    corpus, place = _read(recipe, settings, lone_file="train"), recipe.resolve_path(settings.path)
    _need(corpus, place, ("train",))
    if settings.soft:
        corpus = with_probabilities(corpus, place, LabelSet(recipe.types).tags)
    if settings.lexicon is not None:
        lexicon = read_lexicon(find_lexicon(recipe.resolve_path(settings.lexicon)))
        corpus = apply_lexicon(corpus, lexicon, _LEXICON_SHARE)
    return drop_final_punctuation(corpus, settings.drop_final_punctuation)


def _read(recipe: Recipe, settings: CorpusSettings, *, lone_file: str = "test") -> Corpus:
    """A corpus; ``lone_file`` is the split of a single file whose name says none."""
    return read_corpus(
        recipe.resolve_path(settings.path),
        language=settings.language,
        scheme=settings.scheme,
        repair=settings.repair,
        type_map=recipe.type_map_of(settings),
        allowed_types=recipe.types,
        tag_names=settings.tag_names,
        lone_file=lone_file,
        columns=settings.columns,
        offsets=settings.offsets,
    )


def _need(corpus: Corpus, place: str, splits: Sequence[str]) -> None:
    """Sentences in all of these splits, and entities among them."""
    if missing := [split for split in splits if not corpus.splits.get(split)]:
        raise CorpusError(
            f"{place}: no sentences in {', '.join(missing)}; found "
            f"{', '.join(f'{name} ({len(s)})' for name, s in corpus.splits.items())}, expected "
            f"{', '.join(splits)}. {_remedy(place)}"
        )
    for split in splits:
        if not _has_entity(corpus.splits[split]):
            raise CorpusError(
                f"{place}: no entity in {split} ({len(corpus.splits[split])} sentences); expected "
                "tagged sentences. Check that the last column holds the tags."
            )


def _remedy(place: str) -> str:
    if Path(place).is_file():
        return f"Make a folder with these splits: nerbridge data split {place} --output DIR."
    return "Add the missing files."


def _has_entity(sentences: Sequence[Sentence]) -> bool:
    return any(tag != "O" for sentence in sentences for tag in sentence.tags)
