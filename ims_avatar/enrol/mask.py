"""Which part of a crop is taken from the renderer: mouth and chin, with soft edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces.lip_code import CROP_HEIGHT, CROP_WIDTH, MouthLines

_SIDE, _ABOVE, _BELOW = 0.98, 0.42, 0.24
"""Mouth widths from the mouth's middle to the sides, above the upper lip, and under the chin."""
_POWER = 2.6
"""Between an ellipse (2) and a rectangle: round like a chin, broad like a mouth."""
_FEATHER = 0.16
"""Share of the way from the edge to the middle on which the mask rises from 0 to 1."""


def paste_mask(rest: MouthLines) -> NDArray[np.float32]:
    """float32 (112, 128), 0..1, for a mouth at rest in crop pixels."""
    unit = 2 * rest.half_width
    top = max(2.0, float(rest.lips[0].min()) - _ABOVE * unit)
    bottom = min(CROP_HEIGHT - 2.0, rest.chin + _BELOW * unit)
    side = min(_SIDE * unit, rest.centre_x - 2.0, CROP_WIDTH - 2.0 - rest.centre_x)
    y, x = np.mgrid[0:CROP_HEIGHT, 0:CROP_WIDTH] + 0.5
    across = np.abs(x - rest.centre_x) / side
    down = np.abs(y - (top + bottom) / 2) / ((bottom - top) / 2)
    radius = (across**_POWER + down**_POWER) ** (1 / _POWER)
    ramp = np.clip((1.0 - radius) / _FEATHER, 0.0, 1.0)
    mask: NDArray[np.float32] = (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
    return mask
