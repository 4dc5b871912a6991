"""LoRA adapters: attach, save as a plain PEFT folder, load strictly.

Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.
"""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from peft import __version__ as peft_version
from peft.utils import (
    TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING,
    get_peft_model_state_dict,
    set_peft_model_state_dict,
)
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from nerbridge.errors import ModelError, ModelWarning
from nerbridge.models.encoder import encoder_sha256, head_modules, model_tags
from nerbridge.models.folder import (
    ADAPTER_CONFIG_FILE,
    ADAPTER_WEIGHT_FILE,
    check_safetensors,
    new_folder,
)
from nerbridge.models.lora import LoraSettings
from nerbridge.models.manifest import MANIFEST_FILE, Manifest, read_manifest, write_manifest

__all__ = ["LoraSettings", "attach_adapter", "load_adapter", "save_adapter"]

_OTHER_TARGETS = {"distilbert": ("q_lin", "v_lin"), "modernbert": ("Wqkv",), "mpnet": ("q", "v")}
"""Targets of model types for which PEFT has none, if not named ``query`` and ``value``."""


def attach_adapter(model: PreTrainedModel, settings: LoraSettings, seed: int) -> PeftModel:
    """Freeze ``model`` and attach a fresh adapter, in place; the head stays trainable.

    ``lora_A`` is random by ``seed`` and ``lora_B`` is zero, so the logits do not change. The global
    random state is not changed.

    Raises:
        ModelError: if a target module is not in the model.
    """
    targets = settings.target_modules or default_targets(model.config.model_type)
    heads = head_modules(model)
    config = LoraConfig(
        r=settings.r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
        # PEFT's "all-linear" includes the head of a token classifier, which is trained whole.
        exclude_modules=sorted(
            ".".join(filter(None, (name, inner)))
            for name, head in heads.items()
            for inner, _ in head.named_modules()
        ),
        bias=settings.bias,
        modules_to_save=sorted(heads),
        task_type=TaskType.TOKEN_CLS,
    )
    return _attach(model, config, seed)


def default_targets(model_type: str) -> tuple[str, ...] | str:
    """The layers that get an adapter by default: those of PEFT for the type of the model.

    If PEFT has none, these are the layers of queries and values, as PEFT chooses for most types.
    """
    found = TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING.get(model_type)
    if isinstance(found, str):
        return found
    return tuple(found or _OTHER_TARGETS.get(model_type, ("query", "value")))


def _attach(model: PreTrainedModel, config: LoraConfig, seed: int) -> PeftModel:
    try:
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            # PEFT 0.21 reads a property that transformers 5 has renamed. The user cannot change it.
            warnings.filterwarnings(
                "ignore", message=".*is_gradient_checkpointing", category=FutureWarning
            )
            torch.manual_seed(seed)
            return get_peft_model(model, config)
    except ValueError as error:
        linear = {n.split(".")[-1] for n, m in model.named_modules() if hasattr(m, "in_features")}
        raise ModelError(
            f"the adapter does not fit a {model.config.model_type} model: {error} Its linear "
            f"layers are named {', '.join(sorted(linear))}."
        ) from error


def adapter_tensors(model: PeftModel) -> dict[str, torch.Tensor]:
    """All tensors of the adapter and the head, under their names in the file."""
    # With the default of save_embedding_layers, PEFT may ask the hub for the vocabulary size.
    tensors = get_peft_model_state_dict(model, save_embedding_layers=False)
    # With bias="all" PEFT names the bias of a saved module twice; safetensors wants two copies.
    return {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in sorted(tensors.items())
    }


def save_adapter(model: PeftModel, folder: Path, manifest: Manifest) -> None:
    """Write a plain PEFT folder with the head in it, and ``nerbridge.json``, whole or not at all.

    Equal weights give equal files.

    Raises:
        EnvironmentProblem: if the disk is full or cannot be written.
    """
    config = model.peft_config["default"].to_dict()
    config["base_model_name_or_path"] = manifest.base.id if manifest.base else None
    config["revision"] = manifest.base.revision if manifest.base else None
    config["inference_mode"] = True
    # PEFT keeps these as sets, in an order that changes from process to process.
    for key, value in config.items():
        if isinstance(value, set | list):
            config[key] = sorted(set(value))
    text = json.dumps(config, indent=2, sort_keys=True)
    with new_folder(folder) as temporary:
        save_file(
            adapter_tensors(model), temporary / ADAPTER_WEIGHT_FILE, metadata={"format": "pt"}
        )
        (temporary / ADAPTER_CONFIG_FILE).write_text(text + "\n", encoding="utf-8")
        write_manifest(temporary, manifest.model_copy(update={"kind": "adapter"}))


