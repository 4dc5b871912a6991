"""A unigram tokenizer over the prepared text: pieces of the shared script, bytes for the rest.

python pretraining/train_tokenizer.py TEXT_FOLDER OUT_FOLDER [--pieces 16000]

The result loads with ``AutoTokenizer``. It has no normaliser: text comes to it in model form, so
its offsets are exact, and byte pieces give back every character it has no piece for.
"""

from __future__ import annotations

import argparse
import io
import random
from collections.abc import Iterator
from pathlib import Path

import sentencepiece
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]
MASK = "<mask>"
# Lines read of each language: Assamese counts double, it is the one that lacks everything else.
LINES = {"as": 120_000, "bn": 60_000, "hi": 60_000}


def sample_lines(folder: Path, seed: int) -> Iterator[str]:
    for language, n_lines in LINES.items():
        lines = (folder / f"{language}.txt").read_text("utf-8").splitlines()
        yield from random.Random(seed).sample(lines, min(n_lines, len(lines)))


def learn_pieces(folder: Path, n_pieces: int, seed: int) -> list[tuple[str, float]]:
    """Pieces and log probabilities. SentencePiece, because it learns them in a minute, not ten."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sample_lines(folder, seed),
        model_writer=model,
        vocab_size=n_pieces,
        model_type="unigram",
        character_coverage=0.9998,
        normalization_rule_name="identity",
        max_sentencepiece_length=16,
        seed_sentencepiece_size=300_000,
        shrinking_factor=0.6,
        split_by_unicode_script=False,
        max_sentence_length=20_000,
        num_threads=2,
        bos_id=0,
        pad_id=1,
        eos_id=2,
        unk_id=3,
    )
    learned = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    ids = range(learned.get_piece_size())
    return [(learned.id_to_piece(i), learned.get_score(i)) for i in ids]


def train(folder: Path, n_pieces: int, seed: int) -> Tokenizer:
    """Learn, then put byte pieces behind the learned ones and ``<mask>`` last, as XLM-R has it."""
    learned = learn_pieces(folder, n_pieces - 256 - 1, seed)
    lowest = min(score for _, score in learned) - 10
    pieces = [*learned, *((f"<0x{byte:02X}>", lowest) for byte in range(256)), (MASK, 0.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    tokenizer.add_special_tokens([*SPECIALS, MASK])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token=MASK,
        model_max_length=256,
        clean_up_tokenization_spaces=False,
    ).save_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("text", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pieces", type=int, default=16_000)
    parser.add_argument("--seed", type=int, default=13)
    args = parser.parse_args()
    save(train(args.text, args.pieces, args.seed), args.out)


if __name__ == "__main__":
    main()
