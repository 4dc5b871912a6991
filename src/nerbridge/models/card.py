"""The card of a model: what is known about it, as the README that the hub shows.

All of it comes from the model's manifest (`nerbridge.json`) and, where there are any, its scores;
equal manifests give equal cards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nerbridge.files import write_bytes
from nerbridge.models.card_header import header_lines
from nerbridge.text.model_input import NATIVE_FOLDED

CARD_FILE = "README.md"
REPO_PLACEHOLDER = "owner/name"
"""Stands where a card names the model itself; publishing puts the real name there."""

_KINDS = {
    "adapter": "A LoRA adapter with its classification head, for the encoder named below.",
    "full": "A whole model: encoder and classification head.",
    "onnx": "An exported model, which runs on onnxruntime, without torch.",
}
_ROWS = {
    "baseline": "Trained on the target language alone.",
    "transfer": "Trained on the sources below alone: it has seen no sentence of the target corpus "
    "(zero-shot, if nobody labelled text of its language among them).",
    "adapt": "Trained on source languages, then on sentences of the target language.",
}
_JOINT = (
    "Trained on the sources below together, sentences of the target corpus among them: its scores\n"
    "there are not zero-shot."
)
_TARGET = "target"
_REST_OF_SCORES = "precision | recall | F1 by type |"


def write_card(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the card into a model folder, over another one; the same one is left alone.

    Args:
        folder: the folder.
        manifest: as `model_card`.
    """
    path = folder / CARD_FILE
    card = model_card(manifest).encode("utf-8")
    if not path.is_file() or path.read_bytes() != card:
        write_bytes(path, card)


def model_card(manifest: Mapping[str, Any]) -> str:
    """The card of a model.

    Args:
        manifest: the content of ``nerbridge.json``, and ``scores`` if there are any: by test set,
            as `nerbridge.evaluation.quoting.quote_scores` gives them.
    """
    return "\n".join(card_sections(manifest).values())


