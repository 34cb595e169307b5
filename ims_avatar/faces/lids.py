"""Closes the eyes of a picture: the upper lid's skin comes down over the eye, lashes and all, to the lower lid.

Everything happens across the line between the corners of the eye, so a tilted face closes its eyes along its own tilt.
Near the lashes the skin moves as it is; between there and the crease it is stretched, as a lid unfolds; the crease and
what is above follow less and less, and the brow holds still. The eye itself is covered, never stretched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces.eye_outline import EyeFrame, outline
from ims_avatar.faces.geometry import Points

_BROW = ((46, 53, 52, 65, 55), (285, 295, 282, 283, 276))
"""Lower edge of the brow, from left to right."""

_LASHES = 0.10
"""Height of the band above the lid's edge that moves as it is, in eye widths."""
_CREASE = 0.34
"""Where the lid folds, as a share of the way from the lashes to the brow."""
_CREASE_FOLLOWS = 0.25
"""How far the crease comes down, as a share of the lid's way."""
_REACH = 0.5
"""Eye widths above the lashes in which skin moves at most."""
_RIM = 0.012
"""Eye widths under the middle of the lash line that still belong to the lid."""
_OVER = 0.05
"""Eye widths that a shut lid comes down below the lower one's edge in the middle: no white may shine through."""
_TOO_LITTLE = 0.01

Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class EyePatch:
    """What a closing lid needs to know of every pixel around an eye, in one plane of the picture."""

    left: int
    top: int
    down: tuple[float, float]
    """Unit vector from the brow to the cheek."""
    lashes: float
    """Height of the band that moves with the edge, in pixels of this plane like all that follows."""
    x: Plane
    """(h, w): column of the pixel's centre as `cv2.remap` counts; `y` its row."""
    y: Plane
    height: Plane
    """Distance from the line between the corners, growing downwards."""
    upper: Plane
    """Height of the upper lid's edge there, its rim included."""
    gap: Plane
    """From there to the lower lid."""
    crease: Plane
    brow: Plane

    def close(self, plane: NDArray[np.uint8], share: float) -> None:
        """Draw the lid into `plane` (h, w): 0 as it is, 1 closed."""
        rows, columns = self.x.shape
        target = plane[self.top : self.top + rows, self.left : self.left + columns]
        way = share * self.gap
        edge = self.upper + way
        back = self._source(edge, way) - self.height
        lid = cv2.remap(plane, self.x + back * self.down[0], self.y + back * self.down[1], cv2.INTER_CUBIC)
        covered = np.clip(edge - self.height + 0.5, 0, 1) * np.clip(way * 2, 0, 1)
        target[:] = np.rint(target + (lid - target.astype(np.float32)) * covered)

    def _source(self, edge: Plane, way: Plane) -> Plane:
        """Height that each pixel of the lowered lid comes from."""
        fold = self.crease + _CREASE_FOLLOWS * way
        band = edge - self.lashes
        above = (self.height - self.brow) / np.maximum(fold - self.brow, 0.5)
        between = (self.height - fold) / np.maximum(band - fold, 0.5)
        source = np.where(
            self.height < fold,
            self.brow + above * (self.crease - self.brow),
            self.crease + between * (band - way - self.crease),
        )
        source = np.where(self.height >= band, self.height - way, source)
        return np.where(self.height <= self.brow, self.height, source).astype(np.float32)


class Lids:
    """The eyes of one picture's face. `points` in its pixels; `width`, `height` are the picture's.

    `still`: luma and Cr of the picture, to see where its lids really are.
    """

    def __init__(
        self, points: Points, width: int, height: int, still: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None
    ) -> None:
        self._patches = []
        for eye in (0, 1):
            frame, lines = EyeFrame.of(points, eye), outline(points, eye, still)
            brow = frame.line(points[list(_BROW[eye])])
            self._patches.append([_patch(frame, (*lines, brow), step, width, height) for step in (1, 2)])

    def close(self, luma: NDArray[np.uint8], chroma: Sequence[NDArray[np.uint8]], lids: tuple[float, float]) -> None:
        """Close the eyes in the planes, chroma half as large; left and right of the picture, 0 as they are, 1 shut."""
        for (fine, coarse), share in zip(self._patches, lids, strict=True):
            if share > _TOO_LITTLE:
                fine.close(luma, min(share, 1.0))
                for plane in chroma:
                    coarse.close(plane, min(share, 1.0))


def _patch(frame: EyeFrame, lines: Sequence[NDArray[np.float64]], step: int, width: int, height: int) -> EyePatch:
    """`lines`: lashes, lower lid and brow in the frame, in pixels of the picture; the patch is of a plane `step` times
    coarser."""
    around = np.concatenate([frame.origin + line.T @ np.stack([frame.ahead, frame.down]) for line in lines]) / step
    limit = np.array([width, height]) // step
    low = np.clip(np.floor(around.min(axis=0) - 2), 0, limit - 2).astype(int)
    high = np.clip(np.ceil(around.max(axis=0) + 2), low + 1, limit).astype(int)
    y, x = np.mgrid[low[1] : high[1], low[0] : high[0]].astype(np.float32)
    offset = np.stack([x + 0.5, y + 0.5], axis=-1) * step - frame.origin
    along, down = offset @ frame.ahead, offset @ frame.down
    lashes_at, lower, brow_at = (np.interp(along, *line) for line in lines)
    inside = (along > lines[0][0, 0]) & (along < lines[0][0, -1])
    lower += _OVER * frame.size * (1 - np.clip(2 * along / frame.size - 1, -1, 1) ** 2)
    gap = np.where(inside, np.maximum(lower - lashes_at, 0.0), 0.0)
    rim = np.minimum(_RIM * frame.size, gap / 2)
    upper, lashes = lashes_at + rim, _LASHES * frame.size
    # No higher than the lid is likely to reach: the rim of glasses may be there, and must not bend.
    brow = np.clip(brow_at, upper - _REACH * frame.size, upper - 3 * lashes)
    crease = upper - lashes - _CREASE * (upper - lashes - brow)
    heights = (np.asarray(plane / step, np.float32) for plane in (down, upper, gap - rim, crease, brow))
    corner, across = (int(low[0]), int(low[1])), (float(frame.down[0]), float(frame.down[1]))
    return EyePatch(*corner, across, lashes / step, x, y, *heights)
