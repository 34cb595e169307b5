"""Short hair: parted at the side, brushed up, or receding."""

from __future__ import annotations

from ims_avatar.training.drawn.characters.brushes import Canvas, Path, curve, linear, radial
from ims_avatar.training.drawn.characters.hair_paint import draw_edge, draw_mass
from ims_avatar.training.drawn.characters.style import CharacterStyle


def draw_nape(canvas: Canvas, style: CharacterStyle) -> None:
    """What is seen of short hair behind the ears."""
    f, hair = style.face, style.hair
    x, w = f.centre_x, f.cheek_half
    back = curve(
        (x - w - 6, f.eye_y - 30),
        (x - w - 6, f.eye_y + 20, x - w + 6, f.nose_y - 6, x - w + 22, f.nose_y + 6),
        (x + w - 22, f.nose_y + 6),
        (x + w - 6, f.nose_y - 6, x + w + 6, f.eye_y + 20, x + w + 6, f.eye_y - 30),
    )
    shade = [(0.0, hair.base, 1.0), (1.0, hair.dark, 1.0)]
    draw_mass(canvas, style, back, linear((x, f.eye_y), (x, f.jaw_y), shade))


def _sheen(style: CharacterStyle, x: float, y: float, radius: float) -> object:
    hair = style.hair
    stops = [(0.0, hair.base, 1.0), (0.35, hair.light, 1.0), (0.6, hair.base, 1.0), (1.0, hair.dark, 1.0)]
    return radial((x, y), radius, stops)


def draw_side_parting(canvas: Canvas, style: CharacterStyle) -> None:
    f = style.face
    x, w, top, eye, up = f.centre_x, f.cheek_half, f.top, f.eye_y, 34 * style.hair.volume
    part = (x - 52, top - 0.62 * up)
    cap = curve(
        (x - w + 3, eye + 20),
        (x - w - 5, eye + 20),
        (x - w - 12, eye - 20, x - w - 15, eye - 60, x - w - 10, top + 44),
        (x - w - 4, top + 4, x - 84, top - 0.5 * up, *part),
        (x - 20, top - 1.25 * up, x + 50, top - 1.15 * up, x + 78, top - 0.45 * up),
        (x + w + 10, top + 16, x + w + 16, top + 60, x + w + 11, eye - 46),
        (x + w + 10, eye - 20, x + w + 8, eye, x + w + 5, eye + 20),
        (x + w - 3, eye + 20),
        (x + w - 2, eye - 10, x + w - 6, eye - 40, x + w - 16, eye - 66),
        (x + w - 26, eye - 84, x + 58, top + 52, x + 20, top + 44),
        (x - 14, top + 37, x - 40, top + 28, x - 54, top + 14),
        (x - 58, top + 38, x - w + 30, top + 48, x - w + 17, eye - 64),
        (x - w + 8, eye - 44, x - w + 3, eye - 12, x - w + 3, eye + 20),
    )
    strands = [_swept(style, index / 15) for index in range(16)] + [_side(style, index / 5) for index in range(6)]
    draw_mass(canvas, style, cap, _sheen(style, part[0] + 30, part[1] + 6, 190), strands)
    draw_edge(canvas, style, cap)


def _swept(style: CharacterStyle, s: float) -> Path:
    """Strand from the parting over the head to the right."""
    f = style.face
    x, w, top, eye, up = f.centre_x, f.cheek_half, f.top, f.eye_y, 34 * style.hair.volume
    start = (x - 54 + 6 * s, top - 0.6 * up + (0.6 * up + 16) * s)
    return curve(
        start,
        (x - 10 + 10 * s, top - up + (up + 24) * s, x + 70 - 6 * s, top - 0.8 * up + (0.8 * up + 44) * s,
         x + w + 14 - 34 * s, eye - 70 + 12 * s),
        close=False,
    )  # fmt: skip


def _side(style: CharacterStyle, s: float) -> Path:
    """Strand from the parting down to the left ear."""
    f = style.face
    x, w, top, eye = f.centre_x, f.cheek_half, f.top, f.eye_y
    return curve(
        (x - 56, top - 12 + 24 * s),
        (x - 80 + 4 * s, top + 26 * s, x - w - 10 + 18 * s, top + 40 + 20 * s, x - w - 8 + 10 * s, eye + 20),
        close=False,
    )


