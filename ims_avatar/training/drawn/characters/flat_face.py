"""The flat finish: head and eyes of few colours within bold lines, as in a cartoon."""

from __future__ import annotations

import numpy as np
import skia

from ims_avatar.training.drawn.characters.body import neck_outline
from ims_avatar.training.drawn.characters.brushes import (
    Canvas,
    curve,
    ellipse,
    fill,
    mirrored,
    mixed,
    polygon,
    polyline,
    shifted,
    stroke,
)
from ims_avatar.training.drawn.characters.eyes import lids
from ims_avatar.training.drawn.characters.face import brow_outline, draw_earring, ear_outline, face_outline, fringed
from ims_avatar.training.drawn.characters.ink import DETAIL, OUTLINE, ink
from ims_avatar.training.drawn.characters.pose import Expression
from ims_avatar.training.drawn.characters.style import CharacterStyle

_SHADOW = 16.0
"""Pixels by which the light comes from the left: the width of the shadow on the right."""


def draw_flat_neck(canvas: Canvas, style: CharacterStyle) -> None:
    canvas.drawPath(neck_outline(style), fill(style.skin.base))


def draw_flat_neck_line(canvas: Canvas, style: CharacterStyle) -> None:
    """After the chin's shadow, which would cover half of it."""
    canvas.drawPath(neck_outline(style), stroke(ink(style), OUTLINE))


def draw_flat_chin_shadow(canvas: Canvas, style: CharacterStyle, chin_drop: float) -> None:
    """Drawn in the head's coordinates, on the neck only."""
    f = style.face
    canvas.save()
    canvas.clipPath(neck_outline(style), True)
    ellipse(canvas, f.centre_x, f.jaw_y + 36 + 0.6 * chin_drop, f.jaw_half, 48, fill(style.skin.shade))
    canvas.restore()


def draw_flat_head(canvas: Canvas, style: CharacterStyle, chin_drop: float) -> None:
    f, skin, line = style.face, style.skin, ink(style)
    for side in (1, -1) if style.hair.shape != "long" else ():
        canvas.save()
        if side < 0:
            mirrored(canvas, f.centre_x)
        ear = ear_outline(style)
        canvas.drawPath(ear, fill(skin.shade))
        canvas.drawPath(ear, stroke(line, OUTLINE))
        draw_earring(canvas, style)
        canvas.restore()
    outline = face_outline(style, chin_drop)
    canvas.drawPath(outline, fill(skin.base))
    canvas.save()
    canvas.clipPath(outline, True)
    lit = skia.Path(outline)
    lit.offset(-_SHADOW, -0.5 * _SHADOW)
    canvas.save()
    canvas.clipPath(lit, skia.ClipOp.kDifference, True)
    canvas.drawPaint(fill(skin.shade))
    canvas.restore()
    if fringed(style):
        ellipse(canvas, f.centre_x, f.top + 30, f.cheek_half + 6, 44, fill(skin.shade))
    for side in (-1, 1):
        ellipse(canvas, f.centre_x + side * 66, f.nose_y + 6, 19, 12, fill(skin.blush, 1.6 * skin.blush_strength))
    canvas.restore()
    canvas.drawPath(outline, stroke(line, OUTLINE))


def draw_flat_nose(canvas: Canvas, style: CharacterStyle) -> None:
    f, w = style.face, style.face.nose_width
    x, y = f.centre_x, f.nose_y
    nose = curve((x + 5, y - 20), (x + 13 * w, y - 7, x + 14 * w, y + 5, x, y + 6), (x - 5, y + 6, x - 8 * w, y + 4),
                 close=False)  # fmt: skip
    canvas.drawPath(nose, stroke(ink(style), DETAIL + 0.6))


def draw_flat_brows(canvas: Canvas, style: CharacterStyle, expression: Expression) -> None:
    for side in (-1, 1):
        canvas.save()
        if side < 0:
            mirrored(canvas, style.face.centre_x)
        canvas.drawPath(brow_outline(style, expression.brow), fill(style.hair.brow))
        canvas.restore()


def draw_flat_eyes(canvas: Canvas, style: CharacterStyle, expression: Expression) -> None:
    for side in (-1, 1):
        canvas.save()
        if side < 0:
            mirrored(canvas, style.face.centre_x)
        _eye(canvas, style, expression, side)
        canvas.restore()


def _eye(canvas: Canvas, style: CharacterStyle, expression: Expression, side: int) -> None:
    f, eyes, line = style.face, style.eyes, ink(style)
    upper, lower = lids(style, expression.blink)
    x, y = f.centre_x + f.eye_distance + side * expression.gaze_x, f.eye_y - 1.5 + expression.gaze_y
    if expression.blink > 0.02:
        rest, _ = lids(style, 0.0)
        lid = np.concatenate([shifted(rest, 0, -1), upper[::-1]])
        canvas.drawPath(polygon(lid), fill(mixed(style.skin.base, style.skin.shade, 0.5)))
    canvas.save()
    canvas.clipPath(polygon(np.concatenate([upper, lower[::-1]])), True)
    canvas.drawPaint(fill(0xFFFFFF))
    ellipse(canvas, x, y, eyes.iris_radius, eyes.iris_radius, fill(eyes.iris))
    ellipse(canvas, x, y, 0.58 * eyes.iris_radius, 0.58 * eyes.iris_radius, fill(0x15101A))
    ellipse(canvas, x - side * 4.4, y - 4.8, 3.8, 3.8, fill(0xFFFFFF))
    canvas.restore()
    canvas.drawPath(polyline(lower[5:-3]), stroke(line, 1.8))
    canvas.drawPath(polyline(upper), stroke(line, OUTLINE + 0.6))
    if style.eyes.lashes > 0.6:
        tip = upper[-1]
        lash = curve((tip[0], tip[1]), (tip[0] + 5, tip[1] - 1, tip[0] + 8, tip[1] - 6), close=False)
        canvas.drawPath(lash, stroke(line, 3.4))
