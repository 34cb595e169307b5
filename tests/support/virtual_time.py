"""An asyncio loop whose clock jumps to the next timer: a minute's call in a tenth of a second, the same every time.

Loopback sockets work in it: the kernel delivers at once, and the loop looks at them before it jumps.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from ims_avatar.clock import NTP_EPOCH_OFFSET

T = TypeVar("T")

START = 1000.0
"""Virtual seconds at which every loop begins: no test may count on zero."""


class _JumpingSelector(selectors.DefaultSelector):
    now = START

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            return super().select(None)
        self.now += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


class LoopClock:
    """A `Clock` that reads the running loop."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def ntp(self, monotonic: float) -> float:
        return monotonic + NTP_EPOCH_OFFSET


def run_virtual(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to its end in virtual time."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
