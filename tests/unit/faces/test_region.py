from __future__ import annotations

import numpy as np
import pytest

from ims_avatar.faces.region import Region, apply, around, cut_out


def _ramp(height: int = 200, width: int = 300) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Red grows by 1 a pixel to the right up to 255, green downwards; blue is full."""
    y, x = np.mgrid[:height, :width]
    return np.stack([np.minimum(x, 255), y, np.full_like(x, 255)], axis=-1).astype(np.uint8)


def test_a_region_of_whole_pixels_is_cut_out_exactly() -> None:
    cut = cut_out(_ramp(), Region(100, 80, 64, 64), 64, repeat_edge=True)
    assert (cut == _ramp()[48:112, 68:132]).all()


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi / 2])
@pytest.mark.parametrize("side", [20.0, 60.0, 140.0])
def test_what_the_cut_out_shows_is_where_the_matrix_says(angle: float, side: float) -> None:
    region = Region(120.3, 95.7, side, side, angle)
    cut = cut_out(_ramp(), region, 32, repeat_edge=True)
    places = np.array([[8.5, 8.5], [20.5, 10.5], [16.5, 24.5]])
    expected = apply(region.matrix(32), places) - 0.5  # the ramp's value at a pixel's centre is its index
    seen = cut[places[:, 1].astype(int), places[:, 0].astype(int), :2]
    assert np.abs(seen - expected).max() < 1.1  # colours are whole numbers, rounded twice


@pytest.mark.parametrize(("repeat_edge", "outside"), [(True, 255), (False, 0)])
@pytest.mark.parametrize("side", [64.0, 1000.0])
def test_outside_the_picture_is_its_edge_or_black(repeat_edge: bool, outside: int, side: float) -> None:
    cut = cut_out(_ramp(), Region(0, 0, side, side), 32, repeat_edge=repeat_edge)
    assert cut[0, 0, 2] == outside and cut[17, 17, 2] == 255


def test_a_region_around_tilted_points_is_level_with_them() -> None:
    box = np.array([[-30, -10], [30, -10], [30, 10], [-30, 10]], float)
    angle = 0.4
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    region = around(box @ turn.T + (50, 70), 0, 1, 1.5)
    assert (region.x, region.y, region.width, region.height, region.angle) == pytest.approx((50, 70, 90, 30, 0.4))
    assert around(box @ turn.T, 0, 1, 1.5, square=True).height == pytest.approx(90)
