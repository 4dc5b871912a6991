"""How long the command line takes to start, as a ratio to a Python that does nothing.

    .venv/bin/python benchmarks/start.py [--rounds 12] [--json]

The commands take turns in one run; the ratio is that of their medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "pass": ["-c", "pass"],
    "import nerbridge": ["-c", "import nerbridge"],
    "nerbridge --help": ["-m", "nerbridge", "--help"],
    "nerbridge tag --help": ["-m", "nerbridge", "tag", "--help"],
}


def seconds(arguments: list[str]) -> float:
    """Wall time of one start."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rounds = [
        {name: seconds(command) for name, command in COMMANDS.items()} for _ in range(asked.rounds)
    ]
    medians = {name: statistics.median(one[name] for one in rounds) for name in COMMANDS}
    ratios = {name: round(took / medians["pass"], 2) for name, took in medians.items()}
    if asked.json:
        print(json.dumps({"n_rounds": asked.rounds, "ratios": ratios}))
        return
    for name, ratio in ratios.items():
        print(f"{name:24}{1000 * medians[name]:7.0f} ms   {ratio:5.1f} × python -c pass")


if __name__ == "__main__":
    main()
