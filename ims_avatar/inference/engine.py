"""The seam between the pool and what computes pictures: load, warm up, render. One file per engine in `engines/`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import AvatarError
from ims_avatar.flow import LIP_CODE_SIZE


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What one engine renders. All calls that show the same avatar share one engine and one loop position."""

    avatar: str
    version: str
    width: int
    """Pixels, even."""
    height: int
    """Pixels, even."""
    frame_rate: int
    """Frames a second of the reference loop."""
    loop_length: int
    """Frames of the reference loop; frame 0 follows the last one without a seam."""
    engine: str
    """Runtime that computes, e.g. `onnxruntime 1.32.0`."""
    device: str
    """Where it computes: `cpu`."""


class AvatarEngine(Protocol):
    """Lip codes to pictures. Not safe for several threads at once."""

    spec: EngineSpec

    def warm_up(self, batch_sizes: Sequence[int]) -> None:
        """Render once at each batch size, so that the first call is as fast as the rest.

        Raises `AvatarError` when the model's output is not finite or has a wrong shape.
        """
        ...

    def render(self, loop_index: int, lip_codes: NDArray[np.float32]) -> NDArray[np.uint8]:
        """One picture for each lip code (float32 (B, 8)), all on frame `loop_index` (taken modulo the loop length).

        Returns I420, uint8 (B, height * 3 // 2, width). The array is the engine's own and is written again two
        calls later: encode or copy it before.
        """
        ...


class PictureBuffers:
    """Two sets of I420 pictures used in turn: one may still be encoded while the next is being rendered."""

    def __init__(self, width: int, height: int) -> None:
        if width % 2 or height % 2:
            raise AvatarError(f"{width}x{height} pictures cannot be I420", remedy="use an even width and height")
        self._shape = (height * 3 // 2, width)
        self._sets = [np.empty((0, *self._shape), np.uint8) for _ in range(2)]
        self._turn = 0

    def next(self, batch: int) -> NDArray[np.uint8]:
        """uint8 (batch, height * 3 // 2, width), contents undefined; grows to the largest batch seen."""
        self._turn ^= 1
        if len(self._sets[self._turn]) < batch:
            self._sets[self._turn] = np.empty((batch, *self._shape), np.uint8)
        return self._sets[self._turn][:batch]


def checked_lip_codes(lip_codes: NDArray[np.float32]) -> NDArray[np.float32]:
    """The lip codes as contiguous float32 (B, 8). Raises `AvatarError` on any other shape, type or value."""
    if lip_codes.ndim != 2 or lip_codes.shape[1] != LIP_CODE_SIZE or lip_codes.dtype != np.float32:
        raise AvatarError(
            f"lip codes of shape {lip_codes.shape} and type {lip_codes.dtype} were given",
            remedy=f"give float32 (batch, {LIP_CODE_SIZE})",
        )
    if not np.isfinite(lip_codes).all():
        raise AvatarError("a lip code is not a finite number", remedy="check the driving encoder's output")
    return np.ascontiguousarray(lip_codes)
