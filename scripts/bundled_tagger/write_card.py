"""Write the card of the tagger bundled:as: prose by hand, header and figures from its manifest."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from nerbridge.evaluation.quoting import QuotedScores
from nerbridge.files import write_text
from nerbridge.models.bundled import TAGGERS
from nerbridge.models.card import REPO_PLACEHOLDER, card_sections
from nerbridge.models.card_header import CARD_FILE
from nerbridge.models.manifest import Manifest, read_manifest, write_manifest

NAME, LICENSE = "bundled:as", "apache-2.0"
TEST_SETS = ("wikiann_as", "asner_as", NAME, "bundled:as-running")
PROSE = Path(__file__).with_name("card.md")


def main() -> None:
    """Write the card, and with ``--score`` the scores first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--score", action="store_true", help="measure the tagger first")
    args = parser.parse_args()
    folder = TAGGERS / "as"
    manifest = read_manifest(folder).model_copy(update={"license": LICENSE})
    if args.score:
        scores = {name: measure(name) for name in TEST_SETS}
        manifest = manifest.model_copy(update={"scores": scores})
    write_manifest(folder, manifest)
    write_text(folder / CARD_FILE, render(PROSE.read_text("utf-8"), manifest))


def render(prose: str, manifest: Manifest) -> str:
    """The prose with every ``{{section}}`` filled in."""
    for name, section in card_sections(manifest).items():
        prose = prose.replace("{{" + name + "}}", section)
    return prose.replace(REPO_PLACEHOLDER, NAME)


def measure(corpus: str) -> QuotedScores:
    """What a card quotes of the tagger's scores on the test part of a corpus."""
    shared = Path(os.environ.get("NERBRIDGE_SHARED", "../shared"))
    spec = corpus if corpus.startswith("bundled:") else str(shared / "data" / corpus)
    command = [sys.executable, "-m", "nerbridge", "evaluate", NAME, spec, "--json", "--quiet"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return QuotedScores(
        f1=found["f1_strict"],
        ci95=found["ci95"],
        precision=found["precision_strict"],
        recall=found["recall_strict"],
        n_sentences=found["n_sentences"],
        n_entities=found["n_gold"],
        per_type={type_: scores["f1"] for type_, scores in found["per_type"].items()},
    )


if __name__ == "__main__":
    main()
