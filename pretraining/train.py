"""Train the encoder from static vectors: resumable; one CPU, one GPU or several processes.

python pretraining/train.py DATA TOKENIZER OUT --tokens 12e6
torchrun --nproc-per-node 2 pretraining/train.py DATA TOKENIZER OUT --tokens 12e6

The schedule is fixed by ``--tokens``; a killed run continues from its last checkpoint with the same
arguments. ``--weights FOLDER`` begins with the weights of an ended run or a released encoder, and
goes through a whole schedule of its own. Words are masked whole, and the softmax is taken at masked
places only; ``--objective`` chooses between guessing them and telling guesses from the text. On a
CPU without fast half precision leave ``--bf16`` off.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoTokenizer, XLMRobertaConfig, XLMRobertaForMaskedLM

from model import IGNORE, SHARES, Settings, build_loss

CHECKPOINT, RELEASED = "checkpoint.safetensors", "model.safetensors"
HITS = {"masked": "masked_accuracy", "replaced": "replaced_found"}
"""What the log calls the share that the encoder got right."""


class Batches:
    """Masked batches, a function of (seed, step, rank) alone: a resumed run sees the same."""

    def __init__(self, data: Path, tokenizer: Path, settings: Settings, rank: int) -> None:
        loaded = AutoTokenizer.from_pretrained(tokenizer)
        pieces = loaded.convert_ids_to_tokens(list(range(len(loaded))))
        self.starts_word = np.array(
            [piece.startswith("▁") or i < 4 for i, piece in enumerate(pieces)]
        )
        self.mask_id, self.n_pieces = loaded.mask_token_id, len(loaded)
        self.arrays = {
            language: np.load(data / f"{language}.npy", mmap_mode="r")
            for language in settings.shares
        }
        self.settings, self.rank = settings, rank

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        """Token ids, and labels that are -100 where not masked. Shape of both: (batch, length)."""
        rng = np.random.default_rng((self.settings.seed, step, self.rank))
        ids = np.stack([self._sequence(rng) for _ in range(self.settings.batch)])
        masked = self._whole_words(ids, rng)
        labels = np.where(masked, ids, IGNORE)
        fate = rng.random(ids.shape)
        inputs = np.where(masked & (fate < 0.8), self.mask_id, ids)
        random_ids = rng.integers(4, self.n_pieces - 257, ids.shape)
        inputs = np.where(masked & (fate >= 0.9), random_ids, inputs)
        return torch.from_numpy(inputs), torch.from_numpy(labels)

    def _sequence(self, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """A stretch of running text: ``<s>``, then tokens from a random place on."""
        languages, shares = zip(*self.settings.shares.items(), strict=True)
        tokens = self.arrays[str(rng.choice(languages, p=np.divide(shares, sum(shares))))]
        start = int(rng.integers(0, len(tokens) - self.settings.length))
        return np.concatenate([[0], tokens[start : start + self.settings.length - 1]]).astype(
            np.int64
        )

    def _whole_words(
        self, ids: npt.NDArray[np.int64], rng: np.random.Generator
    ) -> npt.NDArray[np.bool_]:
        """Choose words at random; all pieces of a chosen word are masked, special tokens never."""
        word = np.cumsum(self.starts_word[ids], axis=1)
        chosen = rng.random((len(ids), word.max() + 1)) < self.settings.masked
        return np.take_along_axis(chosen, word, axis=1) & (ids > 3)


def learning_rate(step: int, settings: Settings) -> float:
    """Linear warm-up, then linear to zero."""
    warm = max(1, int(settings.warmup * settings.n_steps))
    if step < warm:
        return settings.learning_rate * (step + 1) / warm
    return settings.learning_rate * max(0.0, (settings.n_steps - step) / (settings.n_steps - warm))


def save_checkpoint(
    folder: Path, model: nn.Module, optimiser: torch.optim.Optimizer, step: int
) -> None:
    """One file, renamed into place: weights and both Adam moments by parameter name."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in model.named_parameters():
        tensors[f"weight.{name}"] = parameter.detach().clone()
        state = optimiser.state.get(parameter, {})
        tensors |= {
            f"{key}.{name}": state[key].clone() for key in ("exp_avg", "exp_avg_sq") if key in state
        }
    part = folder / "checkpoint.part"
    save_file(tensors, part, metadata={"step": str(step)})
    part.replace(folder / CHECKPOINT)


