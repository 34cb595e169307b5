"""The best path through known phonemes. Needs the extra `train`."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from ims_avatar.driving.phonemes import GROUP_COUNT, PhonemeGroup, PhonemeSpan, group_labels
from tests.support.requirement import missing

pytestmark = pytest.mark.train

TRUTH = (
    PhonemeSpan(0.0, 0.2, PhonemeGroup.PAUSE),
    PhonemeSpan(0.2, 0.3, PhonemeGroup.BILABIAL),
    PhonemeSpan(0.3, 0.5, PhonemeGroup.OPEN),
    PhonemeSpan(0.5, 0.58, PhonemeGroup.SIBILANT),
    PhonemeSpan(0.58, 0.8, PhonemeGroup.PAUSE),
)
TIMES: np.ndarray = np.arange(80) / 100 + 0.005


@pytest.fixture(autouse=True)
def _needs_scipy() -> None:
    if importlib.util.find_spec("scipy") is None:
        missing("scipy is not installed: pip install ims-avatar[train]")


def scores() -> np.ndarray:
    """Of a network that is right three times out of four."""
    seen = np.full((80, GROUP_COUNT), -4.0, np.float32)
    labels = group_labels(TRUTH, TIMES)
    seen[np.arange(80), labels] = -0.3
    wrong = np.random.default_rng(1).choice(80, 20, replace=False)
    seen[wrong, PhonemeGroup.VELAR] = -0.1
    return seen


def test_borders_move_to_where_the_network_hears_them() -> None:
    from ims_avatar.training.speech.corpus_refine import best_path

    late = [PhonemeSpan(s.start + 0.06 * (k > 0), s.end + 0.06 * (k < 4), s.group) for k, s in enumerate(TRUTH)]
    path = best_path(scores(), TIMES, late)
    assert path is not None
    borders = TIMES[np.flatnonzero(np.diff(path)) + 1]
    np.testing.assert_allclose(borders, [0.2, 0.3, 0.5, 0.58], atol=0.016)


def test_phonemes_that_do_not_fit_give_no_path() -> None:
    from ims_avatar.training.speech.corpus_refine import best_path

    assert best_path(scores()[:8], TIMES[:8], TRUTH) is None
