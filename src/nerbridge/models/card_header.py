"""The header of a model card: what the hub sorts and searches by, and the scores that it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nerbridge.models.manifest import Manifest

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCard

CARD_FILE = "README.md"
LICENSE_TO_CHOOSE = "to-be-chosen"

_HUB_DATA = re.compile(r"(?:hub:|hf://datasets/)([^@#/]+/[^@#/]+)(?:@([^#/]+))?")
_LICENSE_KEYS = ("license", "license_name", "license_link")
_TASK = "token-classification"
_TAGS = ("named-entity-recognition", "nerbridge")
_TAG_OF = {"onnx": ("onnx",), "adapter": ("lora",)}
_RELATIONS = {"adapter": "adapter", "full": "finetune", "onnx": "finetune"}


def card_header(manifest: Manifest) -> str:
    """The header between two lines of ``---``, in YAML as the hub reads it."""
    from huggingface_hub import ModelCardData

    base, corpora = manifest.base, map(_HUB_DATA.match, manifest.corpora)
    is_of_hub = base is not None and base.revision is not None
    data = ModelCardData(
        language=list(manifest.languages) or None,
        license=manifest.license or "other",
        license_name=None if manifest.license else LICENSE_TO_CHOOSE,
        library_name="nerbridge",
        pipeline_tag=_TASK,
        tags=[*_TAGS, *_TAG_OF.get(manifest.kind, ())],
        datasets=list(dict.fromkeys(match[1] for match in corpora if match)) or None,
        base_model=base.id if base and is_of_hub else None,
        base_model_relation=_RELATIONS.get(manifest.kind) if is_of_hub else None,
        # huggingface_hub wants a name beside evaluation results.
        model_name=manifest.origin.recipe or "named entities" if manifest.scores else None,
        eval_results=list(_eval_results(manifest)) or None,
    )
    return f"---\n{data.to_yaml()}\n---"


def _eval_results(manifest: Manifest) -> Iterator[EvalResult]:
    """Strict F1, precision and recall on every test set."""
    from huggingface_hub import EvalResult

    for name, scores in manifest.scores.items():
        corpus = (manifest.target_corpus if name == "test" else None) or name
        match = _HUB_DATA.match(corpus)
        for metric in ("f1", "precision", "recall"):
            yield EvalResult(
                task_type=_TASK,
                task_name="Named entity recognition",
                dataset_type=match[1] if match else corpus_label(corpus),
                # Behind the @ stands a configuration in hub:…, but a revision in hf://….
                dataset_config=match[2] if match and corpus.startswith("hub:") else None,
                dataset_name=corpus_label(corpus),
                dataset_split="test" if name == "test" else None,
                metric_type=metric,
                metric_name=f"{metric.capitalize()} (strict)",
                metric_value=round(getattr(scores, metric), 4),
            )


def read_license(card: str) -> str | None:
    """The licence in a card's header; None if it has none or it is still to be chosen.

    Raises:
        ValueError: if the header is no header of a card.

    >>> read_license("---\\nlicense: mit\\n---\\n")
    'mit'
    """
    return _license_of(_parse(card).data) if _has_header(card) else None


def read_languages(card: str) -> list[str]:
    """The languages in a card's header.

    Raises:
        ValueError: if the header is no header of a card.
    """
    found = _parse(card).data.get("language") if _has_header(card) else None
    return [found] if isinstance(found, str) else [str(language) for language in found or ()]


def _license_of(data: Any) -> str | None:
    found, name = data.get("license"), data.get("license_name")
    if found == "other":
        return None if name in (None, LICENSE_TO_CHOOSE) else str(name)
    if isinstance(found, list):
        return ", ".join(map(str, found))
    return str(found) if found else None


def set_license(card: str, license: str) -> str:
    """The card with another licence in its header, by its name on the hub (``apache-2.0``).

    Raises:
        ValueError: if the card has no header, or it is no header of a card.
    """
    if not _has_header(card):
        raise ValueError("the card has no header between two lines of ---")
    return _with_license(card, {"license": license})


def keep_license(card: str, old: str) -> str:
    """The card with the licence that a person has chosen in the header of the old card, if any."""
    try:
        if read_license(old) is None:
            return card
        data = _parse(old).data
    except ValueError:
        # The old card is replaced; only a licence that can be read is taken over.
        return card
    return _with_license(card, {key: data.get(key) for key in _LICENSE_KEYS})


def _with_license(card: str, values: dict[str, str | None]) -> str:
    found = _parse(card)
    # All keys: a name or link of the old licence must not stay beside the new one.
    for key in _LICENSE_KEYS:
        found.data[key] = values.get(key)
    return str(found)


def _has_header(card: str) -> bool:
    return card.startswith("---")


def _parse(card: str) -> ModelCard:
    import yaml
    from huggingface_hub import ModelCard

    try:
        return ModelCard(card)
    except yaml.YAMLError as error:
        raise ValueError(f"the card's header is not YAML: {error}") from error


def corpus_label(name: str) -> str:
    """A corpus or encoder without the folders it lies in on somebody's machine.

    >>> corpus_label("/home/me/encoders/small"), corpus_label("C:/Users/me/small")
    ('small', 'small')
    >>> corpus_label("owner/name")
    'owner/name'
    """
    is_path = name.startswith(("/", ".", "~")) or "\\" in name or name[1:3] == ":/"
    return re.split(r"[\\/]", name.rstrip("\\/"))[-1] if is_path else name
