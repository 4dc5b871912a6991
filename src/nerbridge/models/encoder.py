"""Pretrained encoders from the wheel, a local folder or the Hugging Face hub."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from safetensors import SafetensorError
from tokenizers.normalizers import BertNormalizer
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from nerbridge.alignment.subwords import SpecialIds
from nerbridge.errors import EnvironmentProblem, ModelError
from nerbridge.labels import LabelSet
from nerbridge.models.bundled import BUNDLED_PREFIX, bundled_folder
from nerbridge.models.download import ENCODER_FILES, download
from nerbridge.models.folder import check_safetensors
from nerbridge.models.quiet import suppress_transformers_logging
from nerbridge.models.special_tokens import (
    CONFIG_FILE,
    complete_special_tokens,
    read_json,
    untyped_tokens,
)

_PIECE_FILES = ("sentencepiece.bpe.model", "sentencepiece.model", "spiece.model", "spm.model")
TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", *_PIECE_FILES)

_OFFSET_TYPES = ("camembert", "mpnet", "roberta", "xlm-roberta", "xlm-roberta-xl")
"""Models that number positions from the padding id plus one."""
ENCODER_TYPES = (
    *("albert", "bert", "deberta", "deberta-v2", "distilbert", "electra", "ernie", "modernbert"),
    *("rembert", *_OFFSET_TYPES),
)


@dataclass(frozen=True)
class EncoderSource:
    """Where an encoder comes from.

    ``id`` is what the user wrote, ``folder`` the folder on this machine with config, weights and
    tokenizer, ``revision`` the commit of a hub model and None for folders.
    """

    id: str
    folder: Path
    revision: str | None = None


def resolve_encoder(spec: str, revision: str | None = None) -> EncoderSource:
    """Find an encoder and check that it can be loaded; a hub model is downloaded (or cached).

    Args:
        spec: ``bundled:NAME`` (in the wheel), a folder, or a hub id such as
            ``FacebookAI/xlm-roberta-base``.
        revision: branch, tag or commit of a hub model.

    Raises:
        ModelError: if there is no such encoder, or its folder is incomplete, of unknown shape,
            pickled or in need of remote code.
        EnvironmentProblem: if the hub cannot be reached and the model is not in the cache.
    """
    if spec.startswith(BUNDLED_PREFIX):
        source = EncoderSource(spec, bundled_folder(spec))
    elif Path(spec).expanduser().is_dir():
        source = EncoderSource(spec, Path(spec).expanduser())
    elif spec.startswith(("/", ".", "~")):
        raise ModelError(f"{spec}: no such folder. Give an existing folder or a hub id.")
    else:
        folder, commit = download(spec, revision, ENCODER_FILES)
        source = EncoderSource(spec, folder, commit)
    _check_folder(source)
    return source


def _check_folder(source: EncoderSource) -> None:
    config = _read_config(source)
    if "auto_map" in config:
        raise ModelError(
            f"{source.id}: its config.json asks for remote code (auto_map), which is never run. "
            f"Use an encoder of a built-in type: {', '.join(ENCODER_TYPES)}."
        )
    if config.get("model_type") not in ENCODER_TYPES:
        raise ModelError(
            f"{source.id}: model_type is {config.get('model_type')!r}; expected an encoder: "
            f"{', '.join(ENCODER_TYPES)}."
        )
    check_safetensors(source.folder, source.id)
    if not any((source.folder / name).is_file() for name in TOKENIZER_FILES):
        raise ModelError(
            f"{source.id}: no tokenizer; expected one of {', '.join(TOKENIZER_FILES)}. Save it "
            "next to the model with tokenizer.save_pretrained(folder)."
        )


def _read_config(source: EncoderSource) -> dict[str, Any]:
    path = source.folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{source.id}: no config.json in {source.folder}; expected a transformers model "
            "folder (config.json, model.safetensors, tokenizer.json)."
        ) from None
    except ValueError as error:
        raise ModelError(f"{path}: not JSON ({error}). Copy or download the model again.") from None
    if not isinstance(config, dict):
        raise ModelError(f"{path}: expected a JSON object. Copy or download the model again.")
    return config


def load_tokenizer(source: EncoderSource) -> PreTrainedTokenizerFast:
    """Load the tokenizer exactly as its tokenizer.json describes it.

    Raises:
        ModelError: if it cannot be loaded, has no special tokens, or is not a fast tokenizer.
        EnvironmentProblem: if it is a sentencepiece model, and that library is not installed.
    """
    # The per-model tokenizer classes rebuild normaliser and pre-tokeniser from the vocabulary and
    # ignore what tokenizer.json says; the plain class does not.
    has_json = (source.folder / "tokenizer.json").is_file()
    loader = PreTrainedTokenizerFast if has_json else AutoTokenizer
    if not has_json:
        _check_sentencepiece(source)
    try:
        with suppress_transformers_logging():
            tokenizer = loader.from_pretrained(
                str(source.folder),
                local_files_only=True,
                trust_remote_code=False,
                **untyped_tokens(source.folder),
            )
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        raise ModelError(f"{source.id}: the tokenizer cannot be loaded: {error}") from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise ModelError(f"{source.id}: {type(tokenizer).__name__} is not a fast tokenizer.")
    complete_special_tokens(tokenizer, source.folder)
    special_ids(tokenizer)
    if has_json:
        _follow_config(tokenizer, source.folder)
    return tokenizer


def _check_sentencepiece(source: EncoderSource) -> None:
    # transformers itself would ask for another library.
    found = [name for name in _PIECE_FILES if (source.folder / name).is_file()]
    missing = [name for name in ("sentencepiece", "google.protobuf") if not _is_installed(name)]
    if found and missing:
        raise EnvironmentProblem(
            f"{source.id}: has no tokenizer.json, and reading {found[0]} needs libraries that are "
            "not installed. Install them with: pip install sentencepiece protobuf"
        )


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # of the package around it
        return False


def _follow_config(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Let ``tokenizer_config.json`` decide about case and accents, as transformers does."""
    config, normalizer = read_json(folder / CONFIG_FILE), tokenizer.backend_tokenizer.normalizer
    if isinstance(normalizer, BertNormalizer):
        normalizer.lowercase = config.get("do_lower_case", normalizer.lowercase)
        normalizer.strip_accents = config.get("strip_accents", normalizer.strip_accents)


