from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.enrol.framing import EYE_DISTANCE, NEAREST_EYE_DISTANCE, SIZE, Frame, framing_of
from ims_avatar.enrol.reference import Reference
from ims_avatar.enrol.warping import transformed
from ims_avatar.faces import geometry as g


def _face(reference: Reference, eye_distance: float, x: float, y: float, degrees: float = 0.0) -> g.Points:
    """Clara's landmarks so large, the middle of her eyes at (x, y), tilted clockwise."""
    size = eye_distance / g.eye_distance(reference.points)
    angle = np.radians(degrees)
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    eyes = reference.points[list(g.OUTER_EYES), :2].mean(axis=0)
    return transformed(reference.points, np.column_stack([turn, np.array([x, y]) - turn @ eyes]))


def _tilt(points: g.Points) -> float:
    dx, dy = points[g.OUTER_EYES[1], :2] - points[g.OUTER_EYES[0], :2]
    return float(np.degrees(np.arctan2(dy, dx)))


def test_a_face_with_room_around_it_gets_its_usual_size_and_place(reference: Reference) -> None:
    points = _face(reference, 200, 1000, 700)
    shown = transformed(points, framing_of(points, 2000, 1500))
    assert g.eye_distance(shown) == pytest.approx(EYE_DISTANCE, abs=0.1)
    eyes = shown[list(g.OUTER_EYES), :2].mean(axis=0)
    assert eyes == pytest.approx([SIZE / 2, 0.42 * SIZE], abs=6)


def test_a_small_face_is_not_enlarged_more_than_half(reference: Reference) -> None:
    points = _face(reference, 62, 400, 300)
    assert g.eye_distance(transformed(points, framing_of(points, 800, 600))) == pytest.approx(93, abs=0.5)


def test_a_source_with_little_around_the_face_is_cut_nearer(reference: Reference) -> None:
    points = _face(reference, 140, 256, 230)
    matrix = framing_of(points, 512, 512)
    assert matrix == pytest.approx(np.eye(2, 3), abs=1e-6)
    points = _face(reference, 240, 256, 240)
    assert g.eye_distance(transformed(points, framing_of(points, 512, 512))) == pytest.approx(NEAREST_EYE_DISTANCE)


def test_the_square_stays_inside_the_source_where_it_can(reference: Reference) -> None:
    points = _face(reference, 112, 300, 180)
    matrix = framing_of(points, 1200, 900)
    corners = g.apply(g.inverse(matrix), np.array([[0.0, 0.0], [SIZE, SIZE]]))
    assert corners.min() >= -1e-6 and (corners[1] <= [1200, 900]).all()


@pytest.mark.parametrize(("degrees", "left"), [(6.0, 6.0), (-25.0, 0.0), (90.0, 0.0), (180.0, 0.0)])
def test_a_head_tilted_more_than_people_do_is_set_upright(degrees: float, left: float, reference: Reference) -> None:
    points = _face(reference, 120, 600, 600, degrees)
    shown = transformed(points, framing_of(points, 1200, 1200))
    before = _tilt(_face(reference, 120, 600, 600))
    assert _tilt(shown) == pytest.approx(left + before if left else 0.0, abs=0.1)


def test_what_the_source_does_not_show_is_never_black(reference: Reference) -> None:
    source = np.full((300, 300, 3), 180, np.uint8)
    source[:, ::2] = 200
    points = _face(reference, 150, 150, 140)
    picture = Frame(framing_of(points, 300, 300), 300, 300).cut(source)
    assert picture.shape == (SIZE, SIZE, 3)
    assert picture.min() >= 175
    left: NDArray[np.uint8] = picture[:, :8]
    assert left.std() < 2.0
