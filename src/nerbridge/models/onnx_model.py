"""Exported models on onnxruntime: no torch, no transformers.

Official builds of onnxruntime since 1.29 report to their maker over HTTPS, from a thread that
starts with the import and that keeps a forked process from ever ending. So the telemetry is
switched off before the import, which happens nowhere else.
"""

from __future__ import annotations

import json
import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import platform
import threading
import weakref
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

from nerbridge.alignment.inference import Logits
from nerbridge.alignment.subwords import SpecialIds
from nerbridge.errors import ModelError, first_line
from nerbridge.labels import LabelSet
from nerbridge.models.folder import ONNX_FILE
from nerbridge.models.manifest import MANIFEST_FILE, Manifest, read_manifest
from nerbridge.models.word_model import TokenClassifier
from nerbridge.platforms import call_in_forked_children, has_processor_flag, n_usable_cores

BATCH_SUBWORDS = 256
"""Few enough for a processor's caches: larger batches are slower."""
_SLOW_FUSION = "SkipLayerNormFusion"
_INPUTS = {"input_ids", "attention_mask"}
_AGAIN = "Copy the model folder again, or export the model again."
_TOKENIZER_ERRORS = (Exception,)  # the library raises nothing more particular
# Each of these derives from Exception itself.
_ORT_ERRORS: tuple[type[Exception], ...] = tuple(
    getattr(ort.capi.onnxruntime_pybind11_state, name)
    for name in (
        *("EPFail", "Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoModel"),
        *("NoSuchFile", "NotImplemented", "RuntimeException"),
    )
)


def load_onnx(folder: Path, *, n_threads: int | None) -> TokenClassifier:
    """Load a folder that `nerbridge export` wrote.

    Args:
        folder: ``model.onnx``, ``tokenizer.json``, ``config.json`` and ``nerbridge.json``.
        n_threads: processor cores to use; None for all that this process may use.

    Raises:
        ModelError: if a file is missing, cut short or damaged, or labels, vocabulary and graph do
            not fit together.
    """
    manifest = read_manifest(folder)
    if manifest.kind != "onnx":
        raise ModelError(f"{folder}: kind is {manifest.kind!r}, expected 'onnx'.")
    _check_files(folder, manifest)
    label_set, specials = manifest.label_set, manifest.special_ids
    _check_labels(folder, label_set)
    if specials is None:
        raise ModelError(f"{folder / MANIFEST_FILE}: special_ids is missing. {_AGAIN}")
    tokenizer = _load_tokenizer(folder / "tokenizer.json")
    # Two batches in parallel, one on each core, are faster than both cores on one batch at a time.
    forward = OnnxNetwork(folder / ONNX_FILE, n_threads=1)
    _check_graph(forward, specials, tokenizer.get_vocab_size() - 1, len(label_set.tags))
    return TokenClassifier(
        name=str(folder),
        folder=folder,
        label_set=label_set,
        script=manifest.script,
        tokenizer=tokenizer,
        specials=specials,
        max_subwords=manifest.max_subwords,
        forward=forward,
        manifest=manifest,
        # In int8 the scale of the rounding is that of the whole batch. Alone, a sentence is rounded
        # least, and its entities never depend on other sentences.
        batch_subwords=1 if manifest.quantisation == "int8" else BATCH_SUBWORDS,
        n_parallel=n_threads or n_usable_cores(),
    )


