"""The mouth of a drawn person: how the lip code bends it, and what is seen inside. See `flow.LipCode` for the code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import skia
from numpy.typing import NDArray

from ims_avatar.training.drawn.characters.brushes import (
    Canvas,
    Points,
    ellipse,
    fill,
    linear,
    mixed,
    polygon,
    polyline,
    shifted,
    stroke,
)
from ims_avatar.training.drawn.characters.style import CharacterStyle

_T = np.linspace(-1.0, 1.0, 81)
"""Place along the lips, from the left corner to the right one."""
CHIN_SHARE = 0.60
"""The chin's skin follows the lower teeth by this share."""
CAVITY, CAVITY_LIGHT = 0x2A0C12, 0x4E1A20
DRAWN_FOR = 72.0
"""Mouth width in pixels at which the lengths below hold; others are scaled."""


@dataclass(frozen=True, slots=True)
class MouthShape:
    """Outlines in pixels, each (81, 2), from the left corner to the right one."""

    upper_outer: Points
    upper_inner: Points
    lower_inner: Points
    lower_outer: Points
    opening: float
    """Gap of the inner lips in the middle."""
    jaw: float
    """How far the lower teeth went down."""
    tongue: float
    tuck: float
    rounding: float

    @property
    def chin_drop(self) -> float:
        return CHIN_SHARE * self.jaw


def _points(x: NDArray[np.float64], y: NDArray[np.float64]) -> Points:
    return np.stack([x, y], axis=1)


def mouth_shape(style: CharacterStyle, lip_code: NDArray[np.float32]) -> MouthShape:
    """Outlines for a lip code, float32 (8,)."""
    face, lips, unit = style.face, style.lips, style.face.mouth_width
    code = [float(value) for value in lip_code]
    opening, raise_, corner = max(code[0], 0.0) * unit, code[3] * unit, code[6] * unit
    rounding, tuck, tongue = (min(max(code[i], 0.0), 1.0) for i in (2, 4, 7))
    jaw = max(code[5], 0.0) * unit
    half = unit / 2 * (1.0 + code[1])
    inner_half = half * (0.96 - 0.16 * rounding)

    corner_y = face.mouth_y - lips.smile * unit / DRAWN_FOR - corner + 0.30 * opening
    middle_y = face.mouth_y - raise_
    belly = 1.0 - np.abs(_T) ** 2.2
    tubercle = (1.0 - 0.6 * rounding) * 1.3 * np.exp(-((_T / 0.20) ** 2))
    seam = corner_y + (middle_y - corner_y) * belly + tubercle
    gap = opening * (1.0 - _T**2) ** (0.68 - 0.18 * rounding - 0.25 * min(opening / unit, 0.5))

    stretch = 1.0 - 0.30 * min(opening / unit, 0.6)
    upper = lips.upper * (1.0 + 0.40 * rounding) * stretch
    lower = lips.lower * (1.0 + 0.35 * rounding) * stretch * (1.0 - 0.45 * tuck)
    bow = 1.0 - 0.28 * (1.0 - 0.5 * rounding) * np.exp(-((_T / 0.17) ** 2))
    upper_profile = (1.0 - np.abs(_T) ** (1.5 + 0.7 * rounding)) ** 0.9 * bow
    lower_profile = (1.0 - np.abs(_T) ** 2.6) ** 0.80
    x_outer, x_inner = face.centre_x + half * _T, face.centre_x + inner_half * _T
    lower_seam = seam + gap
    return MouthShape(
        upper_outer=_points(x_outer, seam - tubercle * 0.6 - upper * upper_profile),
        upper_inner=_points(x_inner, seam),
        lower_inner=_points(x_inner, lower_seam),
        lower_outer=_points(x_outer, lower_seam + lower * lower_profile),
        opening=opening,
        jaw=jaw,
        tongue=tongue,
        tuck=tuck,
        rounding=rounding,
    )


