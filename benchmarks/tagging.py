"""How fast an exported model tags, and in how much memory, against the usual pipeline.

An XLM-R-base-sized token classifier (random weights, the real vocabulary of 250,002) tags test
sentences of asner_as: with ``transformers.pipeline("token-classification",
aggregation_strategy="simple")`` at the better of batch sizes 1 and 16, with nerbridge on the same
model exported in float32, and exported in int8 with the vocabulary of asner_as. Every measurement
has a process of its own, in turn, for some rounds; of throughput and start the median counts, of
memory the highest. Start is from the start of the process to its first tagged sentence. The
entities of the float32 export must be those of the model on torch.

    python benchmarks/tagging.py --json
    python benchmarks/tagging.py --bundled --plot memory.png   # bundled:as, as users run it
    python benchmarks/tagging.py --quick           # does it run at all? The numbers mean nothing
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from side_by_side import SHARED, SIDES, SideFailed, machine, run, run_side, say

TARGETS = {
    "fp32_throughput_ratio": (">=", 1.6),
    "fp32_start_ratio": ("<=", 1 / 3),
    "fp32_memory_ratio": ("<=", 1 / 2),
    "int8_throughput_ratio": (">=", 2.5),
    "int8_start_ratio": ("<=", 1 / 6),
    "int8_memory_ratio": ("<=", 1 / 5),
}
ENGINES = {
    "pipeline-1": ("pipeline", "model", 1),
    "pipeline-16": ("pipeline", "model", 16),
    "fp32": ("nerbridge", "fp32", 1),
    "int8": ("nerbridge", "int8", 1),
}
ONE_LINE = "ভূপেন হাজৰিকাৰ জন্ম শদিয়াত হৈছিল।\n"


def read_texts(corpus: str) -> list[str]:
    """The test sentences, words joined by spaces."""
    program = (
        "import json, sys; from nerbridge.corpus import read_corpus; print(json.dumps(["
        "' '.join(s.words) for s in read_corpus(sys.argv[1], language='as').splits['test']]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, corpus], capture_output=True, text=True, check=True
    )
    texts: list[str] = json.loads(done.stdout)
    return texts


def tag(engine: str, work: Path, asked: argparse.Namespace, *more: str) -> dict[str, Any]:
    """One process of one side: its start, its speeds, its memory."""
    kind, model, batch_size = ENGINES.get(engine, ("nerbridge", engine, 1))
    folder = work / model if (work / model).is_dir() else model
    command = [
        *(sys.executable, str(SIDES / "tag.py"), "--engine", kind, "--model", str(folder)),
        *("--batch-size", str(batch_size), "--texts", str(work / "texts.json"), *more),
    ]
    began = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        start_s = time.perf_counter() - began
        output, errors = process.communicate()
    if process.returncode or first != "tagged\n":
        print(errors.strip(), file=sys.stderr)
        raise SideFailed(process.returncode or 1)
    result = {"start_s": round(start_s, 3), **json.loads(output.splitlines()[-1])}
    speed, memory = max(result["sentences_per_s"]), result["peak_memory_bytes"] / 1e6
    say(asked, f"{engine:12} {speed:8.1f} sentences/s {start_s:6.2f} s {memory:7.0f} MB")
    return result


def compare(asked: argparse.Namespace, work: Path) -> dict[str, Any]:
    """All sides in turn, and their ratios to the better pipeline."""
    make_models(asked, work)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ENGINES}
    for _ in range(asked.rounds):
        for name in ENGINES:
            found[name].append(tag(name, work, asked))
    raw = {name: summarise(results) for name, results in found.items()}
    better = max(("pipeline-1", "pipeline-16"), key=lambda name: raw[name]["sentences_per_s"])
    ratios = {
        f"{name}_{what}_ratio": round(raw[name][key] / raw[better][key], 3)
        for name in ("fp32", "int8")
        for what, key in (
            ("throughput", "sentences_per_s"), ("start", "start_s"), ("memory", "peak_memory_bytes")
        )
    }  # fmt: skip
    return {
        **ratios,
        "same_entities": count_same(work, asked),
        "better_pipeline": better,
        "raw": raw,
        "machine": machine(),
    }


def summarise(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians over processes; the most memory of any."""
    return {
        "sentences_per_s": statistics.median(s for r in results for s in r["sentences_per_s"]),
        "start_s": statistics.median(r["start_s"] for r in results),
        "peak_memory_bytes": max(r["peak_memory_bytes"] for r in results),
    }


