"""The avatar's picture in the size that was negotiated: scaled whole, the rest filled by continuing its edges.

Shoulders stay on the lower edge of an upright picture; what is left and right of a wide one continues the background.
"""

from __future__ import annotations

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray


class PictureFit:
    """Brings I420 pictures to `width` x `height` (even). Keeps one picture buffer; not safe for several threads."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._reformatter = VideoReformatter()
        self._out = np.empty((height * 3 // 2, width), np.uint8)

    def fit(self, i420: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Takes uint8 (h * 3 // 2, w); returns uint8 (height * 3 // 2, width): the input itself if the sizes agree,
        else a buffer that the next call writes again."""
        height, width = i420.shape[0] * 2 // 3, i420.shape[1]
        if (width, height) == (self._width, self._height):
            return i420
        scale = min(self._width / width, self._height / height)
        inner = (_even(width * scale, self._width), _even(height * scale, self._height))
        frame = av.VideoFrame.from_numpy_buffer(i420, format="yuv420p")
        frame = self._reformatter.reformat(
            frame, width=inner[0], height=inner[1], format="yuv420p", interpolation=Interpolation.BICUBIC
        )
        scaled = frame.to_ndarray().astype(np.uint8, copy=False)
        if inner == (self._width, self._height):
            return scaled
        for source, target in zip(planes(scaled), planes(self._out), strict=True):
            _place(source, target)
        return self._out


def planes(i420: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Views of Y (h, w), U and V (h / 2, w / 2)."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    chroma = i420[height:].reshape(2, height // 2, width // 2)
    return i420[:height], chroma[0], chroma[1]


def _even(pixels: float, most: int) -> int:
    return max(2, min(most, round(pixels / 2) * 2))


def _place(source: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
    """Source on the lower edge of target, centred; everything around continues its outermost rows and columns."""
    top = target.shape[0] - source.shape[0]
    left = (target.shape[1] - source.shape[1]) // 2
    right = left + source.shape[1]
    target[top:, left:right] = source
    target[top:, :left] = source[:, :1]
    target[top:, right:] = source[:, -1:]
    target[:top] = target[top]