def card_sections(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The sections of a card by name, in order, for cards whose prose is written by hand.

    Args:
        manifest: as `model_card`.
    """
    origin = _origin(manifest)
    sections = {
        "header": _header(manifest, origin),
        "about": _about(manifest, origin),
        "labels": _labels(manifest),
        "data": _data(manifest, origin),
        "training": _training(origin),
        "scores": _scores(manifest, origin),
        "calibration": _calibration(manifest),
        "limits": _limits(manifest),
        "use": _use(manifest),
        "licence": _licence(manifest, origin),
    }
    return {name: "\n".join(lines) + "\n" for name, lines in sections.items()}


def _origin(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """The lineage of the training: the manifest's own, or of an export that of its parent."""
    parent = manifest.get("parent") or {}
    return parent if "recipe" in parent else manifest


def _header(manifest: Mapping[str, Any], origin: Mapping[str, Any]) -> Iterator[str]:
    base, rows = manifest.get("base") or {}, list(_data_rows(origin))
    yield from header_lines(
        kind=manifest["kind"],
        languages=[language for _, language, *_ in rows],
        corpora=[name for name, *_ in rows],
        hub_base=base["id"] if base.get("revision") else None,
    )


def _about(manifest: Mapping[str, Any], origin: Mapping[str, Any]) -> Iterator[str]:
    types = ", ".join(manifest["types"])
    name = origin.get("recipe")
    yield f"# {f'{name}: n' if name else 'N'}amed entities ({types})"
    yield ""
    yield f"Finds named entities in text. {_KINDS[manifest['kind']]}"
    if origin.get("row") == "transfer" and any(
        _is_target(role) for *_, role, _ in _data_rows(origin)
    ):
        yield _JOINT
    elif row := _ROWS.get(origin.get("row", "")):
        yield row
    if manifest.get("kind") == "onnx":
        yield from _export(manifest)


def _export(manifest: Mapping[str, Any]) -> Iterator[str]:
    vocabulary = manifest.get("vocabulary") or {}
    n_full, n_kept = vocabulary.get("n_full"), vocabulary.get("n_kept")
    yield "Weights are int8." if _is_quantised(manifest) else "Weights are float32."
    if n_full and n_kept and n_kept < n_full:
        yield (
            f"Of the {n_full:,} pieces of the vocabulary it keeps the {n_kept:,} that the texts it "
            "was made for use; others are read as smaller pieces or as unknown."
        )


def _is_quantised(manifest: Mapping[str, Any]) -> bool:
    return bool(manifest.get("quantisation", "none") != "none")


def _labels(manifest: Mapping[str, Any]) -> Iterator[str]:
    tags = [f"{prefix}-{type_}" for type_ in manifest["types"] for prefix in "BI"]
    yield "## Labels"
    yield ""
    yield f"IOB2 tags of words: {', '.join(f'`{tag}`' for tag in ['O', *tags])}."
    yield "The first subword of a word carries the word's tag."


def _data(manifest: Mapping[str, Any], origin: Mapping[str, Any]) -> Iterator[str]:
    yield "## Languages and data"
    yield ""
    rows = list(_data_rows(origin))
    if rows:
        yield "| corpus | language | used as | sha256 |"
        yield "|---|---|---|---|"
        for name, language, role, sha256 in rows:
            yield f"| {_cell(name)} | {language} | {role} | `{sha256[:16]}` |"
    else:
        yield "What it was trained on is not recorded."
    yield ""
    script = manifest.get("script")
    if script == NATIVE_FOLDED:
        yield "The model reads words normalised, in the script they are written in. Assamese ৰ and"
        yield "ৱ are read as র and ব."
    elif script:
        yield f"The model reads words normalised and in one script (`{script}`), whatever script"
        yield "they are written in. nerbridge sees to that, and gives entities in your own text."
    else:
        yield "The model reads words normalised, in the script they are written in."


def _data_rows(origin: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Name, language, role and hash of every corpus, the target first."""
    own: Mapping[str, Any] = origin.get("data") or {}
    before: Mapping[str, Any] = (origin.get("parent") or {}).get("data") or {}
    found = [
        (_short(name), str(facts["language"]), _role(facts), str(facts["sha256"]))
        for name, facts in {**own, **before}.items()
    ]
    yield from sorted(found, key=lambda row: not _is_target(row[2]))


def _is_target(role: str) -> bool:
    return role.startswith(_TARGET)


def _role(facts: Mapping[str, Any]) -> str:
    role = f"{_TARGET} and source" if facts.get("is_target") else str(facts.get("role", "—"))
    return ", ".join([role, *(how for how in ("harmonised", "soft", "lexicon") if facts.get(how))])


def _training(origin: Mapping[str, Any]) -> Iterator[str]:
    yield "## Training"
    yield ""
    base = origin.get("base") or {}
    if base:
        commit = f", revision `{base['revision']}`" if base.get("revision") else ""
        yield f"- Encoder: `{_short(base['id'])}`{commit}{_hash_of(base)}"
    if origin.get("recipe"):
        sha256 = _hash_of({"sha256": origin.get("recipe_sha256")})
        yield f"- Recipe: `{origin['recipe']}`{sha256}"
        yield f"- Stage {origin.get('row')}, seed {origin.get('seed')}"
    if method := origin.get("method"):
        yield f"- Method: {'LoRA' if method == 'lora' else 'full fine-tuning'}"
    if training := origin.get("training"):
        best = training.get("best_epoch")
        chosen = f"; epoch {best:g} chosen on validation" if best is not None else ""
        yield f"- {training['n_sentences']:,} sentences, {training['n_steps']:,} steps{chosen}"
        yield from (f"- Remedy: {remedy}" for remedy in training.get("remedies", ()))
    parent = origin.get("parent") or {}
    if "sha256" in parent:
        yield f"- Went on from the transferred model{_hash_of(parent)}"
    if versions := origin.get("versions"):
        yield f"- Versions: {', '.join(f'{name} {version}' for name, version in versions.items())}"


def _scores(manifest: Mapping[str, Any], origin: Mapping[str, Any]) -> Iterator[str]:
    yield "## Scores"
    yield ""
    if scores := manifest.get("scores"):
        target = next((name for name, _, role, _ in _data_rows(origin) if _is_target(role)), None)
        yield f"| test set | sentences | entities | F1 (95 % interval) | {_REST_OF_SCORES}"
        yield "|---|---|---|---|---|---|---|"
        for name, found in scores.items():
            is_own = name == "test" and target is not None
            yield _score_row(f"{target}, test split" if is_own else name, found)
        yield ""
        yield "Strict: words and type must be right. The intervals are over the sentences of the"
        yield "test set, for this one model; another seed moves the scores further."
        yield from _leaks(scores)
    else:
        yield "Not known yet. To score it on labelled sentences: `nerbridge evaluate FOLDER FILE`."
        if (best := _best_validation_f1(origin)) is not None:
            yield f"F1 on the validation sentences it was chosen on: {best:.3f}; expect less"
            yield "elsewhere."
    if parity := manifest.get("parity"):
        yield from _parity(parity)


def _parity(parity: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield "The exported model was compared with the trained one: logits of"
    yield f"{parity['n_sentences']:,} sentences differ by at most {parity['max_difference']:.1g}"
    int8 = parity.get("int8")
    if int8 is None:
        yield "(float32)."
        return
    yield f"in float32; in int8, on {int8['n_sentences']:,} sentences of {_short(int8['corpus'])},"
    if "f1_int8" in int8:
        yield f"F1 is {int8['f1_int8']:.3f} where it was {int8['f1_fp32']:.3f}."
    else:
        yield f"{int8['agreement']:.1%} of the entities are the same (F1)."


def _score_row(name: str, found: Mapping[str, Any]) -> str:
    low, high = found["ci95"]
    by_type = ", ".join(f"{type_} {f1:.3f}" for type_, f1 in found["per_type"].items())
    return (
        f"| {_cell(name)} | {found['n_sentences']:,} | {found['n_entities']:,} | "
        f"{found['f1']:.3f} ({low:.3f} to {high:.3f}) | {found['precision']:.3f} | "
        f"{found['recall']:.3f} | {by_type} |"
    )


def _leaks(scores: Mapping[str, Any]) -> Iterator[str]:
    for name, found in scores.items():
        if found["n_leaked"] and found["f1_leak_free"] is not None:
            yield (
                f"{found['n_leaked']:,} sentences of {name} were also in training; F1 "
                f"without them: {found['f1_leak_free']:.3f}."
            )


def _best_validation_f1(origin: Mapping[str, Any]) -> float | None:
    points = (origin.get("training") or {}).get("curve", ())
    found = [point["validation_f1"] for point in points if point.get("validation_f1") is not None]
    return max(found, default=None)


def _calibration(manifest: Mapping[str, Any]) -> Iterator[str]:
    found = manifest.get("calibration") or {}
    yield "## Calibration"
    yield ""
    before, after = found.get("ece_before"), found.get("ece_after")
    if before is None or after is None or found["temperature"] == 1:
        yield "The scores of entities are not calibrated: they are as the model gives them."
        return
    named = {"sources": "the source languages'", "target": "the target's", None: "the target's"}
    whose = found.get("validation")
    where = f"{named[whose]} validation sentences" if whose in named else whose
    yield f"Logits are divided by {found['temperature']:.3g}, fitted on the {found['n_entities']:,}"
    yield f"entities found in {where}. Expected calibration error on them:"
    yield f"{before:.3f} before, {after:.3f} after."


def _limits(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield "## Limits"
    yield ""
    yield "- Scores hold for text like that of their test sets. On text of another kind, such as"
    yield "  running text after titles, expect much less, and measure before relying on it."
    yield "- It knows only the types above. Entities inside others are not found, and an entity is"
    yield "  always whole words of one sentence, with the case endings that are written on to them."
    if (manifest.get("calibration") or {}).get("validation") == "sources":
        yield "- Its calibration is that of its sources."
    yield "- Names and views of its training text are in it: people and places that such text"
    yield "  seldom mentions are found less often. It is not fit for decisions about people."


def _use(manifest: Mapping[str, Any]) -> Iterator[str]:
    extra = "nerbridge" if manifest["kind"] == "onnx" else "'nerbridge[train]'"
    yield "## Use"
    yield ""
    yield f"`pip install {extra}`, then:"
    yield ""
    yield "```python"
    yield "from nerbridge.tagging import Tagger"
    yield ""
    yield f'tagger = Tagger.load("{REPO_PLACEHOLDER}")'
    yield 'for entity in tagger.tag("…"):'
    yield "    print(entity.type, entity.text, entity.start_char, entity.end_char, entity.score)"
    yield "```"
    yield ""
    yield from {"onnx": _use_onnx, "full": _use_full, "adapter": _use_adapter}[manifest["kind"]](
        manifest
    )


def _use_onnx(manifest: Mapping[str, Any]) -> Iterator[str]:
    specials = manifest.get("special_ids")
    yield "Without nerbridge: `tokenizer.json` is for the tokenizers library, `model.onnx` takes"
    yield "`input_ids` and `attention_mask` (int64, batch × sequence) and gives `logits` (float32,"
    yield "batch × sequence × tags, in the order of `config.json`)."
    if specials:
        yield f"A sequence is the id {specials['start']}, at most {manifest['max_subwords']}"
        yield f"subwords, and the id {specials['end']}; padding is {specials['pad']}."
    yield _word_note(manifest)


def _use_full(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield "It is a plain transformers folder:"
    yield f'`pipeline("token-classification", model="{REPO_PLACEHOLDER}")` loads it too.'
    yield _word_note(manifest)


def _use_adapter(manifest: Mapping[str, Any]) -> Iterator[str]:
    base = manifest.get("base") or {}
    yield "It is a plain PEFT folder. Its base encoder"
    if base.get("revision"):
        yield f"`{base['id']}` is loaded from the hub."
    elif str(base.get("id", "")).startswith("bundled:"):
        yield f"`{base['id']}` comes with nerbridge."
    else:
        name = f"`{_short(str(base['id']))}`" if base else "(not recorded)"
        yield f"{name} has to be at hand: `Tagger.load(…, base=FOLDER)`."
    yield _word_note(manifest)


def _word_note(manifest: Mapping[str, Any]) -> str:
    script = manifest.get("script")
    name = f'"{script}"' if script else "None"
    return (
        "Words must first be in the form the model reads:\n"
        f"`nerbridge.text.model_input.to_model_form(word, {name})`."
    )


def _licence(manifest: Mapping[str, Any], origin: Mapping[str, Any]) -> Iterator[str]:
    base = manifest.get("base") or {}
    made_of = [f"encoder `{_short(base['id'])}`"] if base else []
    made_of += [f"corpus {name}" for name, *_ in _data_rows(origin)]
    yield "## Licence"
    yield ""
    yield "The licence of the model is the one in the header of this card (`license`; for one that"
    yield "the hub does not list, `license: other` with `license_name` and `license_link`). Whoever"
    yield "publishes the model chooses it, after a look at the licences of what it was made of,"
    yield f"which nerbridge does not know: {', '.join(made_of) or 'its data and encoder'}."


def _hash_of(facts: Mapping[str, Any]) -> str:
    sha256 = facts.get("sha256")
    return f", sha256 `{sha256[:16]}`" if sha256 else ""


def _short(name: str) -> str:
    """A corpus or encoder without the folders it lies in on somebody's machine.

    >>> _short("/home/me/encoders/small"), _short("C:/Users/me/small"), _short("owner/name")
    ('small', 'small', 'owner/name')
    """
    is_path = name.startswith(("/", ".", "~")) or "\\" in name or name[1:3] == ":/"
    return re.split(r"[\\/]", name.rstrip("\\/"))[-1] if is_path else name


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
