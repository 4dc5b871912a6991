"""The manifest of a model folder, ``nerbridge.json``: what the model is, was made of, and scores.

The file is a contract with other programs: ``schema`` says which. Keys are only added within a
schema; a key that moves or changes its meaning gives a new one, and `_migrate` reads the old form.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nerbridge.alignment.subwords import SpecialIds
from nerbridge.errors import ModelError, first_fault
from nerbridge.evaluation.quoting import QuotedScores
from nerbridge.files import write_text
from nerbridge.labels import LabelSet

MANIFEST_FILE = "nerbridge.json"
SCHEMA = 2

ModelKind = Literal["adapter", "full", "crf", "onnx"]
Role = Literal["target", "source"]


class _Part(BaseModel):
    # A newer version may add keys within a schema. They are kept, so that a manifest that is
    # written again (after a calibration, say) loses nothing.
    model_config = ConfigDict(extra="allow", frozen=True)


class BaseEncoder(_Part):
    """The encoder that a model was trained from; ``revision`` is the commit of a hub model."""

    id: str
    revision: str | None = None
    sha256: str | None = None

    @property
    def is_bundled(self) -> bool:
        """Whether the encoder is part of nerbridge."""
        return self.id.startswith("bundled:")


class TrainingCorpus(_Part):
    """A corpus that a model learned from. The hash is that of what was read.

    ``is_target`` says of a source that it is the target's corpus; ``harmonised`` that entities
    were left out of it. ``soft`` is the hash of the probabilities that were learned instead of
    tags, ``lexicon`` that of the lexicon that replaced words.
    """

    language: str
    sha256: str
    role: Role | None = None
    is_target: bool = False
    harmonised: bool = False
    soft: str | None = None
    lexicon: str | None = None

    @property
    def is_of_target(self) -> bool:
        """Whether its sentences are from the target's corpus, in whatever role."""
        return self.is_target or self.role == "target"


class CurvePoint(_Part):
    """One point of a training curve; ``epoch`` counts passes over the stage's training data."""

    step: int
    epoch: float
    train_loss: float | None = None
    train_f1: float | None = None
    """Strict F1 on the first sentences of the training set (see ``training.stage``)."""
    validation_loss: float | None = None
    validation_f1: float | None = None


class Training(_Part):
    """What one stage of one seed cost and how it went."""

    n_sentences: int
    n_steps: int
    n_parameters: int
    n_parameters_trained: int
    wall_s: float
    peak_memory_bytes: int
    curve: tuple[CurvePoint, ...] = ()
    best_epoch: float | None = None
    remedies: tuple[str, ...] = ()
    """What the collapse guard changed, in order; empty if the first attempt went well."""

    @property
    def best_validation_f1(self) -> float | None:
        """The highest F1 of the curve; None if it has none."""
        found = [p.validation_f1 for p in self.curve if p.validation_f1 is not None]
        return max(found, default=None)


class FittedTemperature(_Part):
    """What logits are divided by before an entity is scored.

    ``validation`` says which sentences it was fitted on: ``target`` and ``sources`` stand for the
    validation sentences of the target and of the source languages. ``ece_…`` is the expected
    calibration error on the ``n_entities`` found in them; None if they are too few.
    """

    temperature: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    n_entities: int | None = None
    ece_before: float | None = None
    ece_after: float | None = None
    validation: str | None = None


class HeldOutWords(_Part):
    """How a trimmed tokenizer cuts words that it was not trimmed to, next to the full one."""

    n_words: int
    n_words_changed: int
    n_subwords_full: int
    n_subwords_trimmed: int


class VocabularySize(_Part):
    """How many pieces an export kept of its model's vocabulary, and which corpora needed them."""

    n_full: int
    n_kept: int
    corpora: tuple[str, ...] = ()
    held_out: HeldOutWords | None = None


class QuantisationParity(_Part):
    """What int8 cost, on the sentences of ``corpus``.

    With labels: strict F1 in 32 and in 8 bits. Without: ``agreement``, the F1 of the entities
    found in 8 bits against the ``n_entities`` found in 32. ``n_exact`` matrices stayed in 32 bits.
    """

    corpus: str
    n_sentences: int
    tolerance: float | None = None
    f1_fp32: float | None = None
    f1_int8: float | None = None
    n_entities: int | None = None
    agreement: float | None = None
    n_exact: int = 0


class Parity(_Part):
    """How far logits of an export lie from its model's, at most, and how many entities agree."""

    n_sentences: int
    n_words: int
    max_difference: float
    n_entities: int
    n_equal_entities: int
    tolerance: float | None = None
    int8: QuantisationParity | None = None


class FileDigest(_Part):
    """A file of an export as it was written."""

    sha256: str
    n_bytes: int


class ParentModel(_Part):
    """The model that training went on from, or a model of others that was exported."""

    model: str
    sha256: str | None = None
    data: dict[str, TrainingCorpus] = Field(default_factory=dict)


