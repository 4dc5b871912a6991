"""Split labelled sentences into training, validation and test sets that share no sentence."""

from __future__ import annotations

import random
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from nerbridge.corpus.overlap import SentenceKey, normalised_key
from nerbridge.corpus.sentence import Sentence
from nerbridge.errors import InputError


@dataclass(frozen=True)
class SplitResult:
    """The sentences of each split in file order, and the number of dropped ones."""

    splits: Mapping[str, tuple[Sentence, ...]]
    n_documents: int
    """Documents of two sentences or more that were kept together."""
    n_duplicates: int
    """Sentences left out because the same letters stand in another sentence."""
    n_conflicts: int
    """Those of them that were labelled differently."""


def divide_sentences(
    sentences: Sequence[Sentence],
    shares: Mapping[str, float],
    *,
    seed: int = 0,
    keep_documents: bool = True,
) -> SplitResult:
    """Divide distinct sentences into splits; the sentences of a document stay together.

    Of sentences with the same letters the last is kept, so that a later correction counts. A
    document is what the file marks as one, else one record of running text.

    Args:
        sentences: in file order, several files one after the other.
        shares: the part of all sentences that each split gets; a share of 0 makes no split.
        seed: random seed of the order of documents.
        keep_documents: whether the sentences of a document stay in one part.

    Raises:
        InputError: fewer documents or sentences than parts.
    """
    distinct, n_conflicts = _drop_duplicates(sentences)
    documents = _group(distinct, keep_documents=keep_documents)
    wanted = {split: share for split, share in shares.items() if share > 0}
    _check(documents, len(distinct), len(sentences), wanted)
    chosen: dict[str, list[int]] = {split: [] for split in wanted}
    for document in _shuffled(documents, seed):
        chosen[_neediest(chosen, wanted, len(distinct))] += document
    return SplitResult(
        {split: tuple(distinct[i] for i in sorted(indices)) for split, indices in chosen.items()},
        sum(len(document) > 1 for document in documents),
        len(sentences) - len(distinct),
        n_conflicts,
    )


def _drop_duplicates(sentences: Sequence[Sentence]) -> tuple[list[Sentence], int]:
    """The last of each, at the place of the first; and how many were labelled differently."""
    kept: dict[SentenceKey, Sentence] = {}
    n_conflicts = 0
    for sentence in sentences:
        key = normalised_key(sentence)
        n_conflicts += key in kept and kept[key].tags != sentence.tags
        kept[key] = sentence
    return list(kept.values()), n_conflicts


def _group(sentences: Sequence[Sentence], *, keep_documents: bool) -> list[list[int]]:
    groups: dict[Hashable, list[int]] = {}
    for index, sentence in enumerate(sentences):
        place = (sentence.path, sentence.document or sentence.line)
        groups.setdefault(place if keep_documents else index, []).append(index)
    return list(groups.values())


def _shuffled(documents: Sequence[list[int]], seed: int) -> list[list[int]]:
    order = list(documents)
    random.Random(seed).shuffle(order)
    return order


def _neediest(chosen: Mapping[str, list[int]], shares: Mapping[str, float], total: int) -> str:
    """The split that lacks most of its share. Empty splits come first, so that none stays empty."""
    scale = total / sum(shares.values())
    lacks = {split: shares[split] * scale - len(chosen[split]) for split in chosen}
    empty = [split for split in chosen if not chosen[split]]
    return empty[-1] if empty else max(lacks, key=lacks.__getitem__)


def _check(
    documents: Sequence[list[int]], n_distinct: int, n_all: int, shares: Mapping[str, float]
) -> None:
    if len(documents) >= len(shares):
        return
    found = f"{n_distinct} distinct of {n_all} sentences"
    if n_distinct >= len(shares):
        raise InputError(
            f"{found} in {len(documents)} documents; expected at least one for each of the "
            f"splits {', '.join(shares)}. Add documents, or divide them: --cut-documents."
        )
    raise InputError(
        f"{found}; expected at least one for each of the splits {', '.join(shares)}. "
        "Label more sentences, or ask for fewer splits, such as --shares 80,20,0."
    )
