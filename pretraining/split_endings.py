"""Keep names and their case endings apart: no piece is a common stem with an ending on it.

python pretraining/split_endings.py TOKENIZER_FOLDER OUT_FOLDER

A vocabulary learned on text has pieces for দিল্লীত ("in Delhi") and মোদীক ("to Modi"), because they
are frequent. Labelled Hindi and Bengali has দিল্লী and মোদী: what is learned of them there does not
reach the Assamese forms, whose pieces are other ones. Pieces that are a more probable piece and a
case or plural ending are therefore made so improbable that the word is cut there. Ids stay as they
were.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from nerbridge.text.model_input import to_model_form

PENALTY = 100.0
MIN_STEM_CHARS = 2
ASSAMESE = """
    ৰ ত ক লৈ এ ে ই য়ে ও েও য়েও েই ৰে তে টো টোৱে টোৰ টোক টোত টি টিৰ টিয়ে জন জনে জনক জনৰ জনী জনীয়ে
    সকল সকলে সকলৰ সকলক সকলেও সকললৈ বোৰ বোৰে বোৰৰ বোৰত বোৰক বিলাক বিলাকৰ বিলাকে কে লৈকে ৰপৰা
    খন খনৰ খনত খনে খনক গৰাকী গৰাকীয়ে গৰাকীৰ গৰাকীক সমূহ সমূহৰ সমূহে সমূহত সমূহক হঁত হঁতৰ হঁতে হঁতক
    ৰো তো কো লৈও তেই কেই ৰেই ৰা য়ো ো ৱে ৱেও
"""
BENGALI = """
    র ের য়ের কে তে য় টি টা টির টিতে টিকে টার টাকে রা েরা দের েদের গুলো গুলি গুলোর গুলির
    তেও তেই কেও রও েরও েরই রই য়ই য়ও রাই
"""


def find_endings() -> list[str]:
    """The endings as the encoder reads them; a letter in front keeps vowel signs in their place."""
    return sorted(
        {to_model_form("ক" + ending, "Beng")[1:] for ending in (ASSAMESE + BENGALI).split()}
    )


def find_inflected(pieces: dict[str, float], endings: list[str]) -> set[str]:
    """Pieces at the start of a word that are another, more probable such piece and an ending.

    >>> sorted(find_inflected({"▁অসম": -8.0, "▁অসমত": -9.0, "▁ভারত": -7.0, "▁ভার": -11.0}, ["ত"]))
    ['▁অসমত']
    """
    return {
        piece
        for piece, score in pieces.items()
        for ending in endings
        if piece.startswith("▁")
        and piece.endswith(ending)
        and len(piece) - len(ending) > MIN_STEM_CHARS
        and pieces.get(piece.removesuffix(ending), -float("inf")) > score
    }


def split_endings(tokenizer: Path, out: Path) -> tuple[int, int]:
    """Write the tokenizer with its inflected pieces made improbable; how many of how many."""
    shutil.copytree(tokenizer, out, dirs_exist_ok=True)
    document = json.loads((out / "tokenizer.json").read_text("utf-8"))
    vocabulary = document["model"]["vocab"]
    inflected = find_inflected(dict(vocabulary), find_endings())
    document["model"]["vocab"] = [
        [piece, score - PENALTY if piece in inflected else score] for piece, score in vocabulary
    ]
    (out / "tokenizer.json").write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return len(inflected), len(vocabulary)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    n_inflected, n_pieces = split_endings(args.tokenizer, args.out)
    print(f"{n_inflected} of {n_pieces} pieces are cut before an ending.")


if __name__ == "__main__":
    main()
