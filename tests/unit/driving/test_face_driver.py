"""What a driver does is read against that driver's own face at rest; where and whose the face is does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

import ims_avatar

pytest.importorskip("ai_edge_litert", reason="finding faces needs pip install 'ims-avatar[vision]'")
pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")

from ims_avatar.driving.face_driver import FaceDriver, State, lip_code_of, motion_in
from ims_avatar.faces import geometry as g
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.lip_code import lines_of, mouth_lines

Points = NDArray[np.float32]
LOWER_FACE = (*g.LOWER_INNER[1:-1], *g.LOWER_OUTER[1:-1], *g.CHIN_TIP)


@pytest.fixture(scope="module")
def resting() -> Points:
    """Clara's face, her mouth closed."""
    film = Path(ims_avatar.__file__).parent / "avatars/library/clara/1/loop.mp4"
    with av.open(str(film)) as container:
        rgb = next(container.decode(video=0)).to_ndarray(format="rgb24")
    return FaceFinder().faces(np.asarray(rgb, np.uint8))[0].points


def opened(points: Points, pixels: float) -> Points:
    face = points.copy()
    face[list(LOWER_FACE), 1] += pixels
    return face


def blinking(points: Points, share: float) -> Points:
    face = points.copy()
    for upper, lower in (*g.LEFT_LIDS, *g.RIGHT_LIDS):
        face[upper, :2] += share * (face[lower, :2] - face[upper, :2])
    return face


def placed(points: Points, scale: float, degrees: float, dx: float, dy: float) -> Points:
    """The same face elsewhere in the picture, larger and tilted."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = points[:, :2].mean(axis=0)
    xy = (points[:, :2] - middle) @ turn.T * scale + middle + (dx, dy)
    return np.column_stack([xy, points[:, 2] * scale]).astype(np.float32)


def states(faces: Sequence[Points | None]) -> list[State]:
    """At 25 pictures a second, all learnt before the first is read."""
    driver = FaceDriver()
    for index, face in enumerate(faces):
        driver.learn(index / 25, face)
    driver.relearn(len(faces) / 25)
    return [driver.state(index / 25, face) for index, face in enumerate(faces)]


def talking(points: Points) -> list[Points | None]:
    swing = np.maximum(np.sin(np.arange(75) / 4), 0) * 25
    return [opened(points, float(pixels)) for pixels in swing]


def test_the_code_is_the_opening_in_mouth_widths(resting: Points) -> None:
    width = 2 * mouth_lines(resting).half_width
    codes = np.array([lip_code_of(state) for state in states(talking(resting))])
    wanted = np.maximum(np.sin(np.arange(75) / 4), 0) * 25 / width
    assert codes[:, 0] == pytest.approx(wanted, abs=0.02)
    assert np.abs(codes[wanted == 0]).max() < 0.03


def test_the_same_speech_gives_the_same_codes_wherever_the_face_is(resting: Points) -> None:
    here = np.array([lip_code_of(state) for state in states(talking(resting))])
    moved = [placed(face, 0.5, 12.0, 60.0, -40.0) for face in talking(resting) if face is not None]
    there = np.array([lip_code_of(state) for state in states(moved)])
    assert np.abs(here - there).max() < 0.02


def test_the_shape_of_the_driver_does_not_leak(resting: Points) -> None:
    """A driver with a wider mouth, thicker lips and a longer chin, at rest, drives no differently."""
    other = resting.copy()
    mouth = [*g.UPPER_OUTER, *g.UPPER_INNER, *g.LOWER_INNER, *g.LOWER_OUTER]
    centre = other[mouth, :2].mean(axis=0)
    other[mouth, :2] = centre + (other[mouth, :2] - centre) * (1.3, 1.6)
    other[list(g.CHIN_LINE), 1] += 20
    assert np.abs(np.array(states([other] * 20))).max() < 1e-6


def test_eyes_that_close_close_and_a_wink_stays_a_wink(resting: Points) -> None:
    shut = blinking(resting, 0.9)
    wink = resting.copy()
    for upper, lower in g.LEFT_LIDS:
        wink[upper, :2] += 0.9 * (wink[lower, :2] - wink[upper, :2])
    open_, closed, winked = (motion_in(state) for state in states([resting] * 10 + [shut, wink])[9:])
    assert max(open_.lids) < 0.05
    assert min(closed.lids) > 0.95
    assert winked.lids[0] > 0.9 and winked.lids[1] < 0.1


def test_the_head_is_followed_smoothly(resting: Points) -> None:
    aside = placed(resting, 1.0, 3.0, 8.0, 0.0)
    motions = [motion_in(state) for state in states([resting] * 50 + [aside] * 20)]
    assert abs(motions[49].roll) < 0.1 and abs(motions[49].dx) < 0.01
    rolls = [motion.roll for motion in motions[50:]]
    assert rolls == sorted(rolls) and 0.5 < rolls[0] < rolls[-1] and rolls[-1] == pytest.approx(2.7, abs=0.4)


def test_a_lost_face_comes_to_rest(resting: Points) -> None:
    after = states([resting] * 20 + [opened(resting, 25.0)] * 2 + [None] * 10)
    assert after[21][0] > 0.2
    assert np.abs(after[25]).max() < 0.35 * np.abs(after[21]).max()
    assert np.abs(after[-1]).max() < 0.02


def test_another_driver_is_learnt_anew(resting: Points) -> None:
    elsewhere = opened(placed(resting, 0.4, 0.0, 150.0, 80.0), 10.0)
    driver = FaceDriver()
    for index in range(20):
        driver.learn(index / 25, resting)
    driver.learn(1.0, elsewhere)
    assert lip_code_of(driver.state(1.0, elsewhere))[0] < 0.02


def test_lines_and_code_of_a_driver_are_those_of_renderers(resting: Points) -> None:
    """What is driven is what is drawn: the code of an opened face asks for that face's lines."""
    face = opened(resting, 20.0)
    code = lip_code_of(states([resting] * 20 + [face])[-1])
    asked = lines_of(code, mouth_lines(resting))
    assert asked.gap == pytest.approx(mouth_lines(face).gap, rel=0.1)
