"""How to see in a drawn person's pictures how far the mouth is open, from the colours they are drawn with."""

from __future__ import annotations

import numpy as np

from ims_avatar.avatars.i420 import planes_of_rgb
from ims_avatar.training.drawn.characters.style import CharacterStyle, Colour
from ims_avatar.training.drawn.mouth_measure import MouthLook

_SIZE = 512
_RED_SHARE = 0.30
"""From the skin's Cr to the lips': above are lips."""
_DARK_SHARES = (0.83, 0.92)
"""From the luma of the line between the lips to that of the lips: below are the upper and the lower lip's line."""
_UNDER_NOSE, _ABOVE_CHIN = 9.0, 4.4
"""Pixels."""
_HALF_COLUMNS = 0.178
"""Half the width of the strip that is looked at, in mouth widths."""


def mouth_look(style: CharacterStyle) -> MouthLook:
    f, lips = style.face, style.lips
    skin_red = max(_luma_and_red(colour)[1] for colour in (style.skin.base, style.skin.light))
    (lip_luma, lip_red), (line_luma, _) = _luma_and_red(lips.base), _luma_and_red(lips.line)
    above, below = (line_luma + share * (lip_luma - line_luma) for share in _DARK_SHARES)
    half = _HALF_COLUMNS * f.mouth_width
    return MouthLook(
        rows=((f.nose_y + _UNDER_NOSE) / _SIZE, (f.chin_y - _ABOVE_CHIN) / _SIZE),
        columns=((f.centre_x - half) / _SIZE, (f.centre_x + half) / _SIZE),
        red=skin_red + _RED_SHARE * (lip_red - skin_red),
        dark_above=above,
        dark_below=below,
        mouth_width=f.mouth_width,
    )


def _luma_and_red(colour: Colour) -> tuple[float, float]:
    """Luma and Cr."""
    parts = [colour >> shift & 255 for shift in (16, 8, 0)]
    planes = planes_of_rgb(np.full((2, 2, 3), parts, np.uint8))
    return float(planes.luma[0, 0]), float(planes.chroma[1, 0, 0])
