"""One stage: train a token classifier on labelled sentences, choosing by validation F1.

The loop is ``transformers.Trainer``'s. Added to it are batches that resume exactly, two learning
rates, class weights, and a look at the validation set with the project's own scorer.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from peft import PeftModel
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot
from torch.utils.data import DataLoader
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerFast,
    PrinterCallback,
    Trainer,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer import TRAINER_STATE_NAME

from nerbridge.alignment.subwords import (
    IGNORE_INDEX,
    SubwordSentence,
    align_labels,
    encode_sentences,
    first_subwords,
)
from nerbridge.alignment.windows import split_windows
from nerbridge.corpus.sentence import Probabilities
from nerbridge.errors import EnvironmentProblem
from nerbridge.labels import LabelSet
from nerbridge.models.dropout import use_fast_dropout
from nerbridge.models.encoder import head_modules, special_ids
from nerbridge.models.manifest import CurvePoint, Training
from nerbridge.models.quiet import suppress_transformers_logging
from nerbridge.platforms import peak_resident_bytes
from nerbridge.training.batching import Collator, Example, LengthGroupedBatches
from nerbridge.training.collapse import has_collapsed
from nerbridge.training.stage_settings import StageSettings
from nerbridge.training.validation import KeepBest, Validation, last_checkpoint

_N_SEEN = 100
"""Training sentences that the curve of training F1 is drawn from."""

ReportPoint = Callable[[CurvePoint, float], None]
"""Called at every look at the validation set with the point and the share of the stage done."""


@dataclass(frozen=True)
class StageData:
    """What a stage learns from. Words are in the form the model sees; tags are IOB2.

    ``probabilities`` of the tags of each sentence, or None where the tags are certain; empty if
    they are everywhere. Shape of each: (n_words, n_tags).
    """

    words: Sequence[Sequence[str]]
    tags: Sequence[Sequence[str]]
    validation_words: Sequence[Sequence[str]]
    validation_tags: Sequence[Sequence[str]]
    probabilities: Sequence[Probabilities | None] = ()


@dataclass(frozen=True)
class StageOutcome:
    """How a training went, and whether it ended in predicting no entity at all."""

    training: Training
    has_collapsed: bool


def build_examples(
    words: Sequence[Sequence[str]],
    tags: Sequence[Sequence[str]],
    tokenizer: PreTrainedTokenizerFast,
    label_set: LabelSet,
    max_subwords: int,
    probabilities: Sequence[Probabilities | None] = (),
) -> list[Example]:
    """Windows of subwords with labels; long sentences give several, nothing is cut off."""
    unk = special_ids(tokenizer).unk
    encoded = encode_sentences(tokenizer.backend_tokenizer, words, unk)
    rows = probabilities or [None] * len(encoded)
    return [
        example
        for sub, sentence_tags, sentence_rows in zip(encoded, tags, rows, strict=True)
        for example in _windows(sub, sentence_tags, sentence_rows, label_set, max_subwords)
    ]


def _windows(
    sub: SubwordSentence,
    tags: Sequence[str],
    rows: Probabilities | None,
    label_set: LabelSet,
    max_subwords: int,
) -> Iterator[Example]:
    labels = align_labels(sub, [label_set.tag_to_id[tag] for tag in tags])
    targets = None if rows is None else _align_rows(sub, rows)
    # Overlap would show the words in it twice in every epoch.
    for window in split_windows(sub, max_subwords, overlap=0):
        part = slice(window.start, window.end)
        yield Example(
            sub.ids[part], tuple(labels[part]), None if targets is None else targets[part]
        )


def _align_rows(sub: SubwordSentence, rows: Probabilities) -> NDArray[np.float32]:
    """Each word's row at its first subword, zeros at the others."""
    targets = np.zeros((len(sub), rows.shape[1]), np.float32)
    targets[first_subwords(sub)] = rows
    return targets


