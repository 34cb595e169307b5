"""What renderers for real faces learn from: people, each with crops, lip codes and lip lines."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.enrol.mask import paste_mask
from ims_avatar.faces.lip_code import CROP_HEIGHT, CROP_WIDTH, KNOTS, MouthLines


@dataclass(frozen=True, slots=True)
class Person:
    """Crops of one face that stands upright, `enrol.crop` or drawn alike."""

    luma: NDArray[np.uint8]
    """(n, 112, 128)."""
    chroma: NDArray[np.uint8]
    """(n, 2, 56, 64)."""
    codes: NDArray[np.float32]
    """(n, 8)."""
    lines: NDArray[np.float32]
    """(n, 87): packed `MouthLines` of each crop."""
    rest: NDArray[np.float32]
    """(87,): of the mouth at rest."""
    inside: NDArray[np.float32]
    """(8, 32, 64): what is painted where lips part, see `enrol.inside`."""

    @property
    def mask(self) -> NDArray[np.float32]:
        """(112, 128): where the renderer's crop is pasted."""
        return paste_mask(unpacked(self.rest))

    @property
    def quiet(self) -> NDArray[np.intp]:
        """Crops whose mouth is nearly closed and at rest, the most restful first: stills to be bent."""
        away = np.abs(self.codes[:, [0, 1, 3, 5, 6]]).sum(axis=1)
        return np.argsort(away)[: max(1, len(away) // 8)]

    def save(self, path: Path) -> None:
        """Whole or not at all: what is killed while it writes leaves no half person."""
        unfinished = path.with_suffix(".part.npz")
        np.savez_compressed(unfinished, **{f.name: getattr(self, f.name) for f in fields(self)})
        unfinished.replace(path)

    @staticmethod
    def load(path: Path) -> Person:
        with np.load(path, allow_pickle=False) as archive:
            return Person(**{f.name: archive[f.name] for f in fields(Person)})


def unpacked(lines: NDArray[np.float32]) -> MouthLines:
    """The inverse of `faces.lip_code.packed`."""
    centre, half, chin = (float(v) for v in lines[4 * KNOTS :])
    return MouthLines(centre, half, lines[: 4 * KNOTS].reshape(4, KNOTS).astype(np.float64), chin)


def skin_luma(luma: NDArray[np.uint8], rest: MouthLines) -> float:
    """Mean luma of the skin beside the mouth, of crops (n, 112, 128)."""
    unit = 2 * rest.half_width
    row = int(np.clip(rest.lips[1].mean(), 8, CROP_HEIGHT - 8))
    places = [int(np.clip(rest.centre_x + side * 0.75 * unit, 6, CROP_WIDTH - 6)) for side in (-1, 1)]
    patches = [luma[:: max(1, len(luma) // 8), row - 6 : row + 6, x - 5 : x + 5] for x in places]
    return float(np.mean([patch.mean() for patch in patches]))