def load_checkpoint(folder: Path, model: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Continue where the checkpoint stands; the step to do next, 0 without one."""
    from safetensors import safe_open

    path = folder / CHECKPOINT
    if not path.is_file():
        return 0
    with safe_open(path, "pt") as reader:
        step = int(reader.metadata()["step"])
    tensors = load_file(path)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"weight.{name}"])
            optimiser.state[parameter] = {
                "step": torch.tensor(float(step)),
                "exp_avg": tensors[f"exp_avg.{name}"].to(parameter.device),
                "exp_avg_sq": tensors[f"exp_avg_sq.{name}"].to(parameter.device),
            }
    return step


def find_weights(folder: Path) -> Path:
    """The file of an ended run, or else of a released encoder."""
    found = [folder / name for name in (CHECKPOINT, RELEASED) if (folder / name).is_file()]
    if not found:
        raise SystemExit(f"--weights {folder}: neither {CHECKPOINT} nor {RELEASED} is there.")
    return found[0]


def read_weights(path: Path) -> dict[str, Tensor]:
    """By the names of the parameters."""
    if path.name == CHECKPOINT:
        return {
            name.removeprefix("weight."): tensor
            for name, tensor in load_file(path).items()
            if name.startswith("weight.")
        }
    model, loading = XLMRobertaForMaskedLM.from_pretrained(path.parent, output_loading_info=True)
    return {
        f"model.{name}": parameter
        for name, parameter in model.named_parameters()
        if name not in loading["missing_keys"]
    }


def load_weights(path: Path, model: nn.Module) -> None:
    """The weights of an ended run, without its optimiser, or of a released encoder.

    Raises:
        SystemExit: it had another objective, shape or number of heads.
    """
    tensors, parameters = read_weights(path), dict(model.named_parameters())
    if missing := parameters.keys() - tensors.keys():
        raise SystemExit(f"{path}: has no {min(missing)}. Was its --objective another?")
    if unknown := tensors.keys() - parameters.keys():
        raise SystemExit(f"{path}: has {min(unknown)} too. Were its --layers others?")
    for name, parameter in parameters.items():
        if parameter.shape != tensors[name].shape:
            found, expected = tuple(tensors[name].shape), tuple(parameter.shape)
            raise SystemExit(
                f"{path}: {name} is {found}, expected {expected}. Was it another size?"
            )
    if path.name == RELEASED:
        found = XLMRobertaConfig.from_pretrained(path.parent).num_attention_heads
        expected = model.model.config.num_attention_heads
        if found != expected:
            raise SystemExit(
                f"{path}: has {found} heads, expected {expected}. Give --heads {found}."
            )
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[name])


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_same_settings(folder: Path, settings: Settings) -> None:
    path = folder / "settings.json"
    if path.is_file():
        found = json.loads(path.read_text("utf-8"))
        if Settings(**found) != settings:
            raise SystemExit(
                f"{path}: made with other settings: {found}. Give the same, or another OUT."
            )
    path.write_text(json.dumps(asdict(settings), indent=1), "utf-8")


def train(args: argparse.Namespace, settings: Settings, rank: int, device: torch.device) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    if rank == 0:
        check_same_settings(args.out, settings)
    batches = Batches(args.data, args.tokenizer, settings, rank)
    model = build_loss(settings, batches.n_pieces, args.data / "vectors.npy").to(device)
    if args.weights is not None:
        load_weights(find_weights(args.weights), model)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    plain = [p for p in model.parameters() if p.dim() <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=settings.learning_rate, betas=(0.9, 0.98), eps=1e-6, fused=True,
    )  # fmt: skip
    first = load_checkpoint(args.out, model, optimiser)
    if not args.eager:
        # The layers alone: how many places are masked differs from batch to batch.
        for layer in model.model.roberta.encoder.layer:
            layer.compile(dynamic=False)
    wrapped: nn.Module = (
        nn.parallel.DistributedDataParallel(model) if settings.processes > 1 else model
    )
    log = (args.out / "log.jsonl").open("a", encoding="utf-8")
    began, losses, hits = time.time(), [], []
    for step in range(first, settings.n_steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, settings)
        ids, labels = (tensor.to(device) for tensor in batches(step))
        # What a generator draws; a resumed run draws the same.
        torch.manual_seed(settings.seed + settings.processes * step + rank)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=settings.bf16):
            loss, hit = wrapped(ids, labels)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        losses.append(loss.detach())
        hits.append(hit.detach())
        done = step + 1
        if rank == 0 and (done % args.log_every == 0 or done == settings.n_steps):
            tokens = settings.length * settings.batch * settings.processes
            rate = tokens * len(losses) / (time.time() - began)
            entry = {
                "step": done, "of": settings.n_steps, "tokens": done * tokens,
                "loss": round(torch.stack(losses).mean().item(), 4),
                HITS[settings.objective]: round(torch.stack(hits).mean().item(), 4),
                "tokens_per_s": round(rate),
            }  # fmt: skip
            print(entry, flush=True)
            log.write(json.dumps(entry) + "\n")
            log.flush()
            began, losses, hits = time.time(), [], []
        if rank == 0 and (done % args.save_every == 0 or done == settings.n_steps):
            save_checkpoint(args.out, model, optimiser, done)


def read_share(text: str) -> tuple[str, float]:
    """``as=0.5`` as language and share."""
    language, _, share = text.partition("=")
    return language, float(share)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--weights", type=Path, help="folder of an ended run or a released encoder to begin with"
    )
    parser.add_argument("--tokens", type=float, default=12e6)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--intermediate", type=int, default=1024)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--batch", type=int, default=32, help="sequences per process")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--warmup", type=float, default=0.04)
    parser.add_argument("--masked", type=float, default=0.2)
    parser.add_argument("--objective", choices=("masked", "replaced"), default="masked")
    parser.add_argument(
        "--shares",
        type=read_share,
        nargs="+",
        metavar="LANG=SHARE",
        help="default as=.5 bn=.3 hi=.2",
    )
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--eager", action="store_true", help="do not compile: no C++ compiler")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--log-every", type=int, default=20)
    parser.add_argument("--save-every", type=int, default=100)
    return parser


def read_settings(args: argparse.Namespace, processes: int) -> Settings:
    weights = None if args.weights is None else file_sha256(find_weights(args.weights))
    names = {field.name for field in fields(Settings)}
    chosen = {name: value for name, value in vars(args).items() if name in names}
    chosen |= {"tokens": int(args.tokens), "processes": processes, "weights": weights}
    chosen["shares"] = dict(args.shares or SHARES)
    return Settings(**chosen)


def main() -> None:
    args = build_parser().parse_args()
    processes, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    device = (
        torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        if torch.cuda.is_available()
        else torch.device("cpu")
    )
    if processes > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    settings = read_settings(args, processes)
    train(args, settings, rank, device)
    if processes > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
