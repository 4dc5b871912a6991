"""What all parts of a run share: recipe, corpora, encoder and folder."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast

from nerbridge.corpus.sentence import Corpus
from nerbridge.errors import EnvironmentProblem
from nerbridge.labels import LabelSet
from nerbridge.models.encoder import (
    EncoderSource,
    encoder_sha256,
    load_token_classifier,
    load_tokenizer,
    max_window_subwords,
    resolve_encoder,
)
from nerbridge.models.manifest import BaseEncoder, Manifest, ModelKind
from nerbridge.training.data import ExperimentData, load_data
from nerbridge.training.recipe import Recipe
from nerbridge.training.recipe_files import fingerprint_settings, recipe_sha256
from nerbridge.training.run_folder import RunFolder
from nerbridge.training.stage_settings import STAGES

_MAX_SUBWORDS = 510


@dataclass(frozen=True)
class StageProgress:
    """Progress of one system and seed: the share done (0 to 1) and a message."""

    system: str
    seed: int
    done: float
    message: str

    def __str__(self) -> str:
        return f"{self.system:13} seed {self.seed:<4} {self.done:4.0%}  {self.message}"


StageListener = Callable[[StageProgress], None]


@dataclass(frozen=True)
class Base:
    """The encoder of a run: its source, tokenizer, window size and description."""

    source: EncoderSource
    tokenizer: PreTrainedTokenizerFast
    max_subwords: int
    description: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """Hash of the encoder's weights."""
        return str(self.description["sha256"])


@dataclass(frozen=True)
class Run:
    """A recipe, the corpora and encoder that it names, and the folder for the results."""

    recipe: Recipe
    folder: RunFolder
    data: ExperimentData
    base: Base

    @property
    def label_set(self) -> LabelSet:
        """The labels of all its models."""
        return LabelSet(self.recipe.types)

    def fingerprint(self) -> dict[str, Any]:
        """Everything that decides the results of a seed: the same fingerprint, the same results."""
        return {
            "recipe": fingerprint_settings(self.recipe),
            "data": self._data(),
            "encoder": self.base.sha256,
        }

    def _data(self) -> dict[str, str]:
        """Hash of every corpus by its place in the recipe (folders may share a name)."""
        target, *others = self.data.corpora
        sources = others[: len(self.recipe.sources)]
        return {
            f"target ({target.name})": target.sha256,
            **{f"source {i} ({c.name})": _hash_learned(c) for i, c in enumerate(sources, 1)},
            **{f"test set {name}": c.sha256 for name, c in self.data.test_corpora.items()},
        }

    def manifest(self, system: str, seed: int, kind: ModelKind) -> Manifest:
        """The manifest of a model of this run, without what its training adds."""
        base = BaseEncoder(
            id=self.recipe.encoder.id,
            revision=self.base.source.revision,
            sha256=self.base.sha256,
        )
        return Manifest(
            kind=kind,
            base=None if kind == "crf" else base,
            types=self.recipe.types,
            script=self.recipe.target.script,
            max_subwords=self.base.max_subwords,
            system=system,
            seed=seed,
            recipe=self.recipe.name,
            recipe_sha256=recipe_sha256(self.recipe),
            versions=package_versions(),
        )


def _hash_learned(source: Corpus) -> str:
    hashes = (source.sha256, source.probabilities_sha256, source.lexicon_sha256)
    return " ".join(filter(None, hashes))


def open_run(recipe: Recipe, folder: Path) -> Run:
    """Load corpora and encoder of a recipe.

    Raises:
        CorpusError: a corpus cannot be read or lacks what the experiment needs.
        ModelError: the encoder cannot be loaded.
        EnvironmentProblem: hub or disk fail, or a stage needs a GPU and there is none.
    """
    check_precision(recipe)
    return Run(recipe, RunFolder(folder), load_data(recipe), load_base(recipe))


def check_precision(recipe: Recipe) -> None:
    """Make sure that the machine can train every stage in the precision it asks for.

    Raises:
        EnvironmentProblem: a stage wants fp16 and there is no GPU.
    """
    needing = [name for name in STAGES if recipe.stage(name).precision == "fp16"]
    if needing and not torch.cuda.is_available():
        remedy = " ".join(f"--set {name}.precision=fp32" for name in needing)
        raise EnvironmentProblem(
            f"recipe {recipe.name}: {', '.join(needing)} has precision = 'fp16', which needs a "
            f"GPU, but this machine has none. Train in full precision: {remedy}"
        )


def load_base(recipe: Recipe) -> Base:
    """Load the encoder of a recipe once, to hash and describe it."""
    source = resolve_encoder(recipe.encoder.id, recipe.encoder.revision)
    model = load_token_classifier(source, LabelSet(recipe.types), seed=0)
    limit = min(max_window_subwords(model), recipe.encoder.max_subwords or _MAX_SUBWORDS)
    description = {
        "id": recipe.encoder.id,
        "revision": source.revision,
        "sha256": encoder_sha256(model),
        "n_parameters": sum(p.numel() for p in model.base_model.parameters()),
        "vocabulary": model.config.vocab_size,
        "hidden": model.config.hidden_size,
        "layers": model.config.num_hidden_layers,
    }
    return Base(source, load_tokenizer(source), limit, description)


def package_versions() -> dict[str, str]:
    """Versions of the packages that decide the numbers."""
    names = ("nerbridge", "torch", "transformers", "peft", "tokenizers", "numpy", "python-crfsuite")
    return {name: importlib.metadata.version(name) for name in names}
