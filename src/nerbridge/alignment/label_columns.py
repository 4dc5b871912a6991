"""The label names of any token classifier, read as columns of IOB2.

One rule for all models that others made; ``docs/models.md`` describes it. A name is a
prefix and a type (``B-PER``), a type and a prefix (``PER-B``), a bare type (``PER``), or says that
a word is in no entity (``O``). What a label set lacks becomes a column that is impossible; names
with one meaning share a column, and their probabilities add up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerbridge.alignment.inference import Logits
from nerbridge.errors import ModelError
from nerbridge.labels import OUTSIDE, LabelSet

IMPOSSIBLE = -1e4
"""The logit of a tag that the model does not have."""
INSIDE_COST = 3.0
"""What it costs, in nats, that ``I-X`` begins an entity where the model has ``B-X``, too.

In models trained on IOB2 such a tag is a mistake, and the cost lets the decoder correct it. Models
trained on IOB1 may have all ``B-`` names and use only ``I-``; they are surer than the cost.
"""

# B and I; E and S of IOBES; L and U of BILOU; M and W of BMEWO.
_ROLES = {"B": "B", "S": "B", "U": "B", "W": "B", "I": "I", "E": "I", "L": "I", "M": "I"}
_SEPARATORS = "-_:"
_OUTSIDE_NAMES = ("O", "0", "OUT", "OUTSIDE", "NONE", "OTHER")
"""The first of these that a label set holds is its O."""
_FILLERS = frozenset({"", "_", "X", "PAD", "UNK", "CLS", "SEP", "MASK", "IGNORE", "-100"})
"""What models have learned to say of special tokens and of a word's further subwords.

