"""Where the lids of an eye really are. Landmarks sit inside large eyes, most of all drawn ones; a lid must not.

Two numbers are looked for in the picture, in the middle of the eye: how far the lash line (the darkest row) is from the
upper lid's landmarks, and how far below the lower ones the colour of skin begins. The outline grows by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

UPPER = ((33, 246, 161, 160, 159, 158, 157, 173, 133), (362, 398, 384, 385, 386, 387, 388, 466, 263))
LOWER = ((33, 7, 163, 144, 145, 153, 154, 155, 133), (362, 382, 381, 380, 374, 373, 390, 249, 263))
"""Edges of the lids from the left corner to the right one: eye on the left of the picture, eye on the right."""

_LASHES_ABOVE, _LASHES_BELOW = 0.16, 0.03
"""Where lashes are looked for around the landmarks, in eye widths like all lengths here."""
_SKIN_BELOW = 0.16
"""Where skin is looked for below the landmarks."""
_SKIN = 0.30
"""So far from the landmarks there is nothing but skin."""
_DARKER = 12
"""Steps of luma that a lash line is darker than skin."""
_REDDER = 4
"""Steps of Cr that skin is redder than an eye."""
_WIDER = 0.6
"""An eye that is higher than its landmarks by some share is wider by this part of it."""

Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EyeFrame:
    """Coordinates along and across the line between the corners, in pixels."""

    origin: Rows
    ahead: Rows
    down: Rows
    size: float
    """Distance between the corners."""

    @staticmethod
    def of(points: NDArray[np.floating], eye: int) -> EyeFrame:
        left, right = points[[UPPER[eye][0], UPPER[eye][-1]], :2].astype(np.float64)
        size = max(float(np.linalg.norm(right - left)), 1.0)
        ahead = (right - left) / size
        return EyeFrame(left, ahead, np.array([-ahead[1], ahead[0]]), size)

    def line(self, points: NDArray[np.floating]) -> Rows:
        """Points (n, 2) as (2, n): along and down, sorted."""
        offset = points[:, :2] - self.origin
        along, down = offset @ self.ahead, offset @ self.down
        order = np.argsort(along)
        return np.stack([along[order], down[order]])


def outline(
    points: NDArray[np.floating], eye: int, planes: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None
) -> tuple[Rows, Rows]:
    """Upper lid along the lashes and lower lid, (2, 9) each, in the `EyeFrame`. `planes`: luma, and Cr half as large;
    without them the landmarks are believed."""
    frame = EyeFrame.of(points, eye)
    upper, lower = (frame.line(points[list(line[eye])]) for line in (UPPER, LOWER))
    if planes is None:
        return upper, lower
    size = frame.size
    up, down = _lash_offset(frame, upper, planes[0]) * size, _skin_offset(frame, upper, lower, planes[1]) * size
    middle = size / 2
    gap = float(np.interp(middle, *lower) - np.interp(middle, *upper))
    grown = min((gap + down - up) / max(gap, 0.05 * size), 1.3)
    wide = 1 + _WIDER * max(grown - 1, 0)
    grown_lines = []
    for line, offset in ((upper, up), (lower, down)):
        profile = 1 - (2 * line[0] / size - 1) ** 2
        grown_lines.append(np.stack([middle + (line[0] - middle) * wide, line[1] + offset * profile]))
    return grown_lines[0], grown_lines[1]


def _lash_offset(frame: EyeFrame, upper: Rows, luma: NDArray[np.uint8]) -> float:
    """From the landmarks to the darkest row, negative upwards, in eye widths."""
    offsets = np.arange(-_LASHES_ABOVE, _LASHES_BELOW + 0.01, 0.01)
    shades = _sampled(frame, upper, [-_SKIN, *offsets], luma, 1)
    shades[1:] = cv2.blur(shades[1:], (1, 3))
    darkest = shades[1:].argmin(axis=0)
    seen = shades[0] - shades[1:].min(axis=0) > _DARKER
    return float(np.median(offsets[darkest[seen]])) if seen.mean() > 0.5 else 0.0


def _skin_offset(frame: EyeFrame, upper: Rows, lower: Rows, cr: NDArray[np.uint8]) -> float:
    """From the landmarks of the lower lid to where skin begins, in eye widths, not negative."""
    offsets = np.arange(0, _SKIN_BELOW + 0.01, 0.01)
    reds = _sampled(frame, lower, [_SKIN, *offsets], cr, 2)
    middle = np.stack([lower[0], (lower[1] + np.interp(lower[0], *upper)) / 2])
    eye = _sampled(frame, middle, [0.0], cr, 2)[0]
    if np.median(reds[0] - eye) < _REDDER:
        return 0.0
    skin = reds[1:] > (reds[0] + eye) / 2
    begins = np.where(skin.any(axis=0), skin.argmax(axis=0), len(offsets) - 1)
    return float(np.median(offsets[begins]))


def _sampled(
    frame: EyeFrame, line: Rows, offsets: Sequence[float], plane: NDArray[np.uint8], step: int
) -> NDArray[np.float32]:
    """(len(offsets), 15): the plane along the line's middle, moved down by each offset."""
    along = np.linspace(0.3, 0.7, 15) * frame.size
    down = np.interp(along, *line) + np.asarray(offsets)[:, None] * frame.size
    x, y = ((frame.origin[k] + along * frame.ahead[k] + down * frame.down[k]) / step - 0.5 for k in (0, 1))
    return np.asarray(cv2.remap(plane, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR), np.float32)
