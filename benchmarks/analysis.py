"""Time and memory of ``nerbridge analyse`` on many made-up articles.

Sentences are drawn from those of docs/examples/articles.jsonl, names of places and people in them
exchanged, over two years. Run: ``python benchmarks/analysis.py FOLDER --articles 20000``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[1] / "docs" / "examples" / "articles.jsonl"
PLACES = "শিলচৰ ধেমাজি লখিমপুৰ যোৰহাট মাজুলী ডিব্ৰুগড় কাজিৰঙা শিৱসাগৰ নলবাৰী বৰপেটা ধুবুৰী গোলাঘাট"
SURNAMES = "চৌধুৰী হাজৰিকা শইকীয়া কলিতা দত্ত দাস বৰুৱা গোস্বামী গগৈ বৰা শৰ্মা ডেকা নাথ"
GIVEN = "নন্দিতা দিগন্ত মৃণাল নিৰ্মলা ৰূপালী প্ৰণৱ ৰাজেন মিনতি অনুপ বিকাশ ৰীতা হেমেন জোনালী কমল"
_SENTENCE_END = re.compile(r"(?<=।)\s+")


def write_articles(path: Path, n_articles: int) -> None:
    """Articles of three to eight sentences, from one seed."""
    draw = random.Random(5)
    bodies = [json.loads(line)["body"] for line in EXAMPLE.read_text("utf-8").splitlines()]
    sentences = [sentence for body in bodies for sentence in _SENTENCE_END.split(body)]
    with path.open("w", encoding="utf-8") as stream:
        for number in range(n_articles):
            drawn = draw.choices(sentences, k=draw.randrange(3, 9))
            text = " ".join(_exchange(sentence, draw) for sentence in drawn)
            day = date(2024, 1, 1) + timedelta(draw.randrange(730))
            values = {"id": number, "published": day.isoformat(), "body": text}
            stream.write(json.dumps(values, ensure_ascii=False) + "\n")


def _exchange(sentence: str, draw: random.Random) -> str:
    for names in (PLACES.split(), SURNAMES.split(), GIVEN.split()):
        for name in names:
            if name in sentence and draw.random() < 0.8:
                sentence = sentence.replace(name, draw.choice(names))
    return sentence


def analyse(articles: Path, output: Path, *options: str) -> tuple[float, float]:
    """Seconds and, of the process at its peak, MiB."""
    command = [sys.executable, "-m", "nerbridge", "analyse", str(articles)]
    command += ["--text", "body", "--date", "published", "--id", "id", "--output", str(output)]
    start = time.monotonic()
    subprocess.run([*command, *options], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return time.monotonic() - start, used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--model", default="bundled:as")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    articles = options.folder / f"articles-{options.articles}.jsonl"
    write_articles(articles, options.articles)
    output = options.folder / f"out-{options.articles}"
    model = ("--model", options.model, "--threads", "1")
    for what, extra in (("tagging and counting", ("--overwrite",)), ("counting again", ())):
        seconds, mebibytes = analyse(articles, output, *model, *extra)
        print(f"{options.articles:,} articles, {what}: {seconds:.0f} s, peak {mebibytes:.0f} MiB")
    n_bytes = sum(path.stat().st_size for path in output.iterdir())
    print(
        f"report {(output / 'report.html').stat().st_size / 1e6:.1f} MB, all {n_bytes / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    main()
