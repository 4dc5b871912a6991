"""Folders shaped exactly as well-known repositories of the Hugging Face hub, with tiny weights.

Each ``write_…`` function makes one repository below the folder of `hub_standin.Hub`, or any folder.
File names, tensor names and the content of the configuration files are those of the original.
Only the sizes are smaller, and the weights are random::

    write_xlmr_base(hub.root / "models" / XLMR_BASE, texts)

`write_hub` makes all of them with small corpora. Corpora are in `hub_standin.write_wikiann`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

XLMR_BASE = "FacebookAI/xlm-roberta-base"
E5_SMALL = "intfloat/multilingual-e5-small"
MBERT_CASED = "google-bert/bert-base-multilingual-cased"
MBERT_UNCASED = "google-bert/bert-base-multilingual-uncased"
MURIL = "google/muril-base-cased"
WIKIANN = "unimelb-nlp/wikiann"

BERT_SPECIALS = {
    name: f"[{name[:-6].upper()}]"
    for name in ("cls_token", "mask_token", "pad_token", "sep_token", "unk_token")
}
XLMR_SPECIALS = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "mask_token": "<mask>",
    "pad_token": "<pad>",
    "sep_token": "</s>",
    "unk_token": "<unk>",
}
_SIZES = {"hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 2}


def write_xlmr_base(folder: Path, texts: Sequence[str], **sizes: int) -> Path:
    """``FacebookAI/xlm-roberta-base``: no special token is named outside ``tokenizer.json``.

    Args:
        folder: the repository's folder.
        texts: what the pieces are learned from.
        sizes: values of the configuration, such as ``hidden_size``.
    """
    from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM

    n_pieces = write_xlmr_pieces(folder, texts)
    values = _config(sizes, vocab_size=n_pieces, max_position_embeddings=66, type_vocab_size=1)
    config = XLMRobertaConfig(**values, pad_token_id=1, bos_token_id=0, eos_token_id=2)
    tensors = _tensors(XLMRobertaForMaskedLM, config)
    tensors |= _leftovers(config, "roberta.")
    _write_weights(folder, tensors)
    _write_pickle(folder, tensors)
    _write_config(folder, config, "XLMRobertaForMaskedLM", output_past=True)
    _write_json(folder / "tokenizer_config.json", {"model_max_length": 512})
    return folder


def write_e5_small(folder: Path, texts: Sequence[str], **sizes: int) -> Path:
    """``intfloat/multilingual-e5-small``: a bare ``BertModel`` over the pieces of XLM-R."""
    from transformers import BertConfig, BertModel

    n_pieces = write_xlmr_pieces(folder, texts)
    values = _config(sizes, vocab_size=n_pieces, max_position_embeddings=64, type_vocab_size=2)
    config = BertConfig(**values, pad_token_id=0)
    _write_weights(folder, _tensors(BertModel, config) | _leftovers(config, ""))
    _write_config(folder, config, "BertModel", tokenizer_class="XLMRobertaTokenizer")
    mask = _added_token("<mask>", lstrip=True)
    names = {**XLMR_SPECIALS, "mask_token": {"__type": "AddedToken", **mask}}
    more = {"model_max_length": 512, "tokenizer_class": "XLMRobertaTokenizer"}
    _write_json(folder / "tokenizer_config.json", {**names, **more})
    _write_json(folder / "special_tokens_map.json", {**XLMR_SPECIALS, "mask_token": mask})
    _write_json(folder / "modules.json", [{"idx": 0, "path": "", "type": "Transformer"}])
    _write_json(folder / "1_Pooling" / "config.json", {"pooling_mode_mean_tokens": True})
    return folder


def write_mbert(folder: Path, texts: Sequence[str], *, is_cased: bool = True, **sizes: int) -> Path:
    """``google-bert/bert-base-multilingual-(un)cased``: LayerNorms still have ``gamma``, ``beta``.

    No special token is named outside ``tokenizer.json``.
    """
    n_pieces = write_bert_pieces(folder, texts, is_cased=is_cased)
    config, tensors = _bert_for_pretraining(n_pieces, sizes)
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in tensors.items()
    }
    _write_weights(folder, old)
    _write_pickle(folder, old)
    _write_config(folder, config, "BertForMaskedLM", directionality="bidi")
    told = {"model_max_length": 512}
    _write_json(
        folder / "tokenizer_config.json", {"do_lower_case": False, **told} if is_cased else told
    )
    return folder


def write_muril(folder: Path, texts: Sequence[str], **sizes: int) -> Path:
    """``google/muril-base-cased``: a BERT whose weights are a pickle and nothing else."""
    n_pieces = write_bert_pieces(folder, texts, is_cased=True)
    config, tensors = _bert_for_pretraining(n_pieces, sizes)
    _write_pickle(folder, tensors)
    _write_config(folder, config, "BertForMaskedLM")
    more = {"do_lower_case": False, "strip_accents": False, "tokenizer_class": "BertTokenizer"}
    _write_json(folder / "tokenizer_config.json", {**BERT_SPECIALS, **more})
    _write_json(folder / "special_tokens_map.json", BERT_SPECIALS)
    return folder


def write_roberta(folder: Path, texts: Sequence[str], **sizes: int) -> Path:
    """``FacebookAI/roberta-base``: byte-level BPE, and no name of any special token."""
    from transformers import RobertaConfig, RobertaForMaskedLM

    specials = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    n_pieces = write_byte_pieces(folder, texts, specials)
    values = _config(sizes, vocab_size=n_pieces, max_position_embeddings=66, type_vocab_size=1)
    config = RobertaConfig(**values, pad_token_id=1, bos_token_id=0, eos_token_id=2)
    _write_weights(folder, _tensors(RobertaForMaskedLM, config) | _leftovers(config, "roberta."))
    _write_config(folder, config, "RobertaForMaskedLM")
    _write_json(folder / "tokenizer_config.json", {"model_max_length": 512})
    return folder


def write_modernbert(folder: Path, texts: Sequence[str], **sizes: int) -> Path:
    """``answerdotai/ModernBERT-base``: byte-level BPE with the tokens of BERT."""
    from transformers import ModernBertConfig, ModernBertForMaskedLM

    specials = ("[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]")
    n_pieces = write_byte_pieces(folder, texts, specials)
    values = _config(sizes, vocab_size=n_pieces, max_position_embeddings=64)
    ids = {"cls_token_id": 0, "bos_token_id": 0, "sep_token_id": 2, "eos_token_id": 2}
    config = ModernBertConfig(**values, **ids, pad_token_id=1, local_attention=16)
    _write_weights(folder, _tensors(ModernBertForMaskedLM, config))
    _write_config(folder, config, "ModernBertForMaskedLM")
    more = {"clean_up_tokenization_spaces": True, "tokenizer_class": "PreTrainedTokenizerFast"}
    _write_json(folder / "tokenizer_config.json", {**BERT_SPECIALS, **more})
    return folder


def tiny_config(model_type: str, **values: Any) -> Any:
    """A configuration of a type of encoder, as small as it may be; the types name sizes unlike."""
    from transformers import AutoConfig

    sizes = {
        **dict.fromkeys(("hidden_size", "dim", "embedding_size", "input_embedding_size"), 16),
        **dict.fromkeys(("intermediate_size", "hidden_dim"), 32),
        **dict.fromkeys(("num_hidden_layers", "n_layers"), 2),
        **dict.fromkeys(("num_attention_heads", "n_heads"), 2),
        "pad_token_id": 1,
        "vocab_size": 100,
    }
    return AutoConfig.for_model(model_type, **{**sizes, **values})


def write_hub(root: Path, texts: Sequence[str]) -> None:
    """Every encoder of this module, below the root of a stand-in."""
    models = root / "models"
    write_xlmr_base(models / XLMR_BASE, texts)
    write_e5_small(models / E5_SMALL, texts)
    write_mbert(models / MBERT_CASED, texts)
    write_mbert(models / MBERT_UNCASED, texts, is_cased=False)
    write_muril(models / MURIL, texts)


def write_xlmr_pieces(folder: Path, texts: Sequence[str], *, n_pieces: int = 300) -> int:
    """``sentencepiece.bpe.model`` and the ``tokenizer.json`` made of it; the number of ids."""
    from sentencepiece import SentencePieceProcessor
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers.convert_slow_tokenizer import import_protobuf

    content = _train_pieces(texts, n_pieces)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sentencepiece.bpe.model").write_bytes(content)
    processor = SentencePieceProcessor(model_proto=content)
    # The order of fairseq: its first four ids are not those of sentencepiece.
    learned = range(3, processor.get_piece_size())
    pieces = [(processor.id_to_piece(id_), processor.get_score(id_)) for id_ in learned]
    first = [(token, 0.0) for token in ("<s>", "<pad>", "</s>", "<unk>")]
    tokenizer = Tokenizer(models.Unigram([*first, *pieces, ("<mask>", 0.0)], unk_id=3))
    charsmap = import_protobuf().ModelProto.FromString(content).normalizer_spec
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(charsmap.precompiled_charsmap),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    _add_specials(tokenizer, ("<s>", "<pad>", "</s>", "<unk>", "<mask>"))
    tokenizer.save(str(folder / "tokenizer.json"))
    return int(tokenizer.get_vocab_size())


def _train_pieces(texts: Sequence[str], n_pieces: int) -> bytes:
    from sentencepiece import SentencePieceTrainer

    written = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=written,
        vocab_size=n_pieces,
        hard_vocab_limit=False,
        minloglevel=2,
        num_threads=1,
    )
    return written.getvalue()


def write_bert_pieces(
    folder: Path, texts: Sequence[str], *, is_cased: bool, n_pieces: int = 300
) -> int:
    """``vocab.txt`` and the ``tokenizer.json`` made of it; the number of ids."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=not is_cased)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(
        vocab_size=n_pieces, special_tokens=specials, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    pieces = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    lines = "".join(f"{piece}\n" for piece, _ in pieces)
    (folder / "vocab.txt").write_text(lines, encoding="utf-8")
    return len(pieces)


