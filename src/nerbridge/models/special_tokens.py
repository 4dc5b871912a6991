"""Find the special tokens of a tokenizer.

A repository may name them in ``tokenizer_config.json`` or ``special_tokens_map.json``. Many older
ones name none: the tokens are known from ``tokenizer.json`` and from the type of the model.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast
from transformers.models.auto.tokenization_auto import (
    TOKENIZER_MAPPING_NAMES,
    tokenizer_class_from_name,
)

from nerbridge.errors import ModelError

CONFIG_FILE = "tokenizer_config.json"
_MAP_FILE = "special_tokens_map.json"
_USUAL = {
    "cls_token": ("[CLS]", "<s>", "<bos>"),
    "sep_token": ("[SEP]", "</s>", "<eos>"),
    "pad_token": ("[PAD]", "<pad>"),
    "unk_token": ("[UNK]", "<unk>"),
    "mask_token": ("[MASK]", "<mask>"),
}


def untyped_tokens(folder: Path) -> dict[str, Any]:
    """The tokens that ``tokenizer_config.json`` gives as JSON objects without a type.

    Some tools write them so, and transformers refuses them.

    Raises:
        ModelError: if the file is not a JSON object.
    """
    return {
        name: value["content"]
        for name, value in read_json(folder / CONFIG_FILE).items()
        if name.endswith("_token") and isinstance(value, dict)
        if "__type" not in value and "content" in value
    }


def complete_special_tokens(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Set the special tokens that ``tokenizer_config.json`` does not name, in place.

    For each of them the first place counts that names a token of the vocabulary:
    ``special_tokens_map.json``; ``tokenizer.json`` (its post-processor, padding and model); the
    tokenizer class of the model type; the usual names; the ids in ``config.json``.
    """
    backend = tokenizer.backend_tokenizer
    for name in _USUAL:
        if getattr(tokenizer, name) is None:
            candidates = _candidates(name, backend, folder)
            known = (token for token in candidates if backend.token_to_id(token) is not None)
            if (token := next(known, None)) is not None:
                setattr(tokenizer, name, token)


def _candidates(name: str, backend: Tokenizer, folder: Path) -> Iterator[str]:
    mapped = read_json(folder / _MAP_FILE).get(name)
    yield from filter(None, [mapped.get("content") if isinstance(mapped, dict) else mapped])
    yield from filter(None, [_described_tokens(backend).get(name)])
    config = read_json(folder / "config.json")
    for class_name in (
        read_json(folder / CONFIG_FILE).get("tokenizer_class"),
        config.get("tokenizer_class"),
        TOKENIZER_MAPPING_NAMES.get(str(config.get("model_type"))),
    ):
        yield from filter(None, [_defaults_of_class(class_name).get(name)])
    yield from _USUAL[name]
    # config.json comes last: in multilingual-e5-small its pad_token_id is that of another token.
    if isinstance(id_ := config.get(f"{name}_id"), int):
        yield from filter(None, [backend.id_to_token(id_)])


def _described_tokens(backend: Tokenizer) -> dict[str, str | None]:
    """What ``tokenizer.json`` itself says."""
    before, after = _tokens_around(backend)
    return {
        "cls_token": before,
        "sep_token": after,
        "pad_token": (backend.padding or {}).get("pad_token"),
        "unk_token": getattr(backend.model, "unk_token", None),
    }


def _tokens_around(backend: Tokenizer) -> tuple[str | None, str | None]:
    """The tokens that the post-processor puts right before and right after a text."""
    if backend.post_processor is None:
        return None, None
    # There are many kinds of post-processors, also in sequences. All show their tokens when they
    # process a word.
    word = Tokenizer(WordLevel({"w": 0}, unk_token="w")).encode("w", add_special_tokens=False)
    done = backend.post_processor.process(word)
    at = done.special_tokens_mask.index(0)
    before = done.tokens[at - 1] if at else None
    return before, done.tokens[at + 1] if at + 1 < len(done.tokens) else None


def _defaults_of_class(name: Any) -> dict[str, str]:
    """The special tokens that a tokenizer class of transformers uses unless told otherwise."""
    found = tokenizer_class_from_name(name) if isinstance(name, str) else None
    if found is None:
        return {}
    parameters = [
        parameter
        for base in reversed(inspect.getmro(found))
        if "__init__" in vars(base)
        for parameter in inspect.signature(vars(base)["__init__"]).parameters.values()
    ]
    return {p.name: p.default for p in parameters if isinstance(p.default, str)}


def read_json(path: Path) -> Mapping[str, Any]:
    """A JSON object; an empty one where there is no file.

    Raises:
        ModelError: if the file is something else.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ModelError(f"{path}: not JSON ({error}). Copy or download the model again.") from None
    if not isinstance(value, dict):
        raise ModelError(f"{path}: expected a JSON object. Copy or download the model again.")
    return value
