"""Where a film cuts from one shot to the next. Pure: pictures in, answers out."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

COLUMNS, ROWS = 48, 27
"""A picture is looked at in so many cells: what moves inside one is no cut."""
_BINS = 32
_HISTOGRAM = 0.20
"""Share of the cells that must have changed their brightness, wherever they are,"""
_CHANGE = 14.0
"""steps of luma by which cells must have changed on average,"""
_TIMES = 4.0
"""and so many times what they changed lately: a film that moves fast all the time does not cut all the time."""
_LATELY = 12


class CutDetector:
    """Feed it every picture of a film in order."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None
        self._lately: deque[float] = deque(maxlen=_LATELY)

    def push(self, luma: NDArray[np.uint8]) -> bool:
        """`luma` (h, w); True if a new shot begins with this picture. The first picture of a film is no cut."""
        cells = _cells(luma)
        before, self._before = self._before, cells
        if before is None:
            return False
        change = float(np.abs(cells - before).mean())
        usual = float(np.median(self._lately)) if self._lately else 0.0
        is_cut = change > max(_CHANGE, _TIMES * usual) and _histogram_change(cells, before) > _HISTOGRAM
        if is_cut:
            self._lately.clear()
        else:
            self._lately.append(change)
        return is_cut


def _cells(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean luma of each cell, float32 (ROWS, COLUMNS)."""
    rows = np.linspace(0, luma.shape[0], ROWS + 1).astype(int)[:-1]
    columns = np.linspace(0, luma.shape[1], COLUMNS + 1).astype(int)[:-1]
    step = max(1, luma.shape[0] // ROWS // 4)  # every fourth line or so of a cell says enough
    sums = np.add.reduceat(luma[::step].astype(np.float32), columns, axis=1)
    wide = np.add.reduceat(sums, rows // step, axis=0)
    count = np.diff([*columns, luma.shape[1]])[None] * np.diff([*(rows // step), -(-luma.shape[0] // step)])[:, None]
    cells: NDArray[np.float32] = (wide / count).astype(np.float32)
    return cells


def _histogram_change(cells: NDArray[np.float32], before: NDArray[np.float32]) -> float:
    """Share of cells that would have to change their brightness to make one picture's histogram the other's."""
    one, other = (np.histogram(picture, _BINS, (0, 256))[0] for picture in (cells, before))
    return float(np.abs(one - other).sum()) / 2 / cells.size
