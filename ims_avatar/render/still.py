"""The picture of a shot whose mouth stands for all: at rest, seen from where the head mostly is.

The mouths of the other pictures are speaking: bent to something else, they would show two mouths in one.
"""

from __future__ import annotations

from dataclasses import dataclass

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.film_file import i420_of
from ims_avatar.enrol.crop import FaceCrop
from ims_avatar.faces import geometry as g
from ims_avatar.faces.lip_code import CROP_HEIGHT, CROP_WIDTH, mouth_lines, packed
from ims_avatar.faces.pose import head_pose

_YAW_COSTS = 0.004
"""Mouth openings, in eye distances, that a degree of yaw is worth."""
_BETTER = 0.01
"""A later picture must be better by so much: equal ones need no copy."""
_CHEEKS = (50, 101, 118, 280, 330, 347)
"""Landmarks on plain skin."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    luma: Picture
    """(CROP_HEIGHT, CROP_WIDTH), in the film's own colours."""
    chroma: Picture
    """(2, CROP_HEIGHT // 2, CROP_WIDTH // 2)."""
    lines: NDArray[np.float32]
    """(87,): its mouth, packed, in crop pixels."""
    oval: NDArray[np.float32]
    """(36, 2): outline of the face in crop pixels."""
    skin: float
    """Mean luma of the cheeks."""


class StillSearch:
    """Keeps the best picture of a shot as they come."""

    def __init__(self) -> None:
        self._least = np.inf
        self._best: tuple[Picture, g.Points] | None = None

    def offer(self, frame: av.VideoFrame, points: g.Points) -> None:
        """A picture, and its face (478, 3) in its pixels."""
        gap = float(np.linalg.norm(points[13, :2] - points[14, :2])) / g.eye_distance(points)
        cost = gap + _YAW_COSTS * abs(head_pose(points).yaw)
        if cost < self._least - _BETTER:
            self._least = cost
            self._best = i420_of(frame).copy(), points

    def still(self, crop: FaceCrop) -> Still:
        """Of the best picture; at least one was offered."""
        assert self._best is not None
        i420, points = self._best
        to_crop = crop.to_crop(points)
        luma, chroma = cropped(i420, to_crop)
        x, y = g.apply(to_crop, points[list(_CHEEKS)]).astype(int).T
        cheeks = luma[y.clip(0, CROP_HEIGHT - 1), x.clip(0, CROP_WIDTH - 1)]
        lines = packed(mouth_lines(g.apply(to_crop, points)))
        return Still(luma, chroma, lines, oval_of(points, to_crop), float(np.median(cheeks)))


def oval_of(points: g.Points, to_crop: g.Matrix) -> NDArray[np.float32]:
    """Outline of a face in crop pixels, (36, 2)."""
    return g.apply(to_crop, points[list(g.FACE_OVAL)]).astype(np.float32)


def cropped(i420: Picture, to_crop: g.Matrix) -> tuple[Picture, Picture]:
    """Luma and chroma of the crop, from the picture's planes as they are: colours mean what they meant."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    chroma = i420[height:].reshape(2, height // 2, width // 2)
    half = np.column_stack([to_crop[:, :2], to_crop[:, 2] / 2])
    size = (CROP_WIDTH // 2, CROP_HEIGHT // 2)
    planes = [_warped(plane, half, size) for plane in chroma]
    return _warped(i420[:height], to_crop, (CROP_WIDTH, CROP_HEIGHT)), np.stack(planes)


def _warped(plane: Picture, matrix: g.Matrix, size: tuple[int, int]) -> Picture:
    """`matrix` maps middles of pixels at +0.5. A plane that is much larger is averaged first."""
    matrix = matrix.copy()
    step = int(1 / max(float(np.hypot(matrix[0, 0], matrix[1, 0])), 1e-3))
    if step > 1:
        smaller = (max(1, plane.shape[1] // step), max(1, plane.shape[0] // step))
        matrix[:, :2] *= (plane.shape[1] / smaller[0], plane.shape[0] / smaller[1])
        plane = np.asarray(cv2.resize(plane, smaller, interpolation=cv2.INTER_AREA), np.uint8)
    matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5  # OpenCV's middles are whole numbers
    warped = cv2.warpAffine(
        np.ascontiguousarray(plane), matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, np.uint8)
