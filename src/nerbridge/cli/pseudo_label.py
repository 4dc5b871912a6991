"""``nerbridge pseudo-label``: raw text as training data, labelled by models."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerbridge import __version__
from nerbridge.batch.sources import Progress, describe_inputs, find_sources, refuse_own_output
from nerbridge.cli.console import (
    original_command,
    print_note,
    print_result,
    resume_hint,
    track,
)
from nerbridge.cli.options import (
    FieldOption,
    InputFormatOption,
    MapTypesOption,
    QuietOption,
    ThreadsOption,
    read_map_option,
)
from nerbridge.cli.unlabelled import Reading, say_what_was_left_out
from nerbridge.errors import EnvironmentProblem, InputError
from nerbridge.files import write_text

if TYPE_CHECKING:
    from nerbridge.batch.formats import InputFormat
    from nerbridge.corpus.sentence import Corpus, Sentence
    from nerbridge.labels import LabelSet
    from nerbridge.selection.pseudo_labels import ConfidenceThresholds, Reweight
    from nerbridge.selection.word_vectors import CountedText
    from nerbridge.tagging.backend import TaggerModel
    from nerbridge.type_maps import TypeMap

LABELLED, ORIGIN = "train.conll", "pseudo-labels.json"
_PARTS = ".parts"


def pseudo_label(
    inputs: Annotated[
        list[str], typer.Argument(help="Raw text (.txt with a text a line, .jsonl, .csv …), or -")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the corpus.")],
    model: Annotated[
        list[str],
        typer.Option(
            "--model",
            "-m",
            help="A model folder, bundled:as, or a hub id; give it once for each model.",
        ),
    ],
    n: Annotated[
        int, typer.Option("-n", min=1, help="Sentences to draw and label; fewer are kept.")
    ] = 24_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw.")] = 0,
    min_score: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="How probable every entity must be; default 0.5."),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            help="A corpus whose validation and test sentences are left out; may be repeated."
        ),
    ] = None,
    soft: Annotated[
        bool,
        typer.Option(
            "--soft",
            help="Keep unsure sentences with entities too, and how probable every tag is, for a "
            "source with soft = true.",
        ),
    ] = False,
    neighbours: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="How much of a say words that are used alike, all over the input, have beside the "
            "models: 0 none, 1 as much as they.",
        ),
    ] = 0.0,
    input_format: InputFormatOption = None,
    field: FieldOption = "text",
    map_types: MapTypesOption = None,
    threads: ThreadsOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the corpus if there is one.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Label raw text with several models and keep what they are together sure of.

    The folder goes into a recipe as one more source; pseudo-labels.json in it says how it was made.
    Name the transferred models of all seeds of a run: one alone would teach its own mistakes.
    Killed or interrupted, the same command goes on where it stopped.

    Example: nerbridge pseudo-label news.txt -m runs/a/models/transfer-13 -m
    runs/a/models/transfer-21 --leave-out bundled:as --output build/pseudo-as
    """
    said = label_text(
        inputs,
        output,
        model,
        n=n,
        seed=seed,
        min_score=min_score,
        leave_out={name: [*_read_held_out(name)] for name in leave_out or ()},
        soft=soft,
        neighbours=neighbours,
        input_format=input_format,
        field=field,
        type_map=read_map_option(map_types),
        threads=threads,
        overwrite=overwrite,
        quiet=quiet,
    )
    print_result(said)


