"""The script that people write: AutoModel, peft, a data collator and ``Trainer`` as they come."""

from __future__ import annotations

from typing import Any

from measure import BATCH_SIZE, LEARNING_RATES, LORA_TARGETS, StepClock, print_result, read_job
from peft import LoraConfig, TaskType, get_peft_model
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    Trainer,
    TrainingArguments,
)

from nerbridge.corpus import Sentence

TAGS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")


def tokenise(sentence: Sentence, tokenizer: Any) -> dict[str, list[int]]:
    """Subwords of a sentence; the first of every word carries its label."""
    inputs = tokenizer(list(sentence.words), is_split_into_words=True, truncation=True)
    labels, previous = [], None
    for word in inputs.word_ids():
        is_first = word is not None and word != previous
        labels.append(TAGS.index(sentence.tags[word]) if is_first else -100)
        previous = word
    return {**inputs, "labels": labels}


def main() -> None:
    job, clock = read_job(), StepClock()
    tokenizer = AutoTokenizer.from_pretrained(job.encoder)
    dataset = [tokenise(sentence, tokenizer) for sentence in job.sentences()]
    model = AutoModelForTokenClassification.from_pretrained(job.encoder, num_labels=len(TAGS))
    if job.method == "lora":
        config = LoraConfig(
            task_type=TaskType.TOKEN_CLS,
            r=8,
            lora_alpha=32,
            lora_dropout=0.05,
            target_modules=list(LORA_TARGETS),
        )
        model = get_peft_model(model, config)
    arguments = TrainingArguments(
        output_dir=str(job.work),
        per_device_train_batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATES[job.method],
        num_train_epochs=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    trainer = Trainer(
        model,
        arguments,
        train_dataset=dataset,
        data_collator=DataCollatorForTokenClassification(tokenizer),
    )
    outcome = trainer.train()
    print_result(job, clock, [outcome.training_loss])


if __name__ == "__main__":
    main()
