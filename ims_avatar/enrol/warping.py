"""Pictures through an affine map."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces.geometry import Matrix, Points

Picture = NDArray[np.uint8]


def warped(rgb: Picture, matrix: Matrix, width: int, height: int) -> Picture:
    """`rgb` (h, w, ...) after `matrix`, (2, 3), as (height, width, ...). Outside, the picture's edge is repeated.

    Both planes count from the outer corner of their first pixel. Shrinking averages, enlarging is bicubic.
    """
    scale = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    finer = max(1, math.ceil(1 / scale - 0.25))
    there = matrix * finer
    there[:, 2] += there[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV counts from the centre of the first pixel
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR
    size = (width * finer, height * finer)
    fine = cv2.warpAffine(rgb, there, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    shrunk = fine if finer == 1 else cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8)


def transformed(points: Points, matrix: Matrix) -> Points:
    """All of a face's points (478, 3) in another plane; depth keeps the scale of x and y."""
    moved = points.astype(np.float32, copy=True)
    moved[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    moved[:, 2] *= math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    return moved


def composed(after: Matrix, before: Matrix) -> Matrix:
    """The map (2, 3) that does `before`, then `after`."""
    both: Matrix = np.column_stack([after[:, :2] @ before[:, :2], after[:, :2] @ before[:, 2] + after[:, 2]])
    return both
