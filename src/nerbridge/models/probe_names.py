"""What an encoder knows of names: whether the same name in another language lies close by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from nerbridge.errors import InputError
from nerbridge.models.probe import ProbedEncoder, padded_batches, share
from nerbridge.text.model_input import to_model_form, words_to_model_form
from nerbridge.text.words import split_words

NameVectors = NDArray[np.float64]
"""Shape: (n_names, hidden size); each row of length 1."""

LEAST_CONSONANTS = 4
"""Names with fewer agree in their consonants by chance."""
N_NEIGHBOURS = 3
_CONSONANTS = frozenset(map(chr, range(0x0995, 0x09BA)))


@dataclass(frozen=True)
class Neighbour:
    """A name of another language and its cosine to the name asked for."""

    language: str
    name: str
    cosine: float


@dataclass(frozen=True)
class NearestNames:
    """The nearest mentions of other languages.

    ``nearest`` holds the `N_NEIGHBOURS` nearest of each name, nearest first. ``n_found`` of ``n``
    names have a mention with the same consonants among them.
    """

    language: str
    n: int
    n_found: int
    share_found: float | None
    nearest: Mapping[str, tuple[Neighbour, ...]]


@dataclass(frozen=True)
class Retrieval:
    """Scores of a search; None where there was nothing to search for."""

    n: int
    precision_at_1: float | None
    mean_reciprocal_rank: float | None


@dataclass(frozen=True)
class PairRetrieval:
    """From one language into another: all names, and those that are written differently."""

    source: str
    target: str
    n_candidates: int
    all: Retrieval
    different: Retrieval


def embed_names(encoder: ProbedEncoder, names: Sequence[str]) -> NameVectors:
    """One vector per name, from the name alone.

    The words of the name (`split_words`), in model form and between the special tokens, make one
    row; the vector is the mean of the encoder's last hidden states over the row's subwords,
    without the special tokens, divided by its length. Of a name with more subwords than a row
    holds, the first are read.
    """
    words = [[name[start:end] for start, end in split_words(name)] for name in names]
    rows = [sub.ids[: encoder.max_subwords] for sub in encoder.encode(words)]
    vectors = np.zeros((len(rows), encoder.model.config.hidden_size), dtype=np.float64)
    for indices, ids, mask in padded_batches(rows, encoder.specials):
        with torch.inference_mode():
            states = encoder.model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state
        for i, index in enumerate(indices):
            # The mean of no states is NaN.
            if rows[index]:
                vectors[index] = states[i, 1 : 1 + len(rows[index])].mean(0).numpy()
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    # A name without subwords has a vector of zeros.
    unit: NameVectors = vectors / np.maximum(lengths, np.finfo(np.float64).tiny)
    return unit


def consonants(name: str) -> str:
    """The consonants of a name in any Brahmic script, as Bengali letters.

    >>> consonants("মাজুলীত") == consonants("माजुलित") == "মজলত"
    True
    """
    form = to_model_form(name, "Beng")
    return "".join(char for char in form if char in _CONSONANTS)


def find_shared_names(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """The names that also occur among ``others``, but in another spelling.

    A name is the same if it has the same consonants, at least `LEAST_CONSONANTS` of them. Names
    of which the very same form in Bengali letters is among ``others`` are left out: an encoder
    that reads one script finds them without knowing anything. Sorted, each once; the choice
    depends on no encoder.

    >>> find_shared_names(["মাজুলীত", "অসমৰ", "গোলাঘাট"], ["মাজুলিতে", "গোলাঘাট"])
    ['মাজুলীত']
    """
    other_consonants = {consonants(name) for name in others}
    other_forms = {to_model_form(name, "Beng") for name in others}
    return sorted(
        name
        for name in set(names)
        if len(found := consonants(name)) >= LEAST_CONSONANTS
        and found in other_consonants
        and to_model_form(name, "Beng") not in other_forms
    )


def find_nearest_names(
    encoder: ProbedEncoder, language: str, mentions: Mapping[str, Sequence[str]]
) -> NearestNames:
    """The nearest mentions of the other languages to names of ``language``, by cosine.

    Args:
        encoder: gives the vectors (`embed_names`).
        language: the language to ask from.
        mentions: the entity mentions of every language, as written. The names asked for are
            those of `find_shared_names`; they are compared with every mention of the others.
    """
    pool = sorted(
        {(other, name) for other in mentions if other != language for name in mentions[other]}
    )
    names = find_shared_names(mentions[language], [name for _, name in pool])
    candidates = embed_names(encoder, [name for _, name in pool])
    nearest: dict[str, tuple[Neighbour, ...]] = {}
    for name, vector in zip(names, embed_names(encoder, names), strict=True):
        cosines = candidates @ vector
        best = np.argsort(-cosines, kind="stable")[:N_NEIGHBOURS]
        nearest[name] = tuple(
            Neighbour(pool[i][0], pool[i][1], round(float(cosines[i]), 4)) for i in best
        )
    n_found = sum(
        any(consonants(name) == consonants(near.name) for near in found)
        for name, found in nearest.items()
    )
    return NearestNames(language, len(names), n_found, share(n_found, len(names)), nearest)


def read_gazetteer(path: Path, languages: Sequence[str]) -> dict[str, list[str]]:
    """Columns of a tab-separated file whose first line names them.

    Returns:
        Of those of ``languages`` that the file has, the cells, row by row; "" where one is empty.

    Raises:
        InputError: if fewer than two of the languages are columns, a row has more or fewer cells
            than the first line, or the file is not UTF-8.
        OSError: if the file cannot be read.
    """
    try:
        # Excel writes a byte order mark. `splitlines` would also cut at separators inside a cell.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason}). Save it as UTF-8.") from None
    rows = [line.rstrip("\r").split("\t") for line in lines]
    header = [cell.strip() for cell in rows[0]]
    found = [language for language in languages if language in header]
    if len(found) < 2:
        raise InputError(
            f"{path}:1: the columns are {', '.join(header)}; expected at least two of "
            f"{', '.join(languages)}. Name them in the first line, separated by tabs."
        )
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header) and row != [""]:
            raise InputError(
                f"{path}:{number}: {len(row)} cells, expected {len(header)} as in line 1. "
                "Write one tab between two cells, also where one is empty."
            )
    cells = [row for row in rows[1:] if row != [""]]
    return {name: [row[header.index(name)].strip() for row in cells] for name in found}


def answer_rank(similarities: NDArray[np.float64], answers: Sequence[int]) -> int:
    """Rank of the best of several right answers, from 1; a wrong one as similar comes before it.

    Similarities that agree in five decimals are equal. Shape of ``similarities``: (n_candidates,).

    >>> answer_rank(np.array([0.9, 0.5, 0.5, 0.1]), [1, 3])
    3
    """
    # The last digits depend on the processor.
    rounded = np.round(similarities, 5)
    is_rival = rounded >= rounded[list(answers)].max()
    is_rival[list(answers)] = False
    return 1 + int(is_rival.sum())


def score_retrieval(
    encoder: ProbedEncoder, gazetteer: Mapping[str, Sequence[str]]
) -> list[PairRetrieval]:
    """Search every name of a language among those of another, for all ordered pairs of languages.

    Only rows with both cells filled count. Names whose model forms are equal are one name: the
    queries are the different forms of the first column, the candidates those of the second, and
    a query's right answers are all forms that stand beside it in any row. The nearest candidate
    by cosine (`embed_names`) is the answer. ``different`` keeps the queries that are themselves
    none of their right answers: in one script many names become equal, and to find an equal form
    proves nothing. The candidates stay the same.
    """
    columns = {
        language: [_name_form(name, encoder.script) for name in names]
        for language, names in gazetteer.items()
    }
    names = sorted({name for column in columns.values() for name in column if name})
    vectors = dict(zip(names, embed_names(encoder, names), strict=True))
    return [
        _search(source, target, columns, vectors)
        for source in columns
        for target in columns
        if source != target
    ]


def _search(
    source: str,
    target: str,
    columns: Mapping[str, Sequence[str]],
    vectors: Mapping[str, NDArray[np.float64]],
) -> PairRetrieval:
    answers: dict[str, set[str]] = {}
    for query, answer in zip(columns[source], columns[target], strict=True):
        if query and answer:
            answers.setdefault(query, set()).add(answer)
    # A set has no fixed order from process to process.
    candidates = sorted(set().union(*answers.values()))
    place = {name: i for i, name in enumerate(candidates)}
    matrix = np.array([vectors[name] for name in candidates])
    ranks = {
        query: answer_rank(matrix @ vectors[query], [place[name] for name in found])
        for query, found in answers.items()
    }
    different = [rank for query, rank in ranks.items() if query not in answers[query]]
    return PairRetrieval(
        source, target, len(candidates), _summarise(list(ranks.values())), _summarise(different)
    )


def _name_form(name: str, script: str | None) -> str:
    return " ".join(words_to_model_form(name.split(), script))


def _summarise(ranks: Sequence[int]) -> Retrieval:
    n = len(ranks)
    reciprocal = sum(1 / rank for rank in ranks)
    return Retrieval(n, share(ranks.count(1), n), reciprocal / n if n else None)
