"""Head, ears, nose, cheeks and eyebrows: everything of the head but eyes, mouth and hair."""

from __future__ import annotations

from ims_avatar.training.drawn.characters.brushes import (
    Canvas,
    Path,
    brightness,
    curve,
    ellipse,
    fill,
    linear,
    mirrored,
    mixed,
    radial,
    stroke,
)
from ims_avatar.training.drawn.characters.pose import Expression
from ims_avatar.training.drawn.characters.style import CharacterStyle, Skin

_OUTLINE = 0.30
"""Strength of the line around the head."""
_FRINGED = ("bob", "long", "short")
"""Hair that hangs into the forehead."""


def face_outline(style: CharacterStyle, chin_drop: float) -> Path:
    """The head's contour. Only the chin between the two jaw angles moves when the jaw drops."""
    f, d = style.face, chin_drop
    x, top, cheek, jaw = f.centre_x, f.top, f.cheek_half, f.jaw_half
    eye_y, jaw_y, chin_y, chin = f.eye_y, f.jaw_y, f.chin_y, f.chin_half
    corner, low = jaw - 15 + 10 * f.jaw_square, jaw_y + 34 + 12 * f.jaw_square
    return curve(
        (x, top),
        (x + 0.62 * cheek, top, x + cheek + 2, top + 44, x + cheek + 1, eye_y - 20),
        (x + cheek, eye_y + 36, x + jaw + 11, jaw_y - 30, x + jaw, jaw_y),
        (x + corner, low + 0.20 * d, x + chin + 3, chin_y + d, x, chin_y + d),
        (x - chin - 3, chin_y + d, x - corner, low + 0.20 * d, x - jaw, jaw_y),
        (x - jaw - 11, jaw_y - 30, x - cheek, eye_y + 36, x - cheek - 1, eye_y - 20),
        (x - cheek - 2, top + 44, x - 0.62 * cheek, top, x, top),
    )


def fringed(style: CharacterStyle) -> bool:
    """Whether hair throws a shadow on the forehead."""
    return style.hair.shape in _FRINGED


def draw_head(canvas: Canvas, style: CharacterStyle, chin_drop: float) -> None:
    """Ears and the shaded oval of the face."""
    f, skin = style.face, style.skin
    x = f.centre_x
    for side in (1, -1) if style.hair.shape != "long" else ():  # long hair covers the ears
        canvas.save()
        if side < 0:
            mirrored(canvas, x)
        draw_ear(canvas, style)
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
    if fringed(style):
        _forehead_shadow(canvas, style)
    canvas.restore()
    canvas.drawPath(outline, stroke(skin.deep, 1.2, _OUTLINE))


def ear_outline(style: CharacterStyle) -> Path:
    """The right ear."""
    f, k = style.face, style.face.ear
    x, y = f.centre_x + f.cheek_half - 3, f.eye_y + 22
    return curve(
        (x - 6, y - 26 * k),
        (x + 10 * k, y - 36 * k, x + 25 * k, y - 20 * k, x + 18 * k, y + 4 * k),
        (x + 14 * k, y + 20 * k, x + 6 * k, y + 32 * k, x - 6, y + 26 * k),
    )


def draw_ear(canvas: Canvas, style: CharacterStyle) -> None:
    f, skin, k = style.face, style.skin, style.face.ear
    x, y = f.centre_x + f.cheek_half - 3, f.eye_y + 22
    ear = ear_outline(style)
    canvas.drawPath(ear, linear((x, y), (x + 20, y), [(0, skin.shade, 1), (1, skin.base, 1)]))
    inner = curve(
        (x + 2, y - 18 * k), (x + 12 * k, y - 20 * k, x + 15 * k, y - 8 * k, x + 8 * k, y + 8 * k), close=False
    )
    canvas.drawPath(inner, stroke(skin.deep, 2.4, 0.55, blur=0.8))
    canvas.drawPath(ear, stroke(skin.deep, 1.2, 0.4))
    draw_earring(canvas, style)


