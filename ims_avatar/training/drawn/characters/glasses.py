"""Glasses: they turn with the head and never reach the mouth."""

from __future__ import annotations

import skia

from ims_avatar.training.drawn.characters.brushes import Canvas, Path, curve, linear, mirrored, mixed, stroke
from ims_avatar.training.drawn.characters.style import CharacterStyle, Glasses


def _rim(style: CharacterStyle, glasses: Glasses) -> Path:
    """The right lens."""
    f = style.face
    x, y = f.centre_x + f.eye_distance + 2, f.eye_y + 3
    w, h = glasses.half_width, glasses.half_height
    path = skia.Path()
    if glasses.shape == "round":
        path.addOval(skia.Rect(x - w, y - h, x + w, y + h))
    elif glasses.shape == "rectangular":
        path.addRRect(skia.RRect.MakeRectXY(skia.Rect(x - w, y - 0.8 * h, x + w, y + 0.8 * h), 11, 11))
    else:
        return curve(
            (x - w, y - 0.3 * h),
            (x - w, y - 0.9 * h, x + 0.3 * w, y - 0.9 * h, x + 1.18 * w, y - 1.05 * h),
            (x + 1.12 * w, y - 0.1 * h, x + 0.8 * w, y + 0.95 * h, x, y + 0.95 * h),
            (x - 0.7 * w, y + 0.95 * h, x - w, y + 0.4 * h, x - w, y - 0.3 * h),
        )
    return path


def draw_temples(canvas: Canvas, style: CharacterStyle) -> None:
    """The arms, from the rims to the ears: hair falls over them."""
    glasses = style.glasses
    if glasses is None:
        return
    f = style.face
    rim, ear = f.eye_distance + 1 + glasses.half_width, f.cheek_half + 3
    for side in (-1, 1):
        arm = curve((f.centre_x + side * rim, f.eye_y - 3), (f.centre_x + side * ear, f.eye_y), close=False)
        canvas.drawPath(arm, stroke(glasses.frame, glasses.thickness))


def draw_glasses(canvas: Canvas, style: CharacterStyle) -> None:
    glasses = style.glasses
    if glasses is None:
        return
    f = style.face
    x, y = f.centre_x, f.eye_y
    inner = f.eye_distance + 2 - glasses.half_width
    width = glasses.thickness
    bridge = curve((x - inner, y - 1), (x - 0.5 * inner, y - 9, x + 0.5 * inner, y - 9, x + inner, y - 1), close=False)
    flat = style.finish == "flat"
    if not flat:
        canvas.drawPath(bridge, stroke(style.skin.deep, width, 0.35, blur=2.5))
    for side in (1, -1):
        canvas.save()
        if side < 0:
            mirrored(canvas, x)
        _lens(canvas, style, glasses, side)
        canvas.restore()
    canvas.drawPath(bridge, stroke(glasses.frame, width))


def _lens(canvas: Canvas, style: CharacterStyle, glasses: Glasses, side: int) -> None:
    f, width, frame = style.face, glasses.thickness, glasses.frame
    rim = _rim(style, glasses)
    x, y = f.centre_x + f.eye_distance + 2, f.eye_y + 3
    if style.finish != "flat":
        canvas.save()
        canvas.translate(0, 5)
        canvas.drawPath(rim, stroke(style.skin.deep, width + 1, 0.30, blur=3))
        canvas.restore()
        # The light comes from the left of the picture on both lenses.
        a, b = (x - side * 30, y - 26), (x + side * 26, y + 24)
        canvas.drawPath(rim, linear(a, b, [(0, 0xFFFFFF, 0.20), (0.34, 0xFFFFFF, 0.05), (1, 0xFFFFFF, 0.02)]))
    canvas.drawPath(rim, stroke(frame, width))
    if style.finish != "flat":
        canvas.save()
        canvas.translate(-0.5 * side, -0.9)
        canvas.drawPath(rim, stroke(mixed(frame, 0xFFFFFF, 0.45), 0.9, 0.55))
        canvas.restore()
    else:
        glint = curve((x - side * 16, y - 8), (x - side * 4, y - 18), close=False)
        canvas.drawPath(glint, stroke(0xFFFFFF, 3.0, 0.75))