def label_text(
    inputs: Sequence[str],
    output: Path,
    model: Sequence[str],
    *,
    n: int,
    seed: int,
    soft: bool,
    neighbours: float,
    leave_out: Mapping[str, Sequence[Sequence[str]]],
    min_score: float | None = None,
    input_format: InputFormat | None = None,
    field: str = "text",
    type_map: TypeMap | None = None,
    threads: int | None = None,
    overwrite: bool = False,
    quiet: bool = False,
) -> str:
    """Write the corpus, and say in a line what is in it.

    Args:
        leave_out: words of the sentences to leave out, by the name of their corpus.

    The others are those of the command.
    """
    if soft and min_score is not None:
        raise InputError(
            "--soft keeps sentences however sure they are, and --min-score says how sure they must "
            "be; expected one of them."
        )
    if len(set(model)) < len(model):
        raise InputError(f"--model {', '.join(model)}: expected each model once.")
    text = _counted_text(neighbours)
    sources = find_sources(inputs, input_format, output=output)
    check_output(output, overwrite=overwrite)
    refuse_own_output(sources, output / LABELLED)
    described = describe_inputs(sources)
    from nerbridge.batch.records import read_records
    from nerbridge.corpus.reading import build_corpus
    from nerbridge.selection.prediction_cache import PredictionCache
    from nerbridge.selection.pseudo_labels import (
        MAX_WORDS,
        ConfidenceThresholds,
        Ensemble,
        draw,
        leave_out_known,
    )
    from nerbridge.selection.pseudo_labels import pseudo_label as label_sentences
    from nerbridge.selection.suggesting import leave_out_unfit
    from nerbridge.tagging.tagger import Tagger

    held_out = [words for sentences in leave_out.values() for words in sentences]
    ensemble = Ensemble(
        [Tagger.load(name, n_threads=threads, map_types=type_map).model for name in model]
    )
    _say_which_are_not_zero_shot(ensemble.models, quiet=quiet)
    progress, losses, reading = Progress(), Counter[str](), Reading()
    records = read_records(sources, field=field, by_line=True, progress=progress)
    unlabelled = track(reading.split(records), "Reading", quiet=quiet)
    fit = leave_out_unfit(unlabelled, ensemble.models[0], losses, max_words=MAX_WORDS)
    thresholds = (
        ConfidenceThresholds() if min_score is None else ConfidenceThresholds(entity=min_score)
    )
    known = PredictionCache(output / _PARTS, _decided_by(model, type_map))
    with resume_hint(original_command(), "What was labelled is kept."), known.locked():
        wanted = leave_out_known(fit, held_out, losses)
        drawn = draw(text.read(wanted) if text else wanted, n, seed)
        reconsider = None
        if text and drawn:
            reconsider = _asking_neighbours(text, ensemble.label_set, neighbours, quiet=quiet)
        labelled = label_sentences(
            ensemble,
            track(drawn, "Labelling", total=len(drawn), quiet=quiet),
            thresholds,
            soft=soft,
            losses=losses,
            known=known,
            reconsider=reconsider,
        )
        say_what_was_left_out(losses, progress, quiet=quiet)
        if not labelled:
            raise _no_entity(inputs, reading.n_sentences, len(drawn), known.folder, soft=soft)
        entities = _count_entities(labelled)
        corpus = build_corpus(output.name, "und", {"train": labelled})
        origin = {
            "nerbridge": __version__,
            "models": [_describe_model(teacher) for teacher in ensemble.models],
            "type_map": dict(type_map or {}),
            "inputs": described,
            "left_out": {"corpora": list(leave_out), "n_sentences": len(held_out)},
            "n_read": reading.n_sentences,
            "n": n,
            "n_drawn": len(drawn),
            "seed": seed,
            "thresholds": _thresholds(thresholds, soft=soft),
            "soft": soft,
            "neighbours": {"weight": neighbours, "n_words": text.n_words if text else 0},
            "losses": {**progress.remarks, **losses},
            "n_sentences": len(labelled),
            "entities": entities,
            "sha256": corpus.sha256,
        }
        _write(output, corpus, origin, ensemble.label_set.tags if soft else None)
        known.remove()
    counted = ", ".join(f"{count:,} {type_}" for type_, count in entities.items())
    print_note(counted, quiet=quiet)
    return (
        f"{output / LABELLED}: {len(labelled):,} sentences of {reading.n_sentences:,}, "
        f"{len(drawn):,} drawn"
    )


def _counted_text(neighbours: float) -> CountedText | None:
    """What counts the words of the input, where their neighbours are to have a say."""
    if not neighbours:
        return None
    try:
        from nerbridge.selection.word_vectors import CountedText
    except ModuleNotFoundError as error:
        raise EnvironmentProblem(
            f"--neighbours needs {error.name}, which is not installed. "
            "Install it with: pip install 'nerbridge[train]'"
        ) from error
    return CountedText()


def _asking_neighbours(
    text: CountedText, label_set: LabelSet, weight: float, *, quiet: bool
) -> Reweight:
    """What lets the neighbours of words have a say, by the whole text that was read."""
    from nerbridge.selection.neighbours import weigh_by_neighbours

    print_note("learning which words are used alike", quiet=quiet)
    vectors = text.vectors()
    return lambda words, p: weigh_by_neighbours(words, p, vectors, label_set, weight)


