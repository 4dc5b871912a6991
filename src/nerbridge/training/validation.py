"""Looking at the validation set between epochs: score, keep the best, stop when it stalls.

All that has to survive a kill is in the trainer's own log and in the checkpoint's folder, so that a
resumed stage chooses as an undisturbed one does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import (
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
from nerbridge.models.prediction import predict_logits
from nerbridge.records import CurvePoint
from nerbridge.training.checkpoints import mark_whole
from nerbridge.training.recipe import StageSettings

BEST = "best.safetensors"


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
        self.tags, self.label_set, self.max_subwords = tags, label_set, max_subwords
        self.specials = special_ids(tokenizer)
        self.encoded = encode_sentences(tokenizer.backend_tokenizer, words, self.specials.unk)

    def score(self, model: nn.Module) -> tuple[NDArray[np.int64], float]:
        """Strict counts and the mean cross entropy over words.

        Shape of the counts: (n_sentences, n_types, 3).
        """
        logits = predict_logits(
            model,  # type: ignore[arg-type]
            self.encoded,
            specials=self.specials,
            max_subwords=self.max_subwords,
        )
        predicted = decode_many(logits, self.label_set)
        counts = count_entities(self.tags, predicted, self.label_set.types, "strict")
        labels = [self.label_set.tag_to_id[tag] for tags in self.tags for tag in tags]
        words = torch.cat([torch.from_numpy(rows) for rows in logits])
        loss = nn.functional.cross_entropy(words, torch.tensor(labels))
        return counts, loss.item()


class KeepBest(TrainerCallback):
    """Scores every ``validate_every`` epochs, saves a checkpoint, keeps the best weights aside."""

    def __init__(
        self,
        validation: Validation,
        settings: StageSettings,
        folder: Path,
        report: Callable[[CurvePoint, float], None],
    ) -> None:
        self.validation, self.settings, self.folder, self.report = (
            validation,
            settings,
            folder,
            report,
        )
        self.log: Callable[[dict[str, float]], None] = lambda _: None

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
        control.should_log = True
        if epoch % self.settings.validate_every and epoch < self.settings.epochs:
            return
        counts, loss = self.validation.score(model)
        f1 = float(counts_to_f1(counts.sum(axis=(0, 1))))
        best = max((point["eval_f1"] for point in _looks(state)), default=-1.0)
        self.log({"eval_f1": f1, "eval_loss": loss})
        if f1 > best:
            self._save_best(model)
        self.report(
            CurvePoint(step=state.global_step, epoch=epoch, validation_loss=loss, validation_f1=f1),
            epoch / self.settings.epochs,
        )
        control.should_save = True
        if self.settings.patience is not None:
            scores = [point["eval_f1"] for point in _looks(state)]
            since_best = len(scores) - 1 - scores.index(max(scores))
            control.should_training_stop |= since_best >= self.settings.patience

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
        looks = _looks(state)
        best = (
            max(looks, key=lambda point: point["eval_f1"]) if self.settings.keep_best else looks[-1]
        )
        return float(round(best["epoch"], 2))

    def curve(self, state: TrainerState) -> tuple[CurvePoint, ...]:
        """Training loss of every epoch, joined with the look at the validation set after it."""
        points: dict[int, dict[str, float]] = {}
        for entry in state.log_history:
            points.setdefault(int(entry["step"]), {}).update(entry)
        return tuple(
            CurvePoint(
                step=step,
                epoch=round(point["epoch"], 2),
                train_loss=point.get("loss"),
                validation_loss=point.get("eval_loss"),
                validation_f1=point.get("eval_f1"),
            )
            for step, point in sorted(points.items())
            if "loss" in point or "eval_f1" in point
        )

    def _save_best(self, model: nn.Module) -> None:
        tensors = {name: p.detach().cpu().contiguous() for name, p in _trained(model).items()}
        part = self.folder / f"{BEST}.part"
        self.folder.mkdir(parents=True, exist_ok=True)
        save_file(tensors, part)
        os.replace(part, self.folder / BEST)


def _trained(model: nn.Module) -> dict[str, nn.Parameter]:
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def _looks(state: TrainerState) -> list[dict[str, float]]:
    return [entry for entry in state.log_history if "eval_f1" in entry]
