"""How far a drawn mouth is open, read from pixels alone: no landmarks, no knowledge of the lip code.

In the columns around the middle of the mouth, lips are redder than skin. From the upper lip's edge downwards the first
dark line is where the upper lip ends; from the lower lip's edge upwards the first one is where the lower lip ends, be
it teeth, tongue or the cavity that follows. Closed lips have one line for both. Where to look and what is red and dark
in this face is a `MouthLook`; its places are shares of the picture, wide enough for the head's motion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LINES = 512
"""Picture height that profiles are brought to, whatever the picture's own size."""
_SAME_LINE = 2.0
"""Lines nearer than this are one: a closed mouth."""


@dataclass(frozen=True, slots=True)
class MouthLook:
    """What a mouth looks like in one person's pictures; the defaults are Clara's."""

    rows: tuple[float, float] = (0.58, 0.757)
    """From under the nose to above the chin, whose shadow is as red as lips."""
    columns: tuple[float, float] = (0.475, 0.525)
    red: float = 156.5
    """Cr above which a row belongs to the lips; Clara's skin has 147 to 152, her lips 160 to 172."""
    dark_above: float = 122.0
    """Luma under which a minimum is the upper lip's line; Clara's lips have 130 to 165."""
    dark_below: float = 128.0
    """The same of the lower lip."""
    mouth_width: float = 72.0
    """The unit of the lip code in pixels of a 512 pixel picture."""


CLARA_LOOK = MouthLook()


def mouth_opening(picture: NDArray[np.uint8], look: MouthLook = CLARA_LOOK) -> float | None:
    """Gap of the inner lips in mouth widths, from one I420 picture, uint8 (height * 3 // 2, width), of any size.

    None when no lips are found where the mouth should be.
    """
    luma, red = _profiles(picture, look)
    lips = np.flatnonzero(red > look.red)
    if not len(lips):
        return None
    first, last = int(lips[0]), int(lips[-1])
    minima = [row for row in range(max(first, 1), min(last + 1, len(luma) - 1)) if _is_minimum(luma, row)]
    upper = next((row for row in minima if luma[row] < look.dark_above), None)
    lower = next((row for row in reversed(minima) if luma[row] < look.dark_below), None)
    if upper is None or lower is None:
        return 0.0
    gap = _place(luma, lower) - _place(luma, upper)
    return gap / look.mouth_width if gap > _SAME_LINE else 0.0


def _profiles(picture: NDArray[np.uint8], look: MouthLook) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Luma and Cr of each of the picture's `_LINES` lines around the mouth, mean over the middle columns."""
    rows, width = picture.shape
    height = rows * 2 // 3
    left, right = (int(width * share) for share in look.columns)
    luma = picture[:height, left:right].mean(axis=1)
    red_plane = picture[height:].reshape(2, height // 2, width // 2)[1]
    red = red_plane[:, left // 2 : (right + 1) // 2].mean(axis=1)
    wanted = (np.arange(int(look.rows[0] * _LINES), int(look.rows[1] * _LINES)) + 0.5) / _LINES
    return (
        np.interp(wanted, (np.arange(height) + 0.5) / height, luma),
        np.interp(wanted, (np.arange(height // 2) + 0.5) / (height // 2), red),
    )


def _is_minimum(profile: NDArray[np.float64], row: int) -> bool:
    return bool(profile[row] <= profile[row - 1] and profile[row] < profile[row + 1])


def _place(profile: NDArray[np.float64], row: int) -> float:
    """A minimum's place between rows, by a parabola through three of them."""
    before, here, after = profile[row - 1 : row + 2]
    bend = before - 2 * here + after
    return row + float(0.5 * (before - after) / bend) if bend > 0 else float(row)
