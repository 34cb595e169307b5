"""What every driving input comes down to: picture by picture, what the face does and the sound that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # at run time it needs the extra `vision`
    from ims_avatar.faces.motion import FaceMotion

PICTURE_RATE = 25
"""Moments a second."""
SOUND_RATE = 48_000
"""Samples a second of a moment's sound; every codec of films and streams takes it."""
MOMENT_SAMPLES = SOUND_RATE // PICTURE_RATE


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One picture's driving, and the sound from its instant to the next picture's."""

    lip_code: NDArray[np.float32]
    """Shape (8,), see `flow.LipCode`."""
    sound: NDArray[np.int16]
    """Mono, shape (MOMENT_SAMPLES,), at SOUND_RATE; the last moment's may be shorter."""
    motion: FaceMotion | None = None
    """What lids and head do; None: they go on by themselves."""


class DrivingInput(Protocol):
    """An opened driving input. Moment n belongs to the instant n / PICTURE_RATE."""

    seconds: float
    """Length as far as it is known before the end; 0 when it is not."""
    live: bool
    """It goes on until somebody stops it."""

    def moments(self) -> Iterator[Moment]:
        """All moments in order, each as soon as it is known. To be run once."""
        ...

    def close(self) -> None:
        """Lets go of files, devices and processes; also in the middle."""
        ...
