"""A model folder looked over before others get it: whole, safe, and nobody's business told."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from nerbridge.errors import InputError, ModelError
from nerbridge.exporting.machine_paths import find_path_in_text, find_paths, without_paths
from nerbridge.files import hash_file
from nerbridge.models.card import REPO_PLACEHOLDER
from nerbridge.models.card_header import CARD_FILE, read_license, set_license
from nerbridge.models.download import MODEL_FILES
from nerbridge.models.loading import find_model
from nerbridge.models.manifest import (
    MANIFEST_FILE,
    Manifest,
    dump_manifest,
    parse_manifest,
    read_manifest,
)

_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_LICENSE = re.compile(r"[A-Za-z0-9][\w.+-]*")
_NEEDED = {
    "adapter": ("adapter_config.json", "adapter_model.safetensors"),
    "full": ("config.json", "model.safetensors", "tokenizer.json"),
    "onnx": ("config.json", "model.onnx", "tokenizer.json"),
}
_ALSO = (CARD_FILE, "LICENSE*", "NOTICE*", "*.md", "*.txt", "*.png", "*.svg")
"""What may lie beside a model: nothing that runs or could run when it is loaded."""
_CONFIGS = ("config.json", "adapter_config.json", "tokenizer_config.json")


@dataclass(frozen=True)
class Publication:
    """What is to be uploaded, looked over.

    Attributes:
        repo: ``owner/name``.
        license: as the card's header will say it.
        files: by their names on the hub: files as they are, or content that differs from them.
        notes: what is left out and what differs, for people.
    """

    repo: str
    license: str
    files: Mapping[str, Path | bytes]
    notes: tuple[str, ...]

    @property
    def n_bytes(self) -> int:
        """Size of all files."""
        return sum(
            len(content) if isinstance(content, bytes) else content.stat().st_size
            for content in self.files.values()
        )


def prepare_publication(folder: Path, repo: str, *, license: str | None = None) -> Publication:
    """Look a model folder over and say what of it would be uploaded. Nothing in it is changed.

    Args:
        folder: a model folder, or a run folder (its best adapted model).
        repo: ``owner/name``.
        license: by its name on the hub (``apache-2.0``); None for the one in the card's header.

    Raises:
        InputError: if ``repo`` or the licence is no name, or there is no licence.
        ModelError: if the folder holds no whole model, lacks a card, or holds what does not belong
            on the hub: pickles, programs, paths of this machine.
    """
    if not _REPO.fullmatch(repo):
        raise InputError(f"{repo}: not the name of a hub model; expected owner/name.")
    path = find_model(folder).path
    manifest = read_manifest(path)
    found, hidden = _list_files(path)
    _check_model(path, manifest, found)
    card, chosen = _finish_card(path, repo, license)
    own, changes = _clean_manifest(path, manifest.model_copy(update={"license": chosen}))
    notes = [f"left out: {', '.join(hidden)}"] if hidden else []
    return Publication(
        repo, chosen, {**found, MANIFEST_FILE: own, CARD_FILE: card}, (*notes, *changes)
    )


def _list_files(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The files to upload by name, and the names of hidden ones, which are left out."""
    found, hidden, foreign = {}, [], []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in name.split("/")):
            hidden.append(name)
        elif path.is_file():
            found[name] = path
            if not (is_of_model(name) or any(fnmatch(name, known) for known in _ALSO)):
                foreign.append(name)
    if foreign:
        raise ModelError(
            f"{folder}: holds {', '.join(foreign[:3])}{' and more' if len(foreign) > 3 else ''}; "
            "expected a model without pickles, programs or working files. Move them elsewhere."
        )
    return found, hidden


def is_of_model(name: str) -> bool:
    """Whether a file of this name is one that loading a model reads."""
    return any(fnmatch(name, pattern) for pattern in MODEL_FILES)


def _check_model(folder: Path, manifest: Manifest, found: Mapping[str, Path]) -> None:
    missing = [name for name in _NEEDED[manifest.kind] if name not in found]
    if missing:
        raise ModelError(f"{folder}: lacks {', '.join(missing)}. Copy or export the model again.")
    if CARD_FILE not in found:
        raise ModelError(
            f'{folder}: has no card ({CARD_FILE}). Have one written, and read it: python -c "from '
            "nerbridge.exporting.card import write_model_card; from pathlib import Path; "
            f'write_model_card(Path({str(folder)!r}))"'
        )
    for name, digest in manifest.files.items():
        if name not in found or hash_file(found[name]) != digest.sha256:
            raise ModelError(
                f"{folder}: {name} is not the file that {MANIFEST_FILE} describes. Export the "
                "model again."
            )
    for path in found.values():
        if path.suffix == ".safetensors":
            _check_weights(path)
    _check_base(folder, manifest)


def _check_weights(path: Path) -> None:
    try:
        with safe_open(path, framework="numpy"):
            pass
    except SafetensorError as error:
        raise ModelError(f"{path}: damaged or half written ({error}). Copy it again.") from error


def _check_base(folder: Path, manifest: Manifest) -> None:
    """An adapter is of use only to those who have its base."""
    base = manifest.base
    if manifest.kind == "adapter" and not (base and (base.is_bundled or base.revision)):
        raise ModelError(
            f"{folder}: an adapter for the encoder {base.id if base else '(not recorded)'}, a "
            "folder of this machine, which nobody else can load. Publish the whole model: "
            "nerbridge export MODEL OUT, then nerbridge publish OUT."
        )


def _clean_manifest(folder: Path, manifest: Manifest) -> tuple[bytes, list[str]]:
    """``nerbridge.json`` without paths of this machine, and what was changed in it."""
    for name in _CONFIGS:
        path = folder / name
        if path.is_file() and (found := find_paths(_read_json(path))):
            raise ModelError(
                f"{path}: names a place on this machine: {found[0]}. Replace it by a hub id, or "
                "remove it."
            )
    document = manifest.to_json()
    changes = [
        f"{MANIFEST_FILE}: {path} becomes {without_paths(path)}" for path in find_paths(document)
    ]
    cleaned = parse_manifest(without_paths(document), folder / MANIFEST_FILE)
    return dump_manifest(cleaned).encode("utf-8"), changes


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path}: not JSON ({error}). Copy the model again.") from error


def _finish_card(folder: Path, repo: str, license: str | None) -> tuple[bytes, str]:
    """The card with its licence and the name of the model, and the licence."""
    path = folder / CARD_FILE
    try:
        card = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: not UTF-8 at byte {error.start}. Save it as UTF-8.") from error
    if found := find_path_in_text(card):
        line, place = found
        raise ModelError(f"{path}:{line}: names a place on this machine: {place}. Remove it.")
    if license is not None and not _LICENSE.fullmatch(license):
        raise InputError(f"--license {license}: expected a name such as apache-2.0.")
    try:
        card = card if license is None else set_license(card, license)
        chosen = read_license(card)
    except ValueError as error:
        raise ModelError(f"{path}: {error}; expected one as the hub reads it.") from error
    if chosen is None:
        raise InputError(
            f"{path}: the licence is still to be chosen. See what the model was made of (the card "
            "lists it) and under which licences, then write yours into the card's header, or give "
            "it: --license apache-2.0"
        )
    return card.replace(REPO_PLACEHOLDER, repo).encode("utf-8"), chosen
