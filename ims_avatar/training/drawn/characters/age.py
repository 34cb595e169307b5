"""What the years and the sun leave on a face: lines and freckles."""

from __future__ import annotations

import math

from ims_avatar.training.drawn.characters.brushes import Canvas, curve, ellipse, fill, mirrored, stroke
from ims_avatar.training.drawn.characters.style import CharacterStyle


def draw_lines(canvas: Canvas, style: CharacterStyle) -> None:
    """Forehead, crow's feet and bags under the eyes, as strong as `Skin.wrinkles`."""
    f, deep, age = style.face, style.skin.deep, style.skin.wrinkles
    if not age:
        return
    x = f.centre_x
    for number, y in enumerate((f.top + 56, f.top + 72, f.top + 87)):
        half = 50 - 7 * abs(number - 1)
        line = curve((x - half, y + 3), (x - 0.4 * half, y - 3, x + 0.4 * half, y - 2, x + half, y + 3), close=False)
        canvas.drawPath(line, stroke(deep, 1.8, 0.36 * age, blur=1.1))
    for side in (1, -1):
        canvas.save()
        if side < 0:
            mirrored(canvas, x)
        corner, y = x + f.eye_distance + style.eyes.half_width + 5, f.eye_y
        for rise in (-9, 1, 10):
            foot = curve(
                (corner, y + 0.3 * rise), (corner + 9, y + 0.5 * rise, corner + 17, y + 1.3 * rise), close=False
            )
            canvas.drawPath(foot, stroke(deep, 1.5, 0.42 * age, blur=0.8))
        eye = x + f.eye_distance
        bag = curve((eye - 20, y + 19), (eye - 6, y + 28, eye + 12, y + 27, eye + 22, y + 17), close=False)
        canvas.drawPath(bag, stroke(deep, 2.0, 0.42 * age, blur=1.3))
        frown = curve((x + 7, y - 34), (x + 9, y - 28, x + 8, y - 20), close=False)
        canvas.drawPath(frown, stroke(deep, 1.8, 0.32 * age, blur=1.0))
        canvas.restore()


def draw_freckles(canvas: Canvas, style: CharacterStyle) -> None:
    """Over the nose and both cheeks."""
    f, strength = style.face, style.skin.freckles
    if not strength:
        return
    for number in range(44):
        share, angle = ((number // 2 + 0.5) / 22) ** 0.5, (number // 2) * 2.399963
        x, y = 46 + 36 * share * math.cos(angle), 16 * share * math.sin(angle)
        size = 1.1 + (number * 3) % 4 * 0.25
        side = 1 if number % 2 else -1
        place = f.centre_x + side * x + (number * 7) % 5, f.nose_y - 10 + y + (number * 5) % 4
        ellipse(canvas, *place, size, size, fill(style.skin.deep, 0.45 * strength, blur=0.5))