def load_adapter(base_model: PreTrainedModel, folder: Path, *, trainable: bool) -> PeftModel:
    """Put a saved adapter and its head on a fresh base, in place, and check every tensor.

    Args:
        base_model: as `nerbridge.models.encoder.load_token_classifier` gives it, for the same
            labels.
        folder: written by `save_adapter`; ``nerbridge.json`` may be absent (plain PEFT folders).
        trainable: whether adapter and head are to be trained further.

    Raises:
        ModelError: if a file is missing or damaged, the base or the labels are not those the
            adapter was trained with, or any tensor is missing, unexpected or of another shape.
    """
    config = _read_config(folder)
    if (folder / MANIFEST_FILE).is_file():
        _check_manifest(base_model, folder)
    saved = _read_tensors(folder)
    config.inference_mode = not trainable
    # PEFT would warn if the same base has another path. The hash of the base was checked above.
    config.base_model_name_or_path = None
    model = _attach(base_model, config, seed=0)
    # PEFT ignores missing and unexpected tensors, so they are checked before and after loading.
    _check_tensors(adapter_tensors(model), saved, folder)
    set_peft_model_state_dict(model, dict(saved))
    changed = [
        name for name, tensor in adapter_tensors(model).items() if not _same(tensor, saved[name])
    ]
    if changed:
        raise ModelError(
            f"{folder}: not loaded exactly: {_some(changed)}. This is a bug; please report it."
        )
    if not trainable:
        model.requires_grad_(False)
    model.eval()
    return model


def _read_config(folder: Path) -> LoraConfig:
    path = folder / ADAPTER_CONFIG_FILE
    if not path.is_file():
        raise ModelError(f"{folder}: no {ADAPTER_CONFIG_FILE}; expected a PEFT adapter folder.")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if (kind := values.pop("peft_type", None)) != "LORA":
            raise ValueError(f"peft_type is {kind!r}, expected 'LORA'")
        # Settings of the process that saved the adapter; LoraConfig does not take them.
        values.pop("runtime_config", None)
        config = LoraConfig(**_known_settings(values, path))
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: not a LoRA configuration ({error}).") from error
    if config.task_type not in (TaskType.TOKEN_CLS, None):
        raise ModelError(
            f"{path}: task_type is {config.task_type!r}; expected 'TOKEN_CLS', or null with a "
            "saved head: an adapter for another task does not tag words. Give an adapter of a "
            "token classifier."
        )
    return config


def _known_settings(values: dict[str, Any], path: Path) -> dict[str, Any]:
    """The settings that this version of PEFT knows. Others give a warning, as in PEFT itself."""
    known = inspect.signature(LoraConfig).parameters
    unknown = sorted(values.keys() - known.keys())
    if unknown:
        warnings.warn(
            f"{path}: settings that PEFT {peft_version} does not know are left out: "
            f"{', '.join(unknown)}. If the adapter tags badly, install a newer PEFT.",
            ModelWarning,
            stacklevel=2,
        )
    return {name: value for name, value in values.items() if name in known}


def _check_manifest(base_model: PreTrainedModel, folder: Path) -> None:
    manifest = read_manifest(folder)
    base, labels = manifest.base, manifest.types
    found = tuple(tag[2:] for tag in model_tags(base_model) if tag.startswith("B-"))
    if found != labels:
        raise ModelError(
            f"{folder}: the adapter's types are {', '.join(labels)}, the model's "
            f"{', '.join(found) or 'none'}. Load the base with the adapter's types."
        )
    sha256 = encoder_sha256(base_model)
    if base and base.sha256 not in (None, sha256):
        raise ModelError(
            f"{folder}: the adapter was trained on {base.id} with weights {base.sha256[:12]}…, "
            "but the "
            f"given base has {sha256[:12]}…. Give the same encoder"
            + (f", revision {base.revision}." if base.revision else ".")
        )


def _read_tensors(folder: Path) -> dict[str, torch.Tensor]:
    path = folder / ADAPTER_WEIGHT_FILE
    check_safetensors(folder, str(folder), [ADAPTER_WEIGHT_FILE])
    try:
        saved = dict(load_file(path))
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"{path}: the file is damaged or incomplete ({error}). Copy it again."
        ) from error
    # Many adapters are saved in half precision; the base is in float32, which holds them exactly.
    return {name: t.float() if t.is_floating_point() else t for name, t in saved.items()}


def _check_tensors(
    expected: Mapping[str, torch.Tensor], saved: Mapping[str, torch.Tensor], folder: Path
) -> None:
    faults = []
    if missing := sorted(expected.keys() - saved.keys()):
        faults.append(f"missing: {_some(missing)}")
    if unexpected := sorted(saved.keys() - expected.keys()):
        faults.append(f"unexpected: {_some(unexpected)}")
    differing = [
        f"{name} (adapter {tuple(saved[name].shape)}, model {tuple(tensor.shape)})"
        for name, tensor in expected.items()
        if name in saved and saved[name].shape != tensor.shape
    ]
    if differing:
        faults.append(f"of another shape: {_some(differing)}")
    if faults:
        raise ModelError(
            f"{folder}: the adapter does not fit the base model; {'; '.join(faults)}. Give the "
            "base and labels it was trained with (see its nerbridge.json)."
        )


def _same(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.dtype == b.dtype and torch.equal(a, b)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
