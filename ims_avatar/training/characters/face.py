"""Head, ears, nose, cheeks and eyebrows: everything of the head but eyes, mouth and hair."""

from __future__ import annotations

from ims_avatar.training.characters.brushes import (
    Canvas,
    Path,
    curve,
    ellipse,
    fill,
    linear,
    mirrored,
    mixed,
    radial,
    stroke,
)
from ims_avatar.training.characters.pose import Expression
from ims_avatar.training.characters.style import CharacterStyle

_OUTLINE = 0.30
"""Strength of the line around the head."""


def face_outline(style: CharacterStyle, chin_drop: float) -> Path:
    """The head's contour. Only the chin between the two jaw angles moves when the jaw drops."""
    f, d = style.face, chin_drop
    x, top, cheek, jaw = f.centre_x, f.top, f.cheek_half, f.jaw_half
    eye_y, jaw_y, chin_y, chin = f.eye_y, f.jaw_y, f.chin_y, f.chin_half
    return curve(
        (x, top),
        (x + 0.62 * cheek, top, x + cheek + 2, top + 44, x + cheek + 1, eye_y - 20),
        (x + cheek, eye_y + 36, x + jaw + 11, jaw_y - 30, x + jaw, jaw_y),
        (x + jaw - 15, jaw_y + 34 + 0.20 * d, x + chin + 3, chin_y + d, x, chin_y + d),
        (x - chin - 3, chin_y + d, x - jaw + 15, jaw_y + 34 + 0.20 * d, x - jaw, jaw_y),
        (x - jaw - 11, jaw_y - 30, x - cheek, eye_y + 36, x - cheek - 1, eye_y - 20),
        (x - cheek - 2, top + 44, x - 0.62 * cheek, top, x, top),
    )


def draw_head(canvas: Canvas, style: CharacterStyle, chin_drop: float) -> None:
    """Ears and the shaded oval of the face."""
    f, skin = style.face, style.skin
    x = f.centre_x
    for side in (1, -1):
        canvas.save()
        if side < 0:
            mirrored(canvas, x)
        _ear(canvas, style)
        canvas.restore()
    outline = face_outline(style, chin_drop)
    canvas.drawPath(outline, fill(skin.base))
    canvas.save()
    canvas.clipPath(outline, True)
    canvas.drawPaint(
        radial(
            (x - 14, f.eye_y + 6),
            176,
            [(0, skin.light, 0.95), (0.45, skin.light, 0.35), (0.75, skin.light, 0.0), (1, skin.light, 0)],
        )
    )
    canvas.drawPath(outline, stroke(skin.shade, 26, 0.55, blur=13))
    canvas.drawPath(outline, stroke(skin.deep, 5, 0.30, blur=4))
    _cheeks(canvas, style)
    _forehead_shadow(canvas, style)
    canvas.restore()
    canvas.drawPath(outline, stroke(skin.deep, 1.2, _OUTLINE))


def _ear(canvas: Canvas, style: CharacterStyle) -> None:
    f, skin = style.face, style.skin
    x, y = f.centre_x + f.cheek_half - 3, f.eye_y + 22
    ear = curve(
        (x - 6, y - 26), (x + 10, y - 36, x + 25, y - 20, x + 18, y + 4), (x + 14, y + 20, x + 6, y + 32, x - 6, y + 26)
    )
    canvas.drawPath(ear, linear((x, y), (x + 20, y), [(0, skin.shade, 1), (1, skin.base, 1)]))
    inner = curve((x + 2, y - 18), (x + 12, y - 20, x + 15, y - 8, x + 8, y + 8), close=False)
    canvas.drawPath(inner, stroke(skin.deep, 2.4, 0.55, blur=0.8))
    canvas.drawPath(ear, stroke(skin.deep, 1.2, 0.4))
    if style.clothes.earring is not None:
        gold = style.clothes.earring
        ellipse(canvas, x + 6, y + 33, 4.2, 4.2, fill(mixed(gold, 0x000000, 0.25)))
        ellipse(canvas, x + 5.6, y + 32.6, 3.5, 3.5, fill(gold))
        ellipse(canvas, x + 4.6, y + 31.4, 1.3, 1.3, fill(0xFFFFFF, 0.9))


