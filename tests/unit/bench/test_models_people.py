from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")

from tests.bench.models_people import agreement


def _lips(count: int = 300) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    rng = np.random.default_rng(1)
    return np.convolve(rng.normal(0.1, 0.05, count + 8), np.ones(5) / 5, "same")[4 : count + 4]


def test_lips_that_open_less_and_late_are_found_so() -> None:
    true = _lips()
    rendered = 0.8 * np.roll(true, 2)
    found = agreement(rendered, true)
    assert found.lag == pytest.approx(2, abs=0.1) and found.amplitude == pytest.approx(0.8, abs=0.02)
    assert found.r < agreement(0.8 * true, true).r == pytest.approx(1)


def test_pictures_without_a_face_do_not_count_and_still_lips_agree_with_nothing() -> None:
    true = _lips()
    rendered = true.copy()
    rendered[40:60] = np.nan
    assert agreement(rendered, true).r == pytest.approx(1)
    assert agreement(np.full_like(true, 0.1), true).r == 0
