"""Datasets by name from the hub: data files only, one commit, the network only where needed.

Loading scripts are never run: the `datasets` library refuses them, and ``trust_remote_code`` is
never passed. What was downloaded once is found again without network.
"""

from __future__ import annotations

import atexit
import gc
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from nerbridge.corpus.hf_records import (
    TAG_COLUMNS,
    WORD_COLUMNS,
    first_column,
    record_to_sentence,
    tag_names_of,
)
from nerbridge.corpus.raw import RawSplit
from nerbridge.errors import CorpusError, EnvironmentProblem, InputError, missing_extra
from nerbridge.io.hub_files import list_repository, network_errors, unreachable

if TYPE_CHECKING:
    from datasets import Dataset, DatasetBuilder

_SPEC = re.compile(r"hub:(?P<repository>[^@#\s]+)(?:@(?P<config>[^#\s]+))?(?:#(?P<revision>\S+))?")
_SHA = re.compile(r"[0-9a-f]{40}")
_THREADS_END_S = 0.1


@dataclass(frozen=True, slots=True)
class HubSpec:
    """The parts of ``hub:owner/name@config#revision``."""

    repository: str
    config: str | None
    revision: str | None

    def __str__(self) -> str:
        config = f"@{self.config}" if self.config else ""
        revision = f"#{self.revision}" if self.revision else ""
        return f"hub:{self.repository}{config}{revision}"


def parse_hub_spec(spec: str) -> HubSpec:
    """Read ``hub:owner/name@config#revision``; config and revision may be left out.

    >>> parse_hub_spec("hub:unimelb-nlp/wikiann@as")
    HubSpec(repository='unimelb-nlp/wikiann', config='as', revision=None)

    Raises:
        CorpusError: not of this form.
    """
    match = _SPEC.fullmatch(spec)
    if match is None or match["repository"].count("/") != 1:
        raise CorpusError(
            f"{spec}: not the name of a hub dataset; expected hub:owner/name, "
            "hub:owner/name@config or hub:owner/name@config#revision. Fix the name."
        )
    return HubSpec(match["repository"], match["config"], match["revision"])


def read_hub(
    spec: str, tag_names: Sequence[str] | None = None
) -> tuple[dict[str, RawSplit], str | None]:
    """All splits of a hub dataset under their own names, and the commit they are from.

    Raises:
        CorpusError: no such dataset, config, revision or columns, or only a loading script.
        EnvironmentProblem: `datasets` is missing, or no network and nothing cached.
    """
    parts = parse_hub_spec(spec)
    datasets = _import_datasets(spec)
    commit = _resolve_commit(parts)
    builder = _find_builder(datasets, parts, commit)
    revision = _commit_of(builder)
    _check_cached(parts, revision, is_online=commit is not None)
    loaded = _load(builder, parts)
    splits = {
        name: _read_split(dataset, f"{parts}/{name}", tag_names) for name, dataset in loaded.items()
    }
    return splits, revision or commit


def _import_datasets(spec: str) -> Any:
    try:
        import datasets
    except ImportError as error:
        raise missing_extra(f"{spec}: a dataset of the hub needs", error.name, "train") from error
    _let_threads_end_at_exit()
    return datasets


@cache
def _let_threads_end_at_exit() -> None:
    """Wait for pyarrow's threads before the interpreter ends.

    `datasets` has them read from Python's files, and a thread that lets go of one while the
    interpreter ends aborts the process: exit code 134 instead of that of the error
    (huggingface/datasets 7566). `nerbridge.io.parquet` reads without threads.
    """

    def wait() -> None:
        gc.collect()
        time.sleep(_THREADS_END_S)

    atexit.register(wait)


def _resolve_commit(spec: HubSpec) -> str | None:
    """The commit that the revision stands for now; None where the hub cannot be reached."""
    try:
        listed = list_repository(spec.repository, spec.revision, str(spec))
    except InputError as error:
        raise CorpusError(str(error)) from error
    if listed is None:
        return None
    names, commit = listed
    _check_data_files(spec, names)
    return commit


