"""Long jobs in shards: what is finished stays finished, and the end is the same as in one go.

Beside the output, ``OUTPUT.parts`` holds ``job.json`` (model, options, version, inputs), and for
every shard its file and a manifest with hashes: of the records it covers and of the file itself.
A file is written under a temporary name and renamed, its manifest after it: a shard is finished
if its manifest is there and fits. Shards are joined into the output, then the folder is removed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerbridge.errors import EnvironmentProblem, InputError, RunError
from nerbridge.files import WRITING, hash_file, refuse_address, sibling, write_text, write_whole

if TYPE_CHECKING:
    from nerbridge.batch.outputs import Writer
    from nerbridge.batch.records import Record

MAX_RECORDS = 2_000
MAX_CHARS = 200_000
"""A shard is a few seconds of work for the bundled model on one core: so much a kill costs."""
PARTS_SUFFIX = ".parts"
"""How the folder of an unfinished job ends."""
_SCHEMA = 1
_JOB_FILE = "job.json"
_MANIFEST_SUFFIX = ".manifest.json"


@dataclass(frozen=True)
class Shard:
    """The manifest of a finished shard."""

    n_records: int
    n_entities: int
    records_sha256: str
    file_sha256: str


class ShardStore:
    """The folder ``OUTPUT.parts``."""

    def __init__(self, output: Path, writer: Writer) -> None:
        """Describe the folder; `open_shard_store` makes or continues it."""
        self.output = output
        self.folder = parts_folder(output)
        self.writer = writer

    def find(self, index: int, records_sha256: str) -> Shard | None:
        """The manifest of shard ``index`` if it is finished.

        Raises:
            RunError: it is, but of other records.
        """
        shard = self._read_manifest(index)
        if shard is None or not self._is_whole(index, shard):
            return None
        if shard.records_sha256 != records_sha256:
            raise RunError(self._explain_change(f"the records of shard {index} are others"))
        return shard

    def write(
        self, index: int, records_sha256: str, fill: Callable[[Path], tuple[int, int]]
    ) -> Shard:
        """Write a shard, then its manifest.

        Args:
            index: from 0.
            records_sha256: hash of the records it covers.
            fill: writes a file; gives the number of records and of entities in it.

        Raises:
            EnvironmentProblem: the disk is full or cannot be written; what is finished is kept.
        """
        counts: list[int] = []
        path = self._path(index)
        write_whole(path, lambda temporary: counts.extend(fill(temporary)))
        shard = Shard(counts[0], counts[1], records_sha256, hash_file(path))
        self._write_json(self._manifest(index), asdict(shard))
        return shard

    def finish(self, n_shards: int) -> None:
        """Join the shards into the output and remove the folder.

        Raises:
            RunError: there are shards beyond these: the input had more records before.
            EnvironmentProblem: the disk is full or cannot be written; the shards are kept.
        """
        if self._manifest(n_shards).exists():
            raise RunError(self._explain_change("it had more records"))
        shards = [self._path(index) for index in range(n_shards)]
        write_whole(self.output, lambda temporary: self.writer.join(shards, temporary))
        self.clear()

    def read_job(self) -> dict[str, Any]:
        """What ``job.json`` says.

        Raises:
            RunError: there is none, or it cannot be read.
        """
        path = self.folder / _JOB_FILE
        try:
            job = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(
                f"{path}: cannot be read ({error}), so this is no unfinished job of nerbridge. "
                "Move the folder away, or choose another output."
            ) from error
        if not isinstance(job, dict) or job.get("schema") != _SCHEMA:
            raise RunError(
                f"{path}: not of schema {_SCHEMA}. Start again with --overwrite, or go on with the "
                "version of nerbridge that began it."
            )
        return job

    def start(self, job: Mapping[str, Any]) -> None:
        """Make the folder, unless another process just did, and describe the job in it.

        Raises:
            EnvironmentProblem: it is there already, or cannot be written.
        """
        try:
            # It fails if the folder is there: of two processes, only one gets the job.
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise EnvironmentProblem(
                f"{self.folder}: cannot be made ({error.strerror}). Choose another --output, or "
                "end the other process that writes this one."
            ) from error
        self._write_json(self.folder / _JOB_FILE, {"schema": _SCHEMA, **job})

    def clear(self) -> None:
        """Remove the folder, if it is that of a job; ``job.json`` goes last, to say so."""
        self.read_job()
        for path in self.folder.iterdir():
            if path.name != _JOB_FILE:
                path.unlink()
        shutil.rmtree(self.folder)

    def remove_if_empty(self) -> bool:
        """Remove the folder unless a shard is finished; gives whether it was removed."""
        if any(self.folder.glob(f"*{_MANIFEST_SUFFIX}")):
            return False
        self.clear()
        return True

    def sweep(self) -> None:
        """Remove what a killed process left half-written."""
        for path in self.folder.glob(f".*{WRITING}"):
            path.unlink(missing_ok=True)

    def _path(self, index: int) -> Path:
        return self.folder / f"{index:06}{self.writer.suffix}"

    def _manifest(self, index: int) -> Path:
        return self.folder / f"{index:06}{_MANIFEST_SUFFIX}"

    def _read_manifest(self, index: int) -> Shard | None:
        path = self._manifest(index)
        if not path.exists():
            return None
        try:
            return Shard(**json.loads(path.read_text("utf-8")))
        except (ValueError, TypeError) as error:
            raise RunError(
                f"{path}: not a manifest ({error}). Delete it, and the shard is tagged again."
            ) from error

    def _is_whole(self, index: int, shard: Shard) -> bool:
        path = self._path(index)
        return path.is_file() and hash_file(path) == shard.file_sha256

    def _write_json(self, path: Path, value: Mapping[str, Any]) -> None:
        write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")

    def _explain_change(self, what: str) -> str:
        known = [_describe_input(saved) for saved in self.read_job().get("inputs", [])]
        return (
            f"{self.folder}: the input has changed since the job began: {what}. "
            f"It was: {'; '.join(known)}. Restore it to go on, or start again with --overwrite."
        )


def parts_folder(output: Path) -> Path:
    """Where the shards of an output are."""
    return sibling(output, "", PARTS_SUFFIX)


def check_output(output: Path, *, resume: bool, overwrite: bool) -> None:
    """Refuse what cannot be written, before any work is done.

    Raises:
        InputError: both ``resume`` and ``overwrite``; the output is not a plain file; or it or an
            unfinished job is there and neither was asked for.
    """
    refuse_address(output)
    if resume and overwrite:
        raise InputError("--resume and --overwrite: expected one of them, or none.")
    if output.is_dir():
        raise InputError(f"--output {output}: a folder was found, expected a file in it.")
    if output.exists() and not output.is_file():
        raise InputError(
            f"--output {output}: not a plain file. To write to standard output, leave --output out."
        )
    folder = parts_folder(output)
    if folder.exists() and not resume and not overwrite:
        raise InputError(
            f"{folder}: an unfinished job. To go on with it: --resume; to start again: --overwrite."
        )
    # Beside an unfinished job, the output is an older one that was given up already.
    if output.exists() and not folder.exists() and not overwrite:
        hint = "There is nothing left to go on with: its job is finished. " if resume else ""
        raise InputError(f"{output}: exists already. {hint}To replace it: --overwrite.")


def open_shard_store(
    output: Path, writer: Writer, job: Mapping[str, Any], *, resume: bool, overwrite: bool
) -> ShardStore:
    """Begin a job, or go on with one.

    Args:
        output: the file to write.
        writer: of its format.
        job: what the result depends on beside the records: ``model``, ``options``, ``version``;
            and ``inputs``, to explain a change.
        resume: go on with an unfinished job if there is one.
        overwrite: forget an unfinished job, and replace the output (at the end).

    Raises:
        InputError, RunError: as `check_output`; or the job was begun with another model or other
            options.
        EnvironmentProblem: the folder cannot be written.
    """
    check_output(output, resume=resume, overwrite=overwrite)
    store = ShardStore(output, writer)
    if store.folder.exists() and overwrite:
        store.clear()
    if store.folder.exists():
        _compare_jobs(store, job)
        store.sweep()
    else:
        store.start(job)
    return store


def cut_shards(
    records: Iterable[Record], max_records: int = MAX_RECORDS, max_chars: int = MAX_CHARS
) -> Iterator[list[Record]]:
    """Records in shards, whose borders depend on nothing but the records."""
    shard: list[Record] = []
    n_chars = 0
    for record in records:
        shard.append(record)
        n_chars += len(record.text) + len(record.fields or "")
        if len(shard) >= max_records or n_chars >= max_chars:
            yield shard
            shard, n_chars = [], 0
    if shard:
        yield shard


def hash_records(records: Sequence[Record]) -> str:
    """SHA-256 over everything in the records."""
    digest = hashlib.sha256()
    for record in records:
        # ``asdict`` would copy the whole document.
        fields = asdict(replace(record, document=None))
        del fields["document"]  # its text is the record's
        digest.update(json.dumps(fields).encode("ascii"))
    return digest.hexdigest()


def hash_folder(folder: Path) -> str:
    """SHA-256 over names and contents of all files in a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    found = [[path.relative_to(folder).as_posix(), hash_file(path)] for path in files]
    return hashlib.sha256(json.dumps(found).encode("ascii")).hexdigest()


def _compare_jobs(store: ShardStore, job: Mapping[str, Any]) -> None:
    """Refuse to go on with a job whose other shards would come out differently."""
    before = _flatten(store.read_job())
    # Inputs are compared by their records: a file with a new date may hold the same.
    now = _flatten({key: value for key, value in job.items() if key != "inputs"})
    changed = [
        f"{key} was {before.get(key)!r}, is {value!r}"
        for key, value in now.items()
        if before.get(key) != value
    ]
    if changed:
        raise RunError(
            f"{store.folder}: begun under other conditions: {'; '.join(changed)}. Give the same "
            "ones to go on, or start again with --overwrite."
        )


def _flatten(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            found |= _flatten(inner, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = inner
    return found


def _describe_input(saved: Mapping[str, Any]) -> str:
    if saved.get("n_bytes") is None:
        return str(saved.get("path"))
    return f"{saved.get('path')}, {saved['n_bytes']} bytes, changed last {saved.get('modified')}"
