from __future__ import annotations

from itertools import pairwise

import numpy as np

from ims_avatar.driving.lip_range import HIGHEST, LOWEST
from ims_avatar.training.drawn.lip_corpus import corner_cases, random_lip_codes, random_spans, speech_like


def test_codes_stay_in_range_and_fill_it() -> None:
    codes = random_lip_codes(np.random.default_rng(1), 4000)
    assert codes.shape == (4000, 8) and codes.dtype == np.float32
    assert (codes >= LOWEST).all() and (codes <= HIGHEST).all()
    assert (codes.max(axis=0) > 0.8 * HIGHEST).all() and codes[:, 1].min() < -0.25


def test_the_same_seed_gives_the_same_codes() -> None:
    first, second = (random_lip_codes(np.random.default_rng(7), 300) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_speech_has_pauses_closures_and_wide_open_vowels() -> None:
    opening = speech_like(np.random.default_rng(2), 3000)[:, 0]
    assert 0.05 < float((opening < 0.02).mean()) < 0.5
    assert opening.max() > 0.35


def test_spans_are_in_order_and_within_the_duration() -> None:
    spans = random_spans(np.random.default_rng(3), 20.0)
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(spans))
    assert spans[-1].end <= 20.0


def test_corner_cases_are_as_many_as_asked() -> None:
    assert corner_cases(np.random.default_rng(4), 9).shape == (9, 8)
    assert random_lip_codes(np.random.default_rng(4), 0).shape == (0, 8)
