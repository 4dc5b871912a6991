"""All-O models are noticed, and the remedies differ from what was tried."""

import numpy as np
import pytest

from nerbridge.training.collapse import apply_remedy, has_collapsed
from nerbridge.training.recipe import BaselineSettings


@pytest.mark.parametrize(
    ("counts", "collapsed"),
    [
        ([[0, 0, 3], [0, 0, 1]], True),
        ([[0, 1, 3]], False),
        ([[1, 0, 3]], False),
        ([[0, 0, 0]], False),  # nothing to find
        (np.zeros((0, 3)), False),
        (np.zeros((4, 3, 3)), False),
        (np.tile([0, 0, 1], (4, 3, 1)), True),
    ],
)
def test_no_entity_found_where_there_are_some(counts: object, collapsed: bool) -> None:
    assert has_collapsed(np.asarray(counts, dtype=np.int64)) is collapsed


def test_every_remedy_changes_something_and_says_what() -> None:
    first = BaselineSettings(learning_rate=1e-5, epochs=3)
    tried = [first]
    for attempt in (1, 2, 3):
        settings, said = apply_remedy(tried[-1], attempt)
        assert settings not in tried
        tried.append(settings)
        changed = {
            key
            for key, value in settings.model_dump().items()
            if value != tried[-2].model_dump()[key]
        }
        assert all(key in said for key in changed)
    assert tried[1].class_weights == "balanced"
    assert [settings.epochs for settings in tried] == [3, 3, 6, 12]
    assert BaselineSettings.model_validate(tried[-1].model_dump()) == tried[-1]
