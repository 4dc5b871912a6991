"""One side of the tagging benchmark: load, tag one sentence, say so, then tag all of them.

The first line on stdout is written when the first sentence has been tagged; the parent takes the
time. The second line is JSON: sentences/s of each round, peak memory of this process, and (for
nerbridge) the entities, for a comparison.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Tag = Callable[[list[str]], list[Any]]


def load_pipeline(model: str, batch_size: int) -> Tag:
    """What people write."""
    from transformers import pipeline

    ner = pipeline("token-classification", model=model, aggregation_strategy="simple")
    return lambda texts: list(ner(texts, batch_size=batch_size))


def load_tagger(model: str, _: int) -> Tag:
    """nerbridge, on an exported model or (as the oracle of predictions) on torch."""
    from nerbridge.tagging import Tagger

    tagger = Tagger.load(model)
    return lambda texts: [
        [(e.type, e.start_char, e.end_char) for e in found] for found in tagger.tag_many(texts)
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=["pipeline", "nerbridge"], required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--batch-size", type=int, default=1, help="of the pipeline")
    parser.add_argument("--texts", type=Path, required=True, help="JSON list of sentences")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--entities", action="store_true")
    asked = parser.parse_args()
    texts = json.loads(asked.texts.read_text("utf-8"))
    load = load_pipeline if asked.engine == "pipeline" else load_tagger
    tag = load(asked.model, asked.batch_size)
    tag(texts[:1])
    print("tagged", flush=True)
    speeds, found = [], []
    for _ in range(asked.rounds):
        began = time.perf_counter()
        found = tag(texts)
        speeds.append(round(len(texts) / (time.perf_counter() - began), 3))
    result = {
        "sentences_per_s": speeds,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "entities": found if asked.entities else None,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
