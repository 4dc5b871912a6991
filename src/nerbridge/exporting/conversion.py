"""A trained model loaded, merged, trimmed, traced, quantised, and compared with what it was."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import onnx
from peft import PeftModel
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from nerbridge.alignment.label_columns import IMPOSSIBLE, LabelColumns
from nerbridge.errors import InputError, ModelError
from nerbridge.exporting.graph import build_graph, count_fused
from nerbridge.exporting.machine_paths import without_paths
from nerbridge.exporting.parity import check_logits, check_scores, compare_logits
from nerbridge.exporting.quantise import quantise
from nerbridge.exporting.sentences import (
    SentenceWords,
    bundled_sentences,
    find_validation,
    parity_sentences,
    read_words,
)
from nerbridge.exporting.storage import group_rows, write_graph
from nerbridge.exporting.vocabulary import trim_model
from nerbridge.files import hash_file
from nerbridge.labels import LabelSet
from nerbridge.models.card_header import CARD_FILE
from nerbridge.models.encoder import encoder_sha256, head_modules, special_ids
from nerbridge.models.folder import ONNX_FILE
from nerbridge.models.loading import ModelFolder
from nerbridge.models.manifest import (
    MANIFEST_FILE,
    BaseEncoder,
    FileDigest,
    FittedTemperature,
    Manifest,
    ModelKind,
    ParentModel,
    VocabularySize,
    parse_manifest,
    read_manifest,
    write_manifest,
)
from nerbridge.models.onnx_model import load_onnx
from nerbridge.models.quiet import suppress_transformers_logging
from nerbridge.models.torch_model import TorchNetwork
from nerbridge.models.trained import load_torch
from nerbridge.models.word_model import TokenClassifier

N_PARITY_SENTENCES = 32
N_EXACT = (0, 1, 2, 3, 4, 6, 8)
"""How many matrices stay in 32 bits, one try after the other, until int8 scores as it must."""
_LIBRARIES = ("nerbridge", "onnx", "onnxruntime", "tokenizers", "torch", "transformers")

ReportStep = Callable[[str], None]


def check_out(out: Path, model: Path) -> None:
    """Refuse to replace anything but an earlier export.

    Raises:
        InputError: naming the folder.
    """
    if out.resolve() == model.resolve():
        raise InputError(f"{out}: is the model itself. Choose another folder.")
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / MANIFEST_FILE).is_file() or not read_manifest(out).files:
        raise InputError(
            f"{out}: exists and was not written by an export. Choose a new folder, or empty it."
        )


@dataclass(frozen=True)
class MergedModel:
    """A merged model, what it must predict, and what its manifest will say."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    label_set: LabelSet
    sentences: list[SentenceWords]
    expected: list[Any]
    manifest: Manifest


def load_merged(
    found: ModelFolder, kind: ModelKind, trim_vocabulary: Sequence[str], base: str | None
) -> MergedModel:
    """Load a trained model, note what it predicts, merge its adapter and trim its vocabulary.

    Raises:
        CorpusError: if a corpus of ``trim_vocabulary`` cannot be read.
        ModelError: if the model cannot be loaded or merged.
    """
    trained = load_torch(found.path, base=base)
    network = cast(TorchNetwork, trained.forward)
    # A trimmed vocabulary promises the same predictions for the text it was trimmed to.
    texts = read_words(trim_vocabulary) if trim_vocabulary else bundled_sentences()
    sentences = parity_sentences(texts, N_PARITY_SENTENCES, trained.max_subwords)
    # Before the merge, which changes the weights of this very model.
    expected = trained.word_logits(sentences)
    manifest = _describe(found, trained, kind)
    model, tokenizer = merge(network, trained.label_set), network.tokenizer
    if trim_vocabulary:
        tokenizer, size = trim_model(model, tokenizer, trained, trim_vocabulary)
        changes = {"vocabulary": size, "special_ids": special_ids(tokenizer)}
        manifest = manifest.model_copy(update=changes)
    return MergedModel(model, tokenizer, trained.label_set, sentences, expected, manifest)


def merge(network: TorchNetwork, label_set: LabelSet) -> PreTrainedModel:
    """The same model without an adapter, in place: the weights of ``network`` change.

    Raises:
        ModelError: if the head ends in no linear layer and its columns are in another order.
    """
    model = network.model
    if isinstance(model, PeftModel):
        model = model.merge_and_unload()
    model.eval()
    model.requires_grad_(False)
    if network.columns is not None:
        _order_columns(model, network.columns)
    model.config.id2label = dict(enumerate(label_set.tags))
    model.config.label2id = dict(label_set.tag_to_id)
    return model


def _order_columns(model: PreTrainedModel, columns: LabelColumns) -> None:
    """Put the head's outputs in the order of the tags; a tag that it lacks becomes impossible."""
    tags, targets = columns.label_set.tags, columns.targets
    if targets == tuple(range(len(tags))):
        return
    if shared := {tags[id_] for id_ in targets if targets.count(id_) > 1}:
        raise ModelError(
            f"several labels of the model mean {', '.join(sorted(shared))} (as E- and I- do, or O "
            "and [PAD]); an export needs one column for each tag. Tag with the model as it is, or "
            "train a model of its tags (`nerbridge pseudo-label`), which can be exported."
        )
    # A head may have layers before the one whose outputs are the labels (ModernBERT's has).
    name, head = list(head_modules(model).items())[-1]
    if not isinstance(head, nn.Linear):
        raise ModelError(
            f"the labels are in another order than {', '.join(tags)}, and the head is a "
            f"{type(head).__name__}. Order its labels, then export."
        )
    ordered = nn.Linear(head.in_features, len(tags)).requires_grad_(False)
    ordered.weight.zero_()
    ordered.bias.fill_(IMPOSSIBLE)
    ordered.weight[list(targets)] = head.weight
    ordered.bias[list(targets)] = 0.0 if head.bias is None else head.bias
    setattr(model, name, ordered)


