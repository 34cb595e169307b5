"""Long hair: straight with a middle parting, or swept back into a bun."""

from __future__ import annotations

import math

from ims_avatar.training.drawn.characters.brushes import Canvas, Path, curve, ellipse, fill, linear, mirrored, radial
from ims_avatar.training.drawn.characters.hair_paint import draw_edge, draw_mass
from ims_avatar.training.drawn.characters.style import CharacterStyle

_LENGTH = 150.0
"""How far below the chin long hair ends: below the picture."""


def draw_long_back(canvas: Canvas, style: CharacterStyle) -> None:
    f, hair = style.face, style.hair
    x, w, top, end, out = f.centre_x, f.cheek_half, f.top, f.chin_y + _LENGTH, 30 * style.hair.volume
    back = curve(
        (x, top - 34),
        (x + w * 0.95, top - 34, x + w + out, top + 52, x + w + out, f.eye_y + 30),
        (x + w + out + 2, f.jaw_y + 20, x + w + out, f.chin_y + 30, x + w + out - 6, end),
        (x - w - out + 6, end),
        (x - w - out, f.chin_y + 30, x - w - out - 2, f.jaw_y + 20, x - w - out, f.eye_y + 30),
        (x - w - out, top + 52, x - w * 0.95, top - 34, x, top - 34),
    )
    shade = [(0.0, hair.dark, 1.0), (1.0, hair.dark, 1.0)]
    draw_mass(canvas, style, back, linear((x, top), (x, end), shade))


def _curtain(style: CharacterStyle) -> Path:
    """The right half of the hair, from the parting down over the shoulder."""
    f = style.face
    x, w, top, eye, out = f.centre_x, f.cheek_half, f.top, f.eye_y, 30 * style.hair.volume
    end = f.chin_y + _LENGTH
    return curve(
        (x - 1, top - 35),
        (x + 70, top - 40, x + w + out - 2, top + 18, x + w + out, eye - 10),
        (x + w + out + 4, f.jaw_y, x + w + out + 8, f.chin_y + 30, x + w + out + 6, end),
        (x + w + out - 16, end + 10, x + w - 12, end + 8, x + w - 24, end - 4),
        (x + w - 8, f.chin_y + 50, x + w - 2, f.chin_y - 10, x + w - 4, f.jaw_y - 10),
        (x + w - 5, f.nose_y, x + w - 8, eye + 30, x + w - 9, eye - 18),
        (x + w - 14, eye - 66, x + 44, top + 44, x - 1, top + 8),
    )


def _curtain_strands(style: CharacterStyle) -> list[Path]:
    f = style.face
    x, w, top, out = f.centre_x, f.cheek_half, f.top, 30 * style.hair.volume
    end = f.chin_y + _LENGTH
    return [
        curve(
            (x, top - 34 + 40 * s),
            (x + 60, top - 34 + 44 * s, x + w + out - 4 - 30 * s, top + 30 + 26 * s, x + w + out - 2 - 28 * s, f.eye_y),
            (x + w + out - 30 * s, f.jaw_y, x + w + out + 4 - 34 * s, f.chin_y, x + w + out - 40 * s, end + 4),
            close=False,
        )
        for s in (index / 12 + 0.03 * math.sin(5.0 * index) for index in range(13))
    ]


def draw_long_front(canvas: Canvas, style: CharacterStyle) -> None:
    f, hair = style.face, style.hair
    x, top = f.centre_x, f.top
    sheen = [(0.0, hair.base, 1.0), (0.16, hair.light, 1.0), (0.34, hair.base, 1.0), (1.0, hair.dark, 1.0)]
    for side in (1, -1):
        canvas.save()
        if side < 0:
            mirrored(canvas, x)
        curtain = _curtain(style)
        paint = linear((x + 20, top - 30), (x + 70, f.chin_y + _LENGTH), sheen)
        draw_mass(canvas, style, curtain, paint, _curtain_strands(style))
        draw_edge(canvas, style, curtain)
        canvas.restore()


def draw_bun(canvas: Canvas, style: CharacterStyle) -> None:
    """The bun above the head and the hair behind the ears."""
    f, hair = style.face, style.hair
    x, top = f.centre_x, f.top - 46 * style.hair.volume
    w = f.cheek_half
    back = curve(
        (x - w - 5, f.eye_y - 40),
        (x - w - 6, f.eye_y + 10, x - w + 2, f.nose_y, x - w + 14, f.nose_y + 12),
        (x + w - 14, f.nose_y + 12),
        (x + w - 2, f.nose_y, x + w + 6, f.eye_y + 10, x + w + 5, f.eye_y - 40),
    )
    draw_mass(canvas, style, back, fill(hair.dark))
    bun = curve(
        (x - 46, top + 8),
        (x - 50, top - 26, x - 22, top - 40, x, top - 40),
        (x + 22, top - 40, x + 50, top - 26, x + 46, top + 8),
        (x + 34, top + 36, x - 34, top + 36, x - 46, top + 8),
    )
    shade = [(0.0, hair.light, 1.0), (0.5, hair.base, 1.0), (1.0, hair.dark, 1.0)]
    turns = [
        curve((x - 44 + 6 * i, top + 10), (x - 30 + 6 * i, top - 44 + 5 * i, x + 34, top - 40 + 9 * i,
              x + 42 - 4 * i, top + 14), close=False)
        for i in range(6)
    ]  # fmt: skip
    draw_mass(canvas, style, bun, radial((x - 10, top - 16), 64, shade), turns)
    draw_edge(canvas, style, bun)


def draw_swept_back(canvas: Canvas, style: CharacterStyle) -> None:
    f, hair = style.face, style.hair
    x, w, top, eye = f.centre_x, f.cheek_half, f.top, f.eye_y
    cap = curve(
        (x - w + 3, eye + 8),
        (x - w - 5, eye + 8),
        (x - w - 14, eye - 60, x - w + 2, top - 26, x, top - 30),
        (x + w - 2, top - 26, x + w + 14, eye - 60, x + w + 5, eye + 8),
        (x + w - 3, eye + 8),
        (x + w - 2, eye - 24, x + w - 8, eye - 48, x + w - 22, eye - 72),
        (x + w - 40, top + 40, x + 36, top + 28, x, top + 28),
        (x - 36, top + 28, x - w + 40, top + 40, x - w + 22, eye - 72),
        (x - w + 8, eye - 48, x - w + 2, eye - 24, x - w + 3, eye + 8),
    )
    strands = []
    for index in range(19):
        s = index / 18 * 2 - 1
        strands.append(
            curve((x + (w + 2) * s, eye + 6 - 114 * (1 - s * s) ** 0.8),
                  (x + (w + 4) * s, top + 4, x + 50 * s, top - 20, x + 16 * s, top - 32), close=False)
        )  # fmt: skip
    stops = [(0.0, hair.base, 1.0), (0.45, hair.base, 1.0), (0.6, hair.light, 1.0), (0.8, hair.base, 1.0),
             (1.0, hair.dark, 1.0)]  # fmt: skip
    draw_mass(canvas, style, cap, radial((x, eye), 172, stops), strands)
    draw_edge(canvas, style, cap)
    ellipse(canvas, x, top - 30, 30, 5, fill(hair.dark, 0.5, blur=3))
