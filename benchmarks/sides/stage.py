"""The same training by nerbridge, step by step as `nerbridge run` does it."""

from __future__ import annotations

from measure import BATCH_SIZE, LEARNING_RATES, LORA_TARGETS, StepClock, print_result, read_job
from peft import PeftModel
from transformers import PreTrainedModel

from nerbridge.alignment.subwords import encode_sentences
from nerbridge.labels import LabelSet
from nerbridge.models.adapter import LoraSettings, attach_adapter
from nerbridge.models.encoder import (
    load_token_classifier,
    load_tokenizer,
    max_window_subwords,
    resolve_encoder,
    special_ids,
)
from nerbridge.models.vocabulary import trim_vocabulary, used_ids
from nerbridge.training.stage import StageData, train_stage
from nerbridge.training.stage_settings import StageSettings

SEED = 13


def main() -> None:
    job, clock, label_set = read_job(), StepClock(), LabelSet()
    source = resolve_encoder(str(job.encoder))
    tokenizer = load_tokenizer(source)
    sentences = job.sentences()
    words, tags = [s.words for s in sentences], [s.tags for s in sentences]
    data = StageData(words, tags, words[:BATCH_SIZE], tags[:BATCH_SIZE])
    model = load_token_classifier(source, label_set, seed=SEED)
    limit = min(510, max_window_subwords(model))
    trained: PreTrainedModel | PeftModel = model
    trim = None
    if job.method == "lora":
        lora = LoraSettings(r=8, lora_alpha=32, lora_dropout=0.05, target_modules=LORA_TARGETS)
        trained = attach_adapter(model, lora, SEED)
    else:
        encoded = encode_sentences(tokenizer.backend_tokenizer, words, special_ids(tokenizer).unk)
        trim = trim_vocabulary(model, used_ids(encoded, tokenizer))
    settings = StageSettings(
        method=job.method,
        learning_rate=LEARNING_RATES[job.method],
        epochs=1,
        batch_size=BATCH_SIZE,
        warmup=0.0,
        weight_decay=0.0,
    )
    outcome = train_stage(
        trained,
        tokenizer,
        data,
        settings,
        label_set,
        seed=SEED,
        max_subwords=limit,
        folder=job.work,
        report=lambda *_: None,
    )
    if trim is not None:
        trim.restore(model)
    losses = [point.train_loss for point in outcome.training.curve if point.train_loss is not None]
    print_result(job, clock, losses)


if __name__ == "__main__":
    main()
