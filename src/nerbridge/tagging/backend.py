"""A loaded model, whatever runs it: words in, logits of words out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tokenizers import Tokenizer

from nerbridge.alignment.inference import Forward, Logits, predict_word_logits
from nerbridge.alignment.subwords import SpecialIds, encode_sentences
from nerbridge.labels import LabelSet
from nerbridge.text.languages import script_of_language
from nerbridge.text.model_input import to_model_form

MAX_WORD_CHARS = 1000
"""Of a longer word the model reads this much; it is tagged by its first subword anyway."""
_MAX_RAW_CHARS = 8 * MAX_WORD_CHARS


@dataclass(frozen=True)
class TaggerModel:
    """All that is needed to tag, and nothing that changes: safe in several threads.

    ``script`` is the one script the model reads (None: words as they are), ``max_subwords`` the
    size of its windows without special tokens, ``temperature`` what logits are divided by to make
    probabilities, ``batch_subwords`` the batch that runs fastest, ``n_parallel`` how many of them
    may run at the same time, ``manifest`` the content of ``nerbridge.json`` (empty for a model that
    has none).
    """

    name: str
    label_set: LabelSet
    script: str | None
    tokenizer: Tokenizer
    specials: SpecialIds
    max_subwords: int
    temperature: float
    forward: Forward
    manifest: Mapping[str, Any] = field(default_factory=dict)
    batch_subwords: int = 1024
    n_parallel: int = 1

    @cached_property
    def trained_scripts(self) -> frozenset[str]:
        """Scripts of its training corpora, as far as its manifest tells their languages.

        Bengali and Devanagari, which every model is taken to know, are not among them.
        """
        found: set[str] = set()
        manifest: Mapping[str, Any] | None = self.manifest
        while manifest:  # an export names its model, an adapted model the transferred one
            languages = (facts.get("language") for facts in (manifest.get("data") or {}).values())
            found.update(script_of_language(language or "") or "" for language in languages)
            manifest = manifest.get("exported_from") or manifest.get("parent")
        return frozenset(found - {"", "Beng", "Deva", "Latn"})

    def word_logits(self, sentences: Sequence[Sequence[str]]) -> list[Logits]:
        """Logits of every word of every sentence, the words as the user wrote them.

        Returns:
            One array per sentence. Shape: (n_words, n_tags); columns as in ``label_set.tags``.
        """
        forms = [[self.model_input(word) for word in words] for words in sentences]
        return predict_word_logits(
            self.forward,
            encode_sentences(self.tokenizer, forms, self.specials.unk),
            n_tags=len(self.label_set.tags),
            specials=self.specials,
            max_subwords=self.max_subwords,
            batch_subwords=self.batch_subwords,
            n_parallel=self.n_parallel,
        )

    def model_input(self, word: str) -> str:
        """What the model reads of a word."""
        return to_model_form(word[:_MAX_RAW_CHARS], self.script)[:MAX_WORD_CHARS]