def write_byte_pieces(
    folder: Path, texts: Sequence[str], specials: Sequence[str], *, n_pieces: int = 400
) -> int:
    """``vocab.json``, ``merges.txt`` and ``tokenizer.json``; the number of ids.

    ``specials`` are the tokens before and of padding, after, unknown and masked, in this order.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=n_pieces,
        special_tokens=list(specials),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(
        (specials[2], 2), (specials[0], 0), add_prefix_space=False
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.model.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    return int(tokenizer.get_vocab_size())


def _add_specials(tokenizer: Any, tokens: Sequence[str]) -> None:
    from tokenizers import AddedToken

    tokenizer.add_special_tokens(
        [AddedToken(token, lstrip=token == "<mask>", normalized=False) for token in tokens]
    )


def _config(sizes: Mapping[str, int], **values: int) -> dict[str, int]:
    together = {**_SIZES, **values, **sizes}
    return {"intermediate_size": 2 * together["hidden_size"], **together}


def _bert_for_pretraining(
    n_pieces: int, sizes: Mapping[str, int]
) -> tuple[Any, dict[str, NDArray[np.float32]]]:
    """Configuration and tensors: ``bert.`` with its pooler, and the two heads of pretraining."""
    from transformers import BertConfig, BertForPreTraining

    values = _config(sizes, vocab_size=n_pieces, max_position_embeddings=64, type_vocab_size=2)
    config = BertConfig(**values, pad_token_id=0)
    return config, _tensors(BertForPreTraining, config)


def _tensors(model_class: Any, config: Any) -> dict[str, NDArray[np.float32]]:
    """Random weights by their names; of tied tensors the hub keeps the first only."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = model_class(config)
    tied = set(getattr(model, "all_tied_weights_keys", ()))
    return {name: t.numpy() for name, t in model.state_dict().items() if name not in tied}


