"""Masked language modelling from static vectors: resumable; one CPU, one GPU or several processes.

python pretraining/train.py DATA TOKENIZER OUT --tokens 12e6
torchrun --nproc-per-node 2 pretraining/train.py DATA TOKENIZER OUT --tokens 12e6

The schedule is fixed by ``--tokens``; a killed run continues from its last checkpoint with the same
arguments. ``--weights FOLDER`` begins with the weights that an ended run left there, and goes
through a whole schedule of its own. Words are masked whole, and the softmax is taken at masked
places only. On a CPU without fast half precision leave ``--bf16`` off.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoTokenizer, XLMRobertaConfig, XLMRobertaForMaskedLM

IGNORE = -100
CHECKPOINT = "checkpoint.safetensors"
# Share of the sequences that each language gives: Assamese is the target and repeats more often.
SHARES = {"as": 0.5, "bn": 0.3, "hi": 0.2}


@dataclass(frozen=True)
class Settings:
    """Everything that decides the outcome; stored beside the checkpoint and compared on resume."""

    tokens: int
    layers: int
    hidden: int
    heads: int
    intermediate: int
    length: int
    batch: int
    learning_rate: float
    warmup: float
    masked: float
    bf16: bool
    seed: int
    processes: int
    weights: str | None = None
    """Hash of the checkpoint that the weights started from."""

    @property
    def n_steps(self) -> int:
        """Steps in the whole schedule."""
        return math.ceil(self.tokens / (self.length * self.batch * self.processes))


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
            language: np.load(data / f"{language}.npy", mmap_mode="r") for language in SHARES
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
        tokens = self.arrays[str(rng.choice(list(SHARES), p=list(SHARES.values())))]
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


class MaskedLoss(nn.Module):
    """The model and its loss in one module, so that a distributed wrapper sees a single forward."""

    def __init__(self, model: XLMRobertaForMaskedLM) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and number of right guesses, over the masked places."""
        hidden = self.model.roberta(ids).last_hidden_state
        masked = labels != IGNORE
        logits = self.model.lm_head(hidden[masked]).float()
        targets = labels[masked]
        return nn.functional.cross_entropy(logits, targets), (
            logits.argmax(-1) == targets
        ).float().mean()


def build_model(settings: Settings, n_pieces: int, vectors: Path) -> XLMRobertaForMaskedLM:
    config = XLMRobertaConfig(
        vocab_size=n_pieces, hidden_size=settings.hidden, num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads, intermediate_size=settings.intermediate,
        max_position_embeddings=settings.length + 2, type_vocab_size=1,
        bos_token_id=0, pad_token_id=1, eos_token_id=2, attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
    )  # fmt: skip
    torch.manual_seed(settings.seed)
    model = XLMRobertaForMaskedLM(config)
    if vectors.is_file():
        rows = torch.from_numpy(np.load(vectors).astype(np.float32))
        rows = rows / rows.norm(dim=1, keepdim=True).mean() * (0.05 * settings.hidden**0.5)
        with torch.no_grad():
            model.roberta.embeddings.word_embeddings.weight.copy_(rows)
            model.roberta.embeddings.word_embeddings.weight[1].zero_()
    look_at_neighbours(model)
    return model


def look_at_neighbours(model: XLMRobertaForMaskedLM, sharpness: float = 1.5) -> None:
    """Let the heads of the first two layers start out looking at the words around.

    Attention that is random at first learns to look at neighbours only after millions of tokens, a
    plateau a CPU cannot afford. Positions start as sinusoids, in which a shift is a rotation; the
    query of a head reads some of them and its key reads the same, rotated by the head's offset, so
    that their product peaks there. Everything stays trainable.
    """
    config = model.config
    hidden, size = config.hidden_size, config.hidden_size // config.num_attention_heads
    n_pairs = hidden // 2
    # Around a quarter turn a position: a word turned by an offset then no longer matches itself.
    frequencies = math.pi * (0.15 + 0.7 * torch.rand(n_pairs))
    angles = torch.arange(config.max_position_embeddings)[:, None] * frequencies
    amplitude = 0.05
    positions = torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1) * amplitude
    offsets = ((-1, 1, -2, 2), (1, -1, 3, -3))
    with torch.no_grad():
        embedding = model.roberta.embeddings.position_embeddings.weight
        embedding.copy_(positions)
        embedding[config.pad_token_id].zero_()
        for layer, layer_offsets in zip(model.roberta.encoder.layer, offsets, strict=False):
            attention = layer.attention.self
            for head, offset in zip(range(config.num_attention_heads), layer_offsets, strict=False):
                rows = slice(head * size, (head + 1) * size)
                pairs = torch.arange(head, n_pairs, n_pairs // (size // 2))[: size // 2]
                query, key = torch.zeros(size, hidden), torch.zeros(size, hidden)
                for i, pair in enumerate(pairs.tolist()):
                    turn = frequencies[pair] * offset
                    sin, cos = 2 * pair, 2 * pair + 1
                    # (sin, cos) of position p + offset, from those of p: that is where to look.
                    query[2 * i, sin], query[2 * i, cos] = turn.cos(), turn.sin()
                    query[2 * i + 1, sin], query[2 * i + 1, cos] = -turn.sin(), turn.cos()
                    key[2 * i, sin] = key[2 * i + 1, cos] = 1.0
                attention.query.weight[rows] = sharpness * query
                attention.key.weight[rows] = sharpness * key


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


def load_weights(checkpoint: Path, model: nn.Module) -> None:
    """The weights of an ended run, without its optimiser."""
    tensors = load_file(checkpoint)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"weight.{name}"])


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_same_settings(folder: Path, settings: Settings) -> None:
    path = folder / "settings.json"
    if path.is_file():
        found = json.loads(path.read_text("utf-8"))
        if {"weights": None} | found != asdict(settings):
            raise SystemExit(
                f"{path}: made with other settings: {found}. Give the same, or another OUT."
            )
    path.write_text(json.dumps(asdict(settings), indent=1), "utf-8")


def train(args: argparse.Namespace, settings: Settings, rank: int, device: torch.device) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    if rank == 0:
        check_same_settings(args.out, settings)
    batches = Batches(args.data, args.tokenizer, settings, rank)
    model = MaskedLoss(build_model(settings, batches.n_pieces, args.data / "vectors.npy")).to(
        device
    )
    if args.weights is not None:
        load_weights(args.weights / CHECKPOINT, model)
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
                "masked_accuracy": round(torch.stack(hits).mean().item(), 4),
                "tokens_per_s": round(rate),
            }  # fmt: skip
            print(entry, flush=True)
            log.write(json.dumps(entry) + "\n")
            log.flush()
            began, losses, hits = time.time(), [], []
        if rank == 0 and (done % args.save_every == 0 or done == settings.n_steps):
            save_checkpoint(args.out, model, optimiser, done)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, help="folder of an ended run to take weights from")
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
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--eager", action="store_true", help="do not compile: no C++ compiler")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--log-every", type=int, default=20)
    parser.add_argument("--save-every", type=int, default=100)
    args = parser.parse_args()
    processes, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    device = (
        torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        if torch.cuda.is_available()
        else torch.device("cpu")
    )
    if processes > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    weights = None if args.weights is None else file_sha256(args.weights / CHECKPOINT)
    settings = Settings(
        int(args.tokens), args.layers, args.hidden, args.heads, args.intermediate, args.length,
        args.batch, args.learning_rate, args.warmup, args.masked, args.bf16, args.seed, processes,
        weights,
    )  # fmt: skip
    train(args, settings, rank, device)
    if processes > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
