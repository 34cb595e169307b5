"""Cuts are found; motion, light and noise are none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.render.cuts import CutDetector

Picture = NDArray[np.uint8]
RNG = np.random.default_rng(3)


def room(seed: int) -> Picture:
    """Soft shapes of many grey values."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:180, 0:320]
    picture = np.full((180, 320), float(rng.uniform(40, 200)))
    for _ in range(12):
        cx, cy, size, light = rng.uniform(0, 320), rng.uniform(0, 180), rng.uniform(15, 70), rng.uniform(-120, 120)
        picture += light * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / size**2)
    return picture.clip(16, 235).astype(np.uint8)


def cuts(pictures: list[Picture]) -> list[int]:
    detector = CutDetector()
    return [index for index, picture in enumerate(pictures) if detector.push(picture)]


def noisy(picture: Picture) -> Picture:
    return (picture + RNG.normal(0, 6, picture.shape)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("shots", [(10, 15, 20), (1, 1, 8), (40, 3)])
def test_every_cut_is_found_at_its_picture(shots: tuple[int, ...]) -> None:
    film = [noisy(room(shot)) for shot, length in enumerate(shots) for _ in range(length)]
    assert cuts(film) == list(np.cumsum(shots[:-1]))


def test_a_fast_pan_is_no_cut() -> None:
    wide = np.concatenate([room(1), room(2)[:, ::-1], room(3)], axis=1)
    assert cuts([wide[:, 14 * k : 14 * k + 320] for k in range(40)]) == []


def test_fading_light_is_no_cut() -> None:
    picture = room(4).astype(np.float64)
    assert cuts([(picture * share).astype(np.uint8) for share in np.linspace(1.0, 0.1, 25)]) == []


def test_a_cut_out_of_motion_is_found() -> None:
    wide = np.concatenate([room(1), room(2)], axis=1)
    film = [wide[:, 6 * k : 6 * k + 320] for k in range(20)] + [room(9)] * 5
    assert cuts(film) == [20]


def test_pictures_of_any_size_are_taken() -> None:
    for shape in ((27, 48), (28, 50), (1080, 1920), (97, 201)):
        assert cuts([np.full(shape, 50, np.uint8), np.full(shape, 200, np.uint8)]) == [1]
