"""The painted finish: what is drawn looks as if laid on with a brush.

A fixed field of brush strokes lies on each plane of the picture (backdrop, body, head) and moves with it. Within one
stroke the plane is seen from a little beside, so colours keep together in strokes and edges become a brush's; a second
layer makes strokes lighter or darker. Around eyes and mouth the strokes are fine and nearly true.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.training.drawn.characters.brushes import Canvas, Matrix, curve, draw_on, stroke
from ims_avatar.training.drawn.characters.style import CharacterStyle

_SIZE = 640
"""Pixels: the field is larger than the picture, since heads move."""
_MARGIN = 64
_COAT = 0.24
"""How much a stroke is lighter or darker at most."""
_REACH = 7.0
"""Pixels: a stroke shows what is up to half as far away from it."""
_SEED = 11
_MOUTH = (256.0, 336.0)
"""Where the field's fine part expects the mouth."""
_BELOW_LIPS = 6.0
"""Pixels from where the lips meet to the middle of what moves."""
_CENTRE = (256.0, 240.0)
"""Strokes run around it."""
_Place = tuple[float, float]
_LIGHT, _DARK = np.array([255.0, 235.0, 196.0], np.float32), np.array([110.0, 42.0, 20.0], np.float32)
_Area = tuple[float, float, float, float]
_FINER: tuple[tuple[_Area, float, float], ...] = (
    ((256.0, 266.0, 116.0, 150.0), 26.0, 0.5),
    ((256.0, 336.0, 62.0, 46.0), 13.0, 0.2),
    ((207.0, 230.0, 44.0, 36.0), 13.0, 0.2),
    ((305.0, 230.0, 44.0, 36.0), 13.0, 0.2),
    ((256.0, 284.0, 30.0, 26.0), 13.0, 0.25),
)
"""Ellipses (middle, half width and height) with finer strokes, their length and depth: face, mouth, eyes, nose."""


def field_offset(style: CharacterStyle) -> NDArray[np.float64]:
    """Where the field of strokes begins in this person's picture: x, y in pixels."""
    f = style.face
    return np.array([f.centre_x - _MOUTH[0] - _MARGIN, f.mouth_y + _BELOW_LIPS - _MOUTH[1] - _MARGIN])


def paint_over(
    pixels: NDArray[np.uint8],
    matrix: Matrix,
    draw: Callable[[Canvas], None],
    offset: NDArray[np.float64],
    *,
    broad: bool = False,
) -> None:
    """Lays what `draw` draws over opaque or empty RGBA pixels, (height, width, 4), through a matrix to pixels."""
    height, width, _ = pixels.shape
    scale = float(np.hypot(*matrix[:, 0]))
    reach = (_REACH * (3.0 if broad else 1.0)) / 2 * scale
    edge = math.ceil(reach) + 2
    plain = np.zeros((height + 2 * edge, width + 2 * edge, 4), np.uint8)
    moved = matrix + np.array([[0.0, 0.0, edge], [0.0, 0.0, edge]])
    draw_on(plain, moved, draw)
    rows, columns = np.flatnonzero(plain[..., 3].any(axis=1)), np.flatnonzero(plain[..., 3].any(axis=0))
    if not len(rows):
        return
    top, bottom = max(0, int(rows[0]) - 2 * edge), min(height, int(rows[-1]) + 1)
    left, right = max(0, int(columns[0]) - 2 * edge), min(width, int(columns[-1]) + 1)
    to_part = matrix.copy()  # from the field's pixels, whose centres are at halves, to those of the part drawn on
    to_part[:, 2] += matrix[:, :2] @ (offset + 0.5) - 0.5 - [left, top]
    field = cv2.warpAffine(_field(broad), to_part, (right - left, bottom - top), borderMode=cv2.BORDER_REFLECT)
    shift = reach * (field[..., :2] @ (matrix[:, :2].T / scale).astype(np.float32))
    x, y = np.meshgrid(np.arange(left, right, dtype=np.float32), np.arange(top, bottom, dtype=np.float32))
    opaque = plain.astype(np.float32)
    opaque[..., :3] *= opaque[..., 3:] / 255  # what skia leaves is not premultiplied
    laid = cv2.remap(opaque, x + edge + shift[..., 0], y + edge + shift[..., 1], cv2.INTER_LINEAR)
    opacity = laid[..., 3:] / 255
    coat = _COAT * np.abs(field[..., 2:])
    paint = np.where(field[..., 2:] > 0, _LIGHT, _DARK) * opacity
    laid[..., :3] += coat * (paint - laid[..., :3])
    under = pixels[top:bottom, left:right]
    under[...] = np.rint(laid + under * (1 - opacity)).astype(np.uint8)


