"""Heads turned in space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def turned_head(
    points: NDArray[np.floating], yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0
) -> NDArray[np.float64]:
    """Points (n, 3) turned about their mean, in degrees with the signs of `HeadPose`: pitch first, roll last."""
    a, b, c = np.radians([pitch, -yaw, roll])
    nod = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    shake = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    tilt = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    middle = points.mean(axis=0)
    turned: NDArray[np.float64] = (points - middle) @ (tilt @ shake @ nod).T + middle
    return turned
