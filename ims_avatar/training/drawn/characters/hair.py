"""Hair: one pair of functions for each shape, one behind the head and one in front of it."""

from __future__ import annotations

from collections.abc import Callable

from ims_avatar.training.drawn.characters.brushes import Canvas, Path, curve, linear, mirrored, radial, stroke
from ims_avatar.training.drawn.characters.hair_curly import draw_cloud, draw_curly_hairline
from ims_avatar.training.drawn.characters.hair_long import draw_bun, draw_long_back, draw_long_front, draw_swept_back
from ims_avatar.training.drawn.characters.hair_paint import draw_edge, draw_mass
from ims_avatar.training.drawn.characters.hair_short import draw_crown, draw_nape, draw_quiff, draw_side_parting
from ims_avatar.training.drawn.characters.style import CharacterStyle, HairShape

_Draw = Callable[[Canvas, CharacterStyle], None]


def draw_back_hair(canvas: Canvas, style: CharacterStyle) -> None:
    _SHAPES[style.hair.shape][0](canvas, style)


def draw_front_hair(canvas: Canvas, style: CharacterStyle) -> None:
    _SHAPES[style.hair.shape][1](canvas, style)


def _draw_nothing(_: Canvas, __: CharacterStyle) -> None:
    """A bald head."""


def _bob_back(canvas: Canvas, style: CharacterStyle) -> None:
    f, hair = style.face, style.hair
    x, w, top = f.centre_x, f.cheek_half, f.top
    back = curve(
        (x, top - 34),
        (x + w * 0.95, top - 34, x + w + 34, top + 52, x + w + 33, f.eye_y + 30),
        (x + w + 34, f.jaw_y + 10, x + w + 26, f.chin_y + 2, x + w - 12, f.chin_y + 22),
        (x + w - 50, f.chin_y + 30, x + 30, f.chin_y + 6, x, f.chin_y - 10),
        (x - 30, f.chin_y + 6, x - w + 50, f.chin_y + 30, x - w + 12, f.chin_y + 22),
        (x - w - 26, f.chin_y + 2, x - w - 34, f.jaw_y + 10, x - w - 33, f.eye_y + 30),
        (x - w - 34, top + 52, x - w * 0.95, top - 34, x, top - 34),
    )
    shade = [(0.0, hair.dark, 1.0), (0.6, hair.dark, 1.0), (1.0, hair.base, 1.0)]
    draw_mass(canvas, style, back, linear((x, top), (x, f.chin_y + 24), shade), edge=0.0)
    _locks(canvas, style)


def _lock(style: CharacterStyle) -> Path:
    """The lock beside the right of the face down to the jaw; the head is drawn over its inner edge."""
    f = style.face
    x, w, top = f.centre_x, f.cheek_half, f.top
    return curve(
        (x + 30, top - 26),
        (x + w + 22, top - 18, x + w + 40, top + 96, x + w + 34, f.eye_y + 44),
        (x + w + 33, f.jaw_y + 14, x + w + 28, f.chin_y - 4, x + w - 14, f.chin_y + 18),
        (x + w + 2, f.chin_y - 10, x + w - 10, f.jaw_y + 6, x + w - 12, f.jaw_y - 30),
        (x + w - 12, f.nose_y - 24, x + w - 10, f.eye_y - 10, x + w - 16, f.eye_y - 44),
        (x + w - 18, top + 62, x + 74, top + 40, x + 30, top + 24),
    )


def _fringe(style: CharacterStyle) -> Path:
    """A side-swept fringe from a parting right of the middle; its ends run down the temples to the ears."""
    f = style.face
    x, w, top, eye = f.centre_x, f.cheek_half, f.top, f.eye_y
    part = x + 36
    return curve(
        (part, top - 35),
        (x - 46, top - 44, x - w - 30, top + 4, x - w - 29, eye - 16),
        (x - w - 27, eye + 2, x - w - 14, eye + 14, x - w - 2, eye + 12),
        (x - w + 1, eye - 18, x - w + 6, eye - 44, x - w + 20, eye - 60),
        (x - 52, eye - 72, x + 6, eye - 92, part + 4, top + 24),
        (part + 18, top + 52, x + w - 22, eye - 66, x + w - 8, eye - 34),
        (x + w - 3, eye - 20, x + w, eye - 6, x + w + 2, eye + 12),
        (x + w + 14, eye + 14, x + w + 27, eye + 2, x + w + 29, eye - 16),
        (x + w + 30, top + 4, x + w - 16, top - 32, part, top - 35),
    )


