"""What lips do, measured on landmarks alone: the same numbers for a person's film and for a rendered one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces import landmarks as lm


def openings(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """(T,) from landmarks (T, 478, 2 or 3): distance of the inner lips in eye distances; NaN where no face was seen."""
    return _distance(points, lm.UPPER_LIP_INNER, lm.LOWER_LIP_INNER) / _eyes(points)


def widths(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """(T,): distance of the mouth's corners in eye distances; NaN where no face was seen."""
    return _distance(points, lm.LEFT_MOUTH_CORNER, lm.RIGHT_MOUTH_CORNER) / _eyes(points)


def _eyes(points: NDArray[np.floating]) -> NDArray[np.float64]:
    return _distance(points, lm.LEFT_EYE_OUTER, lm.RIGHT_EYE_OUTER)


def _distance(points: NDArray[np.floating], a: int, b: int) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = np.linalg.norm(np.asarray(points[:, a, :2] - points[:, b, :2], np.float64), axis=1)
    return distance