class OnnxNetwork:
    """An onnxruntime session as a `nerbridge.alignment.inference.Forward`.

    Safe in several threads. A session's own threads do not survive a fork, so that a child process
    opens a session of its own when it first needs one.
    """

    def __init__(self, path: Path, n_threads: int) -> None:
        self.path, self._n_threads = path, n_threads
        self._lock = threading.Lock()
        self._session: ort.InferenceSession | None = _open_session(path, n_threads)
        _NETWORKS.add(self)

    def __call__(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        """Logits. Shape: (n_rows, width, n_tags)."""
        session = self._session or self._open_again()
        try:
            (logits,) = session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        except _ORT_ERRORS as error:
            raise ModelError(f"{self.path}: the model failed: {first_line(error)}") from error
        found: Logits = logits
        return found

    def _open_again(self) -> ort.InferenceSession:
        with self._lock:
            if self._session is None:
                self._session = _open_session(self.path, self._n_threads)
            return self._session

    def forget_session(self) -> None:
        """Drop the session of the parent in a child process."""
        import ctypes

        # The session is never freed: its destructor would wait for threads of the parent.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._session))
        self._session, self._lock = None, threading.Lock()


_NETWORKS: weakref.WeakSet[OnnxNetwork] = weakref.WeakSet()


def _forget_sessions() -> None:
    for forward in list(_NETWORKS):
        forward.forget_session()


call_in_forked_children(_forget_sessions)


def _open_session(path: Path, n_threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4  # what is wrong comes as an exception
    if _overflows_in_int8():
        options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        session = ort.InferenceSession(
            str(path),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=[_SLOW_FUSION],
        )
    except _ORT_ERRORS as error:
        raise ModelError(f"{path}: cannot be loaded: {first_line(error)} {_AGAIN}") from error
    found = {node.name for node in session.get_inputs()}
    if found != _INPUTS or "logits" not in {node.name for node in session.get_outputs()}:
        raise ModelError(
            f"{path}: the graph takes {', '.join(sorted(found))}; expected "
            f"{', '.join(sorted(_INPUTS))} and the output logits. {_AGAIN}"
        )
    return session


def _overflows_in_int8() -> bool:
    """Whether int8 products overflow silently on this processor.

    They do on x86 without VNNI instructions, unless a slower mode of onnxruntime is switched on.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    return not has_processor_flag("vnni")


def _check_files(folder: Path, manifest: Manifest) -> None:
    if not {ONNX_FILE, "tokenizer.json", "config.json"} <= manifest.files.keys():
        raise ModelError(f"{folder / MANIFEST_FILE}: does not list the model's files. {_AGAIN}")
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise ModelError(f"{folder}: {name} is missing. {_AGAIN}")
        if (found := path.stat().st_size) != digest.n_bytes:
            raise ModelError(f"{path}: {found} bytes, expected {digest.n_bytes}. {_AGAIN}")


def _check_labels(folder: Path, label_set: LabelSet) -> None:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        pairs = sorted((int(id_), str(tag)) for id_, tag in config["id2label"].items())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: no readable id2label ({error!r}). {_AGAIN}") from error
    if (found := tuple(tag for _, tag in pairs)) != label_set.tags:
        raise ModelError(
            f"{folder}: config.json has the tags {', '.join(found)}, {MANIFEST_FILE} the types "
            f"{', '.join(label_set.types)}. {_AGAIN}"
        )


def _load_tokenizer(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except _TOKENIZER_ERRORS as error:
        raise ModelError(f"{path}: not a tokenizer ({first_line(error)}). {_AGAIN}") from error
    # Switched off once, because switching them off in each call would not be thread-safe.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _check_graph(forward: OnnxNetwork, specials: SpecialIds, last_id: int, n_tags: int) -> None:
    """Run the graph once: check its columns, and that the last vocabulary piece has a row."""
    ids = np.array([[specials.start, last_id, specials.unk, specials.end, specials.pad]])
    mask = np.array([[1, 1, 1, 1, 0]], dtype=np.int64)
    try:
        logits = forward(ids.astype(np.int64), mask)
    except ModelError as error:
        raise ModelError(
            f"{forward.path}: the model has no row for id {last_id}, the last of tokenizer.json, "
            "or "
            f"does not run at all. {_AGAIN} ({error})"
        ) from error
    if logits.shape != (1, 5, n_tags) or logits.dtype != np.float32:
        raise ModelError(
            f"{forward.path}: logits of shape {logits.shape} and type {logits.dtype} for 5 "
            f"subwords, expected (1, 5, {n_tags}) and float32: the labels do not fit the head. "
            f"{_AGAIN}"
        )
