"""Encoders measured before anything is trained on them: what ``nerbridge encoder probe`` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nerbridge.corpus.reading import read_corpus
from nerbridge.labels import tags_to_spans
from nerbridge.models.probe import (
    ProbedEncoder,
    Size,
    Speed,
    SubwordCounts,
    count_subwords,
    load_probed,
    measure_size,
    measure_speed,
)
from nerbridge.models.probe_masking import MaskedAccuracy, score_masked_words
from nerbridge.models.probe_names import (
    NearestNames,
    PairRetrieval,
    find_nearest_names,
    read_gazetteer,
    score_retrieval,
)
from nerbridge.workflows.progress import Listener, Note, ignore, track

BUNDLED_TEXTS = {"as": "bundled:as", "bn": "bundled:bn", "hi": "bundled:hi"}


@dataclass(frozen=True)
class ProbeText:
    """A language's sentences, as words, and its entity mentions, words joined by spaces."""

    sentences: list[tuple[str, ...]]
    mentions: list[str]


@dataclass(frozen=True)
class EncoderProbe:
    """What was measured of one encoder; None where it could not be measured or was not asked for.

    ``masked_words_missing`` says why no masked words were guessed.
    """

    model: str
    script: str | None
    size: Size
    subwords: Mapping[str, SubwordCounts]
    masked_words: Mapping[str, MaskedAccuracy | None] | None
    masked_words_missing: str | None
    nearest_names: NearestNames | None
    retrieval: Sequence[PairRetrieval] | None
    speed: Speed


def probe_encoders(
    models: Sequence[str],
    scripts: Sequence[str | None],
    texts: Mapping[str, str],
    *,
    gazetteer: Path | None = None,
    listen: Listener = ignore,
) -> list[EncoderProbe]:
    """Measure encoders on the same texts.

    Args:
        models: ``bundled:mini``, folders or hub ids.
        scripts: for each model, the script that its words are written in; None: as they are.
        texts: a labelled corpus for each language; the speed is measured on the first.
        gazetteer: a table with names side by side, a column for each language.
        listen: told what is measured.

    Raises:
        CorpusError: a text cannot be read.
        InputError: the gazetteer cannot be read.
        ModelError: an encoder cannot be loaded.
    """
    names = None if gazetteer is None else read_gazetteer(gazetteer, list(texts))
    read = {language: read_text(corpus) for language, corpus in texts.items()}
    probes = []
    for model, script in zip(models, scripts, strict=True):
        listen(Note(f"probing {model} …"))
        probes.append(_probe(load_probed(model, script), model, read, names, listen))
    return probes


def read_text(corpus: str) -> ProbeText:
    """The sentences and mentions of all splits of a corpus."""
    sentences = [sentence for split in read_corpus(corpus).splits.values() for sentence in split]
    mentions = [
        " ".join(sentence.words[span.start_word : span.end_word])
        for sentence in sentences
        for span in tags_to_spans(sentence.tags)
    ]
    # Sentences that stand in several splits, or twice, count once.
    return ProbeText(list(dict.fromkeys(sentence.words for sentence in sentences)), mentions)


def _probe(
    probed: ProbedEncoder,
    model: str,
    texts: Mapping[str, ProbeText],
    gazetteer: Mapping[str, Sequence[str]] | None,
    listen: Listener,
) -> EncoderProbe:
    first = next(iter(texts))
    masked_words = nearest = None
    if probed.head_fault is None:
        # Masked words take most of the time, so their progress is shown.
        languages = track(texts.items(), "languages with masked words", listen, len(texts))
        masked_words = {
            language: score_masked_words(probed, text.sentences) for language, text in languages
        }
    # The nearest names are those of other languages.
    if len(texts) > 1:
        mentions = {language: text.mentions for language, text in texts.items()}
        nearest = find_nearest_names(probed, first, mentions)
    return EncoderProbe(
        model,
        probed.script,
        measure_size(probed),
        {language: count_subwords(probed, text.sentences) for language, text in texts.items()},
        masked_words,
        probed.head_fault,
        nearest,
        None if gazetteer is None else score_retrieval(probed, gazetteer),
        measure_speed(probed, texts[first].sentences),
    )
