"""The word model: words in, tags out, and logits where the model has them.

It is the only wrapper of a trained model. Evaluation, the tagger, the server, selection and the
export all use it, so what one of them measures is what the others do. `nerbridge.models.loading`
loads one. There are two kinds: a `TokenClassifier`, which torch or onnxruntime runs, and a
`nerbridge.models.crf.CrfModel`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from nerbridge.alignment.decoding import decode_many
from nerbridge.alignment.inference import Forward, Logits, predict_word_logits
from nerbridge.alignment.label_columns import merge_columns
from nerbridge.alignment.subwords import SpecialIds, SubwordSentence, encode_sentences
from nerbridge.errors import InputError
from nerbridge.labels import DEFAULT_TYPES, LabelSet
from nerbridge.models.manifest import Manifest
from nerbridge.text.languages import script_of_language
from nerbridge.text.model_input import to_model_form
from nerbridge.text.romanised import notices_for
from nerbridge.type_maps import TypeMap, map_tags, map_types

MAX_WORD_CHARS = 1000
"""Of a longer word the model reads this much; it is tagged by its first subword anyway."""
_MAX_RAW_CHARS = 8 * MAX_WORD_CHARS
_NOTICED_CHARS = 2_000


@dataclass(frozen=True)
class Predictions:
    """Valid IOB2 tags of every sentence, and the logits of its words (None: a CRF has none).

    Shape of each array of logits: (n_words, n_tags); columns as in ``label_set.tags``.
    """

    tags: list[list[str]]
    logits: list[Logits] | None


class WordModel(Protocol):
    """A trained model that tags words as the user wrote them.

    ``name`` is what the user called it, ``folder`` where its files are, ``script`` the one script
    that it reads (None: words as they are), ``manifest`` the content of ``nerbridge.json`` (None
    for a model that has none), ``temperature`` what logits are divided by to make probabilities.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def folder(self) -> Path: ...  # noqa: D102
    @property
    def label_set(self) -> LabelSet: ...  # noqa: D102
    @property
    def script(self) -> str | None: ...  # noqa: D102
    @property
    def manifest(self) -> Manifest | None: ...  # noqa: D102
    @property
    def temperature(self) -> float: ...  # noqa: D102

    def with_script(self, script: str | None) -> WordModel:
        """The same model for words in another script; None for words in model form already."""

    def predict(self, sentences: Sequence[Sequence[str]]) -> Predictions:
        """Tags and, where the model has them, logits of every sentence."""

    def tag_many(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Valid IOB2 tags of every sentence."""


@dataclass(frozen=True)
class TokenClassifier:
    """An encoder with a head; nothing in it changes, so it is safe in several threads.

    ``forward`` is the network, on torch (`nerbridge.models.torch_model`) or on onnxruntime
    (`nerbridge.models.onnx_model`). ``max_subwords`` is the size of its windows without special
    tokens, ``batch_subwords`` the batch that runs fastest, ``n_parallel`` how many batches may run
    at the same time. The other fields are those of `WordModel`.
    """

    name: str
    folder: Path
    label_set: LabelSet
    script: str | None
    tokenizer: Tokenizer
    specials: SpecialIds
    max_subwords: int
    forward: Forward
    manifest: Manifest | None = None
    batch_subwords: int = 1024
    n_parallel: int = 1

    @property
    def temperature(self) -> float:
        """What logits are divided by to make probabilities; 1 for uncalibrated models."""
        return 1.0 if self.manifest is None else self.manifest.calibration.temperature

    @cached_property
    def trained_scripts(self) -> frozenset[str]:
        """Scripts of its training corpora, as far as its manifest tells their languages.

        Bengali and Devanagari, which every model is taken to know, are not among them.
        """
        languages = self.manifest.languages if self.manifest else ()
        scripts = (script_of_language(language) or "" for language in languages)
        return frozenset(scripts) - {"", "Beng", "Deva", "Latn"}

    def notices_for(self, text: str) -> list[str]:
        """What to tell somebody about a text that it cannot read well; often nothing.

        The beginning of a longer text tells what it is written in.
        """
        return notices_for(text[:_NOTICED_CHARS], self.script, self.trained_scripts)

    def with_script(self, script: str | None) -> TokenClassifier:
        """The same model for words in another script; None for words in model form already."""
        return replace(self, script=script)

    def predict(self, sentences: Sequence[Sequence[str]]) -> Predictions:
        """Tags and logits of every sentence."""
        logits = self.word_logits(sentences)
        return Predictions(decode_many(logits, self.label_set), logits)

    def tag_many(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Valid IOB2 tags of every sentence."""
        return self.predict(sentences).tags

    def word_logits(self, sentences: Sequence[Sequence[str]]) -> list[Logits]:
        """Logits of every word of every sentence, the words as the user wrote them.

        Returns:
            One array per sentence. Shape: (n_words, n_tags); columns as in ``label_set.tags``.
        """
        return self.encoded_logits(self.encode(sentences))

    def encode(self, sentences: Sequence[Sequence[str]]) -> list[SubwordSentence]:
        """Words as the user wrote them to subwords of their model form."""
        forms = [[self.model_input(word) for word in words] for words in sentences]
        return encode_sentences(self.tokenizer, forms, self.specials.unk)

    def encoded_logits(self, encoded: Sequence[SubwordSentence]) -> list[Logits]:
        """`word_logits` of sentences that `encode` gave: for those that are read many times."""
        return predict_word_logits(
            self.forward,
            encoded,
            n_tags=len(self.label_set.tags),
            specials=self.specials,
            max_subwords=self.max_subwords,
            batch_subwords=self.batch_subwords,
            n_parallel=self.n_parallel,
        )

    def model_input(self, word: str) -> str:
        """What the model reads of a word."""
        return to_model_form(word[:_MAX_RAW_CHARS], self.script)[:MAX_WORD_CHARS]


def with_mapped_types(model: TokenClassifier, type_map: TypeMap) -> TokenClassifier:
    """The model as one of the mapped types, whatever runs it; itself where nothing changes.

    Its label columns are merged, which is better than renaming decoded entities. A word whose
    probability is spread over ``B-Artist`` and ``B-OtherPER`` is surely a PER, and a name whose
    words the model calls ``B-Artist I-OtherPER`` is one PER; decoded with fine types, neither would
    be found. Scores stay probabilities: the merged column holds the sum of those of its parts.

    The model's temperature divides the merged logits. So a temperature changes no entity here
    either, and `nerbridge calibrate` fits it to the types that are used.

    Raises:
        InputError: the map does not name a type of the model, or drops all of them.
    """
    targets = map_types(model.label_set.types, type_map, model.name)
    if all(old == new for old, new in targets.items()):
        return model
    found = dict.fromkeys(new for new in targets.values() if new is not None)
    if not found:
        raise InputError(
            f"{model.name}: the type map drops all of its types "
            f"({', '.join(model.label_set.types)}); expected one that keeps some. Choose another "
            "map: --map-types."
        )
    known = [type_ for type_ in DEFAULT_TYPES if type_ in found]
    new_types = (*known, *(type_ for type_ in found if type_ not in known))
    label_set = LabelSet(new_types, _merge_costs(model.label_set, targets, new_types))
    mapped = map_tags(model.label_set.tags, targets)
    columns = np.array([label_set.tag_to_id[tag] for tag in mapped], dtype=np.int64)
    return replace(
        model, label_set=label_set, forward=_merging(model.forward, columns, len(label_set.tags))
    )


def _merge_costs(
    old: LabelSet, targets: Mapping[str, str | None], new_types: tuple[str, ...]
) -> tuple[float, ...]:
    """Of the types that fall together, the one counts that begins most easily with ``I-X``."""
    if not old.inside_costs:
        return ()
    costs = dict(zip(old.types, old.inside_costs, strict=True))
    return tuple(
        min(costs[type_] for type_, target in targets.items() if target == new) for new in new_types
    )


def _merging(forward: Forward, columns: NDArray[np.int64], n_columns: int) -> Forward:
    def merged(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        return merge_columns(forward(ids, mask), columns, n_columns)

    return merged