def make_models(asked: argparse.Namespace, work: Path) -> None:
    """The classifier, and its two exports."""
    tokenizer = SHARED / "tokenizers" / "xlm-roberta-base"
    shape = ("--shape", "tiny") if asked.quick else ("--shape", "base", "--tokenizer", tokenizer)
    say(asked, "writing the models …")
    run_side("classifier", *shape, "--output", work / "model")
    export = [sys.executable, "-m", "nerbridge", "export", str(work / "model"), "--quiet"]
    # Random weights score next to nothing in any precision: the gate on F1 is no obstacle here.
    small = ["--validation", asked.corpus]
    small += [] if asked.quick else ["--trim-vocabulary", asked.corpus]
    for name, options in (("fp32", []), ("int8", ["--quantise", "int8", *small])):
        done = subprocess.run(
            [*export, str(work / name), *options], capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(done.stderr.strip(), file=sys.stderr)
            raise SideFailed(done.returncode)


def count_same(work: Path, asked: argparse.Namespace) -> dict[str, int]:
    """Entities of the float32 export that the model on torch finds too."""
    exported, trained = (
        {(i, *e) for i, found in enumerate(tag(name, work, asked, "--entities")["entities"])
         for e in found}
        for name in ("fp32", "model")
    )  # fmt: skip
    return {
        "exported": len(exported),
        "on_torch": len(trained),
        "the_same": len(exported & trained),
    }


def measure_bundled(asked: argparse.Namespace, work: Path) -> dict[str, Any]:
    """`bundled:as` (or ``--model``): speed, the command line's start, memory over a long stream."""
    results = [tag(asked.model, work, asked, "--rounds", "3") for _ in range(asked.rounds)]
    stream = stream_memory(asked, work)
    if asked.plot:
        draw(stream, asked.plot)
    return {
        **summarise(results),
        "command_start_s": statistics.median(time_command(asked) for _ in range(5)),
        "stream_n_sentences": asked.stream,
        "stream_memory_bytes": [memory for _, memory in stream],
        "machine": machine(),
    }


def time_command(asked: argparse.Namespace) -> float:
    """Seconds from the start of `nerbridge tag` on one line to the line that comes out."""
    command = [sys.executable, "-m", "nerbridge", "tag", "-", "--model", asked.model, "--quiet"]
    began = time.perf_counter()
    done = subprocess.run(command, input=ONE_LINE, capture_output=True, text=True, check=True)
    if '"entities"' not in done.stdout:
        raise SideFailed(1)
    return round(time.perf_counter() - began, 3)


def stream_memory(asked: argparse.Namespace, work: Path) -> list[tuple[int, int]]:
    """Sentences tagged so far and memory in use, while the test sentences go by again and again."""
    program = (
        "import itertools, json, pathlib, sys; from nerbridge.tagging import Tagger\n"
        "texts = json.loads(pathlib.Path(sys.argv[1]).read_text('utf-8')); n = int(sys.argv[3])\n"
        "page = 4096; many = itertools.islice(itertools.cycle(texts), n)\n"
        "for i, _ in enumerate(Tagger.load(sys.argv[2]).tag_many(many), 1):\n"
        "    if i % -(-n // 50) == 0:\n"
        "        pages = int(pathlib.Path('/proc/self/statm').read_text().split()[1])\n"
        "        print(i, pages * page, flush=True)\n"
    )
    arguments = [str(work / "texts.json"), asked.model, str(asked.stream)]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    rows = (line.split() for line in done.stdout.splitlines())
    return [(int(n), int(memory)) for n, memory in rows]


def draw(stream: list[tuple[int, int]], path: Path) -> None:
    """Memory over the stream, as a picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.plot([n for n, _ in stream], [memory / 1e6 for _, memory in stream])
    top = 1.25 * max(memory for _, memory in stream) / 1e6
    axes.set(xlabel="sentences tagged", ylabel="memory in use, MB", ylim=(0, top))
    axes.set_title("One stream through one tagger")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON last")
    parser.add_argument("--rounds", type=int, default=3, help="processes of every side")
    parser.add_argument("--quick", action="store_true", help="a smoke test with a tiny model")
    parser.add_argument("--bundled", action="store_true", help="measure a small tagger instead")
    parser.add_argument("--model", default="bundled:as", help="of --bundled")
    parser.add_argument("--stream", type=int, default=100_000, help="sentences of --bundled")
    parser.add_argument("--plot", type=Path, help="PNG of the memory of --bundled")
    asked = parser.parse_args()
    asked.corpus = "bundled:as" if asked.quick else str(SHARED / "data" / "asner_as")
    return asked


def measure_all(asked: argparse.Namespace, work: Path) -> dict[str, Any]:
    """The figures that were asked for."""
    (work / "texts.json").write_text(json.dumps(read_texts(asked.corpus)), "utf-8")
    return measure_bundled(asked, work) if asked.bundled else compare(asked, work)


def main() -> int:
    asked = read_arguments()
    return run(asked, measure_all, TARGETS, corpus=None if asked.quick else Path(asked.corpus))


if __name__ == "__main__":
    sys.exit(main())
