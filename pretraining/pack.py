"""A training checkpoint to a released encoder folder: half precision, tokenizer, model card.

python pretraining/pack.py CHECKPOINT_FOLDER TOKENIZER_FOLDER OUT_FOLDER [--earlier FOLDER …]

``--earlier`` names the rounds whose weights this one began with; the model card counts their tokens
too. The folder loads with ``AutoModel``, ``AutoModelForMaskedLM`` and ``AutoTokenizer``; after
replaced-token detection without the second, for its masked-LM head was the generator's.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import safe_open
from transformers import PreTrainedTokenizerFast, XLMRobertaForMaskedLM

from model import SHARES, Settings, build_model


def load_trained(folder: Path, settings: Settings, n_pieces: int) -> XLMRobertaForMaskedLM:
    """The model at its last checkpoint."""
    model = build_model(settings, n_pieces, folder / "no-vectors")
    with safe_open(folder / "checkpoint.safetensors", "pt") as reader, torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(reader.get_tensor(f"weight.model.{name}"))
    return model


def read_last(folder: Path) -> dict[str, float]:
    """The last entry of a round's log."""
    last: dict[str, float] = json.loads((folder / "log.jsonl").read_text("utf-8").splitlines()[-1])
    return last


def describe(folder: Path, settings: Settings, earlier: Sequence[Path]) -> str:
    """The model card; its figures come from the training logs. An experiment has its settings."""
    began_elsewhere = settings.weights is not None and not earlier
    if settings.objective != "masked" or settings.shares != SHARES or began_elsewhere:
        made = json.dumps(asdict(settings), indent=1)
        return f"# An experiment\n\nMade by `pretraining/train.py` with\n\n```json\n{made}\n```\n"
    last = read_last(folder)
    rounds = [*map(read_last, earlier), last]
    card = Path(__file__).with_name("model_card.md").read_text("utf-8")
    values = {
        "layers": settings.layers,
        "hidden": settings.hidden,
        "tokens": f"{sum(entry['tokens'] for entry in rounds) / 1e6:.1f} million",
        "steps": f"{sum(entry['step'] for entry in rounds):,}",
        "rounds": "one round" if len(rounds) == 1 else f"{len(rounds)} rounds",
        "loss": last["loss"],
        "accuracy": last["masked_accuracy"],
        "length": settings.length,
        "masked": settings.masked,
        "learning_rate": settings.learning_rate,
    }
    for key, value in values.items():
        card = card.replace(f"<{key}>", str(value))
    return card


def _name_plain_classes(path: Path) -> None:
    """Name the tokenizer class that every version of transformers knows, and nothing local."""
    config = json.loads(path.read_text("utf-8"))
    for key in ("backend", "is_local", "local_files_only"):
        config.pop(key, None)
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--earlier", type=Path, nargs="+", default=[], help="ended rounds before")
    args = parser.parse_args()
    settings = Settings(**json.loads((args.checkpoint / "settings.json").read_text("utf-8")))
    tokenizer = PreTrainedTokenizerFast.from_pretrained(args.tokenizer)
    model = load_trained(args.checkpoint, settings, len(tokenizer)).half()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=args.out.parent))
    part.chmod(0o755)
    has_head = settings.objective == "masked"
    (model if has_head else model.roberta).save_pretrained(part)
    tokenizer.model_max_length = settings.length
    tokenizer.save_pretrained(part)
    _name_plain_classes(part / "tokenizer_config.json")
    (part / "model.safetensors").chmod(0o644)
    (part / "README.md").write_text(describe(args.checkpoint, settings, args.earlier), "utf-8")
    if args.out.exists():
        shutil.rmtree(args.out)
    part.rename(args.out)
    size = sum(path.stat().st_size for path in args.out.iterdir()) / 1e6
    print(f"{args.out}: {size:.1f} MB")


if __name__ == "__main__":
    main()
