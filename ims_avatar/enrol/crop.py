"""The one way from a picture to what renderers see: the crop around the mouth of a face that stands upright.

Training, enrolment and re-lipping all cut their crops here: a network meets at call time what it was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces import geometry as g
from ims_avatar.faces.geometry import Matrix, Points
from ims_avatar.faces.lip_code import (
    CROP_EYES,
    CROP_HEIGHT,
    CROP_MOUTH,
    CROP_WIDTH,
    KNOTS,
    MouthLines,
    mouth_lines,
    rest_of,
)

_QUIET = 0.1
"""Share of a film's frames whose lips are more closed than the reference frame's: none of the odd ones is taken."""
_SMOOTHING = np.array([-21, 14, 39, 54, 59, 54, 39, 14, -21]) / 231
"""Weights of neighbouring frames: a parabola through nine (Savitzky, Golay 1964). Landmarks tremble, heads do not."""


@dataclass(frozen=True)
class FaceCrop:
    """How one person's face is laid into crops. Made by `face_crop`."""

    reference: Points
    """(478, 3): the person's face, upright, in the pixels of the picture it was found in."""
    rest: MouthLines
    """The mouth at rest, in crop pixels."""
    plane: Matrix
    """From the reference's plane to the crop."""

    @cached_property
    def scale(self) -> float:
        """Crop pixels per pixel of the reference's picture."""
        return float(self.plane[0, 0])

    def to_crop(self, points: Points) -> Matrix:
        """From the picture in which a face has these points to the crop, (2, 3)."""
        stable = list(g.STABLE)
        return _after(self.plane, g.similarity(points[stable, :2], self.reference[stable, :2]))

    def lines(self, points: Points) -> MouthLines:
        """The mouth of these points, the head's pose taken out of it, in crop pixels."""
        return _in_plane(mouth_lines(g.laid_over(points, self.reference)), self.plane)


def face_crop(faces: Sequence[Points]) -> FaceCrop:
    """From one picture's face, or from those of all frames of a film: who says little is at rest for most of it."""
    gaps = [float(np.linalg.norm(p[13, :2] - p[14, :2])) / g.eye_distance(p) for p in faces]
    chosen = faces[int(np.argsort(gaps)[int(_QUIET * len(faces))])]
    reference = chosen.astype(np.float32).copy()
    reference[:, :2] = g.apply(g.upright(chosen), chosen)
    rest = rest_of([mouth_lines(g.laid_over(points, reference)) for points in faces])
    scale = CROP_EYES / g.eye_distance(reference)
    middle = (rest.lips[1, KNOTS // 2] + rest.lips[2, KNOTS // 2]) / 2
    plane = np.array([[scale, 0, CROP_MOUTH[0] - scale * rest.centre_x], [0, scale, CROP_MOUTH[1] - scale * middle]])
    return FaceCrop(reference, _in_plane(rest, plane), plane)


def steadied(matrices: Sequence[Matrix]) -> list[Matrix]:
    """Matrices of frames that follow each other, without the landmarks' trembling."""
    if len(matrices) < len(_SMOOTHING):
        return list(matrices)
    reach = len(_SMOOTHING) // 2
    padded = np.pad(np.stack(matrices), ((reach, reach), (0, 0), (0, 0)), mode="reflect", reflect_type="odd")
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(_SMOOTHING), axis=0)
    return list(windows @ _SMOOTHING)


def cut(rgb: NDArray[np.uint8], to_crop: Matrix) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Luma (112, 128) and chroma (2, 56, 64) of the crop, BT.601 limited range; the picture's edge goes on outside.

    `rgb` is (height, width, 3); `to_crop` maps its pixels (centres at +0.5) to the crop's.
    """
    corners = np.array([[0, 0], [CROP_WIDTH, 0], [0, CROP_HEIGHT], [CROP_WIDTH, CROP_HEIGHT]], np.float64)
    around = g.apply(g.inverse(to_crop), corners)
    height, width = rgb.shape[:2]
    left, top = np.clip(np.floor(around.min(axis=0)).astype(int) - 4, 0, [width - 1, height - 1])
    right, bottom = np.clip(np.ceil(around.max(axis=0)).astype(int) + 4, [left + 1, top + 1], [width, height])
    part = rgb[top:bottom, left:right]
    matrix = to_crop.copy()
    matrix[:, 2] += matrix[:, :2] @ [left, top]
    shrink = int(1.0 / max(float(np.hypot(matrix[0, 0], matrix[1, 0])), 1e-6))
    if shrink > 1:  # averaged first: bilinear sampling alone would skip pixels
        size = (max(1, part.shape[1] // shrink), max(1, part.shape[0] // shrink))
        scale = np.array([part.shape[1] / size[0], part.shape[0] / size[1]])
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        matrix[:, :2] *= scale
    matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5  # OpenCV's pixel centres are whole numbers
    crop = cv2.warpAffine(
        np.ascontiguousarray(part), matrix, (CROP_WIDTH, CROP_HEIGHT), flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    planes = cv2.cvtColor(crop, cv2.COLOR_RGB2YUV_I420)
    chroma = planes[CROP_HEIGHT:].reshape(2, CROP_HEIGHT // 2, CROP_WIDTH // 2)
    return planes[:CROP_HEIGHT].astype(np.uint8, copy=False), chroma.astype(np.uint8, copy=False)


def _in_plane(lines: MouthLines, plane: Matrix) -> MouthLines:
    """Lines after a map without turn."""
    scale = float(plane[0, 0])
    return MouthLines(
        lines.centre_x * scale + plane[0, 2],
        lines.half_width * scale,
        lines.lips * scale + plane[1, 2],
        lines.chin * scale + plane[1, 2],
    )


def _after(second: Matrix, first: Matrix) -> Matrix:
    """The map that does `first`, then `second`."""
    return np.column_stack([second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2] + second[:, 2]])
