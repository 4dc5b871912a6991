"""A model with other entity types: its label columns are merged, and the one decoder does the rest.

Merging columns is better than renaming decoded entities. A word whose probability is spread over
``B-Artist`` and ``B-OtherPER`` is surely a PER, and a name whose words the model calls ``B-Artist
I-OtherPER`` is one PER; decoded with fine types, neither would be found. Scores stay probabilities:
the merged column holds the sum of the probabilities of its parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nerbridge.alignment.inference import Forward, Logits
from nerbridge.alignment.label_columns import merge_columns
from nerbridge.errors import InputError
from nerbridge.labels import DEFAULT_TYPES, LabelSet
from nerbridge.models.word_model import TokenClassifier
from nerbridge.type_maps import TypeMap, map_tags, map_types


def with_mapped_types(model: TokenClassifier, type_map: TypeMap) -> TokenClassifier:
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
