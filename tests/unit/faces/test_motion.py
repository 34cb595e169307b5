from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.faces import geometry as g
from ims_avatar.faces.checks import eye_opening
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.landmarks import Face
from ims_avatar.faces.motion import MOST_ROLL, MOST_SHIFT, FaceMotion, FaceMover, motion_of
from tests.unit.faces.pictures import i420_of, rgb_of

Picture = NDArray[np.uint8]
TURNED = FaceMotion(dx=0.06, dy=-0.04, roll=3.0, scale=1.02)


@pytest.fixture(scope="module")
def still(clara: Picture) -> Picture:
    return i420_of(clara)


@pytest.fixture(scope="module")
def mover(face: Face, still: Picture) -> FaceMover:
    return FaceMover(face.points, 512, 512, still)


def test_without_motion_the_picture_stays_and_is_another_one(mover: FaceMover, still: Picture) -> None:
    moved = mover.move(still, FaceMotion())
    assert moved is not still
    assert (moved == still).all()


def test_the_mouth_and_the_eyes_go_where_the_matrix_says(mover: FaceMover, still: Picture, finder: FaceFinder) -> None:
    before = finder.faces(rgb_of(still))[0].points
    after = finder.faces(rgb_of(mover.move(still, TURNED)))[0].points
    looked_at = [*g.OUTER_EYES, g.LEFT_CORNER, g.RIGHT_CORNER, *g.CHIN_TIP]
    expected = g.apply(mover.head_matrix(TURNED), before[looked_at])
    moved = np.linalg.norm(expected - before[looked_at, :2], axis=1)
    error = np.linalg.norm(after[looked_at, :2] - expected, axis=1)
    assert moved.min() > 4
    assert error.mean() < 1.5


def test_pixels_around_the_mouth_follow_the_matrix_exactly(mover: FaceMover, still: Picture, face: Face) -> None:
    shift = FaceMotion(dx=4 / g.eye_distance(face.points), dy=6 / g.eye_distance(face.points))
    assert np.allclose(mover.head_matrix(shift), [[1, 0, 4], [0, 1, 6]])
    moved = mover.move(still, shift).astype(int)
    x, y = face.points[13, :2].astype(int)
    after, before = moved[y - 44 : y + 66, x - 64 : x + 74], still[y - 50 : y + 60, x - 68 : x + 70]
    assert np.abs(after - before).max() <= 1


def test_corners_and_edges_hold_still(mover: FaceMover, still: Picture) -> None:
    moved = mover.move(still, FaceMotion(dx=MOST_SHIFT, dy=MOST_SHIFT, roll=MOST_ROLL, scale=1.05, breath=1.0))
    difference = np.abs(moved[:512].astype(int) - still[:512])
    assert difference[:60, :60].max() <= 1 and difference[:60, -60:].max() <= 1
    assert max(edge.max() for edge in (difference[0], difference[-1], difference[:, 0], difference[:, -1])) <= 2


def test_nothing_tears_however_far_the_head_goes(mover: FaceMover) -> None:
    """A slope stays a slope: no row of it goes back."""
    slope = np.tile(np.linspace(16, 235, 512).astype(np.uint8), (768, 1))
    for sign in (-1, 1):
        motion = FaceMotion(dx=sign * MOST_SHIFT, dy=MOST_SHIFT, roll=sign * MOST_ROLL)
        for picture, axis in ((slope, 1), (np.concatenate([slope[:512].T, slope[512:]]), 0)):
            steps = np.diff(mover.move(picture, motion)[:512].astype(int), axis=axis)
            assert steps.min() >= -1


def test_breath_raises_the_shoulders_and_not_the_face(mover: FaceMover, still: Picture, face: Face) -> None:
    moved = mover.move(still, FaceMotion(breath=1.0)).astype(int)
    chin = int(face.points[152, 1])
    assert np.abs(moved[: chin + 20] - still[: chin + 20]).max() <= 1
    assert np.abs(moved[440:480, 200:312] - still[442:482, 200:312]).mean() < 4
    assert np.abs(moved[440:480, 200:312] - still[440:480, 200:312]).max() > 20


