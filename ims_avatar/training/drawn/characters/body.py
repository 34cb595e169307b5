"""Backdrop and neck."""

from __future__ import annotations

from ims_avatar.training.drawn.characters.brushes import Canvas, Path, curve, ellipse, fill, linear, radial, stroke
from ims_avatar.training.drawn.characters.style import CharacterStyle

BREATH_PIXELS = 2.2
"""How far the shoulders rise with a breath."""


def draw_backdrop(canvas: Canvas, style: CharacterStyle, size: float) -> None:
    drop = style.backdrop
    canvas.drawPaint(
        radial((0.5 * size, 0.42 * size), 0.78 * size, [(0, drop.centre, 1), (0.4, drop.centre, 1), (1, drop.edge, 1)])
    )


def neck_outline(style: CharacterStyle) -> Path:
    f = style.face
    x, n = f.centre_x, f.neck_half - 43
    return curve(
        (x - 42 - n, f.jaw_y),
        (x + 42 + n, f.jaw_y),
        (x + 43 + n, f.chin_y + 30, x + 46 + n, f.chin_y + 44, x + 80 + n, f.chin_y + 62),
        (x, f.chin_y + 96),
        (x - 80 - n, f.chin_y + 62),
        (x - 46 - n, f.chin_y + 44, x - 43 - n, f.chin_y + 30, x - 42 - n, f.jaw_y),
    )


def draw_neck(canvas: Canvas, style: CharacterStyle) -> None:
    f, skin = style.face, style.skin
    x, n = f.centre_x, f.neck_half - 43
    neck = neck_outline(style)
    canvas.drawPath(
        neck, linear((x, f.jaw_y), (x, f.chin_y + 80), [(0, skin.shade, 1), (0.5, skin.shade, 1), (1, skin.base, 1)])
    )
    canvas.save()
    canvas.clipPath(neck, True)
    for side in (-1, 1):
        ellipse(canvas, x + side * (46 + n), f.chin_y + 10, 14, 70, fill(skin.deep, 0.40, blur=9))
        hollow = curve(
            (x + side * 36, f.chin_y + 24), (x + side * 24, f.chin_y + 52, x + side * 10, f.chin_y + 70), close=False
        )
        canvas.drawPath(hollow, stroke(skin.deep, 3.5, 0.28, blur=2.5))
    canvas.restore()


def draw_chin_shadow(canvas: Canvas, style: CharacterStyle, chin_drop: float) -> None:
    """What head and chin throw on the neck; clipped to it. Drawn in the head's coordinates."""
    f = style.face
    canvas.save()
    canvas.clipPath(neck_outline(style), True)
    ellipse(canvas, f.centre_x, f.chin_y - 8, 56, 26, fill(style.skin.deep, 0.70, blur=7))
    ellipse(canvas, f.centre_x, f.chin_y - 3 + chin_drop, 40, 8, fill(style.skin.deep, 0.45, blur=4))
    canvas.restore()
