"""Models from the Hugging Face hub: only the files needed, never code, pickles only to convert."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from nerbridge.errors import EnvironmentProblem, ModelError, first_line

LABEL_FILES = ("id2label.json", "label2id.json", "label_map.json", "labels.json", "labels.txt")
"""Files beside a model that may name its labels."""
ENCODER_FILES = (
    "config.json",
    "model.safetensors",
    "model.safetensors.index.json",
    "model-*.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "sentencepiece.model",
    "spiece.model",
    "spm.model",
)
MODEL_FILES = (
    *ENCODER_FILES,
    *LABEL_FILES,
    "adapter_config.json",
    "adapter_model.safetensors",
    "model.onnx",
    "model.onnx.data",
    "nerbridge.json",
)

PICKLE_FILES = (
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "pytorch_model-*.bin",
    "adapter_model.bin",
)


def download(repo: str, revision: str | None, files: Sequence[str]) -> tuple[Path, str]:
    """Bring those of a hub model's files that match patterns into the local cache.

    `PICKLE_FILES` are only for `nerbridge.models.pickled`, which reads them without running them.

    Returns:
        The folder of the files and the commit they are from.

    Raises:
        ModelError: if the hub has no such model or revision, or keeps it behind a gate.
        EnvironmentProblem: if the hub cannot be reached and the cache lacks the model, or the
            disk is full.
    """
    try:
        folder = Path(snapshot_download(repo, revision=revision, allow_patterns=list(files)))
    except HFValidationError:
        raise ModelError(
            f"{repo}: neither a folder nor a hub id. Expected 'bundled:NAME', a folder, or "
            "'owner/name'."
        ) from None
    except GatedRepoError:
        raise ModelError(
            f"{repo}: access to this hub model must be granted by its owner. Ask on its page, "
            "then run `hf auth login`."
        ) from None
    except RepositoryNotFoundError:
        raise ModelError(
            f"{repo}: no such folder here and no such model on the hub (or it is private). Check "
            "the spelling, for example FacebookAI/xlm-roberta-base."
        ) from None
    except RevisionNotFoundError:
        raise ModelError(
            f"{repo}: the hub model has no revision {revision!r}. Give a branch, tag or commit."
        ) from None
    except (LocalEntryNotFoundError, EntryNotFoundError, HfHubHTTPError) as error:
        raise EnvironmentProblem(
            f"{repo}: no such folder here, not in the local cache, and the hub cannot be reached "
            f"({first_line(error)}). Check the path, connect once to download it, or give a local "
            "folder or a bundled model."
        ) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise EnvironmentProblem(
                f"{repo}: no space left in the download cache. Free some, or point HF_HOME to "
                "another disk."
            ) from error
        raise EnvironmentProblem(f"{repo}: the download failed: {first_line(error)}") from error
    return folder, folder.name