So is all that stands in brackets, as in ``[CLS]`` and ``<pad>``.
"""
_NAMELESS = re.compile(r"LABEL_\d+")


@dataclass(frozen=True)
class LabelColumns:
    """How the columns of a classifier's head become those of a label set.

    ``targets`` holds for each column of the head its column in ``label_set.tags``.
    """

    label_set: LabelSet
    targets: tuple[int, ...]

    @property
    def is_permutation(self) -> bool:
        """Whether every tag has exactly one column."""
        return sorted(self.targets) == list(range(len(self.label_set.tags)))

    def apply(self, logits: Logits) -> Logits:
        """Shape (…, n_columns) to (…, n_tags)."""
        if self.is_permutation:
            ordered: Logits = logits[..., np.argsort(self.targets)]
            return ordered
        return merge_columns(logits, np.array(self.targets), len(self.label_set.tags))


def merge_columns(logits: Logits, targets: NDArray[np.int64], n_targets: int) -> Logits:
    """Logits whose probabilities are the sums of those of the columns that fall together.

    Args:
        logits: shape (…, n_columns).
        targets: for each column of ``logits`` its new column.
        n_targets: the number of new columns; one without a source is impossible.

    Returns:
        Shape (…, n_targets).

    >>> logits = np.log(np.array([[0.1, 0.5, 0.4]], dtype=np.float32))
    >>> np.exp(merge_columns(logits, np.array([1, 0, 1]), 3)).round(3).tolist()
    [[0.5, 0.5, 0.0]]
    """
    found = np.full((*logits.shape[:-1], n_targets), IMPOSSIBLE, dtype=logits.dtype)
    order = np.argsort(targets, kind="stable")
    filled, starts = np.unique(targets[order], return_index=True)
    found[..., filled] = np.logaddexp.reduceat(logits[..., order], starts, axis=-1)
    return found


def strict_probabilities(
    probabilities: NDArray[np.floating[Any]], label_set: LabelSet
) -> NDArray[np.floating[Any]]:
    """The same probabilities for IOB2, where ``B-X`` begins every entity.

    Of types that begin with ``I-X`` at no cost, the probability of a beginning moves to ``B-X``.

    Args:
        probabilities: of the words of one sentence, shape (n_words, n_tags).
        label_set: its ``tags`` name the columns.

    >>> label_set = LabelSet(("PER",), (0.0,))
    >>> strict_probabilities(np.array([[0.2, 0, 0.8], [0, 0, 1.0]]), label_set).round(2).tolist()
    [[0.2, 0.8, 0.0], [0.0, 0.2, 0.8]]
    """
    found = probabilities.copy()
    for type_, cost in zip(label_set.types, label_set.inside_costs, strict=False):
        if cost == 0:
            begin, inside = (label_set.tag_to_id[f"{prefix}-{type_}"] for prefix in "BI")
            is_in_type = probabilities[:-1, begin] + probabilities[:-1, inside]
            goes_on = np.concatenate([np.zeros(1), is_in_type])[: len(probabilities)]
            found[:, inside] = probabilities[:, inside] * goes_on
            found[:, begin] += probabilities[:, inside] * (1 - goes_on)
    return found


def read_label_names(names: Sequence[str], place: object) -> LabelColumns:
    """What the columns of a classifier mean, by their names.

    Args:
        names: the name of every column, in the order of the columns.
        place: the file or model that they are from, for the message.

    Raises:
        ModelError: no name says that a word is in no entity, or no name is that of a type.

    >>> read_label_names(["I-PER", "O", "B-LOC", "I-LOC"], "a model").label_set
    LabelSet(types=('PER', 'LOC'), inside_costs=(0.0, 3.0))
    >>> read_label_names(["O", "PER-S", "PER-B", "PER-E"], "a model").targets
    (0, 1, 1, 2)
    """
    outside = _outside_name(names)
    if outside is None:
        raise ModelError(_unreadable(names, place))
    read = _split_names(names, outside)
    types = tuple(dict.fromkeys(type_ for role, type_ in read if role != OUTSIDE))
    if not types:
        raise ModelError(_unreadable(names, place))
    beginning = {type_ for role, type_ in read if role == "B"}
    inside = {type_ for role, type_ in read if role == "I"}
    costs = tuple(INSIDE_COST if type_ in beginning else 0.0 for type_ in types)
    # Without any I- a second B- always begins an entity: a cost would mean nothing.
    label_set = LabelSet(types, costs if inside else ())
    ids = label_set.tag_to_id
    tags = (OUTSIDE if role == OUTSIDE else f"{role}-{type_}" for role, type_ in read)
    return LabelColumns(label_set, tuple(ids[tag] for tag in tags))


def rename_labels(names: Sequence[str], new_names: Mapping[str, str | None]) -> list[str]:
    """Label names with those replaced that say nothing, such as ``LABEL_3``.

    Names that can be read stay: a map of types is for types.

    >>> rename_labels(["LABEL_0", "LABEL_1"], {"LABEL_0": None, "LABEL_1": "B-PER"})
    ['O', 'B-PER']
    """
    if not is_nameless(names) and _outside_name(names) is not None:
        return list(names)
    return [new_names.get(name, name) or OUTSIDE for name in names]


def without_label_names(new_names: Mapping[str, str | None]) -> dict[str, str | None]:
    """A map of types without the pairs that are for `rename_labels`."""
    return {old: new for old, new in new_names.items() if not _NAMELESS.fullmatch(old)}


def is_nameless(names: Iterable[str]) -> bool:
    """Whether these are the names that transformers gives to labels without a name.

    >>> is_nameless(["LABEL_0", "LABEL_1"]), is_nameless(["O"]), is_nameless([])
    (True, False, True)
    """
    return all(_NAMELESS.fullmatch(name) for name in names)


def _outside_name(names: Sequence[str]) -> str | None:
    upper = {name.strip().upper() for name in names}
    return next((name for name in _OUTSIDE_NAMES if name in upper), None)


def _split_names(names: Sequence[str], outside: str) -> list[tuple[str, str]]:
    """The role (``B``, ``I`` or ``O``) and the type of every name."""
    stripped = [name.strip() for name in names]
    style = _style([name for name in stripped if not _is_outside(name, outside)])
    return [
        (OUTSIDE, "") if _is_outside(name, outside) else _split_name(name, style)
        for name in stripped
    ]


def _is_outside(name: str, outside: str) -> bool:
    upper = name.upper()
    return upper == outside or upper in _FILLERS or re.fullmatch(r"<.*>|\[.*\]", upper) is not None


def _style(entities: Sequence[str]) -> re.Pattern[str] | None:
    """Where these names have their prefix; None: they are bare types, as in ``PER``.

    A name alone does not tell: in ``E_MAIL`` the E is none. A set with prefixes has B or I.
    """
    for separator in _SEPARATORS:
        style = re.compile(rf"(?P<letter>[BIESLUMW]){separator}(?P<type>.+)", re.IGNORECASE)
        if _letters(style, entities) & {"B", "I"}:
            return style
    for separator in _SEPARATORS:
        style = re.compile(rf"(?P<type>.+){separator}(?P<letter>[BIESLUMW])", re.IGNORECASE)
        if _letters(style, entities) & {"B", "I"} and all(map(style.fullmatch, entities)):
            return style
    return None


def _letters(style: re.Pattern[str], names: Sequence[str]) -> set[str]:
    matches = (style.fullmatch(name) for name in names)
    return {match["letter"].upper() for match in matches if match is not None}


def _split_name(name: str, style: re.Pattern[str] | None) -> tuple[str, str]:
    match = style.fullmatch(name) if style is not None else None
    if match is None:
        return "I", name
    letter, type_ = match["letter"], match["type"]
    # 'b-per' is B-PER in lower case; 'B-person' has a type that is called so.
    return _ROLES[letter.upper()], type_.upper() if letter.islower() else type_


def _unreadable(names: Sequence[str], place: object) -> str:
    shown = ", ".join(names[:9]) + (", …" if len(names) > 9 else "")
    if is_nameless(names):
        return (
            f"{place}: the labels have no names ({shown or 'none'}); expected the tags that the "
            "model was trained with, in the order of its head. Name each, for example --map-types "
            "LABEL_0=O --map-types LABEL_1=B-PER, or give a file with these pairs: --map-types "
            "FILE. In a folder of your own, a config.json with id2label does the same. The model's "
            "card or training data tells the order."
        )
    return (
        f"{place}: the labels are {shown}; expected one for words in no entity "
        f"({', '.join(_OUTSIDE_NAMES)}) and one for an entity type at least. A model that tags "
        "parts of speech or whole sentences has none. If one of the labels means 'no entity', say "
        f"so: --map-types {names[0] if names else 'NAME'}=O."
    )
