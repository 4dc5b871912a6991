"""Where models that others made say what their columns mean, and how many columns they have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from nerbridge.alignment.label_columns import is_nameless
from nerbridge.errors import ModelError
from nerbridge.models.download import LABEL_FILES

INDEX_FILE = "model.safetensors.index.json"
_KEYS = ("id2label", "label2id", "labels", "label_list", "label_names", "tags")
# Whole names: heads of pretraining have a classifier inside, as sop_classifier of ALBERT and
# mask_predictions of DeBERTa; and classifier.out_proj is the head of a classifier of sentences.
_HEAD_WEIGHT = re.compile(
    r"(?:base_model\.model\.)?(?:classifier|score)\.(?:modules_to_save\.)?weight"
)


def find_label_names(folders: Sequence[Path], n_columns: int) -> tuple[list[str], str]:
    """The names of a head's columns, and the file that tells them.

    The first file with exactly ``n_columns`` names counts; names such as ``LABEL_3`` say nothing.
    Read are in every folder ``config.json``, ``adapter_config.json`` and `LABEL_FILES`.

    Returns:
        If no file tells them, names of the kind ``LABEL_3``, and what was found instead.
    """
    place = str(folders[0])
    for folder in folders:
        for path in _label_files(folder):
            for names in _names_in(_read(path)):
                if is_nameless(names):
                    continue
                if len(names) == n_columns:
                    return names, str(path)
                found = f"{path} names {len(names)} labels, the head has {n_columns} columns"
                place = f"{folders[0]} ({found})"
    return [f"LABEL_{column}" for column in range(n_columns)], place


def n_head_columns(weights: Sequence[Path]) -> int | None:
    """The number of columns of the token classifier's head in these files; None without one.

    Raises:
        ModelError: if a file is damaged.
    """
    for path in weights:
        try:
            with safe_open(path, framework="pt") as tensors:
                for name in tensors.keys():  # noqa: SIM118 (no mapping, although it looks like one)
                    if _HEAD_WEIGHT.fullmatch(name):
                        return int(tensors.get_slice(name).get_shape()[0])
        except (SafetensorError, OSError) as error:
            raise ModelError(
                f"{path}: the weights cannot be loaded ({error}). Copy or download the model again."
            ) from error
    return None


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a model folder, whole or in shards."""
    if not (folder / INDEX_FILE).is_file():
        return [folder / "model.safetensors"]
    shards = sorted(set(read_object(folder / INDEX_FILE).get("weight_map", {}).values()))
    return [folder / str(shard) for shard in shards]


def read_object(path: Path) -> Mapping[str, Any]:
    """A JSON file that holds an object.

    Raises:
        ModelError: if it is anything else.
    """
    value = _read(path)
    if not isinstance(value, dict):
        raise ModelError(f"{path}: expected a JSON object. Copy the model again.")
    return value


def _label_files(folder: Path) -> Iterator[Path]:
    for name in ("config.json", "adapter_config.json", *LABEL_FILES):
        if (folder / name).is_file():
            yield folder / name


def _read(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text) if path.suffix == ".json" else text.split("\n")
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({error}). Copy the model again.") from error


def _names_in(value: Any) -> Iterator[list[str]]:
    """Every list of names that a file may mean: a list, or one of the maps, at its top or below."""
    if isinstance(value, list):
        names = [str(name).strip() for name in value]
        yield names[:-1] if names and not names[-1] else names
    elif isinstance(value, dict):
        for key in _KEYS:
            if value.get(key):
                yield from _names_in(value[key])
        for read in (_from_ids, _from_names):
            if (found := read(value)) is not None:
                yield found


def _from_ids(value: Mapping[str, Any]) -> list[str] | None:
    """``{"0": "O", "1": "B-PER"}``."""
    return _sorted_by_id(value, lambda key, name: (key, name))


def _from_names(value: Mapping[str, Any]) -> list[str] | None:
    """``{"O": 0, "B-PER": 1}``."""
    return _sorted_by_id(value, lambda name, id_: (id_, name))


def _sorted_by_id(
    value: Mapping[str, Any], to_pair: Callable[[str, Any], tuple[Any, Any]]
) -> list[str] | None:
    try:
        pairs = sorted((int(id_), str(name)) for id_, name in map(to_pair, value, value.values()))
    except (TypeError, ValueError):
        return None
    ids = [id_ for id_, _ in pairs]
    return [name for _, name in pairs] if ids == list(range(len(ids))) else None
