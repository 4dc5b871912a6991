"""Prepared text to packed token ids, and static vectors to start the encoder from.

python pretraining/encode.py TEXT_FOLDER TOKENIZER_FOLDER OUT_FOLDER [--dimensions 256 | --ids-only]

Writes ``<language>.npy`` (uint16, lines joined by ``</s>``) and ``vectors.npy`` (float16, one row a
piece: skip-gram with negative sampling over the pieces of all three languages together, so that
cognates that share pieces pull the languages into one space). With ``--ids-only`` no vectors: for
`train.py --weights`, which begins with those of an encoder.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

END = 2
LANGUAGES = ("as", "bn", "hi")
BATCH = 4096

Tokens = npt.NDArray[np.uint16]


def encode(lines: Iterator[str], tokenizer: Tokenizer) -> Tokens:
    """All lines as one array of token ids, each line closed by ``</s>``."""
    chunks: list[Tokens] = []
    while batch := list(itertools.islice(lines, BATCH)):
        encodings = tokenizer.encode_batch_fast(batch, add_special_tokens=False)
        chunks.extend(np.array([*encoding.ids, END], dtype=np.uint16) for encoding in encodings)
    return np.concatenate(chunks)


def save_array(path: Path, array: npt.NDArray[np.generic]) -> None:
    part = path.with_suffix(".part.npy")
    np.save(part, array)
    part.replace(path)


class Pieces:
    """The corpora as lists of piece numbers in words, for the vector trainer to pass over."""

    def __init__(self, arrays: list[Tokens]) -> None:
        self.arrays = arrays

    def __iter__(self) -> Iterator[list[str]]:
        """Interleave the languages line by line so that none is learned last."""
        iterators = [iter(np.split(a, np.flatnonzero(a == END) + 1)) for a in self.arrays]
        for lines in itertools.zip_longest(*iterators):
            yield from (line.astype(str).tolist()[:-1] for line in lines if line is not None)


def static_vectors(
    arrays: list[Tokens], n_pieces: int, dimensions: int, epochs: int, seed: int
) -> npt.NDArray[np.float16]:
    """Shape: (n_pieces, dimensions). Pieces never seen get small random rows."""
    from gensim.models import Word2Vec

    model = Word2Vec(
        Pieces(arrays), vector_size=dimensions, window=5, min_count=5, sg=1, negative=6,
        sample=1e-4, epochs=epochs, workers=2, seed=seed,
    )  # fmt: skip
    vectors = np.random.default_rng(seed).normal(0, 0.1, (n_pieces, dimensions))
    for piece, index in model.wv.key_to_index.items():
        vectors[int(piece)] = model.wv.vectors[index]
    return vectors.astype(np.float16)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("text", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    wanted = parser.add_mutually_exclusive_group()
    wanted.add_argument("--dimensions", type=int, default=256)
    wanted.add_argument("--ids-only", action="store_true", help="no vectors: to go on from weights")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=13)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(args.tokenizer / "tokenizer.json"))
    arrays = []
    for language in LANGUAGES:
        with (args.text / f"{language}.txt").open(encoding="utf-8") as lines:
            tokens = encode((line.rstrip("\n") for line in lines), tokenizer)
        save_array(args.out / f"{language}.npy", tokens)
        print(f"{language}: {len(tokens):,} tokens", flush=True)
        arrays.append(tokens)
    if args.ids_only:
        (args.out / "vectors.npy").unlink(missing_ok=True)  # of another tokenizer, it may be
        return
    vectors = static_vectors(
        arrays, tokenizer.get_vocab_size(), args.dimensions, args.epochs, args.seed
    )
    save_array(args.out / "vectors.npy", vectors)


if __name__ == "__main__":
    main()
