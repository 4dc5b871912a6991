"""A model with other entity types: its label columns are merged, and the one decoder does the rest.

Merging columns is better than renaming decoded entities. A word whose probability is spread over
``B-Artist`` and ``B-OtherPER`` is surely a PER, and a name whose words the model calls ``B-Artist
I-OtherPER`` is one PER; decoded with fine types, neither would be found. Scores stay probabilities:
the merged column holds the sum of the probabilities of its parts.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nerbridge.alignment.inference import Forward, Logits
from nerbridge.errors import InputError
from nerbridge.labels import DEFAULT_TYPES, LabelSet
from nerbridge.tagging.backend import TaggerModel
from nerbridge.type_maps import TypeMap, map_tags, map_types


def with_mapped_types(model: TaggerModel, type_map: TypeMap) -> TaggerModel:
    """The model as one of the mapped types, whatever runs it; itself where nothing changes.

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
    label_set = LabelSet((*known, *(type_ for type_ in found if type_ not in known)))
    mapped = map_tags(model.label_set.tags, targets)
    columns = np.array([label_set.tag_to_id[tag] for tag in mapped], dtype=np.int64)
    return replace(model, label_set=label_set, forward=_merging(model.forward, columns))


def merge_columns(logits: Logits, columns: NDArray[np.int64]) -> Logits:
    """Logits whose probabilities are the sums of those of the columns that fall together.

    Args:
        logits: shape (…, n_tags).
        columns: for each column of ``logits`` its new column; every new column has one at least.

    Returns:
        Shape (…, n_new).

    >>> logits = np.log(np.array([[0.1, 0.5, 0.4]], dtype=np.float32))
    >>> np.exp(merge_columns(logits, np.array([1, 0, 1]))).round(3).tolist()
    [[0.5, 0.5]]
    """
    order = np.argsort(columns, kind="stable")
    starts = np.searchsorted(columns[order], np.arange(columns.max() + 1))
    merged: Logits = np.logaddexp.reduceat(logits[..., order], starts, axis=-1)
    return merged


def _merging(forward: Forward, columns: NDArray[np.int64]) -> Forward:
    def merged(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Logits:
        return merge_columns(forward(ids, mask), columns)

    return merged
