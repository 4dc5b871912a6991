"""Folders in the shape of the taggers of fine types that people find first on the hub.

`write_classer_tagger` is ``prachuryyaIITG/CLASSER_Assamese_MuRIL``, `write_sampurner_tagger` a
tagger trained on SampurNER: a ``BertForTokenClassification`` of MuRIL in safetensors, labels in
alphabetical order and so O last, slashes in names of types. The encoder is tiny and random; the
head is solved so that the model tags `SENTENCE` as the folder is asked to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

import hub_shapes
from nerbridge.type_maps import read_type_map

SENTENCE = ("ৰূপা", "বৰুৱাই", "নলবাৰীত", "কবিতা", "পঢ়িলে", "আৰু", "ঔষধ", "খালে")
CLASSER_TAGS = (
    "B-Artist", "I-OtherPER", "B-HumanSettlement", "B-WrittenWork", "O", "O",
    "B-Medication/Vaccine", "O",
)  # fmt: skip
SAMPURNER_TAGS = (
    "B-person-artist/author", "I-person-artist/author", "B-location-GPE", "B-art-writtenart",
    "O", "O", "B-other-medical", "O",
)  # fmt: skip
COARSE_TAGS = ("B-PER", "I-PER", "B-LOC", "O", "O", "O", "O", "O")
_CLASSER_TYPES = 33
_SURE = 6.0


def write_classer_tagger(folder: Path) -> Path:
    """33 fine types of MultiCoNER v2."""
    types = [*read_type_map("multiconer2")][:_CLASSER_TYPES]
    return _write_tagger(folder, types, CLASSER_TAGS)


def write_sampurner_tagger(folder: Path) -> Path:
    """66 fine types of Few-NERD."""
    types = [type_ for type_ in read_type_map("fewnerd") if "-" in type_]
    return _write_tagger(folder, types, SAMPURNER_TAGS)


def write_gold(path: Path, tags: Sequence[str]) -> Path:
    """`SENTENCE` with these tags as a CoNLL file."""
    lines = (f"{word}\t{tag}\n" for word, tag in zip(SENTENCE, tags, strict=True))
    path.write_text("".join(lines), encoding="utf-8")
    return path


def _write_tagger(folder: Path, types: Sequence[str], tags: Sequence[str]) -> Path:
    import torch
    from transformers import BertForTokenClassification

    # Pieces are learned from these words alone, so that each word is one piece.
    n_pieces = hub_shapes.write_bert_pieces(folder, [" ".join(SENTENCE)] * 9, is_cased=True)
    labels = sorted(["O", *(f"{prefix}-{type_}" for type_ in types for prefix in "BI")])
    config = _config(n_pieces, labels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = BertForTokenClassification(config).eval()
    ids = {word: _id_of(folder, word) for word in SENTENCE}
    rows = torch.tensor([[2, *ids.values(), 3]])
    with torch.inference_mode():
        hidden = model.bert(rows).last_hidden_state[0, 1:-1].numpy()
    wanted = np.zeros((len(tags), len(labels)), dtype=np.float32)
    wanted[np.arange(len(tags)), [labels.index(tag) for tag in tags]] = _SURE
    solved = np.linalg.lstsq(hidden, wanted, rcond=None)[0].T
    model.classifier.weight.data = torch.from_numpy(solved.astype(np.float32).copy())
    model.classifier.bias.data.zero_()
    model.save_pretrained(folder)
    _write_tokenizer_config(folder)
    return folder


def _config(n_pieces: int, labels: Sequence[str]):  # type: ignore[no-untyped-def]
    from transformers import BertConfig

    return BertConfig(
        vocab_size=n_pieces,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )


def _id_of(folder: Path, word: str) -> int:
    vocabulary: Mapping[str, int] = json.loads((folder / "tokenizer.json").read_text("utf-8"))[
        "model"
    ]["vocab"]
    return vocabulary[word]


def _write_tokenizer_config(folder: Path) -> None:
    more = {"do_lower_case": False, "strip_accents": False, "tokenizer_class": "BertTokenizer"}
    text = json.dumps({**hub_shapes.BERT_SPECIALS, **more})
    (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")
