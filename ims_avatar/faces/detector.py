"""Rough places of faces: BlazeFace, short range.

Its graph is mediapipe/modules/face_detection/face_detection.pbtxt (Apache-2.0); Bazarevsky et al. 2019,
https://arxiv.org/abs/1907.05047.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces.models import DETECTOR, interpreter, read_model
from ims_avatar.faces.region import Region, apply, cut_out

SIZE = 128
"""Pixels across the picture that the network takes."""
LIKELY = 0.5
OVERLAP = 0.3
"""Boxes that share more than this (intersection over union) are one face."""
ROOM = 1.5
"""face_detection_front_detection_to_roi.pbtxt."""

_GRIDS = ((16, 2), (8, 6))
"""Cells across, and boxes a cell."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    corners: NDArray[np.float64]
    """(4, 2): of the box around eyes, nose and mouth, in pixels of the picture; the box may be turned."""
    eyes: NDArray[np.float64]
    """(2, 2): the picture's left eye, then its right one."""
    score: float

    def region(self) -> Region:
        """Where `FaceMesh` should look."""
        ahead = self.eyes[1] - self.eyes[0]
        angle = float(np.arctan2(ahead[1], ahead[0]))
        x, y = self.corners.mean(axis=0)
        side = float(np.linalg.norm(np.diff(self.corners, axis=0), axis=1).max()) * ROOM
        return Region(float(x), float(y), side, side, angle)


def _anchors() -> NDArray[np.float64]:
    """(896, 2): the middle of the cell that each box belongs to, as a share of the picture."""
    rows = []
    for cells, boxes in _GRIDS:
        middle = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(middle, middle), axis=-1).reshape(-1, 2)
        rows.append(np.repeat(grid, boxes, axis=0))
    return np.concatenate(rows)


class FaceDetector:
    """Not for use by two threads at once. `FacesUnavailable` where it cannot be loaded."""

    def __init__(self) -> None:
        self._network = interpreter(read_model(DETECTOR))
        self._input = self._network.get_input_details()[0]["index"]
        outputs = {detail["name"]: detail["index"] for detail in self._network.get_output_details()}
        self._boxes, self._scores = outputs["regressors"], outputs["classificators"]
        self._anchors = _anchors()

    def detect(self, rgb: NDArray[np.uint8], region: Region, *, likely: float = LIKELY) -> list[Detection]:
        """Faces in one square region of the picture (h, w, 3) with a score of `likely` or more, the likeliest first."""
        cut = cut_out(rgb, region, SIZE, repeat_edge=False)
        self._network.set_tensor(self._input, cut.astype(np.float32)[None] / 127.5 - 1)
        self._network.invoke()
        raw = self._network.get_tensor(self._boxes)[0].astype(np.float64)
        logits = np.clip(self._network.get_tensor(self._scores)[0, :, 0].astype(np.float64), -100, 100)
        scores = 1 / (1 + np.exp(-logits))
        chosen = np.flatnonzero(scores >= likely)
        boxes = _decode(raw[chosen], self._anchors[chosen])
        matrix = region.matrix(SIZE)
        return [_placed(box, score, matrix) for box, score in _merged(boxes, scores[chosen])]


def whole(rgb: NDArray[np.uint8], *, scale: float = 1.0, angle: float = 0.0) -> Region:
    """The square around the whole picture."""
    height, width = rgb.shape[:2]
    side = max(height, width) * scale
    return Region(width / 2, height / 2, side, side, angle)


def _decode(raw: NDArray[np.float64], anchors: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 8): left, top, right, bottom, left eye x and y, right eye x and y, in pixels of the cut-out."""
    centre = raw[:, :2] + anchors * SIZE
    half = raw[:, 2:4] / 2
    eyes = raw[:, 4:8] + np.tile(anchors * SIZE, 2)
    return np.concatenate([centre - half, centre + half, eyes], axis=1)


def _merged(boxes: NDArray[np.float64], scores: NDArray[np.float64]) -> list[tuple[NDArray[np.float64], float]]:
    """Overlapping boxes become one: their mean, weighted by score (weighted non-maximum suppression)."""
    merged = []
    left = np.argsort(-scores)
    while left.size:
        same = overlap(boxes[left[0], :4], boxes[left, :4]) > OVERLAP
        same[0] = True  # a box of no area overlaps not even itself
        group = left[same]
        merged.append((np.average(boxes[group], axis=0, weights=scores[group]), float(scores[left[0]])))
        left = left[~same]
    return merged


def overlap(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of one box (left, top, right, bottom) with each of the others (n, 4)."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=1)
    union = np.prod(box[2:] - box[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1) - shared
    shares: NDArray[np.float64] = shared / np.maximum(union, 1e-9)
    return shares


def _placed(box: NDArray[np.float64], score: float, matrix: NDArray[np.float64]) -> Detection:
    left, top, right, bottom = box[:4]
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    return Detection(apply(matrix, corners), apply(matrix, box[4:].reshape(2, 2)), score)
