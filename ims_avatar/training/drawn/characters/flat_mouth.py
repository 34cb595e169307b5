"""The mouth of the flat finish: the same shape as everybody's, filled with few colours."""

from __future__ import annotations

import numpy as np
import skia

from ims_avatar.training.drawn.characters.brushes import Canvas, ellipse, fill, mixed, polygon, polyline, stroke
from ims_avatar.training.drawn.characters.ink import DETAIL
from ims_avatar.training.drawn.characters.mouth import CAVITY, DRAWN_FOR, MouthShape, teeth_edges
from ims_avatar.training.drawn.characters.style import CharacterStyle


def draw_flat_mouth(canvas: Canvas, style: CharacterStyle, shape: MouthShape) -> None:
    lips = style.lips
    below = float(shape.lower_outer[:, 1].max())
    ellipse(canvas, style.face.centre_x, below + 7.0, 15.0, 2.2, fill(style.skin.shade))
    upper = polygon(np.concatenate([shape.upper_outer, shape.upper_inner[::-1]]))
    lower = polygon(np.concatenate([shape.lower_inner, shape.lower_outer[::-1]]))
    canvas.drawPath(upper, fill(mixed(lips.base, lips.dark, 0.5)))
    canvas.drawPath(lower, fill(lips.base))
    if shape.opening > 0.05:
        inner = polygon(np.concatenate([shape.upper_inner, shape.lower_inner[::-1]]))
        canvas.save()
        canvas.clipPath(inner, True)
        _interior(canvas, style, shape)
        canvas.restore()
        canvas.drawPath(polyline(shape.lower_inner), stroke(lips.line, min(DETAIL, shape.opening)))
    corners = np.concatenate([shape.upper_outer[:1], shape.upper_inner, shape.upper_outer[-1:]])
    canvas.drawPath(polyline(corners), stroke(lips.line, DETAIL))
    for side, outwards in ((0, -1.0), (-1, 1.0)):
        x, y = corners[side]
        crease = polyline(np.array([[x, y], [x + 3.0 * outwards, y - 2.0]]))
        canvas.drawPath(crease, stroke(lips.line, DETAIL))


def _interior(canvas: Canvas, style: CharacterStyle, shape: MouthShape) -> None:
    lips, centre, k = style.lips, style.face.centre_x, style.face.mouth_width / DRAWN_FOR
    upper_edge, lower_edge = teeth_edges(style, shape)
    canvas.drawPaint(fill(CAVITY))
    rest = lower_edge - 7.0
    top = rest + (min(upper_edge - 1.0, rest) - rest) * shape.tongue
    half = (23.0 - 5.0 * shape.tongue) * k
    tongue = skia.Path()
    tongue.addRRect(skia.RRect.MakeRectXY(skia.Rect(centre - half, top, centre + half, top + 46), 0.85 * half, 13))
    canvas.drawPath(tongue, fill(lips.tongue))
    canvas.drawPath(tongue, stroke(lips.tongue_shade, 2.0))
    for edge, width, far, colour in (
        (lower_edge, 20.0 * k, 20.0, mixed(lips.teeth, lips.teeth_shade, 0.6)),
        (upper_edge, 29.5 * k, -24.0, lips.teeth),
    ):
        row = skia.Path()
        top, bottom = min(edge, edge + far), max(edge, edge + far)
        row.addRRect(skia.RRect.MakeRectXY(skia.Rect(centre - width, top, centre + width, bottom), 7, 5))
        canvas.drawPath(row, fill(colour))
        canvas.drawPath(row, stroke(CAVITY, 1.4))
    if shape.rounding > 0:
        canvas.drawPaint(fill(CAVITY, 0.60 * shape.rounding**2))
