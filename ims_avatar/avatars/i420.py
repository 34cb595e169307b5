"""Pictures as the encoder takes them: planar 4:2:0, ITU-R BT.601, limited range (luma 16..235, chroma 16..240)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TO_YUV = (
    np.array(
        [
            [65.481, 128.553, 24.966],
            [-37.797, -74.203, 112.0],
            [112.0, -93.786, -18.214],
        ]
    )
    / 255.0
)
_OFFSET = np.array([16.0, 128.0, 128.0])
_TO_RGB = np.linalg.inv(_TO_YUV)


@dataclass(frozen=True, slots=True)
class Planes:
    luma: NDArray[np.uint8]
    """(height, width)."""
    chroma: NDArray[np.uint8]
    """(2, height // 2, width // 2): Cb, Cr, each the mean of 2 x 2 pixels."""


def planes_of_rgb(rgb: NDArray[np.uint8]) -> Planes:
    """`rgb` is uint8 (height, width, 3), sides even."""
    height, width, _ = rgb.shape
    yuv = rgb.astype(np.float32) @ _TO_YUV.T.astype(np.float32) + _OFFSET.astype(np.float32)
    chroma = yuv[..., 1:].reshape(height // 2, 2, width // 2, 2, 2).mean(axis=(1, 3)).transpose(2, 0, 1)
    return Planes(np.rint(yuv[..., 0]).astype(np.uint8), np.rint(chroma).astype(np.uint8))


def rgb_of_planes(planes: Planes) -> NDArray[np.uint8]:
    """uint8 (height, width, 3); chroma is repeated, not interpolated."""
    chroma = planes.chroma.repeat(2, axis=1).repeat(2, axis=2)
    yuv = np.stack([planes.luma, chroma[0], chroma[1]], axis=-1).astype(np.float32) - _OFFSET.astype(np.float32)
    return np.clip(np.rint(yuv @ _TO_RGB.T.astype(np.float32)), 0, 255).astype(np.uint8)


def picture_of_planes(planes: Planes) -> NDArray[np.uint8]:
    """One I420 picture, uint8 (height * 3 // 2, width)."""
    height, width = planes.luma.shape
    return np.concatenate([planes.luma, planes.chroma.reshape(height // 2, width)])


def planes_of_picture(picture: NDArray[np.uint8]) -> Planes:
    rows, width = picture.shape
    height = rows * 2 // 3
    return Planes(picture[:height], picture[height:].reshape(2, height // 2, width // 2))
