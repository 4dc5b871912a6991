"""A tiny tokenizer and tiny XLM-R-shaped encoders, made on the fly."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram
from torch import nn
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
)

from nerbridge.labels import LabelSet
from nerbridge.models.encoder import (
    EncoderSource,
    encoder_sha256,
    load_token_classifier,
    resolve_encoder,
)
from nerbridge.models.manifest import BaseEncoder, Manifest
from nerbridge.models.quiet import suppress_transformers_logging
from tagging.conftest import model_folder, own_folder, tagger  # noqa: F401 (fixtures)

SPECIALS = {"bos": "<s>", "pad": "<pad>", "eos": "</s>", "unk": "<unk>"}
LETTERS = "অআইকখগঘচজটডণতথদধনপফবভমযৰলৱশষসহািীুূেোৌ্ংabcdefghijklmnopqrstuvwxyz"


def _tokenizer() -> PreTrainedTokenizerFast:
    pieces = [*SPECIALS.values(), "▁", *LETTERS, *(f"▁{letter}" for letter in LETTERS), "<mask>"]
    tokenizer = Tokenizer(Unigram([(piece, -1.0) for piece in pieces], unk_id=3))
    tokenizer.normalizer = normalizers.Replace("\u200b", " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token="<s>",
        sep_token="</s>",
        mask_token="<mask>",
        **{f"{name}_token": token for name, token in SPECIALS.items()},
    )


def _write_encoder(folder: Path, seed: int, hidden_size: int, dtype: torch.dtype) -> None:
    tokenizer = _tokenizer()
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden_size,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=2 * hidden_size,
        max_position_embeddings=66,
        type_vocab_size=1,
        pad_token_id=1,
        initializer_range=0.3,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = XLMRobertaForMaskedLM(config).to(dtype)
    with suppress_transformers_logging():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


MakeEncoder = Callable[..., EncoderSource]


@pytest.fixture(scope="session")
def make_encoder(tmp_path_factory: pytest.TempPathFactory) -> MakeEncoder:
    """Make an encoder folder: 2 layers, 64 positions, the letters as vocabulary."""

    def make(
        seed: int = 0, hidden_size: int = 32, dtype: torch.dtype = torch.float32
    ) -> EncoderSource:
        folder = tmp_path_factory.mktemp("encoder")
        _write_encoder(folder, seed, hidden_size, dtype)
        return resolve_encoder(str(folder))

    return make


@pytest.fixture(scope="session")
def encoder(make_encoder: MakeEncoder) -> EncoderSource:
    """The encoder most tests share; nobody may change its folder."""
    return make_encoder()


@pytest.fixture
def own_encoder(encoder: EncoderSource, tmp_path: Path) -> Path:
    """A copy of the encoder's folder that a test may spoil."""
    return shutil.copytree(encoder.folder, tmp_path / "own")


@pytest.fixture
def fresh(encoder: EncoderSource, label_set: LabelSet) -> Callable[[], PreTrainedModel]:
    """Gives a fresh base with a fresh head, always the same."""
    return lambda: load_token_classifier(encoder, label_set, seed=1)


@pytest.fixture
def manifest(encoder: EncoderSource) -> Manifest:
    """The least that a saved model must say of itself."""
    sha256 = encoder_sha256(encoder.folder)
    return Manifest(
        kind="full",
        base=BaseEncoder(id=encoder.id, sha256=sha256),
        types=("PER", "ORG", "LOC"),
        script="Beng",
        max_subwords=20,
    )


@pytest.fixture
def shaken() -> Callable[[nn.Module], None]:
    """Stands for training: moves every trainable weight a little, the same way each time."""

    def shake(model: nn.Module) -> None:
        generator = torch.Generator().manual_seed(11)
        for _, parameter in sorted(model.named_parameters()):
            if parameter.requires_grad:
                noise = torch.randn(parameter.shape, generator=generator)
                parameter.data += 0.1 * noise.to(parameter.device)

    return shake


@pytest.fixture(scope="session")
def label_set() -> LabelSet:
    """PER, ORG, LOC."""
    return LabelSet()