def train_stage(
    model: nn.Module,
    tokenizer: PreTrainedTokenizerFast,
    data: StageData,
    settings: StageSettings,
    label_set: LabelSet,
    *,
    seed: int,
    max_subwords: int,
    folder: Path,
    report: ReportPoint,
) -> StageOutcome:
    """Train ``model`` in place; it ends with the weights of its best (or last) epoch.

    A checkpoint is saved to ``folder`` after every validation. A training that was killed resumes
    from it and ends with the same weights as one that was not.

    Raises:
        EnvironmentProblem: a checkpoint could not be written.
    """
    torch.manual_seed(seed)
    if not torch.cuda.is_available():
        use_fast_dropout(model)
    examples = build_examples(
        data.words, data.tags, tokenizer, label_set, max_subwords, data.probabilities
    )
    validation = Validation(
        data.validation_words, data.validation_tags, tokenizer, label_set, max_subwords
    )
    seen = Validation(data.words[:_N_SEEN], data.tags[:_N_SEEN], tokenizer, label_set, max_subwords)
    keeper = KeepBest(validation, seen, settings, folder, report)
    checkpoint = last_checkpoint(folder)
    arguments = _arguments(settings, seed, folder)
    # A kill may come after patience ran out but before the stage ended. The Trainer would then
    # resume and train on, so it is told that the training has no further epochs.
    if checkpoint is not None and keeper.is_over(state := _read_state(checkpoint)):
        arguments.num_train_epochs = round(state.epoch or 0)
    trainer = StageTrainer(model, arguments, examples, settings, tokenizer, label_set)
    trainer.remove_callback(PrinterCallback)  # it prints to stdout, which is for results
    trainer.add_callback(keeper)
    # The callback needs the trainer's log, because only that is stored in checkpoints.
    keeper.log = trainer.log
    with _disk_problems_named(folder), suppress_transformers_logging(), warnings.catch_warnings():
        warnings.simplefilter("ignore", category=FutureWarning)
        trainer.train(resume_from_checkpoint=checkpoint)
    keeper.restore_best(model)
    counts, _ = validation.score(model)
    training = Training(
        n_sentences=len(data.words),
        n_steps=trainer.state.global_step,
        n_parameters=sum(p.numel() for p in model.parameters()),
        n_parameters_trained=sum(p.numel() for p in model.parameters() if p.requires_grad),
        wall_s=round(keeper.elapsed_s(), 3),
        peak_memory_bytes=peak_memory_bytes(),
        curve=keeper.curve(trainer.state),
        best_epoch=keeper.best_epoch(trainer.state),
    )
    return StageOutcome(training, has_collapsed(counts))


def _read_state(checkpoint: str) -> TrainerState:
    state: TrainerState = TrainerState.load_from_json(str(Path(checkpoint) / TRAINER_STATE_NAME))
    return state


@contextmanager
def _disk_problems_named(folder: Path) -> Iterator[None]:
    """Turn the errors that torch and safetensors raise on a full disk into one clear error."""
    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        # torch names the C++ file of its zip writer in such an error and nothing else about the
        # disk. Every other RuntimeError is a bug and keeps its traceback.
        if isinstance(error, RuntimeError) and "inline_container" not in str(error):
            raise
        reason = "probably no space left" if isinstance(error, RuntimeError) else error
        raise EnvironmentProblem(
            f"{folder}: a checkpoint could not be written ({reason}). Free some disk space, or "
            "choose another --output. The same command resumes from the checkpoint before."
        ) from error


