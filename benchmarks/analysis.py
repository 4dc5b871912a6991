"""Time and memory of ``nerbridge analyse`` on many made-up articles.

Sentences are drawn from those of docs/examples/articles.jsonl, names of places and people in them
exchanged, over two years. Run: ``python benchmarks/analysis.py FOLDER --articles 20000``.
With ``--copies N`` the tagged articles are then copied N times, as other articles on other days,
and counted: so counting is measured on more articles than one wants to tag for it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pyarrow
import pyarrow.parquet

OVERWRITE = "--overwrite"
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


def copy_tagged(path: Path, n_copies: int) -> int:
    """The file of tagged articles with every article N times; gives how many there are."""
    file = pyarrow.parquet.ParquetFile(path)
    copied, n = path.with_suffix(".copied"), 0
    with pyarrow.parquet.ParquetWriter(copied, file.schema_arrow, compression="zstd") as writer:
        for copy in range(n_copies):
            for batch in file.iter_batches(2000):
                rows = batch.to_pylist()
                for row in rows:
                    row["text_hash"] = n.to_bytes(16, "big")
                    row["date"] += timedelta(copy)
                    n += 1
                writer.write_table(pyarrow.Table.from_pylist(rows, schema=file.schema_arrow))
    copied.replace(path)
    return n


def analyse(articles: Path, output: Path, *options: str) -> tuple[float, float]:
    """Processor seconds and, of the process at its peak, MiB."""
    command = [sys.executable, "-m", "nerbridge", "analyse", str(articles)]
    command += ["--text", "body", "--date", "published", "--id", "id", "--output", str(output)]
    process = subprocess.Popen([*command, *options], env={**os.environ, "OMP_NUM_THREADS": "1"})
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"nerbridge analyse failed with status {status}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def report(what: str, n: int, measured: tuple[float, float]) -> None:
    seconds, mebibytes = measured
    print(
        f"{n:,} articles, {what}: {seconds:.0f} s of one core, peak {mebibytes:.0f} MiB", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--model", default="bundled:as")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    articles = options.folder / f"articles-{options.articles}.jsonl"
    write_articles(articles, options.articles)
    output = options.folder / f"out-{options.articles}"
    model = ("--model", options.model, "--threads", "1")
    report("tagging and counting", options.articles, analyse(articles, output, *model, OVERWRITE))
    n = options.articles
    if options.copies > 1:
        n = copy_tagged(output / "articles.parquet", options.copies)
    report("counting", n, analyse(articles, output, *model))
    n_bytes = sum(path.stat().st_size for path in output.iterdir())
    print(
        f"report {(output / 'report.html').stat().st_size / 1e6:.1f} MB, all {n_bytes / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    main()
