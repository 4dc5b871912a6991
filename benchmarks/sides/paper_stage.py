"""The paper's transfer stage on a GPU: 10,000 sentences × 6 epochs, LoRA on XLM-R base."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from pathlib import Path

import torch
from encoder import write_encoder

from nerbridge.corpus import Sentence, read_corpus
from nerbridge.labels import LabelSet
from nerbridge.models.adapter import LoraSettings, attach_adapter
from nerbridge.models.encoder import load_token_classifier, load_tokenizer, resolve_encoder
from nerbridge.training.stage import StageData, train_stage
from nerbridge.training.stage_settings import StageSettings

SEED = 13
N_SENTENCES, N_EPOCHS = 10_000, 6


def source_sentences(corpora: list[str]) -> list[Sentence]:
    """The same number from each corpus, repeated where it has too few."""
    share = N_SENTENCES // len(corpora)
    found: list[Sentence] = []
    for corpus in corpora:
        train = read_corpus(corpus, language="und").splits["train"]
        found += itertools.islice(itertools.cycle(train), share)
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--corpus", action="append", required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--precision", choices=["fp16", "bf16"], required=True)
    parser.add_argument("--work", type=Path, required=True)
    asked = parser.parse_args()
    write_encoder(asked.work / "encoder", "base", asked.tokenizer, asked.corpus[0])
    source, label_set = resolve_encoder(str(asked.work / "encoder")), LabelSet()
    sentences = source_sentences(asked.corpus)
    words, tags = [s.words for s in sentences], [s.tags for s in sentences]
    model = load_token_classifier(source, label_set, seed=SEED)
    trained = attach_adapter(model, LoraSettings(bias="lora_only"), SEED)
    settings = StageSettings(
        method="lora",
        learning_rate=8e-5,
        epochs=N_EPOCHS,
        batch_size=asked.batch_size,
        warmup=0.0,
        weight_decay=0.0,
        precision=asked.precision,
        validate_every=N_EPOCHS,
        keep_best=False,
    )
    began = time.perf_counter()
    outcome = train_stage(
        trained,
        load_tokenizer(source),
        StageData(words, tags, words[:100], tags[:100]),
        settings,
        label_set,
        seed=SEED,
        max_subwords=510,
        folder=asked.work / "stage",
        report=lambda *_: None,
    )
    result = {
        "paper_stage_s": round(time.perf_counter() - began, 2),
        "n_steps": outcome.training.n_steps,
        "peak_memory_bytes": outcome.training.peak_memory_bytes,
        "batch_size": asked.batch_size,
        "precision": asked.precision,
        "device": torch.cuda.get_device_name(),
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    if not torch.cuda.is_available():
        print("error: --paper-stage needs a GPU; torch sees no CUDA device here.", file=sys.stderr)
        sys.exit(2)
    sys.exit(main())
