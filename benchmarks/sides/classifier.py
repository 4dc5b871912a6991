"""Write an XLM-R-base-sized token classifier with random weights and the real tokenizer."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch
from encoder import SHAPES, VOCABULARY, train_tokenizer
from transformers import XLMRobertaConfig, XLMRobertaForTokenClassification

from nerbridge.labels import LabelSet

HEAD_SCALE = 20.0
"""Random logits are nearly equal; scaled, the best tag stands clear of rounding."""


def write_classifier(folder: Path, shape: str, tokenizer: Path | None) -> None:
    """A plain transformers folder; without a ``tokenizer`` a small one is trained."""
    folder.mkdir(parents=True)
    if tokenizer is None:
        n_rows = train_tokenizer("bundled:as", folder)
    else:
        n_rows = VOCABULARY
        for path in tokenizer.glob("*.json"):
            shutil.copyfile(path, folder / path.name)
    tags = LabelSet().tags
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=n_rows, max_position_embeddings=514, type_vocab_size=1,
        id2label=dict(enumerate(tags)), label2id={tag: i for i, tag in enumerate(tags)},
        **SHAPES[shape],
    )  # fmt: skip
    model = XLMRobertaForTokenClassification(config)
    with torch.no_grad():
        model.classifier.weight.mul_(HEAD_SCALE)
    model.save_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", choices=sorted(SHAPES), required=True)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    asked = parser.parse_args()
    write_classifier(asked.output, asked.shape, asked.tokenizer)


if __name__ == "__main__":
    main()
