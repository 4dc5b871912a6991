"""A tiny encoder, tiny corpora in the form of the bundled ones, and one finished tiny run."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from hub_standin import write_tiny_encoder
from nerbridge.corpus.reading import build_corpus, read_corpus
from nerbridge.corpus.writing import write_corpus
from nerbridge.models.encoder import load_tokenizer, resolve_encoder
from nerbridge.training.data import Labelled, to_labelled
from nerbridge.training.experiment import run_experiment
from nerbridge.training.recipe import Recipe
from nerbridge.training.run import Run, StageProgress, open_run

LANGUAGES = ("as", "bn", "hi")
SIZES = {"train": 24, "validation": 10, "test": 14}
STAGE = {"epochs": 1, "batch_size": 8, "learning_rate": 5e-3, "retries": 0}

MakeRecipe = Callable[..., Recipe]


def merge(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with ``changes``, table by table."""
    merged = dict(copy.deepcopy(values))
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged


@dataclass(frozen=True)
class Tiny:
    """Where the tiny encoder and the tiny corpora are; nobody may change them."""

    root: Path

    @property
    def encoder(self) -> Path:
        return self.root / "encoder"

    @property
    def data(self) -> Path:
        return self.root / "data"

    def values(self, **changes: Any) -> dict[str, Any]:
        """A recipe of two seeds and one epoch a stage, with changes."""
        corpora = [
            {"path": language, "language": language, "script": "Beng"} for language in LANGUAGES
        ]
        balanced = {**STAGE, "class_weights": "balanced"}
        values: dict[str, Any] = {
            "name": "tiny",
            "seeds": [1, 2],
            "data_root": str(self.data),
            "encoder": {"id": str(self.encoder)},
            "lora": {"r": 4, "lora_alpha": 8, "target_modules": "all-linear"},
            "target": corpora[0],
            "sources": corpora[1:],
            "baseline": balanced,
            "transfer": {**balanced, "learning_rate": 2e-2},
            "adapt": {**balanced, "learning_rate": 2e-2},
        }
        return merge(values, changes)

    def recipe(self, **changes: Any) -> Recipe:
        return Recipe.model_validate(self.values(**changes))

    def labelled(self, language: str, split: str) -> Labelled:
        corpus = read_corpus(self.data / language)
        return to_labelled(corpus.splits[split], "Beng")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """Tiny encoder and corpora."""
    root = tmp_path_factory.mktemp("tiny")
    texts = []
    for language in LANGUAGES:
        bundled = read_corpus(f"bundled:{language}")
        splits = {split: part[: SIZES[split]] for split, part in bundled.splits.items()}
        write_corpus(build_corpus(language, language, splits), root / "data" / language)
        words = to_labelled(bundled.splits["train"][:100], "Beng").words
        texts += [" ".join(sentence) for sentence in words]
    write_tiny_encoder(root / "encoder", texts, hidden_size=32)
    return Tiny(root)


@pytest.fixture(scope="session")
def tokenizer(tiny: Tiny) -> Any:
    """The tiny encoder's tokenizer."""
    return load_tokenizer(resolve_encoder(str(tiny.encoder)))


@dataclass(frozen=True)
class Finished:
    """A run that came to its end, and what it told its listener."""

    run: Run
    heard: list[StageProgress]


@pytest.fixture(scope="session")
def finished(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A whole tiny run, made once; nobody may change its folder."""
    run = open_run(tiny.recipe(), tmp_path_factory.mktemp("finished") / "run")
    heard: list[StageProgress] = []
    run_experiment(run, heard.append, jobs=1)
    return Finished(run, heard)


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Sums in the same order, whatever the machine: weights depend on the number of threads."""
    torch.set_num_threads(1)
