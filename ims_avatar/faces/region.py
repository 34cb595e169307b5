"""A turned rectangle of a picture, cut out to the size that a network takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle turned clockwise by `angle` radians; its centre in pixels of the picture (pixel centres at +0.5)."""

    x: float
    y: float
    width: float
    height: float
    angle: float = 0.0

    def matrix(self, size: int) -> NDArray[np.float64]:
        """(2, 3): from coordinates in the cut-out of `size` x `size` pixels to the picture's."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        across, down = self.width / size, self.height / size
        linear = np.array([[cos * across, -sin * down], [sin * across, cos * down]])
        return np.column_stack([linear, np.array([self.x, self.y]) - linear @ (size / 2, size / 2)])


def around(points: NDArray[np.floating], left: int, right: int, scale: float, *, square: bool = False) -> Region:
    """The rectangle around points (n, 2 or more), level with the line from `points[left]` to `points[right]`.

    It is `scale` times as large as their box; `square`: both sides are the longer one.
    """
    ahead = points[right, :2] - points[left, :2]
    angle = float(np.arctan2(ahead[1], ahead[0]))
    cos, sin = np.cos(angle), np.sin(angle)
    level = points[:, :2] @ np.array([[cos, -sin], [sin, cos]])
    low, high = level.min(axis=0), level.max(axis=0)
    x, y = (low + high) / 2
    width, height = (high - low) * scale
    if square:
        width = height = max(width, height)
    return Region(float(cos * x - sin * y), float(sin * x + cos * y), float(width), float(height), angle)


def cut_out(rgb: NDArray[np.uint8], region: Region, size: int, *, repeat_edge: bool) -> NDArray[np.uint8]:
    """(size, size, 3). Outside the picture: its edge pixels repeated, or black.

    A region of many more pixels than `size` is averaged down first: plain sampling would make points tremble.
    """
    matrix = region.matrix(size)
    shrink = int(min(region.width, region.height) / size)
    if shrink > 1:
        rgb, offset = _shrunk(rgb, _bounds(matrix, size), shrink)
        matrix[:, 2] -= offset
        matrix /= shrink
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV counts from the centre of the first pixel
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REPLICATE if repeat_edge else cv2.BORDER_CONSTANT
    cut: NDArray[np.uint8] = cv2.warpAffine(rgb, matrix, (size, size), flags=flags, borderMode=border)
    return cut


def apply(matrix: NDArray[np.floating], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points (n, 2) through an affine matrix (2, 3)."""
    moved: NDArray[np.float64] = points @ matrix[:, :2].T + matrix[:, 2]
    return moved


def _bounds(matrix: NDArray[np.float64], size: int) -> Sequence[float]:
    corners = apply(matrix, np.array([[0, 0], [size, 0], [0, size], [size, size]], np.float64))
    return (*corners.min(axis=0), *corners.max(axis=0))


def _shrunk(rgb: NDArray[np.uint8], bounds: Sequence[float], by: int) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """The part of the picture within bounds, averaged over `by` x `by` pixels, and where in the picture it begins."""
    height, width = rgb.shape[:2]
    margin = 2 * by  # so that sampling between pixels finds its neighbours
    left = min(max(int(bounds[0]) - margin, 0), width - 1)
    top = min(max(int(bounds[1]) - margin, 0), height - 1)
    across = max((min(int(bounds[2]) + margin, width) - left) // by, 1)
    down = max((min(int(bounds[3]) + margin, height) - top) // by, 1)
    part = rgb[top : top + down * by, left : left + across * by]
    return cv2.resize(part, (across, down), interpolation=cv2.INTER_AREA), (left, top)
