"""The mouth of the shipped avatar, measured on decoded pictures: see `ims_avatar.training.drawn.mouth_measure`."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ims_avatar.training.drawn.mouth_measure import CLARA_LOOK, MouthLook, mouth_opening

__all__ = ["correlation", "mouth_opening", "mouth_openings"]


def mouth_openings(pictures: Iterable[NDArray[np.uint8]], look: MouthLook = CLARA_LOOK) -> NDArray[np.float64]:
    """Opening in mouth widths of each I420 picture; NaN where no mouth was found."""
    seen = [mouth_opening(picture, look) for picture in pictures]
    return np.array([np.nan if value is None else value for value in seen], np.float64)


def correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Pearson's r over the places where both are numbers."""
    both = np.isfinite(a) & np.isfinite(b)
    return float(np.corrcoef(a[both], b[both])[0, 1])