def _check_data_files(spec: HubSpec, files: Sequence[str]) -> None:
    suffixes = (".parquet", ".json", ".jsonl", ".csv", ".tsv", ".txt", ".zip", ".gz", ".arrow")
    scripts = [name for name in files if name.endswith(".py")]
    if scripts and not any(name.endswith(suffixes) for name in files):
        raise CorpusError(_only_script(spec, scripts[0]))


def _only_script(spec: HubSpec, script: str) -> str:
    return (
        f"{spec}: the dataset is a loading script ({script}), and nerbridge runs no code from "
        "the hub; "
        "expected data files such as Parquet. Use a copy that holds Parquet files, for example "
        "the branch refs/convert/parquet (…#refs/convert/parquet), or download the data itself."
    )


def _find_builder(datasets: Any, spec: HubSpec, commit: str | None) -> DatasetBuilder:
    revision = commit or spec.revision
    try:
        return datasets.load_dataset_builder(spec.repository, spec.config, revision=revision)
    except RuntimeError as error:
        if "script" not in str(error):
            raise
        raise CorpusError(_only_script(spec, str(error))) from error
    except network_errors() as error:
        raise unreachable(str(spec), "dataset") from error
    except (ValueError, FileNotFoundError) as error:
        # Without network the library raises these errors if its cache lacks the dataset.
        if commit is None:
            raise unreachable(str(spec), "dataset") from error
        raise CorpusError(
            f"{spec}: the dataset cannot be read ({error}); expected a config with data "
            "files. Name the config: hub:owner/name@config"
        ) from error


def _load(builder: DatasetBuilder, spec: HubSpec) -> Mapping[str, Dataset]:
    from datasets.exceptions import DatasetsError

    try:
        builder.download_and_prepare()
    except network_errors() as error:
        raise unreachable(str(spec), "dataset") from error
    except DatasetsError as error:
        reason = error.__cause__ or error
        raise CorpusError(
            f"{spec}: the data files cannot be read ({type(reason).__name__}: {reason}); expected "
            "complete files with the same columns. Try another revision: "
            "hub:owner/name@config#commit"
        ) from error
    loaded: Mapping[str, Dataset] = builder.as_dataset()
    return loaded


def _commit_of(builder: DatasetBuilder) -> str | None:
    """The commit whose files the builder reads: the library names cache folders by it."""
    name = str(builder.hash or "")
    return name if _SHA.fullmatch(name) else None


def _check_cached(spec: HubSpec, revision: str | None, *, is_online: bool) -> None:
    # Without network the library silently loads whatever revision its cache holds.
    asked = spec.revision
    if is_online or not asked or not _SHA.fullmatch(asked) or asked == revision:
        return
    raise EnvironmentProblem(
        f"{spec}: the hub cannot be reached, and the cache holds another revision, {revision}; "
        f"expected {asked}. Connect to the network once, or name the revision in the cache."
    )


def _read_split(dataset: Dataset, path: str, tag_names: Sequence[str] | None) -> RawSplit:
    word_column = first_column(dataset.column_names, WORD_COLUMNS)
    tag_column = first_column(dataset.column_names, TAG_COLUMNS)
    if word_column is None or tag_column is None:
        raise CorpusError(
            f"{path}: the columns are {', '.join(dataset.column_names)}; expected words in "
            f"{' or '.join(WORD_COLUMNS)} and tags in {', '.join(TAG_COLUMNS)}. A CoNLL file is "
            "read by its path, hf://datasets/OWNER/NAME/FILE; otherwise download the data and "
            "rename the columns."
        )
    names = tag_names or tag_names_of(dataset.features.to_dict())
    losses: Counter[str] = Counter()
    sentences = []
    for number, row in enumerate(dataset.select_columns([word_column, tag_column]), start=1):
        sentence = record_to_sentence(row, names, path, number, "record")
        if sentence is None:
            losses["dropped_empty"] += 1
        else:
            sentences.append(sentence)
    return RawSplit(tuple(sentences), losses)
