"""Make a large multilingual encoder small: a new vocabulary and fewer layers.

python pretraining/shrink.py TEXT TEACHER TOKENIZER OUT [--layers 6] [--tokens 12e6]

``TEXT`` is the folder that ``prepare.py --native`` writes. The teacher reads every line in its own
script with its own pieces; the student reads the same words in one script with the pieces of
``TOKENIZER``. For every word the student learns to give the hidden states of the teacher (MiniLM,
TinyBERT), and it learns to guess masked words. Its embeddings start as averages of the teacher's
pieces that spell the same string (fast vocabulary transfer, Gee et al. 2022). Its layers start as
every second (third, …) layer of the teacher. A killed run continues from its last checkpoint.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModel, BertConfig, BertForMaskedLM, BertModel

from parallel_lines import Batch, Lines, Settings, start_embeddings

CHECKPOINT = "checkpoint.safetensors"


def build_student(teacher: BertModel, layers: int, n_pieces: int) -> BertForMaskedLM:
    """Every second (third, …) layer of the teacher, and its positions."""
    config = BertConfig(
        **(teacher.config.to_dict() | {
            "num_hidden_layers": layers, "vocab_size": n_pieces, "pad_token_id": 1,
            "architectures": ["BertForMaskedLM"], "tie_word_embeddings": True,
        })
    )  # fmt: skip
    student = BertForMaskedLM(config)
    step = teacher.config.num_hidden_layers // layers
    kept = {
        name: tensor
        for name, tensor in teacher.state_dict().items()
        if name.startswith("embeddings.") and "word_embeddings" not in name
    }
    for layer in range(layers):
        source = f"encoder.layer.{(layer + 1) * step - 1}."
        kept |= {
            f"encoder.layer.{layer}.{name.removeprefix(source)}": tensor
            for name, tensor in teacher.state_dict().items()
            if name.startswith(source)
        }
    student.bert.load_state_dict(kept, strict=False)
    return student


def pool_words(states: Tensor, batch: Batch) -> Tensor:
    """The mean of each word's subwords. Shape: (words, hidden)."""
    flat = batch.word_of.flatten()
    inside = flat >= 0
    n_words = int(flat.max()) + 1
    sums = states.new_zeros(n_words, states.shape[-1], dtype=torch.float32)
    sums.index_add_(0, flat[inside], states.flatten(0, 1)[inside].float())
    return sums / torch.bincount(flat[inside], minlength=n_words)[:, None]


class Shrinking(nn.Module):
    """Teacher and student, and what the student is to be like."""

    def __init__(self, teacher: BertModel, student: BertForMaskedLM, mask_id: int) -> None:
        super().__init__()
        self.student, self.mask_id = student, mask_id
        self.teacher = [teacher.to(torch.bfloat16).eval()]  # in a list: not trained, not saved
        layers = student.config.num_hidden_layers
        step = teacher.config.num_hidden_layers // layers
        half = max(1, layers // 2)
        self.pairs = ((half, half * step), (layers, layers * step))
        hidden = student.config.hidden_size
        self.register_buffer("means", torch.zeros(2, hidden))
        self.register_buffer("scales", torch.ones(2, hidden))

    @torch.no_grad()
    def teach(self, batch: Batch) -> list[Tensor]:
        """The teacher's words, at the layers that the student learns."""
        out = self.teacher[0](
            input_ids=batch.ids, attention_mask=batch.mask.long(), output_hidden_states=True
        )
        return [pool_words(out.hidden_states[layer], batch) for _, layer in self.pairs]

    @torch.no_grad()
    def measure(self, batches: Sequence[Batch]) -> None:
        """Mean and spread of every dimension of the teacher, so that none outweighs the others."""
        taught = [self.teach(batch) for batch in batches]
        for row in range(len(self.pairs)):
            states = torch.cat([words[row] for words in taught])
            self.means[row], self.scales[row] = states.mean(0), states.std(0)

    def forward(self, theirs: Batch, mine: Batch, masked: Tensor) -> tuple[Tensor, Tensor]:
        """The share of the teacher's variance that is not explained, and the masked-word loss."""
        targets = self.teach(theirs)
        hide = (mine.word_of >= 0) & masked[mine.word_of.clamp(min=0)]
        with torch.autocast("cpu", torch.bfloat16):
            out = self.student.bert(
                input_ids=mine.ids.masked_fill(hide, self.mask_id),
                attention_mask=mine.mask.long(),
                output_hidden_states=True,
            )
            logits = self.student.cls(out.last_hidden_state[hide])
        mlm = nn.functional.cross_entropy(logits.float(), mine.ids[hide])
        last = out.last_hidden_state.flatten(0, 1)[mine.first].float()
        half = pool_words(out.hidden_states[self.pairs[0][0]], mine)
        distance = torch.stack([
            (((states - self.means[row]) - (target - self.means[row])) / self.scales[row])
            .square().clamp(max=25).mean()
            for row, (states, target) in enumerate(zip((half, last), targets, strict=True))
        ])  # fmt: skip
        return distance, mlm


def learning_rate(done: float, peak: float) -> float:
    """Warm-up for 2 % of the run, constant, and linear to zero in its last 30 %."""
    return peak * min(1.0, done / 0.02, max(0.0, (1 - done) / 0.3))


def save_checkpoint(
    folder: Path, model: Shrinking, optimiser: torch.optim.Optimizer, step: int, tokens: int
) -> None:
    tensors = {
        f"buffer.{name}": buffer for name, buffer in model.named_buffers() if "." not in name
    }
    for name, parameter in model.named_parameters():
        tensors[f"weight.{name}"] = parameter.detach()
        tensors |= {
            f"{key}.{name}": optimiser.state[parameter][key]
            for key in ("exp_avg", "exp_avg_sq")
            if parameter in optimiser.state
        }
    part = folder / "checkpoint.part"
    save_file(
        {name: tensor.contiguous() for name, tensor in tensors.items()}, part,
        metadata={"step": str(step), "tokens": str(tokens)},
    )  # fmt: skip
    part.replace(folder / CHECKPOINT)


def load_checkpoint(
    folder: Path, model: Shrinking, optimiser: torch.optim.Optimizer
) -> tuple[int, int]:
    """The next step and the tokens read so far."""
    path = folder / CHECKPOINT
    if not path.is_file():
        return 0, 0
    with safe_open(path, "pt") as reader:
        kept = reader.metadata()
    tensors = load_file(path)
    step = int(kept["step"])
    with torch.no_grad():
        model.means.copy_(tensors["buffer.means"])
        model.scales.copy_(tensors["buffer.scales"])
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"weight.{name}"])
            if f"exp_avg.{name}" in tensors:
                optimiser.state[parameter] = {
                    "step": torch.tensor(float(step)),
                    "exp_avg": tensors[f"exp_avg.{name}"],
                    "exp_avg_sq": tensors[f"exp_avg_sq.{name}"],
                }
    return step, int(kept["tokens"])