def special_ids(tokenizer: PreTrainedTokenizerFast) -> SpecialIds:
    """Ids of the tokens around a sentence.

    Raises:
        ModelError: if the tokenizer lacks one of them.
    """
    start = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
    end = tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
    found = {"cls": start, "sep": end, "pad": tokenizer.pad_token_id, "unk": tokenizer.unk_token_id}
    missing = [name for name, id_ in found.items() if id_ is None]
    if missing:
        raise ModelError(
            f"{tokenizer.name_or_path}: the tokenizer has no {', '.join(missing)} token; neither "
            "its files nor its model type name one of its vocabulary. Name them in its "
            'tokenizer_config.json ("cls_token", "sep_token", "pad_token", "unk_token").'
        )
    return SpecialIds(start=start, end=end, pad=found["pad"], unk=found["unk"])


def load_token_classifier(
    source: EncoderSource, label_set: LabelSet, *, seed: int, dropout: float | None = None
) -> PreTrainedModel:
    """Load an encoder in float32 with a fresh classification head drawn from ``seed``.

    The same source, labels and seed give the same weights; the global random state stays as it
    was. ``dropout`` replaces the encoder's own dropout everywhere.

    Raises:
        ModelError: if the weights are damaged or lack a tensor of the encoder.
    """
    config = _classifier_config(source, label_set, dropout)
    model, _ = load_with_head(source, AutoModelForTokenClassification, config)
    _initialise_head(model, seed)
    return model


def load_with_head(
    source: EncoderSource, auto_class: type[Any], config: PretrainedConfig | None = None
) -> tuple[PreTrainedModel, list[str]]:
    """Load an encoder in float32 under the head of a transformers auto class.

    Returns:
        The model, and the names of the head's tensors that the folder does not have (or has in
        another shape) and that are therefore random.

    Raises:
        ModelError: if the weights are damaged or lack a tensor of the encoder.
    """
    model, info = load_pretrained(source.folder, source.id, config, auto_class)
    random = sorted([*info["missing_keys"], *(key for key, *_ in info["mismatched_keys"])])
    lost = [key for key in random if key.startswith(f"{model.base_model_prefix}.")]
    if lost:
        raise ModelError(
            f"{source.id}: {len(lost)} encoder tensors are missing or of another shape, first "
            f"{', '.join(lost[:3])}. config.json and weights do not belong together."
        )
    return model, random


