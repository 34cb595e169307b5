"""Moments of a driving input at the times of another film's pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.moment import PICTURE_RATE, Moment
from ims_avatar.flow import LIP_CODE_SIZE


class Spoken(NamedTuple):
    """What belongs to one picture."""

    lip_code: NDArray[np.float32]
    """(8,)."""
    sound: list[NDArray[np.int16]]
    """What came since the picture before."""


class CodeTrack:
    """Ask in order of time. After the driving input's end the mouth rests and nothing is heard."""

    def __init__(self, moments: Iterator[Moment]) -> None:
        self._moments = moments
        self._rest = np.zeros(LIP_CODE_SIZE, np.float32)
        self._codes: list[NDArray[np.float32]] = []
        self._first = 0  # number of the oldest moment kept
        self._ended = False

    def at(self, time: float) -> Spoken:
        """The lip code at `time` (s), between those of the two moments around it."""
        place = time * PICTURE_RATE
        number = int(place)
        sound = self._read_until(number + 1)
        low, high = self._code(number), self._code(number + 1)
        dropped = max(number - self._first, 0)
        del self._codes[:dropped]
        self._first += dropped
        return Spoken((low + (high - low) * np.float32(place - number)).astype(np.float32), sound)

    def rest(self) -> Iterator[NDArray[np.int16]]:
        """The sound that is left; it is made only if it is asked for."""
        return (moment.sound for moment in self._moments)

    def _code(self, number: int) -> NDArray[np.float32]:
        index = number - self._first
        return self._codes[index] if index < len(self._codes) else self._rest

    def _read_until(self, number: int) -> list[NDArray[np.int16]]:
        sound = []
        while not self._ended and self._first + len(self._codes) <= number:
            moment = next(self._moments, None)
            if moment is None:
                self._ended = True
            else:
                self._codes.append(moment.lip_code)
                sound.append(moment.sound)
        return sound
