from __future__ import annotations

import numpy as np
import pytest

from ims_avatar.enrol.warping import composed, transformed, warped
from ims_avatar.faces import geometry as g

SHIFT = np.array([[1.0, 0.0, 3.0], [0.0, 1.0, -2.0]])


def test_a_shift_by_whole_pixels_changes_no_pixel() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    moved = warped(picture, SHIFT, 30, 20)
    assert (moved[:18, 3:] == picture[2:, :27]).all()
    assert (moved[:, 0] == moved[:, 2]).all()  # the edge goes on outside


def test_shrinking_averages() -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (40, 20))
    small = warped(np.repeat(stripes[..., None], 3, axis=2), np.diag([0.25, 0.25, 0])[:2], 10, 10)
    assert np.abs(small.astype(int) - 127).max() < 20


@pytest.mark.parametrize("scale", [0.3, 1.0, 1.5])
def test_pictures_and_points_go_the_same_way(scale: float) -> None:
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[38:42, 58:62] = 255
    turn = scale * np.array([[0.9, -0.2], [0.2, 0.9]])
    matrix = np.column_stack([turn, [5.0, 8.0]])
    bright = warped(picture, matrix, 150, 150)[..., 0].astype(float)
    y, x = np.mgrid[:150, :150] + 0.5
    middle = np.array([(x * bright).sum(), (y * bright).sum()]) / bright.sum()
    assert middle == pytest.approx(g.apply(matrix, np.array([60.0, 40.0])), abs=0.15)


def test_depth_keeps_the_scale_of_the_picture() -> None:
    points = np.array([[1.0, 2.0, 3.0]], np.float32)
    assert transformed(points, 2 * SHIFT) == pytest.approx(np.array([[8.0, 0.0, 6.0]]))


def test_maps_are_done_one_after_the_other() -> None:
    double = np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    place = np.array([5.0, 7.0])
    assert g.apply(composed(double, SHIFT), place) == pytest.approx([16.0, 10.0])
    assert g.apply(composed(SHIFT, double), place) == pytest.approx([13.0, 12.0])