def _classifier_config(
    source: EncoderSource, label_set: LabelSet, dropout: float | None
) -> PretrainedConfig:
    config = labelled_config(source, label_set.tags)
    if dropout is not None:
        for name in list(vars(config)):
            if name.endswith(("dropout", "dropout_prob")):
                setattr(config, name, dropout)
    return config


def labelled_config(source: EncoderSource, names: Sequence[str]) -> PretrainedConfig:
    """The encoder's configuration, with a head of one column for each name."""
    config: PretrainedConfig = AutoConfig.from_pretrained(str(source.folder), local_files_only=True)
    config.id2label = dict(enumerate(names))
    config.label2id = {name: column for column, name in enumerate(names)}
    return config


def load_pretrained(
    folder: Path,
    name: str,
    config: PretrainedConfig | None,
    auto_class: type[Any] = AutoModelForTokenClassification,
) -> tuple[PreTrainedModel, dict[str, Any]]:
    """Load without a word; the second value says what was missing, unexpected or mismatched."""
    try:
        with suppress_transformers_logging(), torch.random.fork_rng(devices=[]):
            model, info = auto_class.from_pretrained(
                str(folder),
                config=config,
                dtype=torch.float32,
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
            )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"{name}: the weights cannot be loaded ({error}). Copy or download the model again."
        ) from error
    return model, info


def check_tensors(name: str, info: Mapping[str, Any]) -> None:
    """Refuse what `load_pretrained` says of tensors that do not fit.

    Raises:
        ModelError: naming the tensors at fault.
    """
    faults = [
        f"{fault}: {', '.join(sorted(names)[:3])}"
        for fault, names in (
            ("missing", info["missing_keys"]),
            ("unexpected", info["unexpected_keys"]),
            ("of another shape", {key for key, *_ in info["mismatched_keys"]}),
        )
        if names
    ]
    if faults:
        raise ModelError(
            f"{name}: weights and config.json do not fit; tensors {'; '.join(faults)}. Copy the "
            "model folder again. If its head is missing, the folder holds an encoder: train it, or "
            "convert the original again with `nerbridge encoder convert` (AutoModel drops heads)."
        )


def head_modules(model: PreTrainedModel) -> dict[str, nn.Module]:
    """The modules with weights on top of the encoder, by name; they are trained and saved."""
    return {
        name: module
        for name, module in model.named_children()
        if name != model.base_model_prefix and any(True for _ in module.parameters())
    }


def _initialise_head(model: PreTrainedModel, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    spread = getattr(model.config, "initializer_range", 0.02)
    for _, module in sorted(head_modules(model).items()):
        for name, parameter in sorted(module.named_parameters()):
            with torch.no_grad():
                if parameter.ndim > 1:
                    parameter.normal_(0.0, spread, generator=generator)
                else:
                    parameter.fill_(0.0 if name.endswith("bias") else 1.0)


def model_tags(model: PreTrainedModel | PeftModel) -> tuple[str, ...]:
    """The tags of a model's logits, in the order of their columns."""
    return tuple(str(tag) for _, tag in sorted((model.config.id2label or {}).items()))


def max_window_subwords(model: PreTrainedModel | PeftModel) -> int:
    """Most subwords of text one window may hold: the model's positions without special tokens."""
    config = model.config
    n_positions = int(config.max_position_embeddings)
    if config.model_type in _OFFSET_TYPES:
        n_positions -= int(config.pad_token_id) + 1
    return n_positions - 2


def encoder_sha256(model: PreTrainedModel | Path) -> str:
    """Hash of the encoder's weights, without the head, as they are in memory (float32).

    Covers names, dtypes, shapes and bytes. A folder gives the same hash as the model that
    `load_token_classifier` makes of it, whatever the dtype on disk.

    Raises:
        ModelError: if the folder cannot be loaded, or the model carries an adapter.
    """
    if isinstance(model, Path):
        model = load_pretrained(model, str(model), None)[0]
    encoder = model.base_model
    if hasattr(model, "peft_config"):
        raise ModelError(
            "cannot hash an encoder with an adapter; hash it before attaching the adapter"
        )
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(
            memoryview(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
        )
    return digest.hexdigest()
