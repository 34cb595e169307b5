"""The picture that a call shows, cut out of a photograph or a film around the face: square, 512 pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.enrol.warping import composed, warped
from ims_avatar.faces import geometry as g

SIZE = 512
EYE_DISTANCE = 112.0
"""Pixels between the outer corners of the eyes, where the source shows enough around the face."""
NEAREST_EYE_DISTANCE = 180.0
"""A source that shows little around the face is cut nearer; only beyond this is something added around it."""
MOST_ENLARGED = 1.5
MOST_TILT = 10.0
"""Degrees. A head tilted by less is left as it is: people tilt their heads, and walls would tilt instead."""
EYES_AT = 0.42
"""Height of the eyes in the picture, as a share from above."""
_FAR = 24.0
"""Pixels outside the source from which on nothing but blur is shown."""


def framing_of(points: g.Points, width: int, height: int) -> g.Matrix:
    """(2, 3): from the source, of this size, in which a face has these points, to the picture of SIZE x SIZE."""
    turn = _levelling(points)
    unit = g.eye_distance(points)
    fits = float(min(width, height))
    side = min(SIZE * unit / EYE_DISTANCE, max(fits, SIZE * unit / NEAREST_EYE_DISTANCE))
    side = max(side, SIZE / MOST_ENLARGED)
    eyes = g.apply(turn, points[list(g.OUTER_EYES)]).mean(axis=0)
    middle = g.apply(turn, points[list(g.FACE_OVAL)]).mean(axis=0)
    left, top = float((eyes[0] + middle[0]) / 2 - side / 2), float(eyes[1] - EYES_AT * side)
    if np.allclose(turn, np.eye(2, 3)):
        left, top = _inside(left, side, width), _inside(top, side, height)
    scale = SIZE / side
    return composed(np.array([[scale, 0, -scale * left], [0, scale, -scale * top]]), turn)


class Frame:
    """Cuts pictures out of sources of one size. What a source does not show is its edge, more and more blurred."""

    def __init__(self, matrix: g.Matrix, width: int, height: int) -> None:
        """`matrix` as by `framing_of`, from sources of this size."""
        self._matrix = matrix
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
        shown = np.zeros((SIZE, SIZE), np.uint8)
        cv2.fillConvexPoly(shown, np.rint(g.apply(matrix, corners) - 0.5).astype(np.int32), 1)
        far = cv2.distanceTransform(1 - shown, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / _FAR
        self._near = np.clip(4 * far, 0, 1).astype(np.float32)[..., None]
        self._far = np.clip(far, 0, 1).astype(np.float32)[..., None]

    def cut(self, source: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(SIZE, SIZE, 3)."""
        picture = warped(source, self._matrix, SIZE, SIZE)
        if not self._near.any():
            return picture
        mixed = picture.astype(np.float32)
        mixed += (_blurred(picture, 4, 1.2) - mixed) * self._near
        mixed += (_blurred(picture, 16, 1.5) - mixed) * self._far
        return np.asarray(np.rint(mixed), np.uint8)


def _blurred(picture: NDArray[np.uint8], coarser: int, sigma: float) -> NDArray[np.float32]:
    """Blurred where it is small, which is quick, by `sigma` pixels there."""
    small = cv2.resize(picture, (SIZE // coarser, SIZE // coarser), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma)
    return np.asarray(cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC), np.float32).clip(0, 255)


def _levelling(points: g.Points) -> g.Matrix:
    """What makes the eyes level if the head is tilted by more than MOST_TILT; else nothing."""
    left, right = (points[index, :2].astype(np.float64) for index in g.OUTER_EYES)
    tilt = np.degrees(np.arctan2(right[1] - left[1], right[0] - left[0]))
    return np.eye(2, 3) if abs(tilt) <= MOST_TILT else g.upright(points)


def _inside(begin: float, length: float, available: int) -> float:
    """Where a stretch begins that lies inside what is available, or in its middle if it is longer."""
    if length >= available:
        return (available - length) / 2
    return min(max(begin, 0.0), available - length)
