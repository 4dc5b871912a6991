"""One stage: exact resume, two learning rates, tag weights, the best epoch, nothing cut off."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoModelForTokenClassification, TrainingArguments

from hub_shapes import tiny_config
from nerbridge.alignment.subwords import IGNORE_INDEX, encode_sentences
from nerbridge.errors import EnvironmentProblem
from nerbridge.labels import LabelSet
from nerbridge.models.adapter import LoraSettings, attach_adapter
from nerbridge.models.encoder import (
    ENCODER_TYPES,
    load_token_classifier,
    resolve_encoder,
    special_ids,
)
from nerbridge.models.manifest import CurvePoint
from nerbridge.models.torch_model import to_live_model
from nerbridge.models.vocabulary import trim_vocabulary, used_ids
from nerbridge.training.batching import Example
from nerbridge.training.stage import (
    StageData,
    StageOutcome,
    StageTrainer,
    build_examples,
    parameter_groups,
    tag_weights,
    train_stage,
)
from nerbridge.training.stage_settings import StageSettings
from nerbridge.training.validation import Validation

LABELS = LabelSet()
MAX_SUBWORDS = 30
LORA = LoraSettings(r=4, target_modules="all-linear", bias="lora_only")


class KilledError(Exception):
    """Stands for a kill."""


@pytest.fixture(scope="session")
def data(tiny: Any) -> StageData:
    train, validation = tiny.labelled("bn", "train"), tiny.labelled("bn", "validation")
    return StageData(train.words, train.tags, validation.words, validation.tags)


@pytest.fixture
def build(tiny: Any, tokenizer: Any, data: StageData) -> Callable[[str], nn.Module]:
    """A fresh model, tuned wholly, wholly with a trimmed vocabulary, or by an adapter."""

    def make(kind: str) -> nn.Module:
        source = resolve_encoder(str(tiny.encoder))
        model = load_token_classifier(source, LABELS, seed=3)
        if kind == "lora":
            return attach_adapter(model, LORA, seed=3)
        if kind == "trimmed":
            words = [*data.words, *data.validation_words]
            encoded = encode_sentences(
                tokenizer.backend_tokenizer, words, special_ids(tokenizer).unk
            )
            trim_vocabulary(model, used_ids(encoded, tokenizer))
        return model

    return make


@pytest.fixture
def train(tokenizer: Any, data: StageData, tmp_path: Path) -> Callable[..., StageOutcome]:
    """Train in a folder; with ``kill_at`` be killed in that epoch, after it was scored."""

    def run(
        model: nn.Module, settings: StageSettings, folder: str = "stage", kill_at: int | None = None
    ) -> StageOutcome:
        def report(point: CurvePoint, done: float) -> None:
            if point.epoch == kill_at:
                raise KilledError

        return train_stage(
            model, tokenizer, data, settings, LABELS,
            seed=5, max_subwords=MAX_SUBWORDS, folder=tmp_path / folder, report=report,
        )  # fmt: skip

    return run


def settings_of(**changes: Any) -> StageSettings:
    values = {"learning_rate": 3e-3, "head_learning_rate": 1e-2, "epochs": 4, "batch_size": 8}
    return StageSettings.model_validate({**values, "class_weights": "balanced", **changes})


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


RESUMED = {
    "lora": settings_of(dropout=0.2),
    "full": settings_of(keep_best=False, schedule="cosine", warmup=0.3),
    "trimmed": settings_of(validate_every=2),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", RESUMED)
def test_a_killed_training_ends_as_an_undisturbed_one(
    kind: str, build: Callable[[str], nn.Module], train: Callable[..., StageOutcome]
) -> None:
    settings = RESUMED[kind]
    straight = build(kind)
    outcome = train(straight, settings, "straight")
    wanted = weights_of(straight)
    for kill_at in (2, 4):
        killed, resumed = build(kind), build(kind)
        with pytest.raises(KilledError):
            train(killed, settings, f"killed-{kill_at}", kill_at=kill_at)
        again = train(resumed, settings, f"killed-{kill_at}")
        found = weights_of(resumed)
        assert wanted.keys() == found.keys()
        assert [name for name in wanted if not torch.equal(wanted[name], found[name])] == []
        assert again.training.curve == outcome.training.curve
        assert again.training.best_epoch == outcome.training.best_epoch
        assert again.training.n_steps == outcome.training.n_steps
        assert again.has_collapsed == outcome.has_collapsed


def test_a_finished_training_is_not_repeated(
    build: Callable[[str], nn.Module], train: Callable[..., StageOutcome]
) -> None:
    first, second = build("lora"), build("lora")
    outcome = train(first, settings_of())
    again = train(second, settings_of(), kill_at=4)  # epoch 4 is not looked at again
    assert again.training.curve == outcome.training.curve
    assert again.training.wall_s >= outcome.training.wall_s > 0
    assert all(map(torch.equal, weights_of(first).values(), weights_of(second).values()))


@pytest.mark.slow
def test_patience_ends_a_training_and_a_resumed_one_too(
    build: Callable[[str], nn.Module], train: Callable[..., StageOutcome]
) -> None:
    still = settings_of(learning_rate=1e-12, head_learning_rate=1e-12, epochs=6, patience=2)
    for keep_best in (True, False):
        settings = still.model_copy(update={"keep_best": keep_best})
        first, second = build("full"), build("full")
        outcome = train(first, settings, f"patience-{keep_best}")
        assert [point.epoch for point in outcome.training.curve] == [1, 2, 3]
        assert outcome.training.best_epoch == (1 if keep_best else 3)
        again = train(second, settings, f"patience-{keep_best}")
        assert again.training.curve == outcome.training.curve
        assert all(map(torch.equal, weights_of(first).values(), weights_of(second).values()))


def test_it_ends_with_the_best_epoch_and_records_every_one(
    build: Callable[[str], nn.Module],
    train: Callable[..., StageOutcome],
    data: StageData,
    tokenizer: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = build("lora")
    with warnings.catch_warnings():
        warnings.simplefilter("error", category=UserWarning)
        outcome = train(model, settings_of(learning_rate=2e-2, epochs=5))
    curve = outcome.training.curve
    assert [point.epoch for point in curve] == [1, 2, 3, 4, 5]
    assert [point.step for point in curve] == [
        outcome.training.n_steps // 5 * i for i in range(1, 6)
    ]
    assert all(point.train_loss is not None and point.train_loss > 0 for point in curve)
    best = max(curve, key=lambda point: point.validation_f1 or 0)
    assert outcome.training.best_epoch == best.epoch
    validation = Validation(
        data.validation_words, data.validation_tags, tokenizer, LABELS, MAX_SUBWORDS
    )
    assert validation.score(model)[1] == pytest.approx(best.validation_loss, abs=1e-6)
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")


def test_only_adapter_and_head_are_trained(
    build: Callable[[str], nn.Module], train: Callable[..., StageOutcome]
) -> None:
    model = build("lora")
    before = weights_of(model)
    outcome = train(model, settings_of(epochs=1))
    changed = {n for n, w in weights_of(model).items() if not torch.equal(w, before[n])}
    assert changed == {name for name, p in model.named_parameters() if p.requires_grad}
    assert all("lora_" in n or "classifier" in n or n.endswith("bias") for n in changed)
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert outcome.training.n_parameters_trained == trained < outcome.training.n_parameters


def test_two_learning_rates_and_no_decay_for_vectors(build: Callable[[str], nn.Module]) -> None:
    settings = settings_of(weight_decay=0.1)
    for kind in ("full", "lora"):
        model = build(kind)
        groups = parameter_groups(model, settings)
        found = [id(p) for group in groups for p in group["params"]]
        assert sorted(found) == sorted(id(p) for p in model.parameters() if p.requires_grad)
        rates = {id(p): (g["lr"], g["weight_decay"]) for g in groups for p in g["params"]}
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                rate = 1e-2 if "classifier" in name else 3e-3
                assert rates[id(parameter)] == (rate, 0.1 if parameter.ndim > 1 else 0.0), name


@pytest.mark.parametrize("is_lora", [False, True])
@pytest.mark.parametrize("model_type", ENCODER_TYPES)
def test_the_head_of_every_encoder_type_learns_at_its_own_rate(
    model_type: str, is_lora: bool
) -> None:
    model = AutoModelForTokenClassification.from_config(tiny_config(model_type, num_labels=7))
    prefix = f"{model.base_model_prefix}."
    head = {id(p) for name, p in model.named_parameters() if not name.startswith(prefix)}
    trained = attach_adapter(model, LoraSettings(r=2), seed=0) if is_lora else model
    if is_lora:
        head = {id(p) for name, p in trained.named_parameters() if "modules_to_save" in name}
    settings = StageSettings(epochs=1, batch_size=4, learning_rate=3e-3, head_learning_rate=1e-2)
    rates = {
        id(p): group["lr"] for group in parameter_groups(trained, settings) for p in group["params"]
    }
    assert len(head) > 1
    assert {id_ for id_, rate in rates.items() if rate == 1e-2} == head
    assert 3e-3 in rates.values()


@pytest.mark.parametrize(
    "model_type",
    ["albert", "bert", "deberta", "deberta-v2", "distilbert", "electra", "modernbert", "roberta"],
)
def test_every_kind_of_encoder_trains_with_an_adapter_of_its_own_layers(
    model_type: str, tokenizer: Any, train: Callable[..., StageOutcome]
) -> None:
    ids = dict.fromkeys(("bos_token_id", "cls_token_id", "eos_token_id", "sep_token_id"), 0)
    config = tiny_config(
        model_type,
        **ids,
        vocab_size=len(tokenizer),
        id2label=dict(enumerate(LABELS.tags)),
        max_position_embeddings=MAX_SUBWORDS + 4,
    )
    plain = AutoModelForTokenClassification.from_config(config)
    model = attach_adapter(plain, LoraSettings(r=2), seed=0)
    before = weights_of(model)
    outcome = train(model, settings_of(epochs=1))
    changed = {n for n, w in weights_of(model).items() if not torch.equal(w, before[n])}
    assert changed == {name for name, p in model.named_parameters() if p.requires_grad}
    losses = [point.validation_loss for point in outcome.training.curve]
    assert losses
    assert all(loss is not None and np.isfinite(loss) for loss in losses)


def test_rare_tags_weigh_more_and_the_mean_word_weighs_one() -> None:
    labels = (0,) * 90 + (1,) * 9 + (2,) + (IGNORE_INDEX,) * 50
    examples = [Example((4,) * 150, labels)]
    assert tag_weights(examples, 3, settings_of(class_weights="none")) is None
    weights = tag_weights(examples, 3, settings_of())
    assert weights is not None
    assert weights[2] / weights[1] == pytest.approx(3)
    mean = sum(weights[label] for label in labels if label >= 0) / 100
    assert mean == pytest.approx(1)


def test_long_sentences_become_windows_and_nothing_is_cut(tokenizer: Any, data: StageData) -> None:
    examples = build_examples(data.words, data.tags, tokenizer, LABELS, max_subwords=12)
    assert max(len(example.ids) for example in examples) <= 12
    assert len(examples) > len(data.words)
    encoded = encode_sentences(tokenizer.backend_tokenizer, data.words, special_ids(tokenizer).unk)
    assert [i for e in examples for i in e.ids] == [i for sub in encoded for i in sub.ids]
    labels = [i for e in examples for i in e.labels if i != IGNORE_INDEX]
    assert labels == [LABELS.tag_to_id[tag] for tags in data.tags for tag in tags]


def certain(tags: Sequence[str]) -> NDArray[np.float32]:
    return np.eye(len(LABELS.tags), dtype=np.float32)[[LABELS.tag_to_id[tag] for tag in tags]]


def loss_of(
    model: nn.Module, tokenizer: Any, data: StageData, tmp_path: Path, **changes: Any
) -> float:
    """Of the first sentences, without dropout."""
    n, probabilities = 6, data.probabilities[:6]
    examples = build_examples(
        data.words[:n], data.tags[:n], tokenizer, LABELS, MAX_SUBWORDS, probabilities
    )
    settings = settings_of(**{"class_weights": "none", **changes})
    arguments = TrainingArguments(str(tmp_path), use_cpu=True, report_to="none")
    trainer = StageTrainer(model, arguments, examples, settings, tokenizer, LABELS)
    with torch.no_grad():
        return float(trainer.compute_loss(model.eval(), trainer.data_collator(examples)))


@pytest.mark.parametrize("class_weights", ["none", "balanced"])
def test_certain_probabilities_are_labels(
    build: Callable[[str], nn.Module], tokenizer: Any, data: StageData, tmp_path: Path,
    class_weights: str,
) -> None:  # fmt: skip
    model = build("full")
    rows = [certain(tags) if i % 2 else None for i, tags in enumerate(data.tags)]
    certainly = replace(data, probabilities=rows)
    hard = loss_of(model, tokenizer, data, tmp_path, class_weights=class_weights)
    soft = loss_of(model, tokenizer, certainly, tmp_path, class_weights=class_weights)
    assert soft == pytest.approx(hard, rel=1e-5)


def test_a_model_that_doubts_as_its_teachers_do_loses_their_entropy(
    build: Callable[[str], nn.Module], tokenizer: Any, data: StageData, tmp_path: Path
) -> None:
    model = build("full")
    live = to_live_model(model, tokenizer, LABELS, MAX_SUBWORDS)
    logits = live.word_logits(data.words)
    own = [torch.from_numpy(rows).softmax(1).numpy() for rows in logits]
    words = np.concatenate(own[:6]).astype(np.float64)
    entropy = -(words * np.log(words)).sum(axis=1).mean()
    soft = loss_of(model, tokenizer, replace(data, probabilities=own), tmp_path)
    assert soft == pytest.approx(entropy, rel=1e-3)


def test_windows_keep_their_probabilities(tokenizer: Any, data: StageData) -> None:
    rows = [certain(tags) for tags in data.tags]
    examples = build_examples(data.words, data.tags, tokenizer, LABELS, 12, rows)
    assert len(examples) > len(data.words)
    for example in examples:
        labels = np.array(example.labels)
        assert example.targets is not None
        assert not example.targets[labels == IGNORE_INDEX].any()
        is_word = labels != IGNORE_INDEX
        assert (example.targets[is_word].argmax(1) == labels[is_word]).all()
        assert (example.targets[is_word].sum(1) == 1).all()


@pytest.mark.slow
@pytest.mark.parametrize("at", ["best", "checkpoint", "torch"])
def test_a_full_disk_is_named_and_the_training_goes_on_later(
    at: str, build: Callable[[str], nn.Module], train: Callable[..., StageOutcome],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings = settings_of(epochs=2)
    with monkeypatch.context() as patch:
        if at == "best":
            patch.setattr("nerbridge.training.validation.save_file", _no_space)
        else:
            patch.setattr(torch, "save", _no_space if at == "checkpoint" else _torch_s_way)
        with pytest.raises(EnvironmentProblem, match=r"[Nn]o space left.*disk space"):
            train(build("lora"), settings)
    resumed, straight = build("lora"), build("lora")
    train(resumed, settings)
    train(straight, settings, "other")
    assert all(map(torch.equal, weights_of(resumed).values(), weights_of(straight).values()))


def _no_space(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def _torch_s_way(*_: object, **__: object) -> None:
    raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 76480 vs 76368")
