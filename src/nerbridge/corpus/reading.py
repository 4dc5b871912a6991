"""Read a corpus from a folder, a file, the hub, another address, or the package."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nerbridge.corpus.brat import has_annotations, read_brat
from nerbridge.corpus.cleaning import clean_sentences
from nerbridge.corpus.conll import read_conll
from nerbridge.corpus.csv_table import is_table, read_csv
from nerbridge.corpus.files import read_text
from nerbridge.corpus.hf_records import NAME_FILES
from nerbridge.corpus.hub import read_hub
from nerbridge.corpus.jsonl import read_jsonl
from nerbridge.corpus.layout import Layout, parse_columns
from nerbridge.corpus.marked_html import read_marked_html
from nerbridge.corpus.parquet import read_parquet
from nerbridge.corpus.raw import RawSplit
from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.errors import CorpusError, InputError
from nerbridge.io.compressed import name_of_content
from nerbridge.io.hub_files import is_hub_path, parse_hub_path
from nerbridge.io.lines import split_lines
from nerbridge.io.offset_unit import OffsetUnit
from nerbridge.io.remote import fetch, is_address
from nerbridge.labels import Scheme
from nerbridge.type_maps import TypeMapSpec, read_type_map

SPLITS = ("train", "validation", "test")
_SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "dev": "validation",
    "test": "test",
}
_CONLL_SUFFIXES = (".conll", ".conllu", ".txt", ".tsv", ".iob2", ".iob", ".bio")
_JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
_HTML_SUFFIXES = (".html", ".htm")
_BRAT_SUFFIX = ".ann"
SUFFIXES = (*_CONLL_SUFFIXES, *_JSON_SUFFIXES, ".csv", ".parquet", *_HTML_SUFFIXES, _BRAT_SUFFIX)
_BUNDLED = Path(__file__).parent / "bundled"


@dataclass(frozen=True)
class RawCorpus:
    """A corpus as it is on disk: its own scheme and types, nothing repaired or mapped."""

    name: str
    splits: Mapping[str, RawSplit]
    revision: str | None = None
    losses: Mapping[str, int] = field(default_factory=dict)


def read_corpus(
    spec: str | Path,
    *,
    language: str = "und",
    scheme: Scheme | None = None,
    repair: bool = False,
    type_map: TypeMapSpec | None = None,
    allowed_types: Sequence[str] | None = None,
    tag_names: Sequence[str] | None = None,
    columns: str | None = None,
    offsets: OffsetUnit | None = None,
    lone_file: str = "test",
) -> Corpus:
    """Read a labelled corpus; its tags come out as IOB2.

    Args:
        spec: a folder with ``train``, ``validation`` (or ``valid``, ``dev``) and ``test`` files
            ending in .conll, .conllu, .txt, .tsv, .iob2, .bio, .jsonl, .json, .csv, .parquet or
            .ann, or a folder of .ann files; one such file (its split is its name, else
            ``lone_file``); ``hub:owner/name@config#revision`` (config and revision optional);
            ``hf://datasets/owner/name@revision/path`` (a file, or a folder as above); a file or
            folder under another address, such as ``s3://bucket/folder``;
            ``bundled:as``, ``bundled:bn``, ``bundled:hi``.
        language: language code to record.
        scheme: the scheme of the files; recognised if None.
        repair: turn invalid tags into valid ones, counted as ``losses["repaired_tags"]``.
        type_map: new names of types, as `nerbridge.type_maps.read_type_map` takes them.
        allowed_types: types that may be left after mapping; all if None.
        tag_names: names of integer tags, if the files do not hold them.
        columns: ``WORD,TAG``: the columns or fields of words and tags; detected if None.
        offsets: the unit of the offsets of spans; detected from the spans if None.
        lone_file: the split of a single file whose name holds no split.

    Raises:
        CorpusError: a file is missing or wrong; the message says where and what to do.
        EnvironmentProblem: the hub cannot be reached and nothing is cached.
    """
    layout = Layout(tag_names, parse_columns(columns), offsets)
    raw = read_raw_corpus(spec, layout, lone_file=lone_file)
    sentences = {name: split.sentences for name, split in raw.splits.items()}
    splits, losses = clean_sentences(
        sentences,
        scheme=scheme,
        repair=repair,
        type_map=read_type_map(type_map),
        allowed_types=allowed_types,
    )
    losses.update(raw.losses)
    return build_corpus(raw.name, language, splits, losses=losses, revision=raw.revision)


def read_sentences(
    path: str | Path,
    *,
    scheme: Scheme | None = None,
    repair: bool = False,
    type_map: TypeMapSpec | None = None,
    allowed_types: Sequence[str] | None = None,
    tag_names: Sequence[str] | None = None,
    columns: str | None = None,
    offsets: OffsetUnit | None = None,
) -> list[Sentence]:
    """Sentences of one file, in file order; arguments and errors as in `read_corpus`."""
    raw = read_raw_file(Path(path), Layout(tag_names, parse_columns(columns), offsets))
    splits, _ = clean_sentences(
        {"": raw.sentences},
        scheme=scheme,
        repair=repair,
        type_map=read_type_map(type_map),
        allowed_types=allowed_types,
    )
    return list(splits[""])


def build_corpus(
    name: str,
    language: str,
    splits: Mapping[str, Sequence[Sentence]],
    *,
    losses: Mapping[str, int] | None = None,
    revision: str | None = None,
) -> Corpus:
    """A corpus from sentences at hand, with its hash; splits in the order of ``SPLITS``."""
    ordered = {split: tuple(splits[split]) for split in SPLITS if split in splits}
    ordered |= {split: tuple(splits[split]) for split in splits if split not in ordered}
    return Corpus(name, language, ordered, hash_splits(ordered), dict(losses or {}), revision)


def hash_splits(splits: Mapping[str, Sequence[Sentence]]) -> str:
    """SHA-256 over the words and tags of all splits in sentence order; paths do not matter."""
    digest = hashlib.sha256()
    for split in sorted(splits):
        digest.update(json.dumps([split, len(splits[split])]).encode())
        for sentence in splits[split]:
            digest.update(json.dumps([sentence.words, sentence.tags]).encode())
    return digest.hexdigest()


def read_raw_corpus(
    spec: str | Path, layout: Layout | None = None, *, lone_file: str = "test"
) -> RawCorpus:
    """A corpus as it is on disk, for audits and conversions that must see invalid tags.

    Raises:
        CorpusError: a file is missing, or not in the shape of its format.
    """
    layout = layout or Layout()
    if isinstance(spec, str) and spec.startswith("bundled:"):
        return _raw_corpus(spec, _read_folder(find_bundled(spec), Layout()))
    if isinstance(spec, str) and spec.startswith("hub:"):
        return _from_hub(spec, *read_hub(spec, layout.tag_names))
    if isinstance(spec, str) and is_address(spec):
        return _from_address(spec, layout, lone_file)
    path = Path(spec)
    if path.is_dir():
        return _raw_corpus(path.resolve().name, _read_folder(path, layout))
    split = split_in_name(path) or lone_file
    return _raw_corpus(_content(path).stem, {split: read_raw_file(path, layout)})


def read_raw_file(path: Path, layout: Layout | None = None) -> RawSplit:
    """Read one file by its ending; unknown endings are read as CoNLL.

    A ``.txt`` with brat's annotations beside it is read with them; a table of a spreadsheet or of
    Label Studio is read as one also where it ends in ``.tsv`` or ``.txt``.

    Raises:
        CorpusError: the file is missing, or not in the shape of its format.
    """
    suffix = _content(path).suffix.lower()
    if suffix in _JSON_SUFFIXES:
        return read_jsonl(path, layout)
    if suffix == ".parquet":
        return read_parquet(path, layout)
    if suffix == _BRAT_SUFFIX or has_annotations(path):
        return read_brat(path.with_suffix(_BRAT_SUFFIX), layout)
    if suffix == ".csv" or (suffix in (".tsv", ".txt") and is_table(_first_line(path))):
        return read_csv(path, layout)
    if suffix in _HTML_SUFFIXES:
        return read_marked_html(path)
    return read_conll(path, layout)


def _first_line(path: Path) -> str:
    return next(iter(split_lines(read_text(path))), "")


def _is_readable(name: str) -> bool:
    return Path(name_of_content(name)).suffix.lower() in SUFFIXES


def _content(path: Path) -> Path:
    """The path without the ending that says how the file is compressed."""
    return Path(name_of_content(str(path)))


def split_of(path: Path) -> str | None:
    """The split a file name stands for.

    >>> split_of(Path("dev.conll")), split_of(Path("train-00000-of-00002.parquet"))
    ('validation', 'train')
    >>> split_of(Path("notes.txt")) is None
    True
    """
    # A browser that downloads a file again calls it "train (1).jsonl".
    stem = re.sub(r"-\d+-of-\d+$| ?\(\d+\)$", "", _content(path).stem)
    return _SPLIT_NAMES.get(stem.lower())


def split_in_name(path: Path) -> str | None:
    """The split a file name stands for or holds as a word; None where it holds none or several.

    >>> split_in_name(Path("as_train.txt")), split_in_name(Path("assamese.dev.conll"))
    ('train', 'validation')
    >>> split_in_name(Path("train-test.txt")), split_in_name(Path("constraint.txt"))
    (None, None)
    """
    words = re.split(r"[._\s-]+", _content(path).stem.lower())
    found = {_SPLIT_NAMES[word] for word in words if word in _SPLIT_NAMES}
    return split_of(path) or (found.pop() if len(found) == 1 else None)


def find_bundled(spec: str) -> Path:
    """The folder of ``bundled:CODE``.

    Raises:
        CorpusError: there is none.
    """
    code = spec.removeprefix("bundled:")
    folder = _BUNDLED / code
    if not code.replace("-", "").isalpha() or not folder.is_dir():
        known = sorted(path.name for path in _BUNDLED.glob("*") if path.is_dir())
        raise CorpusError(
            f"{spec}: no such bundled corpus; expected one of "
            f"{', '.join('bundled:' + name for name in known) or '(none in this build)'}. "
            "Name one of them, or a folder of your own."
        )
    return folder


def _from_hub(spec: str, found: Mapping[str, RawSplit], revision: str | None) -> RawCorpus:
    """Splits under nerbridge's names; sentences of any other split are counted as ignored."""
    splits: dict[str, RawSplit] = {}
    n_ignored = 0
    for name, split in found.items():
        if known := _SPLIT_NAMES.get(name.lower()):
            splits[known] = split
        else:
            n_ignored += len(split.sentences)
    if not any(split.sentences for split in splits.values()):
        raise CorpusError(
            f"{spec}: no labelled sentence in the splits {', '.join(found) or '(none)'}; expected "
            "train, validation or test. Check the config, or download the data and rename it."
        )
    corpus = _raw_corpus(spec, {name: split for name, split in splits.items() if split.sentences})
    losses = {**corpus.losses, "ignored_splits": n_ignored} if n_ignored else corpus.losses
    return RawCorpus(spec, corpus.splits, revision, losses)


