"""One picture of a drawn person: a pure function of lip code, head pose and expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ims_avatar.training.drawn.characters.age import draw_freckles, draw_lines
from ims_avatar.training.drawn.characters.beard import draw_beard
from ims_avatar.training.drawn.characters.body import BREATH_PIXELS, draw_backdrop, draw_chin_shadow, draw_neck
from ims_avatar.training.drawn.characters.brushes import Canvas, Matrix, draw_on
from ims_avatar.training.drawn.characters.clothes import draw_clothes
from ims_avatar.training.drawn.characters.eyes import draw_eyes
from ims_avatar.training.drawn.characters.face import draw_brows, draw_head, draw_laugh_lines, draw_nose
from ims_avatar.training.drawn.characters.flat_face import (
    draw_flat_brows,
    draw_flat_chin_shadow,
    draw_flat_eyes,
    draw_flat_head,
    draw_flat_neck,
    draw_flat_neck_line,
    draw_flat_nose,
)
from ims_avatar.training.drawn.characters.flat_mouth import draw_flat_mouth
from ims_avatar.training.drawn.characters.glasses import draw_glasses, draw_temples
from ims_avatar.training.drawn.characters.hair import draw_back_hair, draw_front_hair
from ims_avatar.training.drawn.characters.mouth import MouthShape, draw_mouth, mouth_shape
from ims_avatar.training.drawn.characters.paint import field_offset, paint_over
from ims_avatar.training.drawn.characters.pose import AT_REST, NEUTRAL, Expression, HeadPose
from ims_avatar.training.drawn.characters.style import CharacterStyle

PICTURE_SIZE = 512
"""Width and height in pixels of the picture that all coordinates belong to."""


@dataclass(frozen=True, slots=True)
class View:
    """The part of the picture that is drawn, and how large."""

    matrix: Matrix
    """From the picture's pixels to the output's."""
    width: int
    height: int
    oversampling: int = 2


WHOLE = View(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), PICTURE_SIZE, PICTURE_SIZE)


def pose_matrix(style: CharacterStyle, pose: HeadPose) -> Matrix:
    """From the head at rest to the head in this pose: turned and scaled around the middle of the neck, then moved."""
    angle = np.deg2rad(pose.rotation)
    turn = pose.scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    pivot = np.array([style.face.centre_x, style.face.chin_y + 40.0])
    offset = pivot + np.array([pose.dx, pose.dy]) - turn @ pivot
    return np.column_stack([turn, offset])


def draw(
    style: CharacterStyle,
    lip_code: NDArray[np.float32],
    pose: HeadPose = AT_REST,
    expression: Expression = NEUTRAL,
    view: View = WHOLE,
) -> NDArray[np.uint8]:
    """RGB, uint8 (view.height, view.width, 3). `lip_code` is float32 (8,), see `flow.LipCode`."""
    factor = view.oversampling
    pixels = np.zeros((view.height * factor, view.width * factor, 4), np.uint8)
    to_pixels = factor * view.matrix
    for plane in _planes(style, mouth_shape(style, lip_code), pose, expression):
        matrix = _chained(to_pixels, plane.matrix)
        if style.finish == "painted":
            paint_over(pixels, matrix, plane.draw, field_offset(style), broad=plane.broad)
        else:
            draw_on(pixels, matrix, plane.draw)
    if factor == 1:
        plain: NDArray[np.uint8] = pixels[..., :3].copy()
        return plain
    blocks = pixels[..., :3].reshape(view.height, factor, view.width, factor, 3)
    sums = blocks.sum(axis=(1, 3), dtype=np.uint32)
    mean: NDArray[np.uint8] = ((sums + factor * factor // 2) // (factor * factor)).astype(np.uint8)
    return mean


@dataclass(frozen=True, slots=True)
class _Plane:
    """One thing of the picture that moves as a whole."""

    matrix: Matrix
    draw: Callable[[Canvas], None]
    broad: bool = False
    """Painted with a broad brush."""


def _chained(outer: Matrix, inner: Matrix) -> Matrix:
    return np.column_stack([outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2] + outer[:, 2]])


def _planes(style: CharacterStyle, shape: MouthShape, pose: HeadPose, expression: Expression) -> list[_Plane]:
    """From back to front."""
    flat = style.finish == "flat"
    still = np.eye(2, 3)
    head, body = pose_matrix(style, pose), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, -BREATH_PIXELS * expression.breath]])
    neck, chin_shadow = (draw_flat_neck, draw_flat_chin_shadow) if flat else (draw_neck, draw_chin_shadow)
    face = _draw_flat_face if flat else _draw_face

    def draw_front(canvas: Canvas) -> None:
        face(canvas, style, shape, expression)
        draw_temples(canvas, style)
        draw_front_hair(canvas, style)
        draw_glasses(canvas, style)

    def draw_body(canvas: Canvas) -> None:
        if flat:
            draw_flat_neck_line(canvas, style)
        draw_clothes(canvas, style)

    return [
        _Plane(still, lambda canvas: draw_backdrop(canvas, style, PICTURE_SIZE), broad=True),
        _Plane(head, lambda canvas: draw_back_hair(canvas, style)),
        _Plane(body, lambda canvas: neck(canvas, style)),
        _Plane(head, lambda canvas: chin_shadow(canvas, style, shape.chin_drop)),
        _Plane(body, draw_body),
        _Plane(head, draw_front),
    ]


def _draw_face(canvas: Canvas, style: CharacterStyle, shape: MouthShape, expression: Expression) -> None:
    draw_head(canvas, style, shape.chin_drop)
    draw_lines(canvas, style)
    draw_freckles(canvas, style)
    draw_beard(canvas, style, shape)
    draw_laugh_lines(canvas, style)
    draw_nose(canvas, style)
    draw_eyes(canvas, style, expression)
    draw_brows(canvas, style, expression)
    draw_mouth(canvas, style, shape)


def _draw_flat_face(canvas: Canvas, style: CharacterStyle, shape: MouthShape, expression: Expression) -> None:
    draw_flat_head(canvas, style, shape.chin_drop)
    draw_lines(canvas, style)
    draw_freckles(canvas, style)
    draw_beard(canvas, style, shape)
    draw_flat_nose(canvas, style)
    draw_flat_eyes(canvas, style, expression)
    draw_flat_brows(canvas, style, expression)
    draw_flat_mouth(canvas, style, shape)
