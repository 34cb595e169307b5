from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("skia", reason="drawing needs skia-python: pip install 'ims-avatar[train]'")

from ims_avatar.training.drawn.characters.cast import STYLES
from ims_avatar.training.drawn.characters.drawing import View, draw, pose_matrix
from ims_avatar.training.drawn.characters.idle import LOOP_LENGTH, idle_frame
from ims_avatar.training.drawn.characters.mouth import mouth_shape
from ims_avatar.training.drawn.characters.pose import Expression, HeadPose
from ims_avatar.training.drawn.characters.style import CLARA, CharacterStyle
from ims_avatar.training.drawn.crop import find_crop, loop_matrices, paste_box
from ims_avatar.training.drawn.lip_corpus import corner_cases, random_lip_codes

EVERYBODY = pytest.mark.parametrize("style", STYLES.values(), ids=lambda style: style.name)
REST = np.zeros(8, np.float32)
MOUTH = View(np.array([[1.0, 0.0, -160.0], [0.0, 1.0, -290.0]]), 192, 140, 1)


def code(**components: float) -> NDArray[np.float32]:
    names = ("opening", "width", "rounding", "raise_", "tuck", "jaw", "corner", "tongue")
    return np.array([components.get(name, 0.0) for name in names], np.float32)


@EVERYBODY
def test_a_picture_is_a_pure_function_of_what_it_shows(style: CharacterStyle) -> None:
    idle = idle_frame(17, style.habit)
    arguments = (style, code(opening=0.3, jaw=0.2), idle.pose, idle.expression, MOUTH)
    assert (draw(*arguments) == draw(*arguments)).all()


@EVERYBODY
def test_every_component_shows(style: CharacterStyle) -> None:
    still = draw(style, code(opening=0.25, jaw=0.2), view=MOUTH).astype(int)
    moved = {"opening": 0.3, "width": 0.1, "rounding": 0.8, "raise_": 0.08, "tuck": 1.0, "jaw": 0.3, "corner": 0.05}
    for name, value in {**moved, "tongue": 1.0}.items():
        other = draw(style, code(**{"opening": 0.25, "jaw": 0.2, name: value}), view=MOUTH)
        assert np.abs(other - still).max() > 20, name


@EVERYBODY
def test_closed_lips_leave_no_gap_and_open_ones_the_gap_asked_for(style: CharacterStyle) -> None:
    for lips in random_lip_codes(np.random.default_rng(0), 50):
        shape = mouth_shape(style, lips)
        gap = shape.lower_inner[:, 1] - shape.upper_inner[:, 1]
        assert gap.min() >= 0
        assert gap.max() == pytest.approx(max(float(lips[0]), 0) * style.face.mouth_width, abs=1e-4)
    closed = mouth_shape(style, REST)
    assert (closed.upper_inner == closed.lower_inner).all()


@EVERYBODY
def test_lips_move_as_named(style: CharacterStyle) -> None:
    rest = mouth_shape(style, REST)
    wide, raised, smile = (mouth_shape(style, code(**{n: 0.05})) for n in ("width", "raise_", "corner"))
    assert np.ptp(wide.upper_outer[:, 0]) == pytest.approx(1.05 * np.ptp(rest.upper_outer[:, 0]))
    assert raised.upper_outer[40, 1] < rest.upper_outer[40, 1]
    assert smile.upper_outer[0, 1] < rest.upper_outer[0, 1]
    assert mouth_shape(style, code(jaw=0.3)).chin_drop > 5


@EVERYBODY
def test_eyes_close_and_the_head_turns(style: CharacterStyle) -> None:
    eyes = View(np.array([[1.0, 0.0, -160.0], [0.0, 1.0, 26 - style.face.eye_y]]), 192, 50, 1)
    open_, shut = (draw(style, REST, expression=Expression(blink=b), view=eyes).astype(int) for b in (0.0, 1.0))
    assert np.abs(open_ - shut).mean() > 5
    turned = pose_matrix(style, HeadPose(dx=3, rotation=2.0, scale=1.01))
    assert np.linalg.det(turned[:, :2]) == pytest.approx(1.01**2)


@EVERYBODY
def test_the_idle_loop_closes(style: CharacterStyle) -> None:
    """The step from the last frame to the first is no larger than the others."""

    def distance(a: int, b: int) -> float:
        first, second = (dataclasses.astuple(idle_frame(i, style.habit).pose) for i in (a, b))
        return float(np.abs(np.subtract(first, second)).max())

    steps = [distance(i, i + 1) for i in range(LOOP_LENGTH - 1)]
    assert distance(LOOP_LENGTH - 1, 0) <= max(steps)
    blinks = [idle_frame(i, style.habit).expression.blink for i in range(LOOP_LENGTH)]
    assert max(blinks) == 1.0 and blinks[0] == blinks[-1] == 0.0
    assert sum(b == 1.0 for b in blinks) == len(style.habit.blinks)


def test_lips_change_nothing_outside_the_mask() -> None:
    crop = find_crop(CLARA, np.random.default_rng(0))
    assert crop.width % 16 == crop.height % 16 == 0
    mask = np.zeros((512, 512), np.float32)
    mask[crop.top : crop.top + crop.height, crop.left : crop.left + crop.width] = crop.mask
    window = mask[290:430, 160:352]
    still = draw(CLARA, REST, view=MOUTH).astype(int)
    for lips in corner_cases(np.random.default_rng(99), 40):
        change = np.abs(draw(CLARA, lips, view=MOUTH) - still).max(axis=2)
        assert (change[window < 0.5] <= 6).all()


def test_no_two_people_look_or_idle_alike() -> None:
    people = list(STYLES.values())
    assert len(people) >= 6 and {p.finish for p in people} == {"soft", "flat", "painted"}
    assert len({p.habit for p in people}) == len({p.face for p in people}) == len(people)


def test_paint_stands_still_on_a_head_that_moves() -> None:
    style = next(style for style in STYLES.values() if style.finish == "painted")
    cheek = View(np.array([[1.0, 0.0, -190.0], [0.0, 1.0, -280.0]]), 60, 30, 1)
    moved = View(np.array([[1.0, 0.0, -194.0], [0.0, 1.0, -282.0]]), 60, 30, 1)
    still = draw(style, REST, view=cheek)
    assert still.astype(float).std(axis=(0, 1)).max() > 4, "strokes show"
    np.testing.assert_allclose(draw(style, REST, HeadPose(dx=4, dy=2), view=moved), still, atol=1)


def test_the_paste_box_holds_the_mask_in_every_frame() -> None:
    crop = find_crop(CLARA, np.random.default_rng(0), samples=60)
    box = paste_box(CLARA, crop)
    assert all(side % 2 == 0 for side in dataclasses.astuple(box))
    rows, columns = np.nonzero(crop.mask)
    places = np.column_stack([columns + 0.5, rows + 0.5])
    for matrix in loop_matrices(CLARA, crop, box).astype(float):
        inside = (places - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        assert inside.min() >= 0 and (inside <= [box.width, box.height]).all()
