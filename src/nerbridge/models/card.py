"""The card of a model: what is known about it, as the README that the hub shows.

All of it comes from the model's manifest (`nerbridge.json`); equal manifests give equal cards.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nerbridge.evaluation.quoting import QuotedScores
from nerbridge.files import write_bytes
from nerbridge.models.card_header import CARD_FILE, card_header, corpus_label, keep_license
from nerbridge.models.manifest import Manifest, Parity, TrainingCorpus
from nerbridge.text.model_input import NATIVE_FOLDED

REPO_PLACEHOLDER = "owner/name"
"""Stands where a card names the model itself; publishing puts the real name there."""

_KINDS = {
    "adapter": "It is a LoRA adapter with its classification head, for the encoder named below.",
    "full": "It is a whole model: encoder and classification head.",
    "onnx": "It is an exported model, which runs on onnxruntime, without torch.",
}
_SYSTEMS = {
    "baseline": "It was trained on the target language alone.",
    "transfer": "It was trained on the sources below alone and has seen no sentence of the target "
    "corpus. Its scores there are zero-shot if none of the sources is in the target language.",
    "adapt": "It was trained on source languages, then on sentences of the target language.",
}
_JOINT = (
    "It was trained on the sources below together. Sentences of the target corpus are among them, "
    "so its scores there are not zero-shot."
)
_COLUMNS = (
    *("test set", "sentences", "entities", "F1 [95 % interval]"),
    *("precision", "recall", "F1 by type"),
)
_CALIBRATED_ON = {
    "sources": "the source languages' validation sentences",
    "target": "the target's validation sentences",
    None: "the target's validation sentences",
}


def write_card(folder: Path, manifest: Manifest) -> None:
    """Write the card into a model folder, over another one, whose licence is kept.

    A card that would not change is left alone.
    """
    path = folder / CARD_FILE
    card = model_card(manifest)
    old = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
    card = keep_license(card, old)
    if card != old:
        write_bytes(path, card.encode("utf-8"))


def model_card(manifest: Manifest) -> str:
    """The card of a model."""
    return "\n".join(card_sections(manifest).values())


def card_sections(manifest: Manifest) -> dict[str, str]:
    """The sections of a card by name, in order, for cards whose prose is written by hand."""
    sections = {
        "header": [card_header(manifest)],
        "about": _about(manifest),
        "labels": _labels(manifest),
        "data": _data(manifest),
        "training": _training(manifest.origin),
        "scores": _scores(manifest),
        "calibration": _calibration(manifest),
        "limits": _limits(manifest),
        "use": _use(manifest),
        "licence": _licence(manifest),
    }
    return {name: "\n".join(lines) + "\n" for name, lines in sections.items()}


def _about(manifest: Manifest) -> Iterator[str]:
    recipe, system = manifest.origin.recipe, manifest.origin.system
    types = ", ".join(manifest.types)
    yield f"# {recipe}: named entities ({types})" if recipe else f"# Named entities ({types})"
    yield ""
    yield f"This model finds named entities in text. {_KINDS[manifest.kind]}"
    if system == "transfer" and any(corpus.is_of_target for corpus in manifest.corpora.values()):
        yield _JOINT
    elif system in _SYSTEMS:
        yield _SYSTEMS[system]
    if manifest.kind == "onnx":
        yield f"Its weights are {'float32' if manifest.quantisation == 'none' else 'int8'}."
    vocabulary = manifest.vocabulary
    if vocabulary and vocabulary.n_kept < vocabulary.n_full:
        yield f"It keeps {vocabulary.n_kept:,} of the {vocabulary.n_full:,} pieces of the"
        yield "vocabulary: those that the texts it was made for use. Other pieces are read as"
        yield "several smaller ones, or as unknown."


def _labels(manifest: Manifest) -> Iterator[str]:
    yield "## Labels"
    yield ""
    tags = ", ".join(f"`{tag}`" for tag in manifest.label_set.tags)
    yield f"The tags of words are IOB2: {tags}."
    yield "The first subword of a word carries the word's tag."


def _data(manifest: Manifest) -> Iterator[str]:
    yield "## Languages and data"
    yield ""
    if manifest.corpora:
        yield "| corpus | language | used as | sha256 |"
        yield "|---|---|---|---|"
        for name, corpus in manifest.corpora.items():
            cells = (_cell(corpus_label(name)), corpus.language, _role(corpus))
            yield f"| {' | '.join(cells)} | `{corpus.sha256[:16]}` |"
    else:
        yield "The data that it was trained on is not recorded."
    yield ""
    if manifest.script == NATIVE_FOLDED:
        yield "The model reads normalised words in the script they are written in. Assamese ৰ and"
        yield "ৱ are read as র and ব."
    elif manifest.script:
        yield f"The model reads normalised words in one script (`{manifest.script}`). nerbridge"
        yield "converts words of other scripts, and gives entities in your own text."
    else:
        yield "The model reads normalised words in the script they are written in."


def _role(corpus: TrainingCorpus) -> str:
    how = {"harmonised": corpus.harmonised, "soft": corpus.soft, "lexicon": corpus.lexicon}
    role = "target and source" if corpus.is_target else corpus.role or "—"
    return ", ".join([role, *(name for name, is_so in how.items() if is_so)])


def _training(origin: Manifest) -> Iterator[str]:
    yield "## Training"
    yield ""
    if base := origin.base:
        commit = f", revision `{base.revision}`" if base.revision else ""
        yield f"- Encoder: `{corpus_label(base.id)}`{commit}{_hash(base.sha256)}"
    if origin.recipe:
        yield f"- Recipe: `{origin.recipe}`{_hash(origin.recipe_sha256)}"
        yield f"- Stage {origin.system}, seed {origin.seed}"
    if origin.method:
        yield f"- Method: {'LoRA' if origin.method == 'lora' else 'full fine-tuning'}"
    if training := origin.training:
        best = training.best_epoch
        chosen = "" if best is None else f"; epoch {best:g} was best on the validation sentences"
        yield f"- {training.n_sentences:,} sentences, {training.n_steps:,} steps{chosen}"
        yield from (f"- Remedy: {remedy}" for remedy in training.remedies)
    if origin.parent and origin.parent.sha256:
        yield f"- Started from the transferred model{_hash(origin.parent.sha256)}"
    if origin.versions:
        versions = (f"{name} {version}" for name, version in origin.versions.items())
        yield f"- Versions: {', '.join(versions)}"


def _scores(manifest: Manifest) -> Iterator[str]:
    yield "## Scores"
    yield ""
    if manifest.scores:
        yield f"| {' | '.join(_COLUMNS)} |"
        yield f"|{'---|' * len(_COLUMNS)}"
        for name, scores in manifest.scores.items():
            target = manifest.target_corpus if name == "test" else None
            yield _score_row(f"{corpus_label(target)}, test split" if target else name, scores)
        yield ""
        yield "Scores are strict: all words of an entity and its type must be right. The intervals"
        yield "are over the sentences of the test set, for this one model. Another seed moves the"
        yield "scores further."
        yield from _leaks(manifest)
    else:
        yield "The scores are not known yet. To score the model on labelled sentences:"
        yield "`nerbridge evaluate FOLDER FILE`."
        training = manifest.origin.training
        if training and training.best_validation_f1 is not None:
            yield "On the validation sentences it was chosen on, F1 is "
            yield f"{training.best_validation_f1:.3f}. Expect less elsewhere."
    if manifest.parity:
        yield ""
        yield from _parity(manifest.parity)


def _score_row(name: str, scores: QuotedScores) -> str:
    low, high = scores.ci95
    by_type = ", ".join(f"{type_} {f1:.3f}" for type_, f1 in scores.per_type.items())
    return (
        f"| {_cell(name)} | {scores.n_sentences:,} | {scores.n_entities:,} | "
        f"{scores.f1:.3f} [{low:.3f}, {high:.3f}] | {scores.precision:.3f} | "
        f"{scores.recall:.3f} | {by_type} |"
    )


def _leaks(manifest: Manifest) -> Iterator[str]:
    for name, scores in manifest.scores.items():
        if scores.n_leaked and scores.f1_leak_free is not None:
            yield f"{scores.n_leaked:,} sentences of {name} were also in training. Without them, F1"
            yield f"is {scores.f1_leak_free:.3f}."


def _parity(parity: Parity) -> Iterator[str]:
    yield "The exported model was compared with the trained one. In float32 the logits of"
    yield f"{parity.n_sentences:,} sentences differ by at most {parity.max_difference:.1g}."
    if int8 := parity.int8:
        yield f"In int8, on {int8.n_sentences:,} sentences of {corpus_label(int8.corpus)},"
        if int8.f1_int8 is not None and int8.f1_fp32 is not None:
            yield f"F1 goes from {int8.f1_fp32:.3f} to {int8.f1_int8:.3f}."
        else:
            yield f"{int8.agreement or 0:.1%} of the entities are the same (F1)."


def _calibration(manifest: Manifest) -> Iterator[str]:
    found = manifest.calibration
    yield "## Calibration"
    yield ""
    if found.ece_before is None or found.ece_after is None or found.temperature == 1:
        yield "The scores of entities are not calibrated: they are as the model gives them."
        return
    sentences = _CALIBRATED_ON.get(found.validation, found.validation)
    yield f"Logits are divided by {found.temperature:.3g}. This temperature was fitted on the"
    yield f"{found.n_entities} entities found in {sentences}."
    yield "It moves the expected calibration error on them from"
    yield f"{found.ece_before:.3f} to {found.ece_after:.3f}."


def _limits(manifest: Manifest) -> Iterator[str]:
    yield "## Limits"
    yield ""
    yield "- Scores hold for text like that of their test sets. Expect much less on text of another"
    yield "  kind, such as running text after titles, and measure before you rely on the model."
    yield "- The model knows only the types above. It does not find entities inside others. An"
    yield "  entity is always whole words of one sentence, with the case endings written on them."
    if manifest.calibration.validation == "sources":
        yield "- It is calibrated on its sources, not on the target language."
    yield "- The model repeats what its training text favours: it finds people and places that such"
    yield "  text seldom mentions less often. It is not fit for decisions about people."


def _use(manifest: Manifest) -> Iterator[str]:
    extra = "nerbridge" if manifest.kind == "onnx" else "'nerbridge[train]'"
    yield "## Use"
    yield ""
    yield f"`pip install {extra}`, then:"
    yield ""
    yield "```python"
    yield "from nerbridge import Tagger"
    yield ""
    yield f'tagger = Tagger.load("{REPO_PLACEHOLDER}")'
    yield 'for entity in tagger.tag("…"):'
    yield "    print(entity.type, entity.text, entity.start_char, entity.end_char, entity.score)"
    yield "```"
    yield ""
    without = {"onnx": _use_onnx, "full": _use_full, "adapter": _use_adapter}
    yield from without[manifest.kind](manifest)
    script = f'"{manifest.script}"' if manifest.script else "None"
    yield "The model expects words in its own form:"
    yield f"`nerbridge.text.model_input.to_model_form(word, {script})`."


def _use_onnx(manifest: Manifest) -> Iterator[str]:
    yield "Without nerbridge: `tokenizer.json` is for the tokenizers library. `model.onnx` takes"
    yield "`input_ids` and `attention_mask` (int64, batch × sequence). It gives `logits` (float32,"
    yield "batch × sequence × tags, in the order of `config.json`)."
    if special := manifest.special_ids:
        yield f"A sequence is the id {special.start}, at most {manifest.max_subwords}"
        yield f"subwords, and the id {special.end}. The padding id is {special.pad}."


def _use_full(manifest: Manifest) -> Iterator[str]:
    yield "The folder is a plain transformers folder:"
    yield f'`pipeline("token-classification", model="{REPO_PLACEHOLDER}")` loads it too.'


def _use_adapter(manifest: Manifest) -> Iterator[str]:
    yield "The folder is a plain PEFT folder."
    if (base := manifest.base) is None:
        yield "Its base encoder is not recorded. Name it: `Tagger.load(…, base=FOLDER)`."
    elif base.revision:
        yield f"Its base encoder `{base.id}` is loaded from the hub."
    elif base.is_bundled:
        yield f"Its base encoder `{base.id}` comes with nerbridge."
    else:
        yield f"Name the folder of its base encoder `{corpus_label(base.id)}`:"
        yield "`Tagger.load(…, base=FOLDER)`."


def _licence(manifest: Manifest) -> Iterator[str]:
    parts = [f"encoder `{corpus_label(manifest.base.id)}`"] if manifest.base else []
    parts += [f"corpus {corpus_label(name)}" for name in manifest.corpora]
    yield "## Licence"
    yield ""
    yield "The licence of the model is the one in the header of this card (`license`). A licence"
    yield "that the hub does not list is `license: other` with `license_name` and `license_link`."
    yield "Whoever publishes the model chooses the licence, after a look at the licences of its"
    yield f"parts, which nerbridge does not know: {', '.join(parts) or 'its data and encoder'}."


def _hash(sha256: str | None) -> str:
    return f", sha256 `{sha256[:16]}`" if sha256 else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
