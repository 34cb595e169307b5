from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.faces import landmarks as lm
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.landmarks import Face
from tests.unit.faces.pictures import blurred, landscape, pasted, scaled, turned

Picture = NDArray[np.uint8]


def _eye_distance(face: Face) -> float:
    return float(np.linalg.norm(face.points[lm.RIGHT_EYE_OUTER, :2] - face.points[lm.LEFT_EYE_OUTER, :2]))


def _redness(picture: Picture, points: NDArray[np.float32]) -> float:
    """How much redder than green the picture is there, on average."""
    x, y = points[:, 0].astype(int), points[:, 1].astype(int)
    colours = picture[y, x].astype(float)
    return float((colours[:, 0] - colours[:, 1]).mean())


def test_a_drawn_face_is_found_with_lips_on_its_lips_and_irises_in_its_eyes(face: Face, clara: Picture) -> None:
    assert face.points.shape == (478, 3) and face.points.dtype == np.float32 and face.score > 0.99
    cheeks = face.points[[50, 280]]
    lower_lip = face.points[[84, 17, 314, 85, 16, 315]]
    assert _redness(clara, lower_lip) > _redness(clara, cheeks) + 15
    for iris, lids in ((lm.LEFT_IRIS, lm.LEFT_LIDS), (lm.RIGHT_IRIS, lm.RIGHT_LIDS)):
        low, high = face.points[list(lids), :2].min(axis=0), face.points[list(lids), :2].max(axis=0)
        centre = face.points[iris[0], :2]
        assert (low < centre).all() and (centre < high).all()
        x, y = centre.astype(int)
        assert clara[y, x].mean() < 90  # the pupil


def test_the_box_is_that_of_the_points(face: Face) -> None:
    left, top, right, bottom = face.box
    assert (left, top) == tuple(face.points[:, :2].min(axis=0))
    assert (right, bottom) == tuple(face.points[:, :2].max(axis=0))


def test_mirrored_points_are_found_in_the_mirrored_picture(finder: FaceFinder, face: Face, clara: Picture) -> None:
    mirrored = finder.faces(np.ascontiguousarray(clara[:, ::-1]))[0]
    for left, right in ((33, 263), (61, 291), (13, 13), (4, 4), (468, 473)):
        expected = (512 - face.points[right, 0], face.points[right, 1])
        assert np.abs(mirrored.points[left, :2] - expected).max() < 3.0


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_points_scale_with_the_picture(finder: FaceFinder, face: Face, clara: Picture, factor: float) -> None:
    found = finder.faces(scaled(clara, factor))
    assert len(found) == 1
    assert np.abs(found[0].points[:, :2] / factor - face.points[:, :2]).max() < 0.03 * _eye_distance(face)


@pytest.mark.parametrize("degrees", [-30, 45, 90, 180])
def test_a_tilted_face_is_found(finder: FaceFinder, face: Face, clara: Picture, degrees: float) -> None:
    found = finder.faces(turned(clara, degrees))
    assert len(found) == 1
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    expected = (face.points[:, :2] - 256) @ turn.T + 256
    assert np.abs(found[0].points[:, :2] - expected).max() < 0.08 * _eye_distance(face)


def test_a_small_face_in_a_large_picture_is_found(finder: FaceFinder, clara: Picture) -> None:
    small = scaled(clara, 0.25)
    found = finder.faces(pasted(landscape(1080, 1920), small, left=1500, top=700))
    assert len(found) == 1
    left, top, right, bottom = found[0].box
    assert 1500 < left < right < 1500 + small.shape[1] and 700 < top < bottom < 700 + small.shape[0]


def test_all_faces_are_found_the_largest_first(finder: FaceFinder, clara: Picture) -> None:
    ground = pasted(landscape(720, 1280), scaled(clara, 0.4), left=40, top=200)
    found = finder.faces(pasted(ground, clara, left=600, top=100))
    assert len(found) == 2
    assert _eye_distance(found[0]) == pytest.approx(2.5 * _eye_distance(found[1]), rel=0.05)
    assert found[0].box[0] > 600 > found[1].box[2]


def test_where_nobody_is_nobody_is_found(finder: FaceFinder, clara: Picture) -> None:
    for picture in (landscape(), landscape(1080, 1920), np.zeros((300, 200, 3), np.uint8), blurred(clara, 60)):
        assert finder.faces(picture) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (40, 2000, 3), (33, 17, 3)])
def test_pictures_of_odd_shapes_do_no_harm(finder: FaceFinder, shape: tuple[int, ...]) -> None:
    assert finder.faces(np.full(shape, 127, np.uint8)) == []
