"""How the tagger does on messages: F1, and how steady it is when noise stands beside a sentence.

F1 is strict (characters and type) over messages with gold entities, written for this project.
Steadiness: to each sentence something is added that says nothing of its names (an emoji, a URL, a
hashtag, …); counted are the sentences whose entities stay the same, the scores aside.

    python benchmarks/social.py --messages docs/examples/messages.jsonl --sentences as.txt --json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from nerbridge.tagging import Tagger

REPOSITORY = Path(__file__).resolve().parent.parent
NOISE: dict[str, Callable[[str], tuple[str, int]]] = {
    # The changed text, and how many words stand before the sentence in it.
    "emoji behind": lambda text: (f"{text} 😀", 0),
    "emoji run before": lambda text: (f"🔥🔥❤️‍🔥 {text}", 3),
    "URL behind": lambda text: (f"{text} https://example.org/a_b?c=১", 0),
    "URL before": lambda text: (f"www.example.org/x {text}", 1),
    "mention before": lambda text: (f"@some_one {text}", 1),
    "Latin hashtag behind": lambda text: (f"{text} #update", 0),
    "exclamation marks behind": lambda text: (f"{text}!!!!!!", 0),
    "long vowel sign at the end": lambda text: (_lengthen(text), 0),
}


def _lengthen(text: str) -> str:
    """The last vowel sign া that stands before a space, four times."""
    position = text.rfind("া ")
    return text if position < 0 else text[:position] + "া" * 3 + text[position:]


def score_messages(tagger: Tagger, path: Path) -> dict[str, float]:
    """Strict counts and F1 over characters and types."""
    n_found = n_gold = n_right = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        message = json.loads(line)
        found = {(e.start_char, e.end_char, e.type) for e in tagger.tag(message["text"])}
        gold = {tuple(span) for span in message["label"]}
        n_found, n_gold = n_found + len(found), n_gold + len(gold)
        n_right += len(found & gold)
    f1 = 2 * n_right / (n_found + n_gold) if n_found + n_gold else 0.0
    return {"n_gold": n_gold, "n_found": n_found, "n_right": n_right, "f1": round(f1, 4)}


def measure_steadiness(tagger: Tagger, sentences: list[str]) -> dict[str, float]:
    """Share of the sentences whose entities stay, by kind of noise."""
    plain = list(tagger.tag_many(sentences))
    shares = {}
    for name, add in NOISE.items():
        changed = [add(text) for text in sentences]
        found = tagger.tag_many(text for text, _ in changed)
        same = [
            [(e.type, e.start_word, _plain(e.text)) for e in before]
            == [(e.type, e.start_word - n_more, _plain(e.text)) for e in after]
            for text, before, after, (noisy, n_more) in zip(
                sentences, plain, found, changed, strict=True
            )
            if noisy != text
        ]
        if same:
            shares[name] = round(sum(same) / len(same), 4)
    return shares


def _plain(text: str) -> str:
    return text.replace("া" * 4, "া")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="bundled:as")
    parser.add_argument(
        "--messages", type=Path, default=REPOSITORY / "docs/examples/messages.jsonl"
    )
    parser.add_argument("--sentences", type=Path, help="plain text, a sentence a line")
    parser.add_argument("--limit", type=int, default=1000, help="sentences to use")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    asked = parser.parse_args()
    tagger = Tagger.load(asked.model, n_threads=1)
    result: dict[str, object] = {"messages": score_messages(tagger, asked.messages)}
    if asked.sentences is not None:
        lines = asked.sentences.read_text(encoding="utf-8").splitlines()
        sentences = [line for line in lines if line.strip()][: asked.limit]
        result["n_sentences"] = len(sentences)
        result["same_entities"] = measure_steadiness(tagger, sentences)
    if asked.json:
        print(json.dumps(result, ensure_ascii=False))
        return
    for name, value in result.items():
        sys.stdout.write(f"{name}: {json.dumps(value, ensure_ascii=False, indent=1)}\n")


if __name__ == "__main__":
    main()