def _no_entity(
    inputs: Sequence[str], n_read: int, n_drawn: int, folder: Path, *, soft: bool
) -> InputError:
    """Why there is no corpus; ``folder`` keeps what the models said."""
    or_score = "" if soft else " and --min-score"
    return InputError(
        f"{', '.join(inputs)}: {n_read:,} sentences, {n_drawn:,} of them fit and drawn, in none of "
        f"which the models {'find' if soft else 'are sure of'} an entity. Check that it is text of "
        f"their language, --field, -n{or_score}; what they said of these sentences is kept in "
        f"{folder}."
    )


def _write(
    output: Path, corpus: Corpus, origin: Mapping[str, Any], soft_tags: Sequence[str] | None
) -> None:
    """Write the corpus, how it was made and, of ``soft_tags``, how probable each was.

    The sentences last: while they are not there, the same command may be given again.
    """
    from nerbridge.corpus.probabilities import PROBABILITIES_FILE, write_probabilities
    from nerbridge.corpus.writing import write_corpus

    write_text(output / ORIGIN, json.dumps(origin, ensure_ascii=False, indent=1) + "\n")
    if soft_tags is not None:
        write_probabilities(output, corpus, soft_tags)
    write_corpus(corpus, output)
    if soft_tags is None:
        (output / PROBABILITIES_FILE).unlink(missing_ok=True)


def _thresholds(thresholds: ConfidenceThresholds, *, soft: bool) -> dict[str, float]:
    """Those that were used."""
    unused = ("entity", "word") if soft else ()
    return {key: value for key, value in asdict(thresholds).items() if key not in unused}


def check_output(output: Path, *, overwrite: bool) -> None:
    """Refuse, before hours of labelling, a folder that cannot be written or is in use."""
    there = next(path for path in (output, *output.absolute().parents) if path.exists())
    if not there.is_dir():
        raise InputError(f"--output {output}: {there} is a file, expected a folder. Name another.")
    if not os.access(there, os.W_OK):
        raise InputError(f"--output {output}: {there} cannot be written. Choose another folder.")
    from nerbridge.corpus.reading import split_of

    found = {path.name for path in output.glob("*") if split_of(path)}
    if found - {LABELLED} or (found and not (output / ORIGIN).exists()):
        raise InputError(
            f"--output {output}: {', '.join(sorted(found))} is there, a corpus of another origin; "
            "expected a new folder. Choose another name."
        )
    if found and not overwrite:
        raise InputError(
            f"--output {output}: there is a {LABELLED} already. Choose another folder, or replace "
            "it: --overwrite."
        )


def _read_held_out(name: str) -> Iterator[Sequence[str]]:
    from nerbridge.corpus.reading import read_raw_corpus

    splits = read_raw_corpus(name).splits
    held_out = [split for split in splits if split != "train"]
    if not held_out:
        raise InputError(
            f"--leave-out {name}: no validation or test sentences, only {', '.join(splits)}; "
            "expected a corpus that has some. Name the folder that holds them."
        )
    for split in held_out:
        yield from (sentence.words for sentence in splits[split].sentences)


def _describe_model(teacher: TaggerModel) -> dict[str, Any]:
    known = {key: teacher.manifest.get(key) for key in ("row", "seed", "recipe", "recipe_sha256")}
    return {"name": teacher.name, **{key: value for key, value in known.items() if value}}


def _decided_by(models: Sequence[str], type_map: TypeMap | None) -> str:
    """What the probabilities of a sentence's tags depend on, as a key."""
    from nerbridge.batch.shards import hash_folder
    from nerbridge.tagging.model_folder import find_model

    hashes = [hash_folder(find_model(name).path) for name in models]
    return json.dumps([__version__, hashes, *([type_map] if type_map else [])])


def _say_which_are_not_zero_shot(ensemble: Sequence[TaggerModel], *, quiet: bool) -> None:
    seen = [teacher.name for teacher in ensemble if teacher.manifest.get("row") != "transfer"]
    if seen:
        print_note(
            f"{', '.join(seen)}: not the transferred model of a run. What learns from its labels "
            "is zero-shot only if it has seen no labelled text of the target language.",
            quiet=quiet,
        )


def _count_entities(labelled: Sequence[Sentence]) -> dict[str, int]:
    tags = Counter(tag for sentence in labelled for tag in sentence.tags)
    return {tag[2:]: n for tag, n in sorted(tags.items()) if tag.startswith("B-")}
