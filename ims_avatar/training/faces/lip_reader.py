"""Reads lips from a crop's pixels, to see during training whether the mouth says what it was told.

A ridge regression from the coarse picture of one person's mouth to opening and width, learnt on true crops. It knows
this person only, and costs nothing. What a model is worth in the end is measured by landmarks (`tests/bench`).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

MOUTH_BOX = (slice(19, 61), slice(34, 94))
"""Rows and columns of the crop: 0.27 by 0.385 of the face's width, the mouth in its middle."""
_COARSE = (14, 20)
_RIDGE = 3.0


def mouth_box(luma: Tensor) -> Tensor:
    """The mouth of crops (n, 1, 112, 128)."""
    return luma[:, :, MOUTH_BOX[0], MOUTH_BOX[1]]


class LipReader:
    """Opening and width of one person's mouth, from luma (n, 1, 112, 128), 0..1."""

    def __init__(self, luma: Tensor, codes: Tensor) -> None:
        seen = self._seen(luma)
        self._mean, self._middle = seen.mean(dim=0), codes[:, :2].mean(dim=0)
        centred = seen - self._mean
        normal = centred.T @ centred + _RIDGE * torch.eye(centred.shape[1])
        self._weights = torch.linalg.solve(normal, centred.T @ (codes[:, :2] - self._middle))

    def read(self, luma: Tensor) -> Tensor:
        """(n, 2): opening and width as in the lip code."""
        return (self._seen(luma) - self._mean) @ self._weights + self._middle

    def correlation(self, luma: Tensor, codes: Tensor) -> float:
        """Pearson's r of the opening read with the one asked for; 0 if one of them does not move."""
        read, asked = self.read(luma)[:, 0], codes[:, 0]
        read, asked = read - read.mean(), asked - asked.mean()
        scale = float(read.norm() * asked.norm())
        return float(read @ asked) / scale if scale > 0 else 0.0

    @staticmethod
    def _seen(luma: Tensor) -> Tensor:
        return functional.adaptive_avg_pool2d(mouth_box(luma), _COARSE).flatten(1)
