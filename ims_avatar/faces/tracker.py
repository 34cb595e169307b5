"""One face through a film."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.landmarks import Face
from ims_avatar.faces.mesh import PRESENT, region_of
from ims_avatar.faces.region import Region

MOVED = 0.1
"""A face that moved, turned or grew by more than this share of its region was badly placed in it."""
STILL = 0.02
"""A face that moved less keeps its region. Points depend a little on the region they were looked for in: were it set
anew each time, the points of a still picture would never come to rest."""
PATIENCE = 25
"""After so many pictures without a face, small ones are searched for again; that takes long."""


class FaceTracker:
    """Follows the largest face of a film. Not for two threads at once; `FacesUnavailable` as for `FaceFinder`."""

    def __init__(self, finder: FaceFinder | None = None) -> None:
        self._finder = finder or FaceFinder()
        self._region: Region | None = None
        self._without = 0

    def track(self, rgb: NDArray[np.uint8]) -> Face | None:
        """The face in the film's next picture (h, w, 3), uint8; None if there is none."""
        face = self._follow(rgb)
        if face is None:
            found = self._search(rgb)
            self._region = region_of(found) if found else None
            face = self._follow(rgb)
        self._region = self._next_region(face) if face else None
        self._without = 0 if face else self._without + 1
        return face

    def _follow(self, rgb: NDArray[np.uint8]) -> Face | None:
        """Look where the face was, and once more if it turns out to be elsewhere."""
        if self._region is None:
            return None
        face = self._finder.mesh.landmarks(rgb, self._region)
        if face.score >= PRESENT and _moved(self._region, region_of(face)) > MOVED:
            face = self._finder.mesh.landmarks(rgb, region_of(face))
        return face if face.score >= PRESENT else None

    def _next_region(self, face: Face) -> Region:
        region = region_of(face)
        return self._region if self._region and _moved(self._region, region) < STILL else region

    def _search(self, rgb: NDArray[np.uint8]) -> Face | None:
        face = self._finder.largest(rgb)
        if face is None and self._without % PATIENCE == 0:
            face = next(iter(self._finder.faces(rgb)), None)
        return face


def _moved(before: Region, after: Region) -> float:
    turned = abs(math.remainder(after.angle - before.angle, 2 * math.pi)) * before.width / 2
    return max(abs(after.x - before.x), abs(after.y - before.y), abs(after.width - before.width), turned) / before.width
