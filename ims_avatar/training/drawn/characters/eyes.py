"""Eyes with lids, lashes and highlights."""

from __future__ import annotations

import numpy as np
import skia

from ims_avatar.training.drawn.characters.brushes import (
    Canvas,
    Points,
    ellipse,
    fill,
    mirrored,
    mixed,
    polygon,
    polyline,
    radial,
    shifted,
    stroke,
)
from ims_avatar.training.drawn.characters.pose import Expression
from ims_avatar.training.drawn.characters.style import CharacterStyle

_T = np.linspace(-1.0, 1.0, 41)
"""Place along the lids, from the inner corner to the outer one."""


def draw_eyes(canvas: Canvas, style: CharacterStyle, expression: Expression) -> None:
    f = style.face
    if canvas.quickReject(skia.Rect(f.centre_x - 140, f.eye_y - 60, f.centre_x + 140, f.eye_y + 45)):
        return
    for side in (-1, 1):
        canvas.save()
        if side < 0:
            mirrored(canvas, style.face.centre_x)
        _eye(canvas, style, expression, side)
        canvas.restore()


def lids(style: CharacterStyle, blink: float) -> tuple[Points, Points]:
    """Edge of the upper and of the lower lid."""
    eyes, f = style.eyes, style.face
    x = f.centre_x + f.eye_distance + eyes.half_width * _T
    tilt = eyes.tilt * _T
    open_upper = -eyes.half_height * (1 - 0.08 * _T) * (1 - np.abs(_T) ** 2.2) ** 0.75
    lower = 0.62 * eyes.half_height * (1 + 0.12 * _T) * (1 - np.abs(_T) ** 2.3) ** 0.85
    if eyes.hood:  # the lid's fold runs down over the inner corner
        open_upper = open_upper * (1 - 0.20 * eyes.hood * np.exp(-(((_T + 0.75) / 0.35) ** 2)))
    closed = lower
    upper = open_upper * (1 - blink) + closed * blink
    return np.stack([x, f.eye_y + tilt + upper], axis=1), np.stack(
        [x, f.eye_y + tilt + np.maximum(lower, upper)], axis=1
    )


def _eye(canvas: Canvas, style: CharacterStyle, expression: Expression, side: int) -> None:
    eyes, f, skin = style.eyes, style.face, style.skin
    x, y = f.centre_x + f.eye_distance, f.eye_y
    upper, lower = lids(style, expression.blink)
    rest, _ = lids(style, 0.0)
    ellipse(canvas, x, y - 5, eyes.half_width + 5, eyes.half_height + 5, fill(eyes.lid, 0.60, blur=6))
    opening = polygon(np.concatenate([upper, lower[::-1]]))
    lid = polygon(np.concatenate([shifted(rest, 0, -2), upper[::-1]]))
    if expression.blink > 0.02:
        canvas.drawPath(lid, fill(mixed(eyes.lid, skin.light, 0.25)))
        canvas.drawPath(polyline(shifted(upper, 0, -3)), stroke(skin.shade, 3, 0.5, blur=2))
    canvas.save()
    canvas.clipPath(opening, True)
    canvas.drawPaint(fill(0xFBF8F5))
    _iris(canvas, style, x + side * expression.gaze_x, y - 2.0 + expression.gaze_y, side)
    canvas.drawPath(polyline(shifted(upper, 0, 1.5)), stroke(0x3A2A2A, 7.5, 0.38, blur=2.6))
    ellipse(canvas, x - eyes.half_width + 2.2, y + 2.2, 3.2, 2.2, fill(0xE2A196, 0.9, blur=0.7))
    canvas.restore()
    _lashes(canvas, style, upper, lower, expression.blink)
    crease = rest + np.stack([np.zeros_like(_T), -5.6 - 0.8 * _T], axis=1)
    fold = 0.65 * (1 - 0.5 * expression.blink) * (1 - 0.75 * eyes.hood)
    canvas.drawPath(polyline(crease[5:-1]), stroke(skin.deep, 1.7, fold, blur=0.6))
    canvas.drawPath(polyline(shifted(lower[6:-4], 0, 6.5)), stroke(skin.shade, 2.0, 0.35, blur=1.6))


def _iris(canvas: Canvas, style: CharacterStyle, x: float, y: float, side: int) -> None:
    eyes = style.eyes
    radius = eyes.iris_radius
    ellipse(canvas, x, y, radius, radius, fill(eyes.iris_rim))
    bright = mixed(eyes.iris, 0xFFFFFF, 0.35)
    canvas.drawCircle(
        x,
        y,
        radius - 0.9,
        radial((x, y + 4), radius * 1.15, [(0, bright, 1), (0.55, eyes.iris, 1), (1, eyes.iris_rim, 1)]),
    )
    for angle in np.linspace(0, 2 * np.pi, 26, endpoint=False):
        ray = np.array([[np.cos(angle), np.sin(angle)]]) * np.array([[0.50], [0.86]]) * radius + [x, y]
        canvas.drawPath(polyline(ray), stroke(bright, 0.7, 0.35))
    ellipse(canvas, x, y, 0.46 * radius, 0.46 * radius, fill(0x140E0E))
    # On the mirrored eye the lights must stay on the same side of the picture.
    ellipse(canvas, x - side * 4.2, y - 4.6, 3.4, 3.8, fill(0xFFFFFF, 0.96))
    ellipse(canvas, x + side * 4.6, y + 4.6, 1.8, 1.8, fill(0xFFFFFF, 0.65))


def _lashes(canvas: Canvas, style: CharacterStyle, upper: Points, lower: Points, blink: float) -> None:
    lash, strength = style.eyes.lash, style.eyes.lashes
    thick = 1.3 + 1.9 * np.sin(np.clip((_T + 1) / 2, 0, 1) * np.pi * 0.62 + 0.35)
    thick = thick * np.clip((_T + 1) / 0.4, 0.15, 1)
    outer = upper - np.stack([np.zeros_like(_T), thick], axis=1)
    thick = thick * (0.45 + 0.55 * strength)
    tip = upper[-1] + [7.5 * strength, -4.5 * (1 - 1.6 * blink) * strength]
    canvas.drawPath(polygon(np.concatenate([shifted(upper, 0, 0.5), [tip], outer[::-1]])), fill(lash))
    canvas.drawPath(polyline(lower[8:]), stroke(lash, 1.1, 0.55 * (1 - 0.6 * blink) * strength))
