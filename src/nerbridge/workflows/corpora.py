"""Labelled corpora read, audited, converted and compared: what ``nerbridge data`` does."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from nerbridge.corpus.audit import Audit, audit
from nerbridge.corpus.harmonising import Disagreement, find_disagreement
from nerbridge.corpus.lexicon import apply_lexicon, count_words, find_lexicon, read_lexicon
from nerbridge.corpus.sentence import Corpus
from nerbridge.corpus.writing import check_files, choose_files, write_sentences
from nerbridge.errors import InputError
from nerbridge.labels import Scheme
from nerbridge.text.script import SCRIPTS
from nerbridge.workflows.labelled import DEFAULT_OPTIONS, CorpusOptions, note_losses
from nerbridge.workflows.progress import Listener, Note, ignore


@dataclass(frozen=True)
class SplitSize:
    """How much there is in a split of a corpus; the most frequent type comes first."""

    corpus: str
    sha256: str
    split: str
    n_sentences: int
    n_words: int
    n_entities: int
    type_counts: Mapping[str, int]


@dataclass(frozen=True)
class CorpusDisagreement:
    """How far a corpus labels what the other corpora leave outside."""

    corpus: str
    path: str
    found: Disagreement


@dataclass(frozen=True)
class MissingWords:
    """The most frequent words that a lexicon does not have.

    The shares are of all words outside of entities: those in the lexicon, and those listed here.
    """

    words: tuple[str, ...]
    n_words: int
    known_share: float
    listed_share: float


def read_corpora(
    paths: Sequence[str], options: CorpusOptions = DEFAULT_OPTIONS, listen: Listener = ignore
) -> list[Corpus]:
    """Read corpora, and tell what was repaired, renamed or dropped."""
    corpora = []
    for path in paths:
        listen(Note(f"Reading {path} …"))
        corpora.append(options.read(path))
        note_losses(corpora[-1], listen)
    return corpora


def count_splits(corpus: Corpus) -> list[SplitSize]:
    """The sizes of the splits of a corpus."""
    sizes = []
    for split, sentences in corpus.splits.items():
        types = Counter(tag[2:] for s in sentences for tag in s.tags if tag.startswith("B-"))
        n_words = sum(len(sentence.words) for sentence in sentences)
        counts = dict(types.most_common())
        sizes.append(
            SplitSize(
                corpus.name, corpus.sha256, split, len(sentences), n_words, types.total(), counts
            )
        )
    return sizes


def audit_corpora(
    paths: Sequence[str],
    options: CorpusOptions = DEFAULT_OPTIONS,
    *,
    tokenizer: Path | None = None,
    plots: Path | None = None,
    listen: Listener = ignore,
) -> list[Audit]:
    """Count, and find invalid tags, duplicates and sentences that two splits share.

    Args:
        paths: the corpora.
        options: how they are read; invalid tags are reported, never repaired.
        tokenizer: a folder with tokenizer.json, to count subwords with.
        plots: a folder to write figures to.
        listen: told what is audited and written.

    Raises:
        CorpusError: a corpus cannot be read.
        InputError: the tokenizer cannot be read.
    """
    loaded, audits = None if tokenizer is None else _read_tokenizer(tokenizer), []
    for path in paths:
        listen(Note(f"Auditing {path} …"))
        audits.append(
            audit(
                path,
                scheme=options.scheme,
                type_map=options.type_map,
                tokenizer=loaded,
                columns=options.columns,
                offsets=options.offsets,
            )
        )
    if plots is not None:
        _write_plots(audits, plots, listen)
    return audits


def convert_corpus(
    source: str,
    target: Path,
    options: CorpusOptions = DEFAULT_OPTIONS,
    *,
    to_scheme: Scheme = Scheme.IOB2,
    format: str | None = None,
    lexicon: str | None = None,
    overwrite: bool = False,
    listen: Listener = ignore,
) -> list[Path]:
    """Write a corpus in another format, scheme or set of types; returns the files.

    Args:
        source: the corpus.
        target: a folder, or a file if the corpus has one split.
        options: how the corpus is read.
        to_scheme: the tagging scheme to write.
        format: conll, jsonl, csv or parquet; None: by the ending of ``target``.
        lexicon: words of another language to write instead.
        overwrite: replace files that exist.
        listen: told what was repaired, renamed or dropped.

    Raises:
        CorpusError: the corpus cannot be read.
        InputError: the target cannot be used.
    """
    corpus = options.read(source)
    if lexicon is not None:
        corpus = apply_lexicon(corpus, read_lexicon(find_lexicon(lexicon)))
    files, format = choose_files(corpus, target, format)
    # All files before the first is written, so that none is replaced in vain.
    check_files(files.values(), overwrite=overwrite)
    for split, path in files.items():
        write_sentences(path, corpus.splits[split], format, scheme=to_scheme)
    note_losses(corpus, listen)
    return list(files.values())


def find_disagreements(
    paths: Sequence[str],
    options: CorpusOptions = DEFAULT_OPTIONS,
    *,
    script: str | None = None,
    listen: Listener = ignore,
) -> list[CorpusDisagreement]:
    """Which corpora label entities that the other corpora leave outside.

    Args:
        paths: two corpora or more, each with training sentences.
        options: how they are read.
        script: the script in which words are compared; None: as they are written.
        listen: told what is read, repaired or dropped.

    Raises:
        InputError: there are fewer than two corpora, no such script, or no training sentences.
    """
    if len(set(paths)) < max(len(paths), 2):
        raise InputError(
            f"{' '.join(paths)}: expected two or more different corpora. Name each corpus once."
        )
    if script is not None and script not in SCRIPTS:
        raise InputError(f"--script {script}: expected one of {', '.join(SCRIPTS)}.")
    corpora = read_corpora(paths, options, listen)
    for path, corpus in zip(paths, corpora, strict=True):
        if not corpus.splits.get("train"):
            raise InputError(
                f"{path}: found the splits {', '.join(corpus.splits)}, expected training "
                "sentences. Name a folder with a train file."
            )
    found = find_disagreement(corpora, [script] * len(corpora))
    return [
        CorpusDisagreement(corpus.name, path, disagreement)
        for path, corpus, disagreement in zip(paths, corpora, found, strict=True)
    ]


def find_missing_words(
    paths: Sequence[str],
    options: CorpusOptions = DEFAULT_OPTIONS,
    *,
    lexicon: str | None = None,
    n: int = 500,
) -> MissingWords:
    """The ``n`` most frequent words of training sentences that a lexicon does not have.

    Words inside of entities do not count. A corpus without training sentences gives those of its
    first split.
    """
    known = None if lexicon is None else read_lexicon(find_lexicon(lexicon))
    splits = [options.read(path).splits for path in paths]
    train = (s for parts in splits for s in parts.get("train") or next(iter(parts.values())))
    missing, n_known = count_words(train, known)
    listed, n_words = missing.most_common(n), n_known + missing.total()
    return MissingWords(
        tuple(word for word, _ in listed),
        n_words,
        n_known / max(n_words, 1),
        sum(count for _, count in listed) / max(n_words, 1),
    )


def _read_tokenizer(folder: Path) -> Tokenizer:
    file = folder / "tokenizer.json" if folder.is_dir() else folder
    if not file.is_file():
        raise InputError(
            f"{folder}: no tokenizer.json; expected the folder of a model or tokenizer. "
            "Check the path."
        )
    try:
        # Looked at before the library reads it, whose error would not say what to do.
        content = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        content = error
    if not (isinstance(content, dict) and isinstance(content.get("model"), dict)):
        raise InputError(
            f"{file}: not a tokenizer ({content!r:.60}); expected a file of the tokenizers "
            "library. Save it again with tokenizer.save_pretrained."
        )
    return Tokenizer.from_file(str(file))


def _write_plots(audits: Sequence[Audit], folder: Path, listen: Listener) -> None:
    from nerbridge.report.audit_plots import plot_audit

    for found in audits:
        # Names such as bundled:as or owner/name are no names of folders.
        name = found.name.replace(":", "_").replace("/", "_")
        target = folder if len(audits) == 1 else folder / name
        for path in plot_audit(found.to_dict(), target):
            listen(Note(f"Wrote {path}"))