def _describe(found: ModelFolder, trained: TokenClassifier, kind: ModelKind) -> Manifest:
    own, name = trained.manifest, found.path.resolve().name
    n_pieces = trained.tokenizer.get_vocab_size()
    return Manifest(
        kind=kind,
        base=(own and own.base) or _base_of_foreign(name, trained),
        types=trained.label_set.types,
        inside_costs=trained.label_set.inside_costs,
        script=trained.script,
        max_subwords=trained.max_subwords,
        calibration=own.calibration if own else FittedTemperature(),
        special_ids=trained.specials,
        vocabulary=VocabularySize(n_full=n_pieces, n_kept=n_pieces),
        exported_from=own,
        parent=None if own else ParentModel(model=name),
        versions={library: importlib.metadata.version(library) for library in _LIBRARIES},
    )


def _base_of_foreign(name: str, trained: TokenClassifier) -> BaseEncoder:
    model = cast(TorchNetwork, trained.forward).model
    sha256 = encoder_sha256(model) if isinstance(model, PreTrainedModel) else None
    return BaseEncoder(id=name, sha256=sha256)


def write_transformers(source: MergedModel, folder: Path, report: ReportStep) -> None:
    """Write an ordinary folder of transformers, and compare what it predicts.

    Raises:
        ModelError: if it predicts something else.
    """
    report("writing the model")
    with suppress_transformers_logging():
        # One file whatever the size: publishing expects `model.safetensors`, not shards.
        source.model.save_pretrained(folder, max_shard_size="50GB")
        source.tokenizer.save_pretrained(folder)
    _seal(folder, source.manifest)
    report("comparing")
    found = load_torch(folder).word_logits(source.sentences)
    parity = check_logits(compare_logits(source.expected, found, source.label_set))
    _seal(folder, source.manifest.model_copy(update={"parity": parity}))


def write_onnx(
    source: MergedModel, folder: Path, report: ReportStep, *, in_int8: bool, validation: str | None
) -> None:
    """Write a graph for onnxruntime, in 8 bits if wanted, and compare what it predicts.

    Raises:
        CorpusError: if the corpus ``validation`` cannot be read.
        ModelError: if it predicts something else.
    """
    tokenizer = source.tokenizer.backend_tokenizer
    source.model.config.to_json_file(folder / "config.json")
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    report("tracing the model")
    scratch = folder / "scratch"
    scratch.mkdir()
    graph = build_graph(source.model, scratch)
    shutil.rmtree(scratch)
    manifest = source.manifest.model_copy(update={"fused": count_fused(graph)})
    names = (tokenizer.id_to_token(id_) for id_ in range(tokenizer.get_vocab_size()))
    group_rows(graph, [name or "" for name in names])
    write_graph(graph, folder / ONNX_FILE)
    del graph
    _seal(folder, manifest)
    report("comparing")
    exact = load_onnx(folder, n_threads=None)
    found = exact.word_logits(source.sentences)
    parity = check_logits(compare_logits(source.expected, found, source.label_set))
    manifest = manifest.model_copy(update={"parity": parity})
    _seal(folder, manifest)
    if in_int8:
        _quantise(exact, folder, manifest, validation, report)


def _quantise(
    exact: TokenClassifier,
    folder: Path,
    manifest: Manifest,
    labelled: str | None,
    report: ReportStep,
) -> None:
    """Replace the model by one of 8 bits, as many of its matrices as the score allows."""
    types = exact.label_set.types
    validation = find_validation(labelled, manifest.origin.data, types)
    report(f"quantising; comparing on {len(validation.words)} sentences of {validation.corpus}")
    tags = exact.tag_many(validation.words)
    scratch = folder / "scratch"
    scratch.mkdir()
    for path in folder.glob(f"{ONNX_FILE}*"):
        path.rename(scratch / path.name)
    manifest = manifest.model_copy(update={"quantisation": "int8"})
    for n_exact in N_EXACT:
        # Quantising and writing use a graph up, so every try loads it again.
        graph = onnx.load(scratch / ONNX_FILE)
        quantise(graph, n_exact)
        for path in folder.glob(f"{ONNX_FILE}*"):
            path.unlink()
        write_graph(graph, folder / ONNX_FILE)
        del graph
        _seal(folder, manifest)
        quantised = load_onnx(folder, n_threads=None).tag_many(validation.words)
        try:
            int8 = check_scores(validation, tags, quantised, types)
        except ModelError:
            if n_exact == N_EXACT[-1]:
                raise
            report("too much is lost; leaving more of the matrices in 32 bits")
        else:
            break
    shutil.rmtree(scratch)
    int8 = int8.model_copy(update={"n_exact": n_exact})
    parity = manifest.parity and manifest.parity.model_copy(update={"int8": int8})
    _seal(folder, manifest.model_copy(update={"parity": parity}))


def _seal(folder: Path, manifest: Manifest) -> None:
    """Write the manifest with the hashes of the files as they are, without this machine's paths."""
    files = {
        path.name: FileDigest(sha256=hash_file(path), n_bytes=path.stat().st_size)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in (MANIFEST_FILE, CARD_FILE)
    }
    whole = manifest.model_copy(update={"files": files})
    write_manifest(folder, parse_manifest(without_paths(whole.to_json()), folder / MANIFEST_FILE))
