"""What makes transfer work? Small encoders of equal pretraining, one thing changed in each.

python pretraining/ablation.py WORK --tokens 1.5e6 --seeds 13,21,34 --jobs 2

Pretrains every variant, trains ``ablation.toml`` with it and prints strict F1 on validation. All
that is done lies in WORK; started again, it goes on. ``--only NAME …`` takes some of the variants,
``--plot`` draws F1 over the tokens that they have read.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("NERBRIDGE_SHARED", HERE.parents[1] / "shared"))
N_SOURCE_SENTENCES = 3600
"""As many as ablation.toml takes."""
SETS = ("wikiann_as", "asner_as")
STAGES = {"baseline": "baseline", "transfer": "zero-shot", "adapt": "adapted"}
COLUMNS = tuple((stage, name) for stage in STAGES for name in SETS)


@dataclass(frozen=True)
class Variant:
    """What differs from ``base`` in one thing."""

    name: str
    options: tuple[str, ...] = ()
    """Of train.py."""
    data: str = "one-script"
    """The folder of ids: one-script, native, cut (names apart from their case endings), or
    no-vectors (random rows to start from)."""
    times: float = 1.0
    """Of the tokens asked for."""
    sources: tuple[str, ...] = ()
    """Corpora to transfer ``base`` from, as many sentences together; empty: the recipe's."""

    @property
    def encoder(self) -> str:
        """Name of the encoder."""
        return "base" if self.sources else self.name


@dataclass(frozen=True)
class Result:
    """What became of a variant; ``f1`` by stage and set, one a seed."""

    variant: Variant
    n_bytes: int
    n_tokens: int
    f1: Mapping[tuple[str, str], Sequence[float]]