def check_same_settings(folder: Path, settings: Settings) -> None:
    path = folder / "settings.json"
    if path.is_file() and (found := json.loads(path.read_text("utf-8"))) != asdict(settings):
        raise SystemExit(
            f"{path}: made with other settings: {found}. Give the same, or another OUT."
        )
    path.write_text(json.dumps(asdict(settings), indent=1), "utf-8")


def train(args: argparse.Namespace, settings: Settings) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    check_same_settings(args.out, settings)
    torch.manual_seed(settings.seed)
    tokenizers = [
        Tokenizer.from_file(str(f / "tokenizer.json")) for f in (args.teacher, args.tokenizer)
    ]
    for tokenizer in tokenizers:
        tokenizer.no_padding()
        tokenizer.no_truncation()
    lines = Lines(args.text, *tokenizers, settings)
    teacher = AutoModel.from_pretrained(args.teacher, dtype=torch.float32)
    n_pieces = tokenizers[1].get_vocab_size()
    student = build_student(teacher, settings.layers, n_pieces)
    fresh = not (args.out / CHECKPOINT).is_file()
    if fresh:
        vectors = start_embeddings(lines, teacher.embeddings.word_embeddings.weight.data, n_pieces)
        student.bert.embeddings.word_embeddings.weight.data.copy_(vectors)
    model = Shrinking(teacher, student, tokenizers[1].token_to_id("<mask>"))
    if fresh:
        model.measure([lines(step)[0] for step in range(20)])
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98), eps=1e-6,
        weight_decay=0.01, fused=True,
    )  # fmt: skip
    step, tokens = load_checkpoint(args.out, model, optimiser)
    if args.pack:
        pack(model.student, args.tokenizer, args.out / f"encoder-{tokens}")
        return
    log = (args.out / "log.jsonl").open("a", encoding="utf-8")
    model.student.train()
    began, read, losses = time.time(), 0, []
    while tokens < settings.tokens:
        theirs, mine = lines(step)
        rng = np.random.default_rng((settings.seed, 2, step))
        n_words = int(mine.word_of.max()) + 1
        masked = torch.from_numpy(rng.random(n_words) < settings.masked)
        torch.manual_seed(settings.seed + step)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(tokens / settings.tokens, settings.learning_rate)
        distance, mlm = model(theirs, mine, masked)
        (distance.sum() + settings.mlm_weight * mlm).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        losses.append([*distance.tolist(), mlm.item()])
        n = int(mine.mask.sum())
        step, tokens, read = step + 1, tokens + n, read + n
        ended = tokens >= settings.tokens
        if step % args.log_every == 0 or ended:
            half, last, guess = np.mean(losses, axis=0)
            entry = {
                "step": step, "tokens": tokens, "unexplained_half": round(float(half), 4),
                "unexplained_last": round(float(last), 4), "masked_loss": round(float(guess), 3),
                "tokens_per_s": round(read / (time.time() - began)),
            }  # fmt: skip
            if not math.isfinite(half + last + guess):
                raise SystemExit(
                    f"step {step}: the loss is {half + last + guess}; lower --learning-rate."
                )
            print(entry, flush=True)
            log.write(json.dumps(entry) + "\n")
            log.flush()
            began, read, losses = time.time(), 0, []
        if step % args.save_every == 0 or ended:
            save_checkpoint(args.out, model, optimiser, step, tokens)
    pack(model.student, args.tokenizer, args.out / "encoder")


def pack(student: BertForMaskedLM, tokenizer: Path, out: Path) -> None:
    """A transformers folder in half precision."""
    out.mkdir(exist_ok=True)
    student.half().save_pretrained(out)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (out / name).write_bytes((tokenizer / name).read_bytes())
    print(f"{out}: {sum(path.stat().st_size for path in out.iterdir()) / 1e6:.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for name in ("text", "teacher", "tokenizer", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--tokens", type=float, default=12e6)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--batch", type=int, default=32, help="lines a step")
    parser.add_argument("--learning-rate", type=float, default=5e-4)
    parser.add_argument("--masked", type=float, default=0.15)
    parser.add_argument("--mlm-weight", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--save-every", type=int, default=500)
    parser.add_argument(
        "--pack", action="store_true", help="write the encoder of the last checkpoint, and stop"
    )
    args = parser.parse_args()
    train(args, Settings(**{name: vars(args)[name] for name in Settings.__dataclass_fields__}))


if __name__ == "__main__":
    main()