def draw_mouth(canvas: Canvas, style: CharacterStyle, shape: MouthShape) -> None:
    _soft_shadows(canvas, style, shape)
    _lips(canvas, style, shape)
    inner = np.concatenate([shape.upper_inner, shape.lower_inner[::-1]])
    if shape.opening > 0.05:
        canvas.save()
        canvas.clipPath(polygon(inner), True)
        _interior(canvas, style, shape)
        canvas.restore()
    _lip_lines(canvas, style, shape)


def _soft_shadows(canvas: Canvas, style: CharacterStyle, shape: MouthShape) -> None:
    """Shade under the lower lip and at the corners: it goes with the lips."""
    centre, skin = style.face.centre_x, style.skin
    below = float(shape.lower_outer[:, 1].max())
    k = style.face.mouth_width / DRAWN_FOR
    ellipse(canvas, centre, below + 6.0, 21.0 * k, 4.2, fill(skin.deep, 0.40, blur=4.0))
    if style.beard is None:
        ellipse(canvas, centre, below + 20.0, 17.0 * k, 8.0, fill(skin.light, 0.55, blur=7.0))
    for side in (0, -1):
        x, y = shape.upper_outer[side]
        outwards = -1.0 if side == 0 else 1.0
        ellipse(canvas, x + outwards * 2.5, y + 0.5, 3.2, 3.0, fill(skin.deep, 0.40, blur=2.4))


def _lips(canvas: Canvas, style: CharacterStyle, shape: MouthShape) -> None:
    lips, centre = style.lips, style.face.centre_x
    upper = np.concatenate([shape.upper_outer, shape.upper_inner[::-1]])
    lower = np.concatenate([shape.lower_inner, shape.lower_outer[::-1]])
    top, seam = float(shape.upper_outer[:, 1].min()), float(shape.upper_inner[40, 1])
    canvas.drawPath(
        polygon(upper),
        linear((centre, top), (centre, seam + 1), [(0, lips.base, 1), (0.55, lips.base, 1), (1, lips.dark, 1)]),
    )
    start, end = float(shape.lower_inner[40, 1]), float(shape.lower_outer[40, 1])
    canvas.drawPath(
        polygon(lower),
        linear(
            (centre, start),
            (centre, end + 1),
            [(0, lips.dark, 1), (0.3, lips.base, 1), (0.75, lips.base, 1), (1, lips.dark, 1)],
        ),
    )
    thickness = end - start
    canvas.save()
    canvas.clipPath(polygon(lower), True)
    shine = fill(lips.light, lips.gloss, blur=2.2)
    half = 13.0 * style.face.mouth_width / DRAWN_FOR
    ellipse(canvas, centre - 3, start + 0.50 * thickness, half, 0.24 * thickness, shine)
    canvas.restore()
    canvas.drawPath(polyline(shifted(shape.upper_outer[8:-8], 0.0, -0.6)), stroke(lips.light, 1.2, 0.35, blur=0.8))


def teeth_edges(style: CharacterStyle, shape: MouthShape) -> tuple[float, float]:
    """y at which the upper and the lower row of teeth end in the middle."""
    seat = style.face.mouth_y + style.lips.teeth_edge
    return seat + 1.5 * shape.tuck, seat - 4.5 + 0.80 * shape.jaw


def _interior(canvas: Canvas, style: CharacterStyle, shape: MouthShape) -> None:
    face = style.face
    centre, seat = face.centre_x, face.mouth_y
    bottom = float(shape.lower_inner[:, 1].max())
    canvas.drawPaint(linear((centre, seat), (centre, max(bottom, seat + 12)), [(0, CAVITY, 1), (1, CAVITY_LIGHT, 1)]))
    upper_edge, lower_edge = teeth_edges(style, shape)
    k = face.mouth_width / DRAWN_FOR
    _tongue(canvas, style, upper_edge, lower_edge, shape)
    _teeth(canvas, style, lower_edge, 20.0 * k, downwards=True)
    _teeth(canvas, style, upper_edge, 28.5 * k, downwards=False)
    canvas.drawPaint(fill(CAVITY, 0.60 * shape.rounding**2))  # protruding lips leave the teeth in the dark
    canvas.drawPath(polyline(shifted(shape.upper_inner, 0.0, 0.5)), stroke(CAVITY, 5.5, 0.60, blur=2.0))
    sides = fill(CAVITY, 0.75, blur=4.5)
    reach = float(shape.upper_inner[-1, 0]) - centre
    for side in (-1, 1):
        ellipse(canvas, centre + side * (reach + 1), float(shape.lower_inner[0, 1]), 0.26 * reach, 15.0, sides)