def peak_memory_bytes() -> int:
    """Most memory this process has held so far: resident on the CPU, allocated on a GPU."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return peak_resident_bytes()


def _arguments(settings: StageSettings, seed: int, folder: Path) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        lr_scheduler_type=settings.schedule,
        warmup_steps=settings.warmup,
        label_smoothing_factor=0.0,
        bf16=settings.precision == "bf16",
        fp16=settings.precision == "fp16",
        logging_strategy="epoch",
        save_strategy="no",  # `KeepBest` saves, after each validation
        report_to="none",
        disable_tqdm=True,
        seed=seed,
        use_cpu=not torch.cuda.is_available(),
        remove_unused_columns=False,
    )


class StageTrainer(Trainer):
    """``Trainer`` with the batches, loss and parameter groups of a stage."""

    def __init__(
        self,
        model: nn.Module,
        arguments: TrainingArguments,
        examples: list[Example],
        settings: StageSettings,
        tokenizer: PreTrainedTokenizerFast,
        label_set: LabelSet,
    ) -> None:
        self.settings, self.examples = settings, examples
        collator = Collator(special_ids(tokenizer))
        super().__init__(model, arguments, data_collator=collator, train_dataset=examples)
        weights = tag_weights(examples, len(label_set.tags), settings)
        self.loss = nn.CrossEntropyLoss(weight=weights, ignore_index=IGNORE_INDEX).to(
            self.args.device
        )

    def _remove_unused_columns(self, dataset: Any, description: str | None = None) -> Any:
        # The examples are a list of dataclasses, which have no columns.
        return dataset

    def _load_rng_state(self, checkpoint: str | None) -> None:
        """Nothing: `KeepBest` seeds every epoch, and a restored state would undo that."""

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Batches by length, in an order fixed by seed and epoch."""
        batches = LengthGroupedBatches(
            [len(example.ids) for example in self.examples],
            self.args.train_batch_size,
            self.args.seed,
        )
        loader: DataLoader[Any] = DataLoader(
            self.examples,  # type: ignore[arg-type]
            batch_sampler=batches,
            collate_fn=self.data_collator,
        )
        return self.accelerator.prepare(loader)  # type: ignore[no-any-return]

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """Mean cross entropy over the first subwords, weighted as the recipe says.

        Against the probabilities of the tags where there are any.
        """
        labels, targets = inputs.pop("labels").flatten(), inputs.pop("targets", None)
        outputs = model(**inputs)
        logits = outputs.logits.float().flatten(0, 1)
        if targets is None:
            loss = self.loss(logits, labels)
        else:
            loss = self._soft_loss(logits, labels, targets.flatten(0, 1))
        return (loss, outputs) if return_outputs else loss

    def _soft_loss(self, logits: Tensor, labels: Tensor, targets: Tensor) -> Tensor:
        """`loss` against probabilities, and labels where a row of ``targets`` is empty.

        torch divides by the number of rows here and by the sum of their weights there; this divides
        by the weights in both, so that a sentence counts the same in every batch.
        """
        # Sentences with and without probabilities share batches: certain labels become one-hot
        # rows.
        is_word = labels != IGNORE_INDEX
        certain = one_hot(labels[is_word], logits.shape[1]).to(logits.dtype)
        given = targets[is_word]
        rows = torch.where(given.any(1, keepdim=True), given, certain)
        weight = self.loss.weight
        total = cross_entropy(logits[is_word], rows, weight, reduction="sum")
        return total / (len(rows) if weight is None else (rows @ weight).sum())

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW in four groups: encoder or head, decayed or not (vectors are not)."""
        if self.optimizer is None:
            groups = parameter_groups(cast(nn.Module, self.model), self.settings)
            self.optimizer = torch.optim.AdamW(groups, fused=True)
        return self.optimizer


def tag_weights(examples: Sequence[Example], n_tags: int, settings: StageSettings) -> Tensor | None:
    """Weight of every tag in the loss, mean 1 over the words; None if all count alike."""
    if settings.class_weights == "none":
        return None
    labels = torch.tensor([i for example in examples for i in example.labels if i >= 0])
    counts = torch.bincount(labels, minlength=n_tags).float().clamp(min=1)
    # The inverse frequency itself would make one rare tag outweigh a whole batch; the square root
    # is a compromise. Scaled to mean 1 over words, the weights leave the learning rate comparable.
    weights = counts.rsqrt()
    return weights * counts.sum() / (weights * counts).sum()


def parameter_groups(model: nn.Module, settings: StageSettings) -> list[dict[str, Any]]:
    """Trainable parameters with their learning rate and weight decay."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    classifier = model.get_base_model() if isinstance(model, PeftModel) else model
    heads = head_modules(cast(PreTrainedModel, classifier)).values()
    head = {id(p) for module in heads for p in module.parameters()}
    for parameter in model.parameters():
        if parameter.requires_grad:
            is_head = id(parameter) in head
            groups.setdefault((is_head, parameter.ndim > 1), []).append(parameter)
    # Sorted, because the optimizer state of a checkpoint is matched to the groups by position.
    return [
        {
            "params": parameters,
            "lr": settings.head_rate if is_head else settings.learning_rate,
            "weight_decay": settings.weight_decay if is_decayed else 0.0,
        }
        for (is_head, is_decayed), parameters in sorted(groups.items(), key=lambda item: item[0])
    ]
