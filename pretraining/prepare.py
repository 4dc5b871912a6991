"""Raw text to one-script, word-split lines: the text that the encoder and its tokenizer see.

python pretraining/prepare.py OUT [--shared ../shared] [--native]

Every line is normalised, moved to the Bengali script (``--native``: left in its own) and split into
words by single spaces, as fine-tuning data is, so that a word meets the encoder in the same form in
both. Lines that are too short, mostly not in an Indic script, or seen before are dropped and
counted.
"""

from __future__ import annotations

import argparse
import hashlib
import lzma
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

from nerbridge.text.normalise import normalise_text

LANGUAGES = ("as", "bn", "hi")
MIN_WORDS, MAX_WORDS = 4, 400
MIN_INDIC_SHARE = 0.6

_DEVANAGARI = range(0x901, 0x964)
_TABLE = {code: code + 0x80 for code in (*_DEVANAGARI, *range(0x966, 0x970))}
_TABLE |= {
    ord(a): b
    for a, b in zip("वळॉऑऒॊऎॆऍॅ", ["ব", "ল", "া", "অ", "ও", "ো", "এ", "ে", "অ্যা", "্যা"], strict=True)
}
_TABLE |= {ord("ৰ"): "র", ord("ৱ"): "ব", 0x9F7: "।", 0x200B: None, 0x200C: None, 0x200D: None}
_TABLE |= {0xFEFF: None, 0xAD: None}
_NASALS = tuple(
    (re.compile(f"[{signs}](?=[{stops}])"), nasal)
    for signs, stops, nasal in (
        ("ंँ", "टठडढ", "ण्"),
        ("ंँ", "तथदध", "न्"),
        ("ं", "पफबभम", "म्"),
        ("ं", "चछजझ", "ञ्"),
    )
)
_MEDIAL_YA = re.compile("(?<=[ऄ-ौॎ-ॣ])य(?!़)")
_SPLIT = re.compile(
    r"""([^\w\sঀ-৿ऀ-ॣ'’.,:°-]|[।॥])|(?<!\d)([.,:])|([.,:])(?!\d)|(?<!\w)(['’-])|(['’-])(?![\wঀ-৿ऀ-ॣ])"""
)
_INDIC = re.compile("[ঀ-৿ऀ-ॿ]")


def to_one_script(text: str) -> str:
    """Normalise and move Devanagari and Assamese letters to the shared Bengali letters.

    The fast form of ``nerbridge.text.model_input``, for whole lines and without offsets; a test
    holds the two together.
    """
    text = unicodedata.normalize("NFC", text)
    for pattern, nasal in _NASALS:
        text = pattern.sub(nasal, text)
    return _MEDIAL_YA.sub("य़", text).translate(_TABLE)


def clean(line: str, *, native: bool = False) -> str | None:
    """The line as the encoder should see it, or None if it is not worth reading."""
    written = normalise_text(line) if native else to_one_script(line)
    text = " ".join(_SPLIT.sub(lambda match: f" {match[0]} ", written).split())
    words = text.count(" ") + 1
    if not MIN_WORDS <= words <= MAX_WORDS:
        return None
    letters = sum(map(str.isalpha, text)) + len(re.findall("[ঁ-ঃ়া-্]", text))
    return text if len(_INDIC.findall(text)) >= MIN_INDIC_SHARE * max(letters, 1) else None


def read_lines(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        yield from lines


def prepare(source: Path, target: Path, native: bool = False) -> Counter[str]:
    """Clean one language; writes ``target`` whole or not at all."""
    counts: Counter[str] = Counter()
    seen: set[bytes] = set()
    part = target.with_suffix(".part")
    with part.open("w", encoding="utf-8") as out:
        for line in read_lines(source):
            text = clean(line, native=native)
            if text is None:
                counts["dropped"] += 1
                continue
            digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
            if digest in seen:
                counts["duplicates"] += 1
                continue
            seen.add(digest)
            counts["lines"] += 1
            counts["words"] += text.count(" ") + 1
            out.write(text + "\n")
    part.replace(target)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--shared", type=Path, default=Path(os.environ.get("NERBRIDGE_SHARED", "../shared"))
    )
    parser.add_argument("--native", action="store_true", help="each language in its own script")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    jobs = [
        (args.shared / "text" / f"{lang}.txt.xz", args.out / f"{lang}.txt", args.native)
        for lang in LANGUAGES
    ]
    with Pool(2) as pool:
        for lang, counts in zip(LANGUAGES, pool.starmap(prepare, jobs), strict=True):
            print(lang, dict(counts))


if __name__ == "__main__":
    main()
