"""From landmarks to the lip code, and back to lip lines: the mouth of a photographed person in terms of all avatars.

A mouth is four lines over the place along the lips (`PLACES`, from corner to corner) and the line of the chin. The
code (`flow.LipCode`) says how these lines differ from the same person's mouth at rest, so nobody's identity is in it.
The two directions are inverse to each other, and the second one is what renderers draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces import geometry as g
from ims_avatar.flow import LIP_CODE_SIZE

KNOTS = 21
PLACES = np.linspace(-1.0, 1.0, KNOTS)
"""Place along the lips: -1 the corner on the left of the picture, 1 the one on the right."""
CROP_WIDTH, CROP_HEIGHT = 128, 112
CROP_EYES = 100.0
CROP_MOUTH = (64.0, 40.0)
"""The crop that renderers work in: its size, the outer eye corners' distance and the resting mouth's middle in it."""
BELLY = 1.0 - np.abs(PLACES) ** 2.2
"""How far each place follows the middle of the upper lip rather than the corners."""
CORNER_DROP = 0.15
"""Corners sink by this share of the opening."""
CHIN_SHARE = 0.60
"""The chin's skin moves by this share of the lower teeth's way: component 5 of the code is the teeth's."""
THICKER_UPPER, THICKER_LOWER, TUCKED = 0.047, 0.053, 0.090
"""Mouth widths that full rounding adds to the lips' thickness, and that full tucking takes from the lower lip."""
FULLNESS = 1.0 - np.abs(PLACES) ** 2
"""Where along the lips their thickness changes."""
_MIDDLE = slice(KNOTS // 2 - 2, KNOTS // 2 + 3)


@dataclass(frozen=True, slots=True)
class MouthLines:
    """Lip lines of one face in one plane, in pixels."""

    centre_x: float
    half_width: float
    lips: NDArray[np.float64]
    """(4, KNOTS): y of upper outer, upper inner, lower inner and lower outer line at `PLACES`."""
    chin: float
    """y of the chin's tip."""

    @property
    def gap(self) -> float:
        """Opening of the inner lips in the middle, in pixels."""
        return float((self.lips[2] - self.lips[1])[_MIDDLE].mean())


def mouth_lines(points: NDArray[np.floating]) -> MouthLines:
    """Lines of landmarks (478, 2 or 3) that stand upright."""
    xy = np.asarray(points, np.float64)[:, :2]
    left, right = xy[g.LEFT_CORNER], xy[g.RIGHT_CORNER]
    centre, half = (left[0] + right[0]) / 2, max(float(right[0] - left[0]) / 2, 1e-3)
    lips = np.empty((4, KNOTS))
    for row, line in enumerate((g.UPPER_OUTER, g.UPPER_INNER, g.LOWER_INNER, g.LOWER_OUTER)):
        along = xy[[g.LEFT_CORNER, *line, g.RIGHT_CORNER]]
        order = np.argsort(along[:, 0], kind="stable")
        lips[row] = np.interp(centre + half * PLACES, along[order, 0], along[order, 1])
    seam = (lips[1] + lips[2]) / 2
    closed = lips[1] > lips[2]  # landmarks of closed lips may cross by a fraction of a pixel
    lips[1], lips[2] = np.where(closed, seam, lips[1]), np.where(closed, seam, lips[2])
    lips[0], lips[3] = np.minimum(lips[0], lips[1]), np.maximum(lips[3], lips[2])
    return MouthLines(float(centre), half, lips, float(xy[list(g.CHIN_TIP), 1].mean()))


def rest_of(lines: Sequence[MouthLines]) -> MouthLines:
    """The mouth at rest of a person seen in many frames: the median of the frames whose lips are nearly closed."""
    gaps = np.array([line.gap for line in lines])
    limit = gaps.min() + max(0.15 * (np.quantile(gaps, 0.95) - gaps.min()), 0.02 * lines[0].half_width)
    closed = [line for line, gap in zip(lines, gaps, strict=True) if gap <= limit]
    return MouthLines(
        float(np.median([line.centre_x for line in closed])),
        float(np.median([line.half_width for line in closed])),
        np.median([line.lips for line in closed], axis=0),
        float(np.median([line.chin for line in closed])),
    )


def gap_profile(opening: float, rounding: float) -> NDArray[np.float64]:
    """Shape of the gap between the inner lips over `PLACES`, 1 in the middle; an open mouth is rounder."""
    power = 0.85 - 0.18 * rounding - 0.25 * min(opening, 0.5)
    profile: NDArray[np.float64] = np.maximum(1.0 - PLACES**2, 0.0) ** power
    return profile


def stretch(opening: float) -> float:
    """Factor on the lips' thickness: open lips are stretched thin."""
    return 1.0 - 0.30 * min(max(opening, 0.0), 0.6)


def _thickness(lines: MouthLines, row: int) -> float:
    """Mean distance of two neighbouring lip lines in the middle, in pixels."""
    return float((lines.lips[row + 1] - lines.lips[row])[_MIDDLE].mean())


def code_of(lines: MouthLines, rest: MouthLines) -> NDArray[np.float32]:
    """The lip code, float32 (8,), of a mouth whose owner's mouth at rest is `rest`. Both in one plane and scale.

    Rounding and tuck are read from the lips' thickness: negative where lips are thinner or the lower one fuller than at
    rest. The tongue (component 7) cannot be seen in landmarks and is 0.
    """
    unit = 2 * rest.half_width
    opening = max(0.0, (lines.gap - rest.gap) / unit)
    thin = stretch(opening)
    upper = _thickness(lines, 0) / thin - _thickness(rest, 0)
    rounding = float(np.clip(upper / (THICKER_UPPER * unit), -1.0, 1.0))
    lower = _thickness(rest, 2) + THICKER_LOWER * unit * rounding - _thickness(lines, 2) / thin
    tuck = float(np.clip(lower / (TUCKED * unit), -1.0, 1.0))
    middle, corners = lines.lips[1, _MIDDLE].mean(), lines.lips[1, [0, -1]].mean()
    middle_rest, corners_rest = rest.lips[1, _MIDDLE].mean(), rest.lips[1, [0, -1]].mean()
    code = np.zeros(LIP_CODE_SIZE, np.float32)
    code[0], code[1], code[2] = opening, lines.half_width / rest.half_width - 1.0, rounding
    code[3] = (middle_rest - middle) / unit
    code[4] = tuck
    code[5] = max(0.0, (lines.chin - rest.chin) / (CHIN_SHARE * unit))
    code[6] = (corners_rest - corners) / unit + CORNER_DROP * opening
    return code


def lines_of(code: NDArray[np.floating], rest: MouthLines) -> MouthLines:
    """The lip lines that a code, (8,), asks for: the inverse of `code_of`."""
    unit = 2 * rest.half_width
    opening, rounding, tuck = max(float(code[0]), 0.0), float(code[2]), float(code[4])
    corner = (-float(code[6]) + CORNER_DROP * opening) * unit
    upper_inner = rest.lips[1] + corner * (1 - BELLY) - float(code[3]) * unit * BELLY
    gap = rest.lips[2] - rest.lips[1] + opening * unit * gap_profile(opening, rounding)
    fuller = unit * FULLNESS * stretch(opening)
    upper = (rest.lips[1] - rest.lips[0]) * stretch(opening) + THICKER_UPPER * rounding * fuller
    lower = (rest.lips[3] - rest.lips[2]) * stretch(opening) + (THICKER_LOWER * rounding - TUCKED * tuck) * fuller
    upper, lower = np.maximum(upper, 0.0), np.maximum(lower, 0.0)
    lips = np.stack([upper_inner - upper, upper_inner, upper_inner + gap, upper_inner + gap + lower])
    return MouthLines(
        rest.centre_x,
        rest.half_width * (1.0 + float(code[1])),
        lips,
        rest.chin + CHIN_SHARE * max(float(code[5]), 0.0) * unit,
    )


def packed(lines: MouthLines) -> NDArray[np.float32]:
    """The lines as one row, float32 (4 * KNOTS + 3,): lips, centre, half width, chin. What renderers take."""
    tail = [lines.centre_x, lines.half_width, lines.chin]
    return np.concatenate([lines.lips.reshape(-1), tail]).astype(np.float32)
