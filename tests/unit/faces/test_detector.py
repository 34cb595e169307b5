from __future__ import annotations

import numpy as np
import pytest

from ims_avatar.faces.attention import look_again
from ims_avatar.faces.detector import _merged, overlap


def test_overlap_is_intersection_over_union() -> None:
    others = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [2, 2, 2, 2]], float)
    assert overlap(others[0], others) == pytest.approx([1, 1 / 3, 0, 0])


def test_overlapping_boxes_become_their_mean_weighted_by_score() -> None:
    boxes = np.array([[0, 0, 10, 10, 1, 1, 1, 1], [1, 0, 11, 10, 2, 1, 2, 1], [50, 50, 60, 60, 0, 0, 0, 0]], float)
    merged = _merged(boxes, np.array([0.6, 0.9, 0.7]))
    assert [score for _, score in merged] == [0.9, 0.7]
    assert merged[0][0][[0, 2, 4]] == pytest.approx([0.6, 10.6, 1.6])


def test_looking_again_samples_between_cells_and_finds_nothing_outside() -> None:
    features = np.arange(16, dtype=np.float32).reshape(4, 4, 1)
    same = look_again(features, np.array([[1.0, 0, 0], [0, 1, 0]]), 4)
    assert (same[0] == features).all()
    shifted = look_again(features, np.array([[1.0, 0, 0.5], [0, 1, 0.25]]), 4)[0, :, :, 0]
    assert shifted[0, 0] == pytest.approx(0.5 + 0.25 * 4)
    assert (shifted[:, 3] == 0).all() and (shifted[3] == 0).all()
