"""All-O models are noticed, and the remedies differ from what was tried."""

import numpy as np
import pytest

from nerbridge.training.collapse import apply_remedy, has_collapsed
from nerbridge.training.stage_settings import BaselineSettings


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


@pytest.mark.parametrize("n_steps", [39, 2000])
def test_every_remedy_changes_something_and_says_what(n_steps: int) -> None:
    tried = [BaselineSettings(learning_rate=1e-3, epochs=3)]
    for _ in range(3):
        settings, said = apply_remedy(tried[-1], n_steps)
        old, new = tried[-1].model_dump(), settings.model_dump()
        assert settings not in tried
        assert all(key in said for key in new if new[key] != old[key])
        assert BaselineSettings.model_validate(new) == settings
        tried.append(settings)


def test_few_steps_get_more_and_many_get_smaller() -> None:
    settings = BaselineSettings(learning_rate=9e-4, epochs=3)
    longer, _ = apply_remedy(settings, n_steps=39)
    gentler, _ = apply_remedy(settings, n_steps=2000)
    assert (longer.epochs, longer.learning_rate) == (9, 9e-4)
    assert (gentler.epochs, gentler.learning_rate) == (3, pytest.approx(3e-4))
    assert longer.class_weights == gentler.class_weights == "balanced"