class Manifest(_Part):
    """What is known of one model; only ``kind`` to ``max_subwords`` are needed to load it.

    ``script`` is the one script its words must be in (None: as they are), ``max_subwords`` the
    size of its windows without special tokens. ``base`` is None for a CRF.
    """

    kind: ModelKind
    base: BaseEncoder | None
    types: tuple[str, ...]
    script: str | None
    max_subwords: int
    inside_costs: tuple[float, ...] = ()
    """See `nerbridge.labels.LabelSet`."""
    calibration: FittedTemperature = FittedTemperature()
    license: str | None = None
    """The name of its licence on the hub; None if nobody has chosen one."""
    scores: dict[str, QuotedScores] = Field(default_factory=dict)
    """By test set; ``test`` is the target's."""

    # How it was trained.
    recipe: str | None = None
    recipe_sha256: str | None = None
    system: str | None = None
    """Which system of the run it is: ``transfer``, ``adapt``, ``crf_all``, …"""
    seed: int | None = None
    method: Literal["lora", "full", "crf"] | None = None
    data: dict[str, TrainingCorpus] = Field(default_factory=dict)
    """By name; what its parent learned from before is in the parent's."""
    parent: ParentModel | None = None
    training: Training | None = None
    versions: dict[str, str] = Field(default_factory=dict)

    # How it was exported.
    exported_from: Manifest | None = None
    special_ids: SpecialIds | None = None
    quantisation: Literal["none", "int8"] = "none"
    vocabulary: VocabularySize | None = None
    fused: dict[str, int] = Field(default_factory=dict)
    """How many operators of each kind onnxruntime's own replaced."""
    parity: Parity | None = None
    files: dict[str, FileDigest] = Field(default_factory=dict)

    @property
    def label_set(self) -> LabelSet:
        """Its labels, in the order of its columns."""
        return LabelSet(self.types, self.inside_costs)

    @property
    def origin(self) -> Manifest:
        """The manifest of the trained model: its own, or that of the model it was exported from."""
        return self if self.exported_from is None else self.exported_from.origin

    @property
    def corpora(self) -> dict[str, TrainingCorpus]:
        """All corpora it learned from, with its parent's, those of the target first."""
        origin = self.origin
        found = {**origin.data, **(origin.parent.data if origin.parent else {})}
        return dict(sorted(found.items(), key=lambda item: not item[1].is_of_target))

    @property
    def target_corpus(self) -> str | None:
        """The name of the target's corpus, if the model learned from it."""
        names = (name for name, corpus in self.corpora.items() if corpus.is_of_target)
        return next(names, None)

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of its corpora, the target's first."""
        return tuple(dict.fromkeys(corpus.language for corpus in self.corpora.values()))

    def to_json(self) -> dict[str, Any]:
        """The content of ``nerbridge.json``: what has to be there, and what is not a default."""
        return {"schema": SCHEMA, **self.model_dump(mode="json", exclude_defaults=True)}


def dump_manifest(manifest: Manifest) -> str:
    """The text of ``nerbridge.json``; equal manifests give equal texts."""
    return json.dumps(manifest.to_json(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``nerbridge.json``, whole or not at all; one that would not change is left alone.

    Raises:
        EnvironmentProblem: if it cannot be written.
    """
    path, text = folder / MANIFEST_FILE, dump_manifest(manifest)
    # A model that is scored a second time stays the file that it was, also by its time.
    if not path.is_file() or path.read_bytes() != text.encode("utf-8"):
        write_text(path, text)


def read_manifest(folder: Path) -> Manifest:
    """Read ``nerbridge.json`` of a model folder, in this version's form or an earlier one's.

    Raises:
        ModelError: if the folder has none, or it is not one that this version can read.
    """
    path = folder / MANIFEST_FILE
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{folder}: no {MANIFEST_FILE}: not a model trained with nerbridge. Give a model "
            "folder of a run, such as runs/NAME/models/adapt-13."
        ) from None
    except ValueError as error:
        raise ModelError(f"{path}: not JSON ({error}). Copy the model folder again.") from None
    return parse_manifest(document, path)


def parse_manifest(document: Any, path: Path) -> Manifest:
    """The manifest in the content of ``nerbridge.json``; ``path`` is for messages.

    Raises:
        ModelError: if it is not one that this version can read.
    """
    found = document.get("schema") if isinstance(document, dict) else None
    if found not in (1, SCHEMA):
        raise ModelError(
            f"{path}: schema is {found!r}, expected {SCHEMA} or 1. Use the version of nerbridge "
            "that wrote it, or a newer one."
        )
    try:
        return Manifest.model_validate(_migrate(document))
    except ValidationError as error:
        raise ModelError(
            f"{path}: not a manifest of a model ({_say_fault(error)}). Copy the model folder again."
        ) from error


def _say_fault(error: ValidationError) -> str:
    # All that is missing at once, else the first fault.
    faults = error.errors(include_url=False, include_input=False)
    missing = [".".join(map(str, fault["loc"])) for fault in faults if fault["type"] == "missing"]
    return f"it lacks {', '.join(missing)}" if missing else first_fault(error)


def _migrate(document: dict[str, Any]) -> dict[str, Any]:
    """A document of any schema as one of this schema, without the key ``schema``.

    Schema 1 (nerbridge 0.1) had ``row`` for ``system``, null where there was nothing to say, and
    put the whole manifest of an exported model under ``parent``.
    """
    values = {key: value for key, value in document.items() if key != "schema"}
    if document.get("schema") == SCHEMA:
        return values
    if "row" in values:
        values["system"] = values.pop("row")
    parent = values.get("parent") or {}
    if "types" in parent:
        values["exported_from"] = _migrate(values.pop("parent"))
    # Schema 1 wrote null for "nothing to say"; such keys take their defaults.
    required = ("base", "script")  # here null has a meaning
    return {key: value for key, value in values.items() if value is not None or key in required}