@pytest.mark.parametrize("side", [0, 1])
def test_a_lid_closes_its_own_eye_only(side: int, mover: FaceMover, still: Picture, finder: FaceFinder) -> None:
    lids = (1.0, 0.0) if side == 0 else (0.0, 1.0)
    winking = motion_of(
        finder.faces(rgb_of(mover.move(still, FaceMotion(lids=lids))))[0].points,
        finder.faces(rgb_of(still))[0].points,
    )
    assert winking.lids[side] > 0.6
    assert winking.lids[1 - side] < 0.25


def test_closed_lids_are_skin(mover: FaceMover, still: Picture, face: Face, finder: FaceFinder) -> None:
    shut = mover.move(still, FaceMotion(lids=(1.0, 1.0)))
    assert eye_opening(finder.faces(rgb_of(shut))[0]) < 0.4 * eye_opening(face)
    chroma = shut[512:].reshape(2, 256, 256)
    skin_x, skin_y = (face.points[118, :2] / 2).astype(int)
    for iris in (468, 473):
        x, y = (face.points[iris, :2] / 2).astype(int)
        assert np.abs(chroma[:, y, x].astype(int) - chroma[:, skin_y, skin_x]).max() < 8


def test_half_closed_lids_leave_the_eye_below_as_it_is(mover: FaceMover, still: Picture, face: Face) -> None:
    half = mover.move(still, FaceMotion(lids=(0.5, 0.5)))
    x, y = face.points[468, :2].astype(int)
    lower = int(face.points[145, 1])
    assert (half[lower - 8 : lower, x - 6 : x + 6] == still[lower - 8 : lower, x - 6 : x + 6]).all()
    assert (half[y - 20 : y - 6, x - 6 : x + 6] != still[y - 20 : y - 6, x - 6 : x + 6]).mean() > 0.5


def _posed(points: g.Points, degrees: float, scale: float, shift: tuple[float, float]) -> g.Points:
    """The face turned around its neck, as `FaceMover` turns heads."""
    turned = points.copy()
    angle = math.radians(degrees)
    turn = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    unit = g.eye_distance(points)
    neck = points[list(g.CHIN_TIP), :2].mean(axis=0) + np.array([0, 0.36 * unit])
    turned[:, :2] = (points[:, :2] - neck) @ turn.T + neck + unit * np.array(shift)
    return turned


def test_a_drivers_head_is_read_as_it_was_moved(face: Face) -> None:
    motion = motion_of(_posed(face.points, 2.0, 1.01, (0.03, -0.02)), face.points)
    assert motion.roll == pytest.approx(2.0, abs=0.15)
    assert motion.scale == pytest.approx(1.01, abs=0.002)
    assert (motion.dx, motion.dy) == pytest.approx((0.03, -0.02), abs=0.004)
    assert motion.lids == (0.0, 0.0)
    still = motion_of(face.points, face.points)
    assert (still.dx, still.dy, still.roll, still.scale) == pytest.approx((0, 0, 0, 1), abs=1e-9)


def test_a_drivers_wild_head_stays_within_what_a_picture_can_follow(face: Face) -> None:
    motion = motion_of(_posed(face.points, 40.0, 1.5, (-3.0, 3.0)), face.points)
    assert abs(motion.dx) <= MOST_SHIFT and abs(motion.dy) <= MOST_SHIFT
    assert abs(motion.roll) <= MOST_ROLL and motion.scale <= 1.05


def test_lids_are_measured_against_the_drivers_own_eyes(face: Face) -> None:
    def narrowed(share: float) -> FaceMotion:
        points = face.points.copy()
        for upper, lower in (*g.LEFT_LIDS, *g.RIGHT_LIDS):
            points[upper, :2] = points[lower, :2] + share * (points[upper, :2] - points[lower, :2])
        return motion_of(points, face.points)

    assert narrowed(0.92).lids == (0.0, 0.0)
    assert 0.3 < narrowed(0.5).lids[0] < 0.7
    assert narrowed(0.1).lids == (1.0, 1.0)
