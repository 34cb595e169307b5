"""Reads what `FakeEngine` drew, from pictures that came through an encoder, a network and a decoder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ims_avatar.inference.engines.fake import BLACK, COLUMNS, FULL_OPENING, ROWS, WHITE, check_byte

MIDDLE = (BLACK + WHITE) / 2


@dataclass(frozen=True)
class CodedPicture:
    index: int
    """Loop index, 0 to 65535: with `FakeEngine`'s default loop, the tick."""
    opening: float
    """Component 0 of the lip code, 0 to 0.8, as the bar's height shows it."""


def read_coded_picture(luma: NDArray[np.uint8]) -> CodedPicture | None:
    """What the picture says, from its luma plane, uint8 (height, width) of any size; None if it is no coded picture."""
    cells = _block_means(luma)
    words = [int("".join("1" if cell > MIDDLE else "0" for cell in row), 2) for row in cells]
    index = words[1] << 8 | words[2]
    if words[0] != 0xAA or words[3] != check_byte(index):
        return None
    return CodedPicture(index, _opening(luma))


def _block_means(luma: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean luma of the middle half of each block of the upper four rows, (4, 8)."""
    height, width = luma.shape
    means = np.empty((ROWS // 2, COLUMNS))
    for row in range(ROWS // 2):
        for column in range(COLUMNS):
            top, left = (row + 0.25) * height / ROWS, (column + 0.25) * width / COLUMNS
            block = luma[int(top) : int(top + height / ROWS / 2) + 1, int(left) : int(left + width / COLUMNS / 2) + 1]
            means[row, column] = block.mean()
    return means


def _opening(luma: NDArray[np.uint8]) -> float:
    height, width = luma.shape
    column = luma[height // 2 :, int(width * 0.4) : int(width * 0.6)].astype(np.float64).mean(axis=1)
    share = float(np.clip((column - BLACK) / (WHITE - BLACK), 0, 1).mean())
    return share * FULL_OPENING
