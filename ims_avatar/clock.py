"""The only place that reads time. Everything else gets time as an argument or a `Clock`."""

from __future__ import annotations

import time
from typing import Protocol

NTP_EPOCH_OFFSET = 2_208_988_800
"""Seconds from 1900-01-01 (NTP, RFC 5905) to 1970-01-01 (Unix)."""


class Clock(Protocol):
    def monotonic(self) -> float:
        """Seconds on the machine's monotonic clock: the same in all processes of this machine, never set back."""
        ...

    def ntp(self, monotonic: float) -> float:
        """Wall-clock NTP seconds (since 1900) of a monotonic instant, for RTCP sender reports (RFC 3550 6.4.1)."""
        ...


def wall_time() -> float:
    """Unix seconds: for stamps of the kernel, which knows no other clock."""
    return time.time()


class SystemClock:
    """The machine's clock. The wall clock is read once, so that a step of it never moves lips against sound."""

    def __init__(self) -> None:
        self._ntp_offset = time.time() + NTP_EPOCH_OFFSET - time.monotonic()

    def monotonic(self) -> float:
        return time.monotonic()

    def ntp(self, monotonic: float) -> float:
        return monotonic + self._ntp_offset


class ManualClock:
    """A clock for tests: time passes only when told."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now

    def ntp(self, monotonic: float) -> float:
        return monotonic + NTP_EPOCH_OFFSET

    def advance(self, seconds: float) -> None:
        self.now += seconds
