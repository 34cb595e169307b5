"""How far the avatar's mouth is open in received pictures: the change of the mouth against the same head at rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.loop import read_loop
from ims_avatar.avatars.repository import Avatar

STEP = 8
"""Pixels between those by which a picture's place in the reference loop is found."""

Luma = NDArray[np.uint8]


def luma_of(frame: av.VideoFrame) -> Luma:
    return np.asarray(frame.to_ndarray(format="gray"), np.uint8)


def decode(units: Sequence[bytes]) -> Iterator[tuple[int, av.VideoFrame]]:
    """(number of the access unit, picture) of each unit that can be decoded."""
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    for number, unit in enumerate(units):
        try:
            frames = decoder.decode(av.Packet(unit))
        except av.FFmpegError:
            continue
        for frame in frames:
            yield number, frame


class MouthReader:
    """Knows one avatar's reference loop, in which the mouth is closed."""

    def __init__(self, avatar: Avatar) -> None:
        """Raises `CorruptModel` when the loop cannot be decoded."""
        manifest = avatar.manifest
        self.width, self.height = manifest.width, manifest.height
        loop = read_loop(avatar.path("loop"), manifest.width, manifest.height, manifest.loop_frames)
        self._loop: Luma = loop[:, : manifest.height]
        box = manifest.paste
        self._box = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
        rows, columns = np.arange(0, self.height, STEP), np.arange(0, self.width, STEP)
        in_rows = (rows >= box.top) & (rows < box.top + box.height)
        in_columns = (columns >= box.left) & (columns < box.left + box.width)
        self._outside = ~(in_rows[:, None] & in_columns)
        self._places = self._described(self._loop)

    def openings(self, lumas: Iterable[Luma]) -> NDArray[np.float64]:
        """Mean change of the mouth's luma, 0 to 255, one a picture; 0 is the closed mouth."""
        return np.array([self._opening(luma) for luma in lumas], np.float64)

    def _opening(self, luma: Luma) -> float:
        still = self._loop[int(np.argmax(self._places @ self._described(luma[None])[0]))]
        return float(np.abs(luma[self._box].astype(np.int16) - still[self._box].astype(np.int16)).mean())

    def _described(self, pictures: Luma) -> NDArray[np.float64]:
        values = pictures[:, ::STEP, ::STEP][:, self._outside].astype(np.float64)
        values -= values.mean(axis=1, keepdims=True)
        return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9), np.float64)
