"""An engine without a model, for tests: it draws what it was asked for, readable even after lossy coding.

The picture is a grid of 8 columns and 8 rows. Row 0 alternates white and black (so that a reader knows one),
rows 1 and 2 hold the loop index as 16 bits, most significant first, row 3 a check over them; in rows 4 to 7 a white bar
stands on the lower edge, as high as the mouth is open.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ims_avatar.flow import LIP_CODE_SIZE
from ims_avatar.inference.engine import EngineSpec, PictureBuffers, checked_lip_codes

COLUMNS = ROWS = 8
BLACK, WHITE, GREY = 32, 220, 128
FULL_OPENING = 0.8
"""Opening (component 0 of the lip code) at which the bar fills its half of the picture."""
CHECK = 0xA5


def check_byte(index: int) -> int:
    """The check that stands under a loop index of 16 bits."""
    return (index >> 8) ^ (index & 0xFF) ^ CHECK


class FakeEngine:
    """Renders coded pictures of any even size. Its loop is so long that the index tells one tick from another."""

    def __init__(
        self,
        *,
        avatar: str = "fake",
        width: int = 512,
        height: int = 512,
        frame_rate: int = 25,
        loop_length: int = 1 << 16,
    ) -> None:
        self.spec = EngineSpec(avatar, "1", width, height, frame_rate, loop_length, "fake", "cpu")
        self._buffers = PictureBuffers(width, height)

    def warm_up(self, batch_sizes: Sequence[int]) -> None:
        for batch in batch_sizes:
            self.render(0, np.zeros((batch, LIP_CODE_SIZE), np.float32))

    def render(self, loop_index: int, lip_codes: NDArray[np.float32]) -> NDArray[np.uint8]:
        codes = checked_lip_codes(lip_codes)
        width, height = self.spec.width, self.spec.height
        pictures = self._buffers.next(len(codes))
        pictures[:, height:] = GREY
        pictures[:, :height] = BLACK
        cells = _cells((loop_index % self.spec.loop_length) & 0xFFFF)
        rows = np.minimum(np.arange(height // 2) * ROWS // height, ROWS // 2 - 1)
        columns = np.arange(width) * COLUMNS // width
        pictures[:, : height // 2] = cells[rows[:, None], columns[None]]
        for picture, opening in zip(pictures, codes[:, 0], strict=True):
            bar = round(float(np.clip(opening / FULL_OPENING, 0, 1)) * (height - height // 2))
            picture[height - bar : height, width // 4 : width - width // 4] = WHITE
        return pictures


def _cells(index: int) -> NDArray[np.uint8]:
    """The upper four rows of blocks, uint8 (4, 8)."""
    values = (0xAA, index >> 8, index & 0xFF, check_byte(index))
    bits = np.array([[value >> (7 - column) & 1 for column in range(COLUMNS)] for value in values], bool)
    return np.where(bits, WHITE, BLACK).astype(np.uint8)
