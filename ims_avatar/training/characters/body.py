"""Backdrop, neck, shoulders and clothes."""

from __future__ import annotations

import skia

from ims_avatar.training.characters.brushes import Canvas, Path, curve, ellipse, fill, linear, mirrored, radial, stroke
from ims_avatar.training.characters.style import CharacterStyle

BREATH_PIXELS = 2.2
"""How far the shoulders rise with a breath."""


def draw_backdrop(canvas: Canvas, style: CharacterStyle, size: float) -> None:
    drop = style.backdrop
    canvas.drawPaint(
        radial((0.5 * size, 0.42 * size), 0.78 * size, [(0, drop.centre, 1), (0.4, drop.centre, 1), (1, drop.edge, 1)])
    )


def _neck(style: CharacterStyle) -> Path:
    f = style.face
    x = f.centre_x
    return curve(
        (x - 42, f.jaw_y),
        (x + 42, f.jaw_y),
        (x + 43, f.chin_y + 30, x + 46, f.chin_y + 44, x + 80, f.chin_y + 62),
        (x, f.chin_y + 96),
        (x - 80, f.chin_y + 62),
        (x - 46, f.chin_y + 44, x - 43, f.chin_y + 30, x - 42, f.jaw_y),
    )


def draw_neck(canvas: Canvas, style: CharacterStyle) -> None:
    f, skin = style.face, style.skin
    x = f.centre_x
    neck = _neck(style)
    canvas.drawPath(
        neck, linear((x, f.jaw_y), (x, f.chin_y + 80), [(0, skin.shade, 1), (0.5, skin.shade, 1), (1, skin.base, 1)])
    )
    canvas.save()
    canvas.clipPath(neck, True)
    for side in (-1, 1):
        ellipse(canvas, x + side * 46, f.chin_y + 10, 14, 70, fill(skin.deep, 0.40, blur=9))
        hollow = curve(
            (x + side * 36, f.chin_y + 24), (x + side * 24, f.chin_y + 52, x + side * 10, f.chin_y + 70), close=False
        )
        canvas.drawPath(hollow, stroke(skin.deep, 3.5, 0.28, blur=2.5))
    canvas.restore()


def draw_chin_shadow(canvas: Canvas, style: CharacterStyle, chin_drop: float) -> None:
    """What head and chin throw on the neck; clipped to it. Drawn in the head's coordinates."""
    f = style.face
    canvas.save()
    canvas.clipPath(_neck(style), True)
    ellipse(canvas, f.centre_x, f.chin_y - 8, 56, 26, fill(style.skin.deep, 0.70, blur=7))
    ellipse(canvas, f.centre_x, f.chin_y - 3 + chin_drop, 40, 8, fill(style.skin.deep, 0.45, blur=4))
    canvas.restore()


def draw_clothes(canvas: Canvas, style: CharacterStyle) -> None:
    f, c = style.face, style.clothes
    x, y = f.centre_x, f.chin_y
    body = curve(
        (x - 70, y + 50),
        (x - 110, y + 66, x - 176, y + 74, x - 206, y + 108),
        (x - 220, y + 126, x - 228, y + 150, x - 232, y + 200),
        (x + 232, y + 200),
        (x + 228, y + 150, x + 220, y + 126, x + 206, y + 108),
        (x + 176, y + 74, x + 110, y + 66, x + 70, y + 50),
        (x + 44, y + 84, x + 16, y + 104, x, y + 122),
        (x - 16, y + 104, x - 44, y + 84, x - 70, y + 50),
    )
    inner = curve((x - 60, y + 56), (x + 60, y + 56), (x + 40, y + 200), (x - 40, y + 200))
    neckline = curve(
        (x - 62, y + 50), (x - 40, y + 74, x - 16, y + 90, x, y + 98), (x + 16, y + 90, x + 40, y + 74, x + 62, y + 50)
    )
    canvas.save()
    canvas.clipPath(neckline, skia.ClipOp.kDifference, True)
    canvas.drawPath(inner, fill(c.shirt))
    canvas.restore()
    canvas.drawPath(body, linear((x, y + 50), (x, y + 130), [(0, c.light, 1), (0.5, c.base, 1), (1, c.dark, 1)]))
    for side in (1, -1):
        canvas.save()
        if side < 0:
            mirrored(canvas, x)
        _collar(canvas, style)
        _sleeve_fold(canvas, style)
        canvas.restore()


def _collar(canvas: Canvas, style: CharacterStyle) -> None:
    f, c = style.face, style.clothes
    x, y = f.centre_x, f.chin_y
    lapel = curve(
        (x + 66, y + 46),
        (x + 92, y + 62),
        (x + 70, y + 96, x + 40, y + 124, x + 24, y + 150),
        (x + 8, y + 132, x + 2, y + 122, x, y + 118),
        (x + 30, y + 98, x + 52, y + 74, x + 66, y + 46),
    )
    canvas.drawPath(lapel, fill(c.dark, 0.5, blur=5))
    wing = curve(
        (x + 52, y + 32),
        (x + 72, y + 50),
        (x + 70, y + 76, x + 52, y + 98, x + 36, y + 112),
        (x + 20, y + 104, x + 6, y + 96, x, y + 92),
        (x + 24, y + 80, x + 42, y + 60, x + 52, y + 32),
    )
    canvas.drawPath(wing, fill(c.dark, 0.45, blur=4))
    canvas.drawPath(
        wing, linear((x + 10, y + 60), (x + 66, y + 90), [(0, c.shirt_shade, 1), (0.45, c.shirt, 1), (1, c.shirt, 1)])
    )
    canvas.drawPath(wing, stroke(c.shirt_shade, 1.2, 0.9))


def _sleeve_fold(canvas: Canvas, style: CharacterStyle) -> None:
    f, c = style.face, style.clothes
    x, y = f.centre_x, f.chin_y
    seam = curve((x + 150, y + 86), (x + 162, y + 100, x + 168, y + 116, x + 170, y + 140), close=False)
    canvas.drawPath(seam, stroke(c.dark, 3, 0.55, blur=2))
    shine = curve((x + 92, y + 70), (x + 130, y + 78, x + 160, y + 86, x + 186, y + 104), close=False)
    canvas.drawPath(shine, stroke(c.light, 7, 0.45, blur=5))
