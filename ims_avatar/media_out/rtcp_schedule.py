"""When the next report is due (RFC 3550 section 6.2, 6.3.1), and what stands in it."""

from __future__ import annotations

import random

INTERVAL = 2.5
"""Seconds between reports on average. Below the 5 s of RFC 3550 6.2 (it permits that for small sessions), so that
receivers can join lips and voice soon."""


class RtcpSchedule:
    """Pure. The first report leaves with the first packet (RFC 6051 2.1), the next ones at random distances."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)
        self._next: float | None = None

    @property
    def started(self) -> bool:
        return self._next is not None

    def start(self, now: float) -> None:
        """A stream begins: report at the next opportunity."""
        self._next = now

    def due(self, now: float) -> bool:
        """True: report now; the next instant is drawn."""
        if self._next is None or now < self._next:
            return False
        self._next = now + INTERVAL * self._random.uniform(0.5, 1.5)
        return True
