"""What makes an encoder good? Small ones of equal pretraining, one thing changed in each.

python pretraining/ablation.py WORK --tokens 1.5e6 --seeds 13,21,34 --jobs 2

Pretrains every variant, trains ``ablation.toml`` with it and prints strict F1 on validation. All
that is done lies in WORK; started again, it goes on. ``--only NAME …`` takes some of the variants.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("NERBRIDGE_SHARED", HERE.parents[1] / "shared"))
SETS = ("wikiann_as", "asner_as")
STAGES = {"baseline": "baseline", "transfer": "zero-shot", "adapt": "adapted"}


@dataclass(frozen=True)
class Variant:
    """An encoder that differs from ``base`` in one thing."""

    name: str
    options: tuple[str, ...] = ()
    """Of train.py."""
    data: str = "one-script"
    """The folder of ids: one-script, native, or no-vectors (random rows to start from)."""


VARIANTS = (
    Variant("base"),
    Variant("native-script", data="native"),
    Variant("random-start", data="no-vectors"),
    Variant("replaced-tokens", ("--objective", "replaced")),
    Variant("as-third", ("--shares", "as=0.34", "bn=0.33", "hi=0.33")),
    Variant("no-hindi", ("--shares", "as=0.6", "bn=0.4")),
    Variant("2-layers", ("--layers", "2")),
    Variant("8-layers", ("--layers", "8")),
    Variant("twice-the-tokens", ("--tokens", "x2")),
)
_making_data = Lock()


def run(log: Path, *command: object) -> None:
    """A step in a process of its own, its output at the end of ``log``.

    Raises:
        SystemExit: it failed; says where its output is.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as out:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "NERBRIDGE_SHARED": str(SHARED)}
        words = [sys.executable, *map(str, command)]
        done = subprocess.run(words, stdout=out, stderr=out, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: failed with {done.returncode}; see {log}.")


def make_data(work: Path, name: str) -> Path:
    """The folder with text, tokenizer and ids; made once."""
    folder, log = work / "data" / name, work / "logs" / f"data-{name}.log"
    if name == "no-vectors":
        given = make_data(work, "one-script")
        (folder / "ids").mkdir(parents=True, exist_ok=True)
        for path in (given / "tokenizer", *(given / "ids").glob("??.npy")):
            link = folder / path.relative_to(given)
            if not link.exists():
                link.symlink_to(path.resolve())
        return folder
    text, tokenizer, ids = folder / "text", folder / "tokenizer", folder / "ids"
    if not (text / "hi.txt").exists():
        native = ["--native"] if name == "native" else []
        run(log, HERE / "prepare.py", text, "--shared", SHARED, *native)
    if not (tokenizer / "tokenizer.json").exists():
        run(log, HERE / "train_tokenizer.py", text, tokenizer)
    if not (ids / "vectors.npy").exists():
        run(log, HERE / "encode.py", text, tokenizer, ids)
    return folder


def pretrain(work: Path, variant: Variant, tokens: float) -> Path:
    """The packed encoder."""
    with _making_data:
        data = make_data(work, variant.data)
    trained, packed = work / "pretrained" / variant.name, work / "encoders" / variant.name
    options = [f"{2 * tokens:.0f}" if option == "x2" else option for option in variant.options]
    log = work / "logs" / f"{variant.name}.log"
    if not packed.exists():
        run(
            log, HERE / "train.py", data / "ids", data / "tokenizer", trained,
            "--tokens", f"{tokens:.0f}", "--batch", "8", *options,
        )  # fmt: skip
        run(log, HERE / "pack.py", trained, data / "tokenizer", packed)
    return packed


def write_recipe(work: Path, variant: Variant) -> Path:
    """``ablation.toml``; without a script where the encoder has read each language in its own."""
    text = (HERE / "ablation.toml").read_text("utf-8")
    if variant.data == "native":
        text = text.replace('script = "Beng"\n', "")
    path = work / "recipes" / f"{variant.name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def try_variant(work: Path, variant: Variant, tokens: float, seeds: str) -> str:
    """Pretrain, transfer, adapt; a row of the table."""
    encoder = pretrain(work, variant, tokens)
    output = work / "runs" / variant.name
    run(
        work / "logs" / f"{variant.name}.log", "-m", "nerbridge", "run",
        write_recipe(work, variant), "--output", output, "--seeds", seeds, "--jobs", "1",
        "--quiet", "--set", f"encoder.id={encoder.resolve()}",
    )  # fmt: skip
    row = describe(work, variant, output, seeds.split(","))
    print(row, flush=True)
    return row


def describe(work: Path, variant: Variant, output: Path, seeds: Sequence[str]) -> str:
    """Size, speed, masked pieces found and, by stage and set, mean F1 ± deviation over seeds."""
    megabytes = sum(p.stat().st_size for p in (work / "encoders" / variant.name).iterdir()) / 1e6
    log = (work / "pretrained" / variant.name / "log.jsonl").read_text("utf-8").splitlines()
    last = json.loads(log[-1])
    cells = [variant.name, f"{megabytes:.0f} MB", f"{last['tokens'] / 1e6:.1f} M"]
    for stage in STAGES:
        results = [
            json.loads((output / "results" / f"{stage}-{seed}.json").read_text("utf-8"))
            for seed in seeds
        ]
        for name in SETS:
            scores = [r["also"][name] if name in r["also"] else r["validation"] for r in results]
            f1 = [score["f1_strict"] for score in scores]
            deviation = statistics.stdev(f1) if len(f1) > 1 else 0.0
            cells.append(f"{statistics.mean(f1):.3f} ± {deviation:.3f}")
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--tokens", type=float, default=1.5e6)
    parser.add_argument("--seeds", default="13,21,34")
    parser.add_argument("--jobs", type=int, default=2, help="variants at a time")
    parser.add_argument("--only", nargs="+", choices=[v.name for v in VARIANTS], metavar="NAME")
    args = parser.parse_args()
    variants = [v for v in VARIANTS if args.only is None or v.name in args.only]
    with ThreadPoolExecutor(args.jobs) as pool:
        rows = pool.map(lambda v: try_variant(args.work, v, args.tokens, args.seeds), variants)
        table = list(rows)
    columns = [f"{stage} {name}" for stage in STAGES.values() for name in SETS]
    print("\n| " + " | ".join(["encoder", "size", "tokens", *columns]) + " |")
    print("|" + " --- |" * (3 + len(columns)))
    print("\n".join(table))


if __name__ == "__main__":
    main()
