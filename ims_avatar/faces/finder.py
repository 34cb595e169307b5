"""All faces of a still picture, large and small."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces.detector import SIZE as DETECTOR_SIZE
from ims_avatar.faces.detector import Detection, FaceDetector, whole
from ims_avatar.faces.landmarks import Face
from ims_avatar.faces.mesh import PRESENT, FaceMesh, region_of
from ims_avatar.faces.region import Region

LARGE = 512
"""Pixels of the longer side: a larger picture may show faces too small for the detector beside those it finds."""


SURE = 0.7
"""The detector's mean score for a face shown to it alone, in two sizes. In frames of 30 films all faces had 0.84 or
more; hands, trees and collars, some of which even the mesh takes for faces, had 0.62 or less."""


class FaceFinder:
    """Not for use by two threads at once. `FacesUnavailable` where it cannot be loaded."""

    def __init__(self) -> None:
        self.detector = FaceDetector()
        self.mesh = FaceMesh()

    def faces(self, rgb: NDArray[np.uint8]) -> list[Face]:
        """All faces of a picture (h, w, 3), uint8, the largest first."""
        found: list[Face] = []
        for step, regions in enumerate(_searches(rgb)):
            for region in regions:
                for detection in self.detector.detect(rgb, region):
                    self._add(found, rgb, detection)
            if found and max(rgb.shape[:2]) <= LARGE << step:
                break
        return sorted(found, key=_size, reverse=True)

    def largest(self, rgb: NDArray[np.uint8]) -> Face | None:
        """The largest face that shows in the picture as a whole: quicker than `faces`, but misses small ones."""
        found: list[Face] = []
        for detection in self.detector.detect(rgb, whole(rgb)):
            self._add(found, rgb, detection)
        return max(found, key=_size, default=None)

    def _add(self, found: list[Face], rgb: NDArray[np.uint8], detection: Detection) -> None:
        """Fit the mesh twice: the second time where the first found the face, as a tracker would."""
        x, y = detection.corners.mean(axis=0)
        if any(_holds(face, x, y) for face in found):
            return
        region = self._upright(rgb, detection.region())
        if region is None:
            return
        face = self.mesh.landmarks(rgb, region)
        if face.score >= PRESENT:
            face = self.mesh.landmarks(rgb, region_of(face))
        x, y = face.points[:, :2].mean(axis=0)
        if face.score >= PRESENT and not any(_holds(other, x, y) for other in found):
            found.append(face)

    def _upright(self, rgb: NDArray[np.uint8], region: Region) -> Region | None:
        """The region turned so that the face in it stands upright; None if the detector, asked again, sees no face.

        Both networks find eyes and a mouth in faces that stand on their heads, too: in the brow and the chin.
        """
        reverse = replace(region, angle=region.angle + math.pi)
        certain, reverse_certain = self._certainty(rgb, region), self._certainty(rgb, reverse)
        if max(certain, reverse_certain) < SURE:
            return None
        return region if certain >= reverse_certain else reverse

    def _certainty(self, rgb: NDArray[np.uint8], region: Region) -> float:
        """The detector's score for a face in the middle of the region, upright and at the sizes it knows best."""
        scores = []
        for scale in (1.33, 2.0):
            shown = replace(region, width=region.width * scale, height=region.height * scale)
            seen = self.detector.detect(rgb, shown, likely=0.1)
            scores.append(max((one.score for one in seen if _in_middle(one, region)), default=0.0))
        return float(np.mean(scores))


def _searches(rgb: NDArray[np.uint8]) -> Iterator[list[Region]]:
    """Where to look, in steps: the whole picture; then halves and quarters of it, overlapping; at last turned."""
    yield [whole(rgb)]
    longer = max(rgb.shape[:2])
    for parts in (2, 4):
        if longer / parts >= DETECTOR_SIZE / 2:
            yield _tiles(rgb, longer / parts)
    yield [whole(rgb, scale=1.5), *(whole(rgb, angle=math.radians(turn)) for turn in (45, -45, 90, -90, 180))]


def _tiles(rgb: NDArray[np.uint8], side: float) -> list[Region]:
    """Squares that cover the picture, each overlapping the next by half or more."""
    height, width = rgb.shape[:2]
    return [Region(x, y, side, side) for y in _middles(height, side) for x in _middles(width, side)]


def _middles(length: int, side: float) -> NDArray[np.float64]:
    if length <= side:
        return np.array([length / 2])
    return np.linspace(side / 2, length - side / 2, math.ceil((length - side) / (side / 2)) + 1)


def _in_middle(detection: Detection, region: Region) -> bool:
    x, y = detection.corners.mean(axis=0)
    return bool(np.hypot(x - region.x, y - region.y) < region.width / 4)


def _size(face: Face) -> float:
    return region_of(face).width


def _holds(face: Face, x: float, y: float) -> bool:
    left, top, right, bottom = face.box
    return bool(left <= x <= right and top <= y <= bottom)