def _from_address(spec: str, layout: Layout, lone_file: str) -> RawCorpus:
    address, copy = spec, None
    try:
        if is_hub_path(spec):  # the address of a page on the hub is another name for its file
            address = str(parse_hub_path(spec))
        fetched = fetch(address, _is_wanted, _SPLIT_NAMES)
        copy = str(fetched.place)
        found = read_raw_corpus(fetched.place, layout, lone_file=lone_file)
    except InputError as error:
        # Messages name the address, because the path of a temporary copy tells the user nothing.
        told = str(error) if copy is None else str(error).replace(copy, address)
        raise CorpusError(told) from error
    splits = {
        name: replace(
            split,
            sentences=tuple(
                replace(sentence, path=address + sentence.path[len(copy) :].replace("\\", "/"))
                for sentence in split.sentences
            ),
        )
        for name, split in found.splits.items()
    }
    return replace(found, name=address, splits=splits, revision=fetched.commit)


def _is_wanted(name: str) -> bool:
    """Whether a file of a folder is read: one of a split, or one that names tag ids."""
    path = Path(name)
    is_split = split_in_name(path) is not None and _is_readable(name)
    return is_split or path.name in NAME_FILES


def _raw_corpus(name: str, splits: Mapping[str, RawSplit]) -> RawCorpus:
    losses = sum((Counter(split.losses) for split in splits.values()), Counter[str]())
    return RawCorpus(name, splits, losses=losses)


