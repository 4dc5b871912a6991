"""How much do labelled target sentences buy? F1 against their number, beside the CRF's.

Runs a recipe once for every number k of target sentences, with the transferred models of a run
that has been made already, and shows baseline and adapted F1 beside the CRF on the target and on
everything; no target sentence at all is zero-shot. Each k is a run folder of its own below the
output folder: an interrupted benchmark goes on where it stopped.

    nerbridge run assamese
    python benchmarks/target_size.py assamese-running-text --reuse runs/assamese \\
        --output runs/sizes --plot sizes.png --json
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ZERO_SHOT = {"adapt": "transfer", "crf_all": "crf_transfer"}
"""What a row is before it has seen a target sentence."""
LABELS = {
    "adapt": "transferred, adapted",
    "baseline": "encoder, target alone",
    "crf_all": "CRF, sources and target",
    "crf_target": "CRF, target alone",
}
Row = dict[str, Any]


def run_size(asked: argparse.Namespace, k: int, reuse: Path) -> Path:
    """The folder of the run with ``k`` target sentences; ends the program if it fails."""
    folder: Path = asked.output / f"k-{k}"
    command = [
        *(sys.executable, "-m", "nerbridge", "run", str(asked.recipe), "--output", str(folder)),
        *("--reuse", str(reuse), "--seeds", asked.seeds, "--set", f"target.max_train={k}"),
        *("--jobs", str(asked.jobs), "--quiet"),
    ]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return folder


def read_rows(folder: Path, k: int) -> list[Row]:
    """F1 of every system on the target's test set and the further ones, with 95 % intervals."""
    record = json.loads((folder / "record.json").read_text("utf-8"))
    return [
        {
            "n_sentences": 0 if system["name"] in ZERO_SHOT.values() else k,
            "system": system["name"],
            "n_seeds": len(system["seeds"]),
            "f1": system["f1_strict"]["mean"],
            "ci95": system["f1_strict"]["ci95"],
            "test_sets": {name: f1["mean"] for name, f1 in system["test_sets"].items()},
        }
        for system in record["systems"]
    ]


def points(rows: list[Row], name: str) -> list[Row]:
    """One line of the figure, by number of sentences."""
    wanted = {name, ZERO_SHOT.get(name)}
    return sorted(
        (r for r in rows if r["system"] in wanted), key=lambda row: int(row["n_sentences"])
    )


def draw(rows: list[Row], title: str, path: Path) -> None:
    """F1 over the number of target sentences, its interval shaded."""
    from matplotlib.figure import Figure

    axes = (figure := Figure(figsize=(7, 4.5), layout="constrained")).subplots()
    for name, label in LABELS.items():
        line = points(rows, name)
        sizes = [row["n_sentences"] for row in line]
        dashes = "--" if name.startswith("crf") else "-"
        axes.plot(sizes, [row["f1"] for row in line], dashes, marker="o", label=label)
        low, high = zip(*(row["ci95"] for row in line), strict=True)
        axes.fill_between(sizes, low, high, alpha=0.1)
    axes.set_xscale("symlog", linthresh=10, linscale=0.5)
    ticks = sorted({row["n_sentences"] for row in rows})
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.set(xlabel="labelled target sentences", ylabel="F1 (strict), test", ylim=(0, 1))
    axes.set_title(title)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Run every size and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", type=Path, help="its target is cut down to k sentences")
    parser.add_argument("--reuse", type=Path, required=True, help="run with transferred models")
    parser.add_argument("--output", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 30, 100, 300, 1000])
    parser.add_argument("--seeds", default="13,21,34")
    parser.add_argument("--jobs", type=int, default=1, help="seeds at a time")
    parser.add_argument("--plot", type=Path, help="PNG of the curve")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    asked = parser.parse_args()
    rows: list[Row] = []
    reuse = asked.reuse
    for k in asked.sizes:
        # From the second on also the CRF of the sources is there to be taken.
        reuse = run_size(asked, k, reuse)
        found = read_rows(reuse, k)
        rows += [row for row in found if row["n_sentences"] or not points(rows, row["system"])]
    if asked.plot:
        draw(rows, asked.recipe.stem, asked.plot)
    if asked.json:
        print(json.dumps(rows))
        return
    for row in sorted(rows, key=lambda r: int(r["n_sentences"])):
        low, high = row["ci95"]
        others = "  ".join(f"{name} {f1:.3f}" for name, f1 in row["test_sets"].items())
        print(
            f"{row['n_sentences']:5} {row['system']:12} {row['f1']:.3f} ({low:.3f} to {high:.3f})  "
            f"{others}"
        )


if __name__ == "__main__":
    main()
