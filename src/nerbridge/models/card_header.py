"""The header of a model card: what the hub sorts and searches by, the licence above all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

LICENSE_TO_CHOOSE = "to-be-chosen"

_HEADER = re.compile(r"\A---\n(.*?)^---\n", re.MULTILINE | re.DOTALL)
_LICENSE_LINES = re.compile(
    r"^license(_name|_link)?:[^\n]*\n([ \t-][^\n]*\n)*",
    re.MULTILINE,  # a list goes on below
)
_HUB_DATA = re.compile(r"(?:hub:|hf://datasets/)([^@#/]+/[^@#/]+)")
_TAGS = ("named-entity-recognition", "nerbridge")
_TAG_OF = {"onnx": ("onnx",), "adapter": ("lora",)}
_RELATIONS = {"adapter": "adapter", "full": "finetune", "onnx": "finetune"}


def header_lines(
    *, kind: str, languages: Iterable[str], corpora: Iterable[str], hub_base: str | None
) -> Iterator[str]:
    """The header, in YAML. Its licence is still to be chosen.

    Args:
        kind: of the model folder: adapter, full or onnx.
        languages: of its training data, the target's first; may repeat.
        corpora: names of its training data; those of the hub are linked.
        hub_base: the base encoder's id, if it is a hub model.
    """
    datasets = [match[1] for name in corpora if (match := _HUB_DATA.match(name))]
    yield "---"
    yield from _list_line("language", languages)
    yield "license: other"
    yield f"license_name: {LICENSE_TO_CHOOSE}"
    yield "library_name: nerbridge"
    yield "pipeline_tag: token-classification"
    yield from _list_line("tags", [*_TAGS, *_TAG_OF.get(kind, ())])
    yield from _list_line("datasets", datasets)
    if hub_base is not None:
        yield f"base_model: {json.dumps(hub_base)}"
        yield f"base_model_relation: {_RELATIONS[kind]}"
    yield "---"


def _list_line(name: str, values: Iterable[str]) -> Iterator[str]:
    """A list without repeats, quoted: ``no`` alone would be false, not Norwegian."""
    if found := list(dict.fromkeys(values)):
        yield f"{name}: {json.dumps(found, ensure_ascii=False)}"


def read_license(card: str) -> str | None:
    """The licence in a card's header; None if it has none or it is still to be chosen.

    >>> read_license("---\\nlicense: mit\\n---\\n")
    'mit'
    """
    header = _HEADER.match(card)
    values = dict(re.findall(r"^(\w+):[ \t]*(\S[^\n]*)$", header[1] if header else "", re.M))
    name = values.get("license_name", "").strip("\"'")
    found = values.get("license", "").strip("\"'")
    if found == "other":
        return None if name in ("", LICENSE_TO_CHOOSE) else name
    return found or None


def set_license(card: str, license: str) -> str:
    """The card with another licence in its header, by its name on the hub (``apache-2.0``).

    Raises:
        ValueError: if the card has no header.
    """
    header = _HEADER.match(card)
    if header is None:
        raise ValueError("the card has no header between two lines of ---")
    kept = _LICENSE_LINES.sub("", header[1])
    return f"---\nlicense: {license}\n{kept}---\n{card[header.end() :]}"