def draw_earring(canvas: Canvas, style: CharacterStyle) -> None:
    """On the right ear, where the style has one."""
    if style.clothes.earring is None:
        return
    f, gold = style.face, style.clothes.earring
    x, y = f.centre_x + f.cheek_half - 3, f.eye_y + 22
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
    f, skin, w = style.face, style.skin, style.face.nose_width
    x, y, long = f.centre_x, f.nose_y, style.face.nose_length
    bridge = curve((x + 9, y - 58 * long), (x + 7, y - 36 * long, x + 8, y - 20, x + 15 * w, y - 5), close=False)
    canvas.drawPath(bridge, stroke(skin.shade, 6, 0.42, blur=4))
    ellipse(canvas, x - 1, y - 24 * long, 4.5, 24 * long, fill(*_glow(skin, 0.22), blur=4))
    ellipse(canvas, x, y + 8.5, 16 * w, 4.0, fill(skin.deep, 0.50, blur=3.2))
    ellipse(canvas, x - 1.5, y - 4, 7.5 * w, 6.5, fill(*_glow(skin, 0.34), blur=3.6))
    for side in (-1, 1):
        wing = curve(
            (x + side * 12.5 * w, y - 7),
            (x + side * 18.5 * w, y - 3, x + side * 17.5 * w, y + 6, x + side * 11.0 * w, y + 5.5),
            close=False,
        )
        canvas.drawPath(wing, stroke(skin.deep, 1.8, 0.60, blur=0.7))
        nostril = fill(mixed(skin.deep, 0x3A1712, 0.45), 0.85, blur=0.6)
        ellipse(canvas, x + side * 6.8 * w, y + 5.2, 3.6 * w, 1.7, nostril)
    under = curve((x - 6.5, y + 6.6), (x - 2.5, y + 8.4, x + 2.5, y + 8.4, x + 6.5, y + 6.6), close=False)
    canvas.drawPath(under, stroke(skin.deep, 1.3, 0.55))
    for side in (-1, 1):
        ellipse(canvas, x + side * 3.6, y + 19, 1.7, 7.0, fill(skin.shade, 0.50, blur=1.6))
    ellipse(canvas, x, y + 19, 1.8, 6.5, fill(skin.light, 0.55, blur=1.5))


def _glow(skin: Skin, strength: float) -> tuple[int, float]:
    """Light on skin: white on fair skin, a lighter skin on dark."""
    fair = brightness(skin.base) > 150
    return (0xFFFFFF, strength) if fair else (mixed(skin.light, 0xFFFFFF, 0.25), 0.9 * strength)


def draw_laugh_lines(canvas: Canvas, style: CharacterStyle) -> None:
    f, age = style.face, style.skin.wrinkles
    for side in (-1, 1):
        x = f.centre_x + side * 25
        fold = curve(
            (x, f.nose_y + 4),
            (x + side * 9, f.nose_y + 12, x + side * 17, f.nose_y + 24, x + side * 19, f.mouth_y - 6),
            close=False,
        )
        canvas.drawPath(fold, stroke(style.skin.shade, 3.0, 0.34, blur=2.4))
        if age:
            canvas.drawPath(fold, stroke(style.skin.deep, 2.0, 0.5 * age, blur=1.2))


def brow_outline(style: CharacterStyle, raised: float) -> Path:
    """The right brow."""
    f, brows = style.face, style.brows
    x, y = f.centre_x + f.eye_distance, f.eye_y - brows.height - raised
    arch, thick = brows.arch, brows.thickness
    return curve(
        (x - 24, y + 0.5),
        (x - 10, y - 6 * arch, x + 12, y - 8 * arch, x + 31, y + 7),
        (x + 12, y - 8 * arch + 5.5 * thick, x - 6, y - 6 * arch + 5.5 * thick, x - 23, y + 0.5 + 6 * thick),
        (x - 27, y + 1 + 6 * thick, x - 27, y + 2, x - 24, y + 0.5),
    )


def draw_brows(canvas: Canvas, style: CharacterStyle, expression: Expression) -> None:
    for side in (-1, 1):
        canvas.save()
        if side < 0:
            mirrored(canvas, style.face.centre_x)
        canvas.drawPath(brow_outline(style, expression.brow), fill(style.hair.brow, style.brows.strength, blur=1.1))
        canvas.restore()