def _fringe_strands(style: CharacterStyle, part: tuple[float, float]) -> list[Path]:
    f = style.face
    x, w, top, eye = f.centre_x, f.cheek_half, f.top, f.eye_y
    left, right = [], []
    for index in range(15):
        s = 0.72 * index / 14
        end = (x - w - 26 + 130 * s**1.5, eye + 40 - 110 * s)
        control = (x - 30 - 40 * (1 - s), top - 36 + 44 * s, x - w - 14 + 96 * s, top + 14 + 26 * s)
        left.append(curve((part[0] - 2, part[1] + 44 * s), (*control, *end), close=False))
    for index in range(8):
        s = index / 7
        end = (x + w + 24 - 20 * s, eye + 40)
        control = (x + 70 - 4 * s, top - 34 + 40 * s, x + w + 22 - 22 * s, top + 20 + 24 * s)
        right.append(curve((part[0] + 3, part[1] + 40 * s), (*control, *end), close=False))
    return left + right


def _bob_front(canvas: Canvas, style: CharacterStyle) -> None:
    f, hair = style.face, style.hair
    x, top = f.centre_x, f.top
    fringe = _fringe(style)
    part = (x + 36, top - 34)
    sheen = [(0.0, hair.base, 1.0), (0.30, hair.light, 1.0), (0.52, hair.base, 1.0), (1.0, hair.dark, 1.0)]
    paint = radial((part[0], part[1] + 8), 200, sheen)
    draw_mass(canvas, style, fringe, paint, _fringe_strands(style, part), edge=0.0)
    canvas.save()
    canvas.clipPath(fringe, True)
    parting = curve(part, (part[0] + 3, part[1] + 20, part[0] + 2, part[1] + 40, part[0] + 4, top + 24), close=False)
    canvas.drawPath(parting, stroke(hair.dark, 2.4, 0.75, blur=1.0))
    if style.finish != "flat":
        canvas.drawPath(fringe, stroke(hair.dark, 5, 0.45, blur=3))
    canvas.restore()
    draw_edge(canvas, style, fringe)


def _locks(canvas: Canvas, style: CharacterStyle) -> None:
    f, hair = style.face, style.hair
    x, top = f.centre_x, f.top
    shade = [(0.0, hair.base, 1.0), (0.22, hair.light, 1.0), (0.5, hair.base, 1.0), (1.0, hair.dark, 1.0)]
    for side in (1, -1):
        canvas.save()
        if side < 0:
            mirrored(canvas, x)
        lock = _lock(style)
        paint = linear((x + 80, top - 20), (x + 130, f.chin_y + 10), shade)
        draw_mass(canvas, style, lock, paint, _lock_strands(style), edge=0.5)
        canvas.restore()


def _lock_strands(style: CharacterStyle) -> list[Path]:
    f = style.face
    x, w, top = f.centre_x, f.cheek_half, f.top
    return [
        curve(
            (x + 50 + 30 * s, top - 24 + 10 * s),
            (x + w - 6 + 34 * s, top + 30, x + w - 2 + 32 * s, f.eye_y + 30, x + w + 4 + 26 * s, f.jaw_y - 10),
            (x + w + 2 + 24 * s, f.jaw_y + 30, x + w - 4 + 22 * s, f.chin_y - 10, x + w - 16 + 10 * s, f.chin_y + 20),
            close=False,
        )
        for s in (index / 6 for index in range(7))
    ]


_SHAPES: dict[HairShape, tuple[_Draw, _Draw]] = {
    "bob": (_bob_back, _bob_front),
    "short": (draw_nape, draw_side_parting),
    "quiff": (draw_nape, draw_quiff),
    "crown": (draw_nape, draw_crown),
    "afro": (draw_cloud, draw_curly_hairline),
    "long": (draw_long_back, draw_long_front),
    "bun": (draw_bun, draw_swept_back),
    "bald": (_draw_nothing, _draw_nothing),
}