def _leftovers(config: Any, prefix: str) -> dict[str, NDArray[Any]]:
    """What older versions of transformers saved beside the weights."""
    size = config.hidden_size
    dense = np.random.default_rng(1).normal(scale=0.02, size=(size, size))
    return {
        f"{prefix}embeddings.position_ids": np.arange(config.max_position_embeddings)[None],
        f"{prefix}pooler.dense.weight": dense.astype(np.float32),
        f"{prefix}pooler.dense.bias": np.zeros(size, np.float32),
    }


def _write_weights(folder: Path, tensors: Mapping[str, NDArray[Any]]) -> None:
    from safetensors.numpy import save_file

    save_file(dict(tensors), folder / "model.safetensors", metadata={"format": "pt"})


def _write_pickle(folder: Path, tensors: Mapping[str, NDArray[Any]]) -> None:
    import torch

    weights = {name: torch.from_numpy(np.array(tensor)) for name, tensor in tensors.items()}
    torch.save(weights, folder / "pytorch_model.bin")


def _write_config(folder: Path, config: Any, architecture: str, **more: Any) -> None:
    values = {**config.to_dict(), "architectures": [architecture], **more}
    # The originals are older than these keys.
    for key in ("dtype", "transformers_version", "id2label", "label2id"):
        values.pop(key, None)
    _write_json(folder / "config.json", values)


def _added_token(content: str, *, lstrip: bool) -> dict[str, object]:
    flags = {"lstrip": lstrip, "normalized": False, "rstrip": False, "single_word": False}
    return {"content": content, **flags}


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False), encoding="utf-8")
