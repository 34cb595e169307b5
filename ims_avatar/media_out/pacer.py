"""When each packet of a picture leaves: a large key frame must not hit the access link as one burst."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from ims_avatar.media_out.delay_line import TIMER_GRAIN

BURST = 1.5
"""Pictures of average size that may leave at once."""
SPREAD = 0.020
"""Seconds at most over which the rest of a picture is spread; half a frame interval at 25 fps."""


class Pacer:
    """Packets out in order, each at its time. Pure.

    A picture up to `BURST` times the average size leaves at once: waiting would only cost delay. What a larger one has
    beyond that follows evenly, at the negotiated bit rate times `BURST` or within `SPREAD`, whichever is sooner.
    """

    def __init__(self, bit_rate: int, frame_rate: int) -> None:
        self._burst_bytes = BURST * bit_rate / 8 / frame_rate
        self._bytes_a_second = BURST * bit_rate / 8
        self._queue: deque[tuple[float, bytes]] = deque()
        self._last = 0.0

    @property
    def next_departure(self) -> float | None:
        return self._queue[0][0] if self._queue else None

    def push(self, packets: Sequence[bytes], now: float) -> None:
        """One picture's datagrams."""
        start = max(now, self._last)
        sizes = [len(packet) for packet in packets]
        at_once, total = 0, 0
        for size in sizes:
            if at_once and total + size > self._burst_bytes:
                break
            at_once += 1
            total += size
        rest = sum(sizes[at_once:])
        seconds = min(SPREAD, rest / self._bytes_a_second)
        sent = 0
        for index, packet in enumerate(packets):
            if index >= at_once:
                sent += sizes[index]
            self._queue.append((start + (seconds * sent / rest if rest else 0.0), packet))
        if self._queue:
            self._last = self._queue[-1][0]

    def due(self, now: float) -> list[bytes]:
        out = []
        while self._queue and self._queue[0][0] <= now + TIMER_GRAIN:
            out.append(self._queue.popleft()[1])
        return out

    def clear(self) -> None:
        """What waits is not sent: video ended."""
        self._queue.clear()
