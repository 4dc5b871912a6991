"""Looking at the validation set between epochs: score, keep the best, stop when it stalls.

All that has to survive a kill is in the trainer's own log and in the checkpoint's folder, so that a
resumed stage chooses as an undisturbed one does.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerFast,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from nerbridge.alignment.decoding import decode_many
from nerbridge.alignment.subwords import encode_sentences
from nerbridge.evaluation.counts import count_entities, counts_to_f1
from nerbridge.labels import LabelSet
from nerbridge.models.encoder import special_ids
from nerbridge.models.manifest import CurvePoint
from nerbridge.models.torch_model import to_live_model
from nerbridge.training.stage_settings import StageSettings

BEST = "best.safetensors"
MARK = "whole"
"""A checkpoint without this file was not written to its end."""


class Validation:
    """A labelled set, encoded once and scored as often as asked."""

    def __init__(
        self,
        words: Sequence[Sequence[str]],
        tags: Sequence[Sequence[str]],
        tokenizer: PreTrainedTokenizerFast,
        label_set: LabelSet,
        max_subwords: int,
    ) -> None:
        self.tags, self.tokenizer = tags, tokenizer
        self.label_set, self.max_subwords = label_set, max_subwords
        unk = special_ids(tokenizer).unk
        self.encoded = encode_sentences(tokenizer.backend_tokenizer, words, unk)

    def score(self, model: nn.Module) -> tuple[NDArray[np.int64], float]:
        """Strict counts and the mean cross entropy over words.

        Shape of the counts: (n_sentences, n_types, 3).
        """
        network = cast(PreTrainedModel, model)
        live = to_live_model(network, self.tokenizer, self.label_set, self.max_subwords)
        logits = live.encoded_logits(self.encoded)
        predicted = decode_many(logits, self.label_set)
        counts = count_entities(self.tags, predicted, self.label_set.types, "strict")
        labels = [self.label_set.tag_to_id[tag] for tags in self.tags for tag in tags]
        words = torch.cat([torch.from_numpy(rows) for rows in logits])
        loss = nn.functional.cross_entropy(words, torch.tensor(labels))
        return counts, loss.item()

    def score_f1(self, model: nn.Module) -> tuple[float, float]:
        """Strict micro F1 and the mean cross entropy over words."""
        counts, loss = self.score(model)
        return float(counts_to_f1(counts.sum(axis=(0, 1)))), loss


class KeepBest(TrainerCallback):
    """Scores every ``validate_every`` epochs, saves a checkpoint, keeps the best weights aside."""

    def __init__(
        self,
        validation: Validation,
        seen: Validation,
        settings: StageSettings,
        folder: Path,
        report: Callable[[CurvePoint, float], None],
    ) -> None:
        self.validation, self.seen, self.settings = validation, seen, settings
        self.folder, self.report = folder, report
        self.log: Callable[[dict[str, float]], None] = lambda _: None
        self.began, self.earlier_s = time.perf_counter(), 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Take over the time that was spent before a kill."""
        if looks := validation_points(state):
            self.earlier_s = looks[-1]["elapsed_s"]

    def elapsed_s(self) -> float:
        """Seconds of training so far, those before a kill included."""
        return self.earlier_s + time.perf_counter() - self.began

    def is_over(self, state: TrainerState) -> bool:
        """Whether patience is at its end."""
        if self.settings.patience is None:
            return False
        scores = [point["eval_f1"] for point in validation_points(state)]
        # The first of equal scores counts, as in `_look`: an equal score is no progress.
        since_best = len(scores) - 1 - scores.index(max(scores))
        return since_best >= self.settings.patience

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Tie the epoch's dropout to seed and epoch, so that a resumed epoch draws the same."""
        torch.manual_seed(args.seed * 100_003 + round(state.epoch or 0))

    def on_epoch_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        """Score, and stop the training if patience is at its end."""
        epoch, model = round(state.epoch or 0), kwargs["model"]
        if epoch % self.settings.validate_every == 0 or epoch == self.settings.epochs:
            self._look(model, state, epoch)
            control.should_save = True
            control.should_training_stop |= self.is_over(state)
        # Set after the validation, because logging its scores resets this flag and the training
        # loss of the epoch would not be logged.
        control.should_log = True

    def _look(self, model: nn.Module, state: TrainerState, epoch: int) -> None:
        f1, loss = self.validation.score_f1(model)
        seen_f1, _ = self.seen.score_f1(model)
        best = max((point["eval_f1"] for point in validation_points(state)), default=-1.0)
        self.log(
            {
                "eval_f1": f1,
                "eval_loss": loss,
                "train_f1": seen_f1,
                "elapsed_s": self.elapsed_s(),
            }
        )
        if f1 > best:
            self._save_best(model)
        self.report(
            CurvePoint(step=state.global_step, epoch=epoch, validation_loss=loss, validation_f1=f1),
            epoch / self.settings.epochs,
        )

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """The checkpoint is complete only now."""
        mark_whole(self.folder / f"checkpoint-{state.global_step}")

    def restore_best(self, model: nn.Module) -> None:
        """Put the best weights into ``model``, if the stage is to end with them."""
        if self.settings.keep_best:
            tensors = load_file(self.folder / BEST)
            with torch.no_grad():
                for name, parameter in _trained(model).items():
                    parameter.copy_(tensors[name])

    def best_epoch(self, state: TrainerState) -> float:
        """The epoch whose weights the stage ends with."""
        looks = validation_points(state)
        best = (
            max(looks, key=lambda point: point["eval_f1"]) if self.settings.keep_best else looks[-1]
        )
        return float(round(best["epoch"], 2))

    def curve(self, state: TrainerState) -> tuple[CurvePoint, ...]:
        """Training loss of every epoch, joined with the look at the validation set after it."""
        # The trainer logs the training loss and the validation scores of one step separately.
        points: dict[int, dict[str, float]] = {}
        for entry in state.log_history:
            points.setdefault(int(entry["step"]), {}).update(entry)
        return tuple(
            CurvePoint(
                step=step,
                epoch=round(point["epoch"], 2),
                train_loss=point.get("loss"),
                train_f1=point.get("train_f1"),
                validation_loss=point.get("eval_loss"),
                validation_f1=point.get("eval_f1"),
            )
            for step, point in sorted(points.items())
            if "loss" in point or "eval_f1" in point
        )

    def _save_best(self, model: nn.Module) -> None:
        tensors = {name: p.detach().cpu().contiguous() for name, p in _trained(model).items()}
        # Written beside and renamed, so that a kill leaves the earlier best weights readable.
        part = self.folder / f"{BEST}.part"
        self.folder.mkdir(parents=True, exist_ok=True)
        save_file(tensors, part)
        os.replace(part, self.folder / BEST)


def _trained(model: nn.Module) -> dict[str, nn.Parameter]:
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def validation_points(state: TrainerState) -> list[dict[str, float]]:
    """The log entries of a training that hold a validation score, in order."""
    return [entry for entry in state.log_history if "eval_f1" in entry]


def last_checkpoint(folder: Path) -> str | None:
    """The newest complete checkpoint; incomplete ones are deleted."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    for path in found:
        if not (path / MARK).is_file():
            shutil.rmtree(path)
    whole = [path for path in found if path.is_dir()]
    return str(whole[-1]) if whole else None


def mark_whole(checkpoint: Path) -> None:
    """Mark a checkpoint as complete, and delete the checkpoints before it."""
    # In this order: a kill between the two leaves two usable checkpoints, never none.
    (checkpoint / MARK).touch()
    for path in checkpoint.parent.glob("checkpoint-*"):
        if path != checkpoint:
            shutil.rmtree(path)
