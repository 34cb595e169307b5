"""What enrolment found out about one face: further inputs of the `reference` graph, in one NumPy archive (fit.npz)."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import CorruptModel

FRAME_PREFIX = "frame_"
"""An array of this prefix has one row for each frame of the loop; the graph's input has its name without it."""
_REMEDY = "restore the avatar's folder from where it came, or create it again"

_AT_REST = 1.0
"""Crop pixels (128 across a face) by which lip lines may differ from those at rest and still look the same."""

Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Fit:
    """Arrays by the name of the graph's input."""

    constant: Arrays = field(default_factory=dict)
    by_frame: Arrays = field(default_factory=dict)
    """(loop length, ...)."""

    @property
    def rests(self) -> bool:
        """Whether the mouth that every frame of the loop itself shows is the resting one.

        Drawings' loops are drawn so. Of a photograph, or a film of somebody silent, the lip lines that are bent are
        those at rest; of a film of somebody who talks the loop shows other mouths than the still that is bent.
        """
        if not self.constant and not self.by_frame:
            return True
        lines = {**self.constant, **self.by_frame}
        if any(name not in lines for name in ("rest", "still_lines", "own")):
            return False
        moved = np.abs(np.asarray(lines["rest"], np.float32) - np.asarray(lines["still_lines"], np.float32)).max()
        stands_in = "rest" in self.by_frame and not np.asarray(lines["own"]).all()
        return bool(moved < _AT_REST) and not stands_in

    def inputs(self, index: int) -> dict[str, NDArray[np.generic]]:
        """All of them for loop frame `index`."""
        return {**self.constant, **{name: rows[index] for name, rows in self.by_frame.items()}}


NO_FIT = Fit()
"""Of an avatar whose graphs know their face."""


def read_fit(path: Path, frames: int) -> Fit:
    """The archive at `path`, nothing in it executed. Raises `CorruptModel` when it cannot be used for `frames`."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays: dict[str, NDArray[np.generic]] = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CorruptModel(f"{path} cannot be read ({error})", remedy=_REMEDY) from error
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise CorruptModel(f"{path}: {name} holds values that are not finite", remedy=_REMEDY)
        if name.startswith(FRAME_PREFIX) and (array.ndim < 1 or len(array) != frames):
            raise CorruptModel(f"{path}: {name} has not one row for each of the {frames} frames", remedy=_REMEDY)
    by_frame = {name.removeprefix(FRAME_PREFIX): a for name, a in arrays.items() if name.startswith(FRAME_PREFIX)}
    constant = {name: array for name, array in arrays.items() if not name.startswith(FRAME_PREFIX)}
    return Fit(constant, by_frame)
