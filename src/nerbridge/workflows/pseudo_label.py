"""Raw text as training data, labelled by models: what ``nerbridge pseudo-label`` does."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerbridge import __version__
from nerbridge.batch.formats import InputFormat
from nerbridge.batch.records import read_records
from nerbridge.batch.shards import hash_folder
from nerbridge.batch.sources import (
    Inputs,
    Progress,
    describe_inputs,
    find_sources,
    list_inputs,
    refuse_own_output,
)
from nerbridge.corpus.probabilities import PROBABILITIES_FILE, write_probabilities
from nerbridge.corpus.reading import build_corpus, read_raw_corpus, split_of
from nerbridge.corpus.sentence import Corpus, Probabilities, Sentence
from nerbridge.corpus.writing import write_corpus
from nerbridge.errors import InputError, missing_extra
from nerbridge.files import write_text
from nerbridge.models.loading import load_classifier
from nerbridge.models.word_model import TokenClassifier
from nerbridge.selection import pseudo_labels
from nerbridge.selection.prediction_cache import PredictionCache
from nerbridge.selection.pseudo_labels import MAX_WORDS, ConfidenceThresholds, Ensemble
from nerbridge.selection.suggesting import UnlabelledSentence, leave_out_unfit
from nerbridge.type_maps import TypeMap
from nerbridge.workflows.inputs import SentenceReader, note_left_out
from nerbridge.workflows.progress import Kept, Listener, Note, ignore, track

if TYPE_CHECKING:
    from nerbridge.selection.word_vectors import CountedText

LABELLED, ORIGIN = "train.conll", "pseudo-labels.json"
_PARTS = ".parts"

HeldOut = Mapping[str, Sequence[Sequence[str]]]
"""Words of the sentences to leave out, by the name of their corpus."""


@dataclass(frozen=True)
class PseudoLabelled:
    """The corpus that was written.

    Of ``n_read`` sentences ``n_drawn`` were in the random sample, and ``n_sentences`` of those
    were labelled and kept. ``entities`` counts them by type, ``losses`` what was left out.
    """

    path: Path
    n_read: int
    n_drawn: int
    n_sentences: int
    entities: Mapping[str, int]
    losses: Mapping[str, int]

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.n_sentences:,} sentences of {self.n_read:,}, "
            f"{self.n_drawn:,} sampled"
        )


@dataclass(frozen=True)
class PseudoLabelOptions:
    """Which sentences are sampled, and which of the labelled ones are kept.

    ``n`` sentences are sampled with the random ``seed``. ``soft`` keeps unsure sentences with
    entities too, and how probable every tag is. ``neighbours`` is the weight of words that are
    used alike, from 0 to 1. ``min_score`` says how probable every entity must be, not with
    ``soft``.
    """

    n: int = 24_000
    seed: int = 0
    soft: bool = False
    neighbours: float = 0.0
    min_score: float | None = None

    @property
    def thresholds(self) -> ConfidenceThresholds:
        """How probable labels must be to be kept."""
        if self.min_score is None:
            return ConfidenceThresholds()
        return ConfidenceThresholds(entity=self.min_score)

    def used_thresholds(self) -> dict[str, float]:
        """The thresholds by name; soft labels do not use all of them."""
        unused = ("entity", "word") if self.soft else ()
        return {key: n for key, n in asdict(self.thresholds).items() if key not in unused}


DEFAULT_OPTIONS = PseudoLabelOptions()


def pseudo_label(
    inputs: Inputs,
    output: str | Path,
    models: Sequence[str | Path],
    options: PseudoLabelOptions = DEFAULT_OPTIONS,
    *,
    held_out: HeldOut | None = None,
    input_format: InputFormat | None = None,
    field: str = "text",
    map_types: TypeMap | None = None,
    n_threads: int | None = None,
    overwrite: bool = False,
    listen: Listener = ignore,
) -> PseudoLabelled:
    """Label raw text with several models, and keep the sentences that they are sure of.

    What was labelled is kept if the job ends early; the same call goes on from it.

    Args:
        inputs: files of raw text; ``-`` is standard input.
        output: the folder of the corpus.
        models: folders, ``bundled:as`` or hub ids; each once.
        options: which sentences are sampled and kept.
        held_out: sentences to leave out, such as those of test sets.
        input_format: of every input; None: by its ending.
        field: where the text of a record is.
        map_types: other names of the entity types.
        n_threads: processor cores to use; None: all.
        overwrite: replace the corpus if there is one.
        listen: told what is done, left out and kept.

    Raises:
        InputError: an argument cannot be used, or the models find nothing.
        ModelError: a model cannot be loaded.
        RunError: another process writes the same corpus.
        EnvironmentProblem: a library is missing, or the folder cannot be written.
    """
    output, model_names = Path(output), [str(model) for model in models]
    _check_options(model_names, options)
    text = _counted_text(options.neighbours)
    sources = find_sources(inputs, input_format, output=output)
    check_corpus_folder(output, overwrite=overwrite)
    # An input in the place of the output would be overwritten by its own labels.
    refuse_own_output(sources, output / LABELLED)
    described, held_out = describe_inputs(sources), held_out or {}
    known_words = [words for sentences in held_out.values() for words in sentences]
    ensemble = Ensemble(
        [load_classifier(name, n_threads=n_threads, type_map=map_types) for name in model_names]
    )
    _note_which_are_not_zero_shot(ensemble.models, listen)
    progress, losses, reader = Progress(), Counter[str](), SentenceReader()
    records = read_records(sources, field=field, by_line=True, progress=progress)
    unlabelled = track(reader.split(records), "sentences read", listen)
    fit = leave_out_unfit(unlabelled, ensemble.models[0], losses, max_words=MAX_WORDS)
    cache = PredictionCache(output / _PARTS, _describe_predictions(ensemble.models, map_types))
    # From here on the cache has what the models said; the same call finds it there.
    listen(Kept("Labelled sentences are kept."))
    with cache.locked():
        wanted = pseudo_labels.leave_out_known(fit, known_words, losses)
        # Words that are used alike are learned from all sentences, not only from the sample.
        wanted = text.read(wanted) if text else wanted
        sample = pseudo_labels.draw(wanted, options.n, options.seed)
        labelled = _label(sample, ensemble, options, text, losses, cache, listen)
        note_left_out(losses, progress, listen)
        if not labelled:
            raise _no_entity(
                list_inputs(inputs), reader.n_sentences, len(sample), cache.folder, options
            )
        entities = Counter(tag[2:] for s in labelled for tag in s.tags if tag.startswith("B-"))
        counts = dict(sorted(entities.items()))
        corpus = build_corpus(output.name, "und", {"train": labelled})
        origin = {
            "nerbridge": __version__,
            "models": [_describe_model(model) for model in ensemble.models],
            "type_map": dict(map_types or {}),
            "inputs": described,
            "left_out": {"corpora": list(held_out), "n_sentences": len(known_words)},
            "n_read": reader.n_sentences,
            "n": options.n,
            "n_drawn": len(sample),
            "seed": options.seed,
            "thresholds": options.used_thresholds(),
            "soft": options.soft,
            "neighbours": {"weight": options.neighbours, "n_words": text.n_words if text else 0},
            "losses": {**progress.remarks, **losses},
            "n_sentences": len(labelled),
            "entities": counts,
            "sha256": corpus.sha256,
        }
        _write(output, corpus, origin, ensemble.label_set.tags if options.soft else None)
        # Only when the corpus is on disk: until then the cache is all that is kept.
        cache.remove()
    listen(Note(", ".join(f"{count:,} {type_}" for type_, count in counts.items())))
    return PseudoLabelled(
        output / LABELLED, reader.n_sentences, len(sample), len(labelled), counts, dict(losses)
    )


def read_held_out(names: Sequence[str]) -> HeldOut:
    """The validation and test sentences of corpora, as words.

    Raises:
        InputError: a corpus has none.
    """
    found: dict[str, list[Sequence[str]]] = {}
    for name in names:
        splits = read_raw_corpus(name).splits
        held_out = [split for split in splits if split != "train"]
        if not held_out:
            raise InputError(
                f"--leave-out {name}: no validation or test sentences, only {', '.join(splits)}; "
                "expected a corpus with some. Name the folder that contains them."
            )
        found[name] = [s.words for split in held_out for s in splits[split].sentences]
    return found


def _check_options(models: Sequence[str], options: PseudoLabelOptions) -> None:
    if options.soft and options.min_score is not None:
        raise InputError(
            "--soft and --min-score: expected one of them. --soft keeps unsure sentences; "
            "--min-score drops them."
        )
    if len(set(models)) < len(models):
        raise InputError(f"--model {', '.join(models)}: expected each model once.")


def _counted_text(neighbours: float) -> CountedText | None:
    """What counts the words of the input, where words used alike have a weight."""
    if not neighbours:
        return None
    try:
        from nerbridge.selection.word_vectors import CountedText
    except ModuleNotFoundError as error:
        raise missing_extra("--neighbours needs", error.name, "train") from error
    return CountedText()


def _label(
    sample: Sequence[UnlabelledSentence],
    ensemble: Ensemble,
    options: PseudoLabelOptions,
    text: CountedText | None,
    losses: Counter[str],
    cache: PredictionCache,
    listen: Listener,
) -> list[Sentence]:
    reweight = None
    # The words are counted by now: drawing the sample has read the input to its end.
    if text and sample:
        from nerbridge.selection.neighbours import weigh_by_neighbours

        listen(Note("learning which words are used in similar ways"))
        vectors, labels, weight = text.vectors(), ensemble.label_set, options.neighbours

        def reweight(words: list[Sequence[str]], p: list[Probabilities]) -> list[Probabilities]:
            return weigh_by_neighbours(words, p, vectors, labels, weight)

    return pseudo_labels.pseudo_label(
        ensemble,
        track(sample, "sentences labelled", listen, len(sample)),
        options.thresholds,
        soft=options.soft,
        losses=losses,
        known=cache,
        reconsider=reweight,
    )


def _no_entity(
    inputs: Sequence[str],
    n_read: int,
    n_drawn: int,
    folder: Path,
    options: PseudoLabelOptions,
) -> InputError:
    """Why there is no corpus; ``folder`` keeps what the models said."""
    found, or_score = ("find", "") if options.soft else ("are sure of", " and --min-score")
    return InputError(
        f"{', '.join(inputs)}: {n_read:,} sentences, {n_drawn:,} of them sampled. The models "
        f"{found} an entity in none of them. Check the language of the text, --field, "
        f"-n{or_score}. The labelled sentences are kept in {folder}."
    )


def _write(
    output: Path, corpus: Corpus, origin: Mapping[str, Any], soft_tags: Sequence[str] | None
) -> None:
    """Write the corpus, how it was made and, with ``soft_tags``, how probable each tag was."""
    write_text(output / ORIGIN, json.dumps(origin, ensure_ascii=False, indent=1) + "\n")
    if soft_tags is not None:
        write_probabilities(output, corpus, soft_tags)
    # The sentences come last: while they are missing, the same command may be given again.
    write_corpus(corpus, output)
    # Probabilities of a corpus that was here before belong to other sentences.
    if soft_tags is None:
        (output / PROBABILITIES_FILE).unlink(missing_ok=True)


def check_corpus_folder(output: Path, *, overwrite: bool) -> None:
    """Refuse, before hours of labelling, a folder that cannot be written or is in use."""
    # The folder may not exist yet: its nearest parent that does decides.
    there = next(path for path in (output, *output.absolute().parents) if path.exists())
    if not there.is_dir():
        raise InputError(
            f"--output {output}: {there} is a file, expected a folder. Choose another folder."
        )
    if not os.access(there, os.W_OK):
        raise InputError(f"--output {output}: {there} cannot be written. Choose another folder.")
    found = {path.name for path in output.glob("*") if split_of(path)}
    # Without its origin file even a train.conll is the work of somebody else.
    if found - {LABELLED} or (found and not (output / ORIGIN).exists()):
        raise InputError(
            f"--output {output}: {', '.join(sorted(found))} exists and belongs to another corpus; "
            "expected a new folder. Choose another folder."
        )
    if found and not overwrite:
        raise InputError(
            f"--output {output}: {LABELLED} exists already. Choose another folder, or replace the "
            "file with --overwrite."
        )


def _describe_model(model: TokenClassifier) -> dict[str, Any]:
    keys = {"system", "seed", "recipe", "recipe_sha256"}
    known = model.manifest.model_dump(include=keys, exclude_none=True) if model.manifest else {}
    return {"name": model.name, **known}


def _describe_predictions(models: Sequence[TokenClassifier], map_types: TypeMap | None) -> str:
    """All that the probabilities of a sentence's tags depend on, as a key of the cache."""
    # Hashes, not names: a model may be trained again in the same folder.
    hashes = [hash_folder(model.folder) for model in models]
    return json.dumps([__version__, hashes, *([map_types] if map_types else [])])


def _system(model: TokenClassifier) -> str | None:
    return model.manifest.system if model.manifest else None


def _note_which_are_not_zero_shot(models: Sequence[TokenClassifier], listen: Listener) -> None:
    seen = [model.name for model in models if _system(model) != "transfer"]
    if seen:
        listen(
            Note(
                f"{', '.join(seen)}: not the transferred model of a run. A model trained on its "
                "labels is zero-shot only if this model has seen no labelled text of the target "
                "language."
            )
        )