def _read_folder(folder: Path, layout: Layout) -> dict[str, RawSplit]:
    files = _split_files(folder)
    splits = {}
    for split in SPLITS:
        if parts := [read_raw_file(path, layout) for path in files.get(split, [])]:
            sentences = tuple(sentence for part in parts for sentence in part.sentences)
            losses = sum((Counter(part.losses) for part in parts), Counter[str]())
            splits[split] = RawSplit(sentences, losses)
    return splits


def _group_by_split(
    paths: Sequence[Path], split: Callable[[Path], str | None]
) -> dict[str, list[Path]]:
    files: dict[str, list[Path]] = {}
    for path in paths:
        if name := split(path):
            files.setdefault(name, []).append(path)
    return files


def _split_files(folder: Path) -> dict[str, list[Path]]:
    """Files of each split, in name order; several only where they are numbered shards.

    A name such as ``as_train.txt`` counts where no file is named after a split alone.
    """
    entries = sorted(folder.iterdir())
    known = [
        path for path in entries if _content(path).suffix.lower() in SUFFIXES and path.is_file()
    ]
    # brat's text is read together with its annotations.
    readable = [path for path in known if not has_annotations(path)]
    files = _group_by_split(readable, split_of) or _group_by_split(readable, split_in_name)
    for split, paths in files.items():
        if len(paths) > 1 and not all(
            re.search(r"-\d+-of-\d+$", _content(path).stem) for path in paths
        ):
            names = ", ".join(path.name for path in paths)
            raise CorpusError(
                f"{folder}: several files for {split}: {names}; expected one. "
                "Keep one of them in the folder, or join them with nerbridge data split."
            )
    if not files and (documents := [path for path in entries if path.suffix == _BRAT_SUFFIX]):
        return {"test": documents}
    if not files:
        names = ", ".join(path.name for path in entries[:8]) or "nothing"
        raise CorpusError(
            f"{folder}: no split found (the folder holds {names}); expected train, validation or "
            f"test files ending in {', '.join(SUFFIXES)}. Rename the files, or name one file."
        )
    return files
