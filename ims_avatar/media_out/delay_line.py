"""Sound held back by a constant time, so that it leaves together with the picture that is made from it."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

GLIDE = 0.25
"""Seconds of delay gained or lost a second of sound: 120 ms take half a second. Phones stretch that much unheard."""
PAUSE = 0.2
"""Seconds without a packet after which the delay may change at once: nothing is heard then."""
TIMER_GRAIN = 0.001
"""Seconds by which an event loop's timer may be early."""

T = TypeVar("T")


class DelayLine(Generic[T]):
    """First in, first out; nothing is dropped and nothing overtakes. Pure.

    To a new target the delay glides: while it grows, packets leave a quarter slower than they come, while it shrinks a
    quarter faster. The far end's jitter buffer follows such a change by stretching; no packet is lost by it.
    """

    def __init__(self) -> None:
        self.target = 0.0
        """Seconds."""
        self._delay = 0.0
        self._last_arrival: float | None = None
        self._last_release = 0.0
        self._queue: deque[tuple[float, float, T]] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def next_release(self) -> float | None:
        """When `due` has something to give; None when nothing waits."""
        return self._queue[0][0] if self._queue else None

    def lets_pass(self, arrival: float) -> bool:
        """True: nothing waits and nothing is delayed, so that an item may go without `push` and `due`."""
        if self._queue or self.target or self._delay:
            return False
        self._last_arrival = arrival
        return True

    def push(self, item: T, arrival: float) -> float:
        """When the item is to leave."""
        self._glide(arrival)
        release = max(arrival + self._delay, self._last_release)
        self._last_release = release
        self._queue.append((release, arrival, item))
        return release

    def due(self, now: float) -> list[tuple[float, T]]:
        """(arrival, item) of all that leave now, in order."""
        out = []
        while self._queue and self._queue[0][0] <= now + TIMER_GRAIN:
            _, arrival, item = self._queue.popleft()
            out.append((arrival, item))
        return out

    def _glide(self, arrival: float) -> None:
        passed = None if self._last_arrival is None else arrival - self._last_arrival
        self._last_arrival = arrival
        if passed is None or passed > PAUSE:
            self._delay = self.target
        else:
            step = GLIDE * max(passed, 0.0)
            self._delay += max(-step, min(step, self.target - self._delay))
