"""Real time: what is watched live leaves when it is due, not when it is ready."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from ims_avatar.clock import Clock, SystemClock

LATENESS = 0.5
"""Seconds that a stream may fall behind before it stops trying to catch up."""


class Pace(Protocol):
    def wait(self, pts: float) -> None:
        """Returns when the moment at `pts` (seconds from the beginning) may leave."""
        ...


class AtOnce:
    """For files."""

    def wait(self, pts: float) -> None:
        pass


class RealTime:
    """The first moment leaves at once, every other as much later as its `pts` says.

    A source that stops for a while and goes on does not make what follows hurry: the schedule moves back.
    """

    def __init__(self, clock: Clock | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._origin: float | None = None

    def wait(self, pts: float) -> None:
        now = self._clock.monotonic()
        if self._origin is None or now - (self._origin + pts) > LATENESS:
            self._origin = now - pts
        early = self._origin + pts - now
        if early > 0:
            self._sleep(early)
