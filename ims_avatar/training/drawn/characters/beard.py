"""Beards: they leave the lips free, and their lower part goes with the chin."""

from __future__ import annotations

from ims_avatar.training.drawn.characters.brushes import Canvas, Path, curve, fill, stroke
from ims_avatar.training.drawn.characters.face import face_outline
from ims_avatar.training.drawn.characters.mouth import MouthShape
from ims_avatar.training.drawn.characters.style import Beard, CharacterStyle


def draw_beard(canvas: Canvas, style: CharacterStyle, shape: MouthShape) -> None:
    """Between head and mouth: the lips are drawn over it."""
    beard = style.beard
    if beard is None:
        return
    canvas.save()
    canvas.clipPath(face_outline(style, shape.chin_drop), True)
    area = _goatee(style, shape) if beard.shape == "goatee" else _jaw(style, shape)
    if style.finish == "flat":
        canvas.drawPath(area, fill(beard.colour, beard.strength))
    elif beard.shape == "stubble":
        canvas.drawPath(area, fill(beard.colour, beard.strength, blur=6))
    else:
        canvas.drawPath(area, fill(beard.colour, 0.75 * beard.strength, blur=4))
        canvas.drawPath(area, fill(beard.colour, 0.6 * beard.strength, blur=9))
        _hairs(canvas, style, beard, shape)
    canvas.restore()


def _jaw(style: CharacterStyle, shape: MouthShape) -> Path:
    """Cheeks below a line from the ears to over the lip, the upper lip, and the chin."""
    f, d = style.face, shape.chin_drop
    x, w = f.centre_x, f.cheek_half + 10
    lip = f.mouth_y - 16
    return curve(
        (x - w, f.eye_y + 34),
        (x - w + 14, f.nose_y + 18, x - 62, lip + 4, x - 44, lip - 2),
        (x - 26, lip - 8, x - 10, lip - 7, x, lip - 3),
        (x + 10, lip - 7, x + 26, lip - 8, x + 44, lip - 2),
        (x + 62, lip + 4, x + w - 14, f.nose_y + 18, x + w, f.eye_y + 34),
        (x + w, f.chin_y + d + 30),
        (x - w, f.chin_y + d + 30),
    )


def _goatee(style: CharacterStyle, shape: MouthShape) -> Path:
    f, d = style.face, shape.chin_drop
    x, half = f.centre_x, f.mouth_width / 2 + 11
    lip = f.mouth_y - 16
    return curve(
        (x - half, lip + 14),
        (x - half + 4, lip - 6, x - 14, lip - 10, x, lip - 8),
        (x + 14, lip - 10, x + half - 4, lip - 6, x + half, lip + 14),
        (x + half + 2, f.chin_y - 30 + d, x + 30, f.chin_y + d + 6, x, f.chin_y + d + 8),
        (x - 30, f.chin_y + d + 6, x - half - 2, f.chin_y - 30 + d, x - half, lip + 14),
    )


def _hairs(canvas: Canvas, style: CharacterStyle, beard: Beard, shape: MouthShape) -> None:
    """Short strokes that run down and outwards; those of the chin go with it."""
    f = style.face
    x, half = f.centre_x, f.jaw_half + 16
    for number in range(420):
        u = (number * 0.6180339887) % 1.0 * 2 - 1
        v = (number * 0.7548776662) % 1.0
        y = f.mouth_y - 22 + v * (f.chin_y + 6 - f.mouth_y + 22)
        dy = shape.chin_drop * max(0.0, min(1.0, (y - f.mouth_y) / (f.chin_y - f.mouth_y)))
        hair = curve(
            (x + u * half, y + dy), (x + u * half + 2 * u, y + dy + 3, x + u * half + 4 * u, y + dy + 7), close=False
        )
        light = number % 4 == 0
        canvas.drawPath(
            hair, stroke(style.hair.light if light else beard.colour, 1.0, 0.30 if light else 0.42, blur=0.5)
        )
