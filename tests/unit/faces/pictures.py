"""Pictures made of one picture."""

from __future__ import annotations

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def landscape(height: int = 480, width: int = 640) -> Picture:
    """Sky, ground and grain, nobody there."""
    rows = np.linspace(0, 1, height)[:, None]
    sky, ground = np.array([120, 170, 230]), np.array([90, 110, 60])
    plain = np.where(rows[..., None] < 0.55, sky * (1 - 0.4 * rows[..., None]), ground * (0.6 + 0.4 * rows[..., None]))
    grain = np.random.default_rng(5).normal(0, 4, (height, width, 3))
    return np.clip(plain + grain, 0, 255).astype(np.uint8)


def turned(picture: Picture, degrees: float) -> Picture:
    """Clockwise, about the middle; the corners are filled with the edge's colours."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), -degrees, 1.0)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def scaled(picture: Picture, factor: float) -> Picture:
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=how), np.uint8)


def blurred(picture: Picture, sigma: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def pasted(ground: Picture, picture: Picture, left: int, top: int) -> Picture:
    both = ground.copy()
    both[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return both


def i420_of(rgb: Picture) -> Picture:
    """Planar 4:2:0, (height * 3 // 2, width)."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    return np.asarray(frame.reformat(format="yuv420p").to_ndarray(), np.uint8)


def rgb_of(i420: Picture) -> Picture:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(i420), format="yuv420p")
    return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