def _stroke(canvas: Canvas, rng: np.random.Generator, at: _Place, size: float, depth: float) -> None:
    """One stroke of length `size` in both fields; `depth` scales how much it shifts and lightens."""
    x, y = at
    angle = math.atan2(y - _CENTRE[1], x - _CENTRE[0]) + math.pi / 2 + rng.normal(0, 0.45)
    half = 0.5 * size * rng.uniform(0.7, 1.3)
    along, across = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    start, end = (np.array(at) + side * half * along for side in (-1, 1))
    middle = np.array(at) + across * half * rng.normal(0, 0.25)
    path = curve((start[0], start[1]), (middle[0], middle[1], end[0], end[1]), close=False)
    width = 0.36 * size * rng.uniform(0.7, 1.2)
    shift = np.clip(rng.normal(0, 0.45, 2), -1, 1) * depth
    light = float(np.clip(rng.normal(0, 0.45), -1, 1)) * (0.25 + 0.75 * depth)
    canvas.drawPath(path, stroke(_packed(shift[0], shift[1], light), width, blur=0.8))
    for place in (-0.36, -0.12, 0.12, 0.36):  # hairs of the brush
        offset = across * width * place
        hair = curve(
            (start[0] + offset[0], start[1] + offset[1]),
            (middle[0] + offset[0], middle[1] + offset[1], end[0] + offset[0], end[1] + offset[1]),
            close=False,
        )
        tone = light + 0.25 * float(rng.normal())
        canvas.drawPath(hair, stroke(_packed(shift[0], shift[1], tone), 0.09 * size**0.8, 0.8, blur=0.4))


def _strokes_within(canvas: Canvas, rng: np.random.Generator, area: _Area, size: float, depth: float) -> None:
    """Strokes that cover an ellipse."""
    x, y, across, down = area
    for _ in range(int(35 * across * down / size**2)):
        radius, angle = math.sqrt(rng.uniform()), rng.uniform(0, 2 * math.pi)
        at = x + across * radius * math.cos(angle), y + down * radius * math.sin(angle)
        _stroke(canvas, rng, at, size, depth)


def _packed(*values: float) -> int:
    """Three values -1 .. 1 as a colour."""
    red, green, blue = (min(max(round(128 + 127 * value), 0), 255) for value in values)
    return red << 16 | green << 8 | blue


@lru_cache(maxsize=2)
def _field(broad: bool) -> NDArray[np.float32]:
    """(size, size, 3): by how much of the reach each place is seen from beside, to the right and down; the light."""
    rng = np.random.default_rng(_SEED)
    pixels = np.full((_SIZE, _SIZE, 4), (128, 128, 128, 255), np.uint8)

    def draw(canvas: Canvas) -> None:
        length, count = (90.0, 800) if broad else (32.0, 3600)
        for x, y in rng.uniform(-_MARGIN, _SIZE - _MARGIN, (count, 2)):
            _stroke(canvas, rng, (float(x), float(y)), length, 1.0)
        for area, size, depth in () if broad else _FINER:
            _strokes_within(canvas, rng, area, size, depth)

    draw_on(pixels, np.array([[1.0, 0.0, _MARGIN], [0.0, 1.0, _MARGIN]]), draw)
    field: NDArray[np.float32] = (pixels[..., :3].astype(np.float32) - np.float32(128)) / np.float32(127)
    return field