def _cheeks(canvas: Canvas, style: CharacterStyle) -> None:
    f, skin = style.face, style.skin
    for side in (-1, 1):
        centre = (f.centre_x + side * 62, f.nose_y + 2)
        strength = skin.blush_strength
        canvas.drawPaint(
            radial(centre, 40, [(0, skin.blush, strength), (0.5, skin.blush, 0.55 * strength), (1, skin.blush, 0)])
        )


def _forehead_shadow(canvas: Canvas, style: CharacterStyle) -> None:
    """What the fringe throws on the forehead."""
    f = style.face
    ellipse(canvas, f.centre_x + 6, f.top + 34, 94, 32, fill(style.skin.deep, 0.36, blur=12))


def draw_nose(canvas: Canvas, style: CharacterStyle) -> None:
    f, skin = style.face, style.skin
    x, y = f.centre_x, f.nose_y
    bridge = curve((x + 9, y - 58), (x + 7, y - 36, x + 8, y - 20, x + 15, y - 5), close=False)
    canvas.drawPath(bridge, stroke(skin.shade, 6, 0.42, blur=4))
    ellipse(canvas, x - 1, y - 24, 4.5, 24, fill(0xFFFFFF, 0.22, blur=4))
    ellipse(canvas, x, y + 8.5, 16, 4.0, fill(skin.deep, 0.50, blur=3.2))
    ellipse(canvas, x - 1.5, y - 4, 7.5, 6.5, fill(0xFFFFFF, 0.34, blur=3.6))
    for side in (-1, 1):
        wing = curve(
            (x + side * 12.5, y - 7),
            (x + side * 18.5, y - 3, x + side * 17.5, y + 6, x + side * 11.0, y + 5.5),
            close=False,
        )
        canvas.drawPath(wing, stroke(skin.deep, 1.8, 0.60, blur=0.7))
        ellipse(canvas, x + side * 6.8, y + 5.2, 3.6, 1.7, fill(mixed(skin.deep, 0x3A1712, 0.45), 0.85, blur=0.6))
    under = curve((x - 6.5, y + 6.6), (x - 2.5, y + 8.4, x + 2.5, y + 8.4, x + 6.5, y + 6.6), close=False)
    canvas.drawPath(under, stroke(skin.deep, 1.3, 0.55))
    for side in (-1, 1):
        ellipse(canvas, x + side * 3.6, y + 19, 1.7, 7.0, fill(skin.shade, 0.50, blur=1.6))
    ellipse(canvas, x, y + 19, 1.8, 6.5, fill(skin.light, 0.55, blur=1.5))


def draw_laugh_lines(canvas: Canvas, style: CharacterStyle) -> None:
    f = style.face
    for side in (-1, 1):
        x = f.centre_x + side * 25
        fold = curve(
            (x, f.nose_y + 4),
            (x + side * 9, f.nose_y + 12, x + side * 17, f.nose_y + 24, x + side * 19, f.mouth_y - 6),
            close=False,
        )
        canvas.drawPath(fold, stroke(style.skin.shade, 3.0, 0.34, blur=2.4))


def draw_brows(canvas: Canvas, style: CharacterStyle, expression: Expression) -> None:
    f = style.face
    y = f.eye_y - 31 - expression.brow
    for side in (-1, 1):
        canvas.save()
        if side < 0:
            mirrored(canvas, f.centre_x)
        x = f.centre_x + f.eye_distance
        brow = curve(
            (x - 24, y + 0.5),
            (x - 10, y - 6, x + 12, y - 8, x + 31, y + 7),
            (x + 12, y - 2.5, x - 6, y - 0.5, x - 23, y + 6.5),
            (x - 27, y + 7, x - 27, y + 2, x - 24, y + 0.5),
        )
        canvas.drawPath(brow, fill(style.hair.brow, 0.88, blur=1.1))
        canvas.restore()