def _tongue(canvas: Canvas, style: CharacterStyle, upper_edge: float, lower_edge: float, shape: MouthShape) -> None:
    centre, k = style.face.centre_x, style.face.mouth_width / DRAWN_FOR
    colour, shade = style.lips.tongue, style.lips.tongue_shade
    rest = lower_edge - 7.0
    tip = upper_edge - 1.0
    top = rest + (min(tip, rest) - rest) * shape.tongue
    half = (21.0 - 5.0 * shape.tongue) * k
    tongue = skia.Path()
    tongue.addRRect(skia.RRect.MakeRectXY(skia.Rect(centre - half, top, centre + half, top + 46), half * 0.85, 13))
    canvas.drawPath(
        tongue, linear((centre, top), (centre, top + 22), [(0, colour, 1), (0.45, colour, 1), (1, shade, 1)])
    )
    canvas.drawPath(polyline(np.array([[centre, top + 5], [centre, top + 24]])), stroke(shade, 2.2, 0.55, blur=1.2))
    ellipse(canvas, centre - 7, top + 5.5, 6, 2.2, fill(0xFFFFFF, 0.16, blur=1.6))


def _teeth(canvas: Canvas, style: CharacterStyle, edge: float, half: float, *, downwards: bool) -> None:
    """A row of teeth that ends at y = edge: the upper row reaches up from there, the lower one (downwards) down."""
    centre, light, dark = style.face.centre_x, style.lips.teeth, style.lips.teeth_shade
    sign = 1.0 if downwards else -1.0
    t = np.linspace(-1.0, 1.0, 61)
    curve_y = edge + sign * 3.2 * t**2
    far = edge + sign * 20.0
    row = np.concatenate([_points(centre + half * t, curve_y), [[centre + half, far], [centre - half, far]]])
    white, shade = (mixed(light, dark, 0.35), dark) if downwards else (light, dark)
    canvas.drawPath(
        polygon(row),
        linear(
            (centre - half, edge),
            (centre + half, edge),
            [(0, shade, 1), (0.3, white, 1), (0.7, white, 1), (1, shade, 1)],
        ),
    )
    canvas.save()
    canvas.clipPath(polygon(row), True)
    for place in (-0.70, -0.37, 0.0, 0.37, 0.70):
        x = centre + half * place
        line = np.array([[x, edge + sign * (3.2 * place**2 - 1)], [x - 0.6 * place, far]])
        canvas.drawPath(polyline(line), stroke(mixed(dark, 0x8A6F68, 0.35), 0.9, 0.75))
    canvas.restore()


def _lip_lines(canvas: Canvas, style: CharacterStyle, shape: MouthShape) -> None:
    """The dark line between the lips; when they part it becomes the upper lip's edge."""
    line = style.lips.line
    corners = np.concatenate([shape.upper_outer[:1], shape.upper_inner, shape.upper_outer[-1:]])
    canvas.drawPath(polyline(corners), stroke(line, 1.7, 0.85))
    if shape.opening > 0.05:
        canvas.drawPath(polyline(shape.lower_inner), stroke(line, 1.1, min(0.55, shape.opening * 0.3)))
    for side in (0, -1):
        x, y = corners[side]
        ellipse(canvas, x, y, 1.2, 1.1, fill(line, 0.5, blur=0.6))
