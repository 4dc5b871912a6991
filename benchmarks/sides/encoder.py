"""Write an XLM-R-shaped encoder with random weights: speed and memory do not depend on them."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

from nerbridge.corpus import read_corpus

VOCABULARY = 250_002
SHAPES: dict[str, dict[str, Any]] = {
    "base": {},
    "tiny": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
}
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def train_tokenizer(corpus: str, folder: Path) -> int:
    """Make a small tokenizer from the words of a corpus, where no real one is at hand."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=500, special_tokens=SPECIALS, unk_token="<unk>", show_progress=False
    )
    sentences = read_corpus(corpus, language="hi").splits["train"]
    tokenizer.train_from_iterator((" ".join(s.words) for s in sentences), trainer)
    names = ("bos", "pad", "eos", "unk", "mask")
    tokens = {f"{name}_token": token for name, token in zip(names, SPECIALS, strict=True)}
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, cls_token="<s>", sep_token="</s>", **tokens
    )
    fast.save_pretrained(folder)
    return len(fast)


def write_encoder(folder: Path, shape: str, tokenizer: Path | None, corpus: str) -> None:
    """Config, weights and tokenizer; without a ``tokenizer`` one made from the corpus."""
    folder.mkdir(parents=True)
    if tokenizer is None:
        n_rows = train_tokenizer(corpus, folder)
    else:
        n_rows = VOCABULARY
        for path in tokenizer.glob("*.json"):
            shutil.copyfile(path, folder / path.name)
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=n_rows, max_position_embeddings=514, type_vocab_size=1, **SHAPES[shape]
    )
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", choices=sorted(SHAPES), required=True)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--output", type=Path, required=True)
    asked = parser.parse_args()
    write_encoder(asked.output, asked.shape, asked.tokenizer, asked.corpus)


if __name__ == "__main__":
    main()
