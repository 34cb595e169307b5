"""Small helpers around skia: colours, soft shapes, smooth paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

Canvas = Any
Path = Any
Paint = Any
Points = NDArray[np.float64]
"""Shape (n, 2): x, y."""
Matrix = NDArray[np.float64]
"""2 x 3: from one pixel plane to another, x' = M[:, :2] @ x + M[:, 2]."""


def draw_on(pixels: NDArray[np.uint8], matrix: Matrix, draw: Callable[[Canvas], None]) -> None:
    """Draws onto RGBA pixels, uint8 (height, width, 4), through a matrix to pixels."""
    surface = skia.Surface(pixels, colorType=skia.kRGBA_8888_ColorType)
    canvas = surface.getCanvas()
    (a, b, c), (d, e, f) = matrix.tolist()
    canvas.concat(skia.Matrix.MakeAll(a, b, c, d, e, f, 0, 0, 1))
    draw(canvas)
    surface.flushAndSubmit()


def colour(rgb: int, alpha: float = 1.0) -> int:
    return round(alpha * 255) << 24 | rgb


def mixed(a: int, b: int, share: float) -> int:
    """The colour `share` of the way from a to b."""
    parts = [round((a >> s & 255) * (1 - share) + (b >> s & 255) * share) for s in (16, 8, 0)]
    return parts[0] << 16 | parts[1] << 8 | parts[2]


def brightness(rgb: int) -> float:
    """Luma of a colour, 0..255."""
    return 0.299 * (rgb >> 16 & 255) + 0.587 * (rgb >> 8 & 255) + 0.114 * (rgb & 255)


def fill(rgb: int, alpha: float = 1.0, blur: float = 0.0) -> Paint:
    paint = skia.Paint(AntiAlias=True, Color=colour(rgb, alpha))
    if blur:
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
    return paint


def stroke(rgb: int, width: float, alpha: float = 1.0, blur: float = 0.0) -> Paint:
    paint = fill(rgb, alpha, blur)
    paint.setStyle(skia.Paint.kStroke_Style)
    paint.setStrokeWidth(width)
    paint.setStrokeCap(skia.Paint.kRound_Cap)
    paint.setStrokeJoin(skia.Paint.kRound_Join)
    return paint


def linear(start: tuple[float, float], end: tuple[float, float], stops: Sequence[tuple[float, int, float]]) -> Paint:
    """A gradient between two points; stops are (place 0..1, colour, alpha)."""
    shader = skia.GradientShader.MakeLinear(
        [skia.Point(*start), skia.Point(*end)], [colour(c, a) for _, c, a in stops], [p for p, _, _ in stops]
    )
    return skia.Paint(AntiAlias=True, Shader=shader)


def radial(centre: tuple[float, float], radius: float, stops: Sequence[tuple[float, int, float]]) -> Paint:
    shader = skia.GradientShader.MakeRadial(
        skia.Point(*centre), radius, [colour(c, a) for _, c, a in stops], [p for p, _, _ in stops]
    )
    return skia.Paint(AntiAlias=True, Shader=shader)


def polygon(points: Points) -> Path:
    path = skia.Path()
    path.addPoly([skia.Point(float(x), float(y)) for x, y in points], True)
    return path


def polyline(points: Points) -> Path:
    path = skia.Path()
    path.addPoly([skia.Point(float(x), float(y)) for x, y in points], False)
    return path


def shifted(points: Points, dx: float, dy: float) -> Points:
    moved: Points = points + np.array([dx, dy])
    return moved


def curve(*commands: tuple[float, ...], close: bool = True) -> Path:
    """A path of points (2 numbers: the first moves, others draw lines), quadratics (4) and cubics (6)."""
    path = skia.Path()
    for index, numbers in enumerate(commands):
        if index == 0:
            path.moveTo(*numbers)
        elif len(numbers) == 2:
            path.lineTo(*numbers)
        elif len(numbers) == 4:
            path.quadTo(*numbers)
        else:
            path.cubicTo(*numbers)
    if close:
        path.close()
    return path


def ellipse(canvas: Canvas, x: float, y: float, half_width: float, half_height: float, paint: Paint) -> None:
    canvas.drawOval(skia.Rect(x - half_width, y - half_height, x + half_width, y + half_height), paint)


def mirrored(canvas: Canvas, centre_x: float) -> None:
    """From here on the canvas is mirrored at the line x = centre_x."""
    canvas.translate(2 * centre_x, 0)
    canvas.scale(-1, 1)