def draw_quiff(canvas: Canvas, style: CharacterStyle) -> None:
    """Cropped at the sides, brushed up and to the right above the forehead."""
    f = style.face
    x, w, top, eye, up = f.centre_x, f.cheek_half, f.top, f.eye_y, 52 * style.hair.volume
    cap = curve(
        (x - w + 2, eye + 14),
        (x - w - 4, eye + 14),
        (x - w - 8, eye - 30, x - w - 8, top + 60, x - w + 4, top + 26),
        (x - w - 2, top + 2, x - w + 16, top - 0.75 * up, x - 34, top - 0.9 * up),
        (x - 10, top - 1.22 * up, x + 48, top - 1.2 * up, x + 66, top - 0.78 * up),
        (x + w - 2, top - 0.72 * up, x + w + 10, top - 4, x + w - 2, top + 28),
        (x + w + 9, top + 62, x + w + 8, eye - 30, x + w + 4, eye + 14),
        (x + w - 2, eye + 14),
        (x + w - 2, eye - 20, x + w - 8, eye - 48, x + w - 17, eye - 68),
        (x + w - 24, top + 46, x + 56, top + 30, x + 30, top + 30),
        (x, top + 30, x - 30, top + 40, x - w + 36, top + 42),
        (x - w + 26, top + 44, x - w + 20, eye - 74, x - w + 16, eye - 64),
        (x - w + 8, eye - 44, x - w + 2, eye - 14, x - w + 2, eye + 14),
    )
    strands = []
    for index in range(18):
        s = index / 17
        root = (x - w + 26 + 150 * s, top + 42 - 14 * s)
        strands.append(
            curve(root, (root[0] - 22 + 20 * s, top - 0.3 * up, root[0] - 6 + 24 * s, top - 0.9 * up,
                         root[0] + 34, top - 1.1 * up), close=False)
        )  # fmt: skip
    draw_mass(canvas, style, cap, _sheen(style, x + 10, top + 40, 150), strands)
    draw_edge(canvas, style, cap)


def draw_crown(canvas: Canvas, style: CharacterStyle) -> None:
    """Thin on top, with high temples and full sides."""
    f = style.face
    x, w, top, eye, up = f.centre_x, f.cheek_half, f.top, f.eye_y, 22 * style.hair.volume
    cap = curve(
        (x - w + 4, eye + 26),
        (x - w - 8, eye + 24),
        (x - w - 22, eye - 6, x - w - 24, eye - 60, x - w - 12, top + 50),
        (x - w - 6, top + 10, x - 80, top - 0.7 * up, x - 36, top - up),
        (x - 6, top - 1.35 * up, x + 40, top - 1.1 * up, x + 70, top - 0.5 * up),
        (x + w, top + 14, x + w + 16, top + 46, x + w + 14, eye - 66),
        (x + w + 22, eye - 44, x + w + 20, eye - 4, x + w + 8, eye + 24),
        (x + w - 4, eye + 26),
        (x + w, eye - 4, x + w - 4, eye - 40, x + w - 14, eye - 62),
        (x + w - 20, eye - 80, x + w - 34, top + 44, x + w - 38, top + 22),
        (x + 40, top + 4, x + 34, top + 30, x + 6, top + 28),
        (x - 22, top + 28, x - 34, top + 8, x - w + 42, top + 20),
        (x - w + 34, top + 44, x - w + 22, eye - 80, x - w + 14, eye - 62),
        (x - w + 5, eye - 40, x - w, eye - 4, x - w + 4, eye + 26),
    )
    strands = []
    for index in range(20):
        s = index / 19 * 2 - 1
        side = 1 if s > 0 else -1
        strands.append(
            curve((x + 60 * s, top + 26 - 14 * abs(s)), (x + 88 * s, top - up, x + side * (w - 6), top + 10,
                  x + side * (w + 14) * (0.75 + 0.25 * abs(s)), eye - 10), close=False)
        )  # fmt: skip
    draw_mass(canvas, style, cap, _sheen(style, x, top + 40, 170), strands)
    draw_edge(canvas, style, cap)
