"""Looks at pictures: is this the avatar, and how far is its mouth open? Judged against the shipped reference film."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

LIBRARY = Path(__file__).parents[2] / "ims_avatar/avatars/library"
STEP = 8
"""Pixels between those that are compared to find a picture's place in the film."""

Luma = NDArray[np.uint8]


@dataclass(frozen=True)
class Reference:
    """The person doing nothing: luma of the loop, uint8 (n, height, width), and where the lips may change it."""

    loop: Luma
    left: int
    top: int
    right: int
    bottom: int

    def likeness(self, luma: Luma) -> float:
        """Best correlation of `luma` with any picture of the loop, the mouth left out: 1 is the same picture."""
        return float(self._correlations(luma).max())

    def opening(self, luma: Luma) -> float:
        """Mean change of the mouth's luma against the same head at rest, 0 to 255: 0 is the closed mouth."""
        still = self.loop[int(self._correlations(luma).argmax())]
        box = np.s_[self.top : self.bottom, self.left : self.right]
        return float(np.abs(luma[box].astype(np.float64) - still[box]).mean())

    def openings(self, pictures: Sequence[Luma]) -> NDArray[np.float64]:
        return np.array([self.opening(picture) for picture in pictures])

    def _correlations(self, luma: Luma) -> NDArray[np.float64]:
        assert luma.shape == self.loop.shape[1:], f"a picture of {luma.shape}, the avatar is {self.loop.shape[1:]}"
        return np.asarray(self._film @ self._sample(luma[None])[0], np.float64)

    @cached_property
    def _film(self) -> NDArray[np.float64]:
        return self._sample(self.loop)

    def _sample(self, pictures: Luma) -> NDArray[np.float64]:
        """Every eighth pixel outside the mouth, normalised: float64 (n, pixels)."""
        rows, columns = np.arange(0, pictures.shape[1], STEP), np.arange(0, pictures.shape[2], STEP)
        inside_rows = (rows >= self.top) & (rows < self.bottom)
        inside = inside_rows[:, None] & ((columns >= self.left) & (columns < self.right))
        values = pictures[:, ::STEP, ::STEP][:, ~inside].astype(np.float64)
        values = values - values.mean(axis=1, keepdims=True)
        return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9), np.float64)


@cache
def shipped(name: str = "clara") -> Reference:
    """The newest version of a shipped avatar."""
    folder = max((LIBRARY / name).iterdir(), key=lambda path: int(path.name) if path.name.isdecimal() else -1)
    manifest = json.loads((folder / "manifest.json").read_text())
    with av.open(str(folder / manifest["files"]["loop"]["path"])) as film:
        loop = np.stack([_luma(frame) for frame in film.decode(video=0)])
    box = manifest["paste"]
    left, top = int(box["left"]), int(box["top"])
    return Reference(loop, left, top, left + int(box["width"]), top + int(box["height"]))


def luma_of_png(path: Path) -> Luma:
    with av.open(str(path)) as picture:
        return _luma(next(picture.decode(video=0)))


def _luma(frame: av.VideoFrame) -> Luma:
    """The Y plane as it is coded (`format="gray"` would stretch it to full range)."""
    return np.asarray(frame.to_ndarray(format="yuv420p")[: frame.height], np.uint8)