VARIANTS = (
    Variant("base"),
    Variant("native-script", data="native"),
    Variant("random-start", data="no-vectors"),
    Variant("replaced-tokens", ("--objective", "replaced")),
    Variant("as-third", ("--shares", "as=0.34", "bn=0.33", "hi=0.33")),
    Variant("no-hindi", ("--shares", "as=0.6", "bn=0.4")),
    Variant("2-layers", ("--layers", "2")),
    Variant("8-layers", ("--layers", "8")),
    Variant("cut-endings", data="cut"),
    Variant("tenth-of-the-tokens", times=0.1),
    Variant("third-of-the-tokens", times=0.33),
    Variant("twice-the-tokens", times=2),
    Variant("five-times-the-tokens", times=5),
    Variant("from-hindi", sources=("wikiann_hi", "il_ner_hi", "hiner_hi")),
    Variant("from-bengali", sources=("multiconer2_bn", "rifat_bn", "karim2019_bn")),
    Variant("from-titles", sources=("wikiann_hi",)),
    Variant("from-running-text", sources=("il_ner_hi", "hiner_hi", "rifat_bn", "karim2019_bn")),
)
_making: defaultdict[str, Lock] = defaultdict(Lock)
"""Variants may share their data, or their encoder."""


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
    if name == "cut":
        given = make_data(work, "one-script")
        text = given / "text"
        if not (tokenizer / "tokenizer.json").exists():
            run(log, HERE / "split_endings.py", given / "tokenizer", tokenizer)
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
    with _making["data"]:
        data = make_data(work, variant.data)
    trained, packed = work / "pretrained" / variant.encoder, work / "encoders" / variant.encoder
    log = work / "logs" / f"{variant.encoder}.log"
    with _making[variant.encoder]:
        if not packed.exists():
            run(
                log, HERE / "train.py", data / "ids", data / "tokenizer", trained,
                "--tokens", f"{variant.times * tokens:.0f}", "--batch", "8", *variant.options,
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


def set_sources(names: Sequence[str]) -> list[str]:
    """Options of ``nerbridge run`` that take these sources instead of the recipe's."""
    tables = (
        f'{{path="{name}", language="{name[-2:]}", script="Beng", '
        f"max_sentences={N_SOURCE_SENTENCES // len(names)}}}"
        for name in names
    )
    return ["--set", f"sources=[{', '.join(tables)}]"] if names else []


def try_variant(work: Path, variant: Variant, tokens: float, seeds: str) -> Result:
    """Pretrain, transfer, adapt; prints its row of the table."""
    encoder = pretrain(work, variant, tokens)
    output = work / "runs" / variant.name
    run(
        work / "logs" / f"{variant.name}.log", "-m", "nerbridge", "run",
        write_recipe(work, variant), "--output", output, "--seeds", seeds, "--jobs", "1",
        "--quiet", "--set", f"encoder.id={encoder.resolve()}", *set_sources(variant.sources),
    )  # fmt: skip
    found = read_result(work, variant, seeds.split(","))
    print(to_row(found), flush=True)
    return found


def read_result(work: Path, variant: Variant, seeds: Sequence[str]) -> Result:
    """Size, tokens and, by stage and set, strict F1 of every seed."""
    n_bytes = sum(p.stat().st_size for p in (work / "encoders" / variant.encoder).iterdir())
    log = (work / "pretrained" / variant.encoder / "log.jsonl").read_text("utf-8").splitlines()
    f1: dict[tuple[str, str], list[float]] = {}
    for stage, name in COLUMNS:
        for seed in seeds:
            path = work / "runs" / variant.name / "results" / f"{stage}-{seed}.json"
            found = json.loads(path.read_text("utf-8"))
            score = found["test_sets"].get(name, found["validation"])
            f1.setdefault((stage, name), []).append(score["f1_strict"])
    return Result(variant, n_bytes, json.loads(log[-1])["tokens"], f1)


def to_row(found: Result) -> str:
    """A row of the table: mean F1 ± deviation over seeds."""
    cells = [found.variant.name, f"{found.n_bytes / 1e6:.0f} MB", f"{found.n_tokens / 1e6:.3g} M"]
    for f1 in found.f1.values():
        deviation = statistics.stdev(f1) if len(f1) > 1 else 0.0
        cells.append(f"{statistics.mean(f1):.3f} ± {deviation:.3f}")
    return "| " + " | ".join(cells) + " |"


def draw(results: Sequence[Result], path: Path) -> None:
    """The learning curve: F1 over tokens of pretraining, a dot for every seed."""
    from matplotlib.figure import Figure

    line = sorted(
        (r for r in results if r.variant == Variant(r.variant.name, times=r.variant.times)),
        key=lambda r: r.n_tokens,
    )
    axes = (figure := Figure(figsize=(7, 4.5), layout="constrained")).subplots()
    tokens = [r.n_tokens for r in line]
    for colour, (stage, name) in enumerate(COLUMNS[2:]):
        means = [statistics.mean(r.f1[stage, name]) for r in line]
        axes.plot(tokens, means, "o-", color=f"C{colour}", label=f"{STAGES[stage]}, {name}")
        for r in line:
            f1 = r.f1[stage, name]
            axes.plot([r.n_tokens] * len(f1), f1, ".", color=f"C{colour}", alpha=0.4)
    axes.set_xscale("log")
    axes.set_xticks(tokens, [f"{n / 1e6:.3g}" for n in tokens])
    axes.minorticks_off()
    axes.set(xlabel="million tokens of pretraining", ylabel="F1 (strict), validation", ylim=(0, 1))
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("--tokens", type=float, default=1.5e6)
    parser.add_argument("--seeds", default="13,21,34")
    parser.add_argument("--jobs", type=int, default=2, help="variants at a time")
    parser.add_argument("--only", nargs="+", choices=[v.name for v in VARIANTS], metavar="NAME")
    parser.add_argument("--plot", type=Path, help="PNG of the learning curve: F1 over tokens")
    args = parser.parse_args()
    variants = [v for v in VARIANTS if args.only is None or v.name in args.only]
    with ThreadPoolExecutor(args.jobs) as pool:
        found = pool.map(lambda v: try_variant(args.work, v, args.tokens, args.seeds), variants)
        results = list(found)
    columns = [f"{STAGES[stage]} {name}" for stage, name in COLUMNS]
    print("\n| " + " | ".join(["encoder", "size", "tokens", *columns]) + " |")
    print("|" + " --- |" * (3 + len(columns)))
    print("\n".join(map(to_row, results)))
    if args.plot is not None:
        draw(results, args.plot)


if __name__ == "__main__":
    main()
