"""The crop that training and call time share."""

from __future__ import annotations

import numpy as np
import pytest

from ims_avatar.enrol.crop import cut, face_crop, steadied
from ims_avatar.enrol.inside import paint_inside
from ims_avatar.enrol.mask import paste_mask
from ims_avatar.faces import geometry as g
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.lip_code import CROP_HEIGHT, CROP_MOUTH, CROP_WIDTH, KNOTS
from tests.unit.enrol.conftest import Picture


def test_the_resting_mouth_is_where_every_crop_has_it(clara_film: Picture, finder: FaceFinder) -> None:
    points = finder.faces(clara_film[0])[0].points
    crop = face_crop([points])
    assert crop.rest.centre_x == pytest.approx(CROP_MOUTH[0], abs=0.01)
    seam = crop.rest.lips[1:3, KNOTS // 2].mean()
    assert seam == pytest.approx(CROP_MOUTH[1], abs=0.01)
    lips = g.apply(crop.to_crop(points), points)[[g.UPPER_INNER[5], g.LOWER_INNER[5]]]
    assert lips.mean(axis=0) == pytest.approx(CROP_MOUTH, abs=1.5)


def test_a_turned_and_shrunk_picture_gives_the_same_crop(clara_film: Picture, finder: FaceFinder) -> None:
    import cv2

    whole = clara_film[0]
    turn = cv2.getRotationMatrix2D((256, 256), 17, 0.6)
    other = np.asarray(cv2.warpAffine(whole, turn, (512, 512), flags=cv2.INTER_AREA), np.uint8)
    points = finder.faces(whole)[0].points
    moved = points.copy()
    moved[:, :2] = g.apply(turn, points[:, :2] - 0.5) + 0.5
    crop = face_crop([points])
    a, b = cut(whole, crop.to_crop(points))[0], cut(other, crop.to_crop(moved))[0]
    assert np.abs(a.astype(int) - b)[10:-10, 10:-10].mean() < 3.0


def test_colours_are_those_of_video(clara_film: Picture) -> None:
    grey = np.full((300, 300, 3), 255, np.uint8)
    luma, chroma = cut(grey, np.array([[1.0, 0, -20], [0, 1.0, -20]]))
    assert luma.shape == (CROP_HEIGHT, CROP_WIDTH) and (luma == 235).all() and (chroma == 128).all()


def test_a_crop_that_leaves_the_picture_goes_on_with_its_edge() -> None:
    grey = np.full((60, 60, 3), 90, np.uint8)
    luma, _ = cut(grey, np.array([[1.0, 0, -40], [0, 1.0, -40]]))
    assert (luma == luma[0, 0]).all()


def test_matrices_of_a_film_do_not_tremble() -> None:
    rng = np.random.default_rng(3)
    way = [np.array([[1.0, 0, t / 10], [0, 1.0, 0]]) for t in range(60)]
    trembling = [m + np.array([[0, 0, 1], [0, 0, 1]]) * rng.normal(0, 0.5, (2, 3)) for m in way]
    off = [np.abs(np.stack(film) - np.stack(way))[:, :, 2].mean() for film in (trembling, steadied(trembling))]
    assert off[1] < 0.6 * off[0]


def test_the_mask_holds_mouth_and_chin_and_ends_softly(clara_film: Picture, finder: FaceFinder) -> None:
    rest = face_crop([finder.faces(clara_film[0])[0].points]).rest
    mask = paste_mask(rest)
    assert mask[int(rest.lips[0].min()) : int(rest.chin), int(rest.centre_x)].min() > 0.95
    assert mask[[0, -1]].max() == 0 and mask[:, [0, -1]].max() == 0
    assert np.abs(np.diff(mask, axis=1)).max() < 0.35


def test_teeth_are_brighter_than_the_tongue_and_follow_the_light() -> None:
    bright, dark = paint_inside(180.0), paint_inside(60.0)
    teeth, tongue = bright[0, 14, 34], bright[4, 13, 34]
    assert teeth > 1.3 * tongue and (bright[7] == 1.0).all() and bright[3, 20, 34] == 0.0
    assert dark[0, 14, 34] < 0.7 * bright[0, 14, 34]


def test_nothing_in_a_mouth_is_green() -> None:
    textures = paint_inside(150.0).reshape(2, 4, 32, 64)
    blue, red = textures[:, 1] * 255, textures[:, 2] * 255
    assert blue.min() > 110 and red.min() > 128
