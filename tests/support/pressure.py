"""Whether the machine had time for what ran on it: how long tasks waited for a processor (Linux pressure stall)."""

from __future__ import annotations

import re
import time
from pathlib import Path

PRESSURE = Path("/proc/pressure/cpu")
OVERLOADED = 0.25
"""Share of time in which somebody waited, from which on lateness says nothing about the program that was late."""


class CpuPressure:
    """Measures from its construction on."""

    def __init__(self) -> None:
        self._began, self._waited = time.monotonic(), _waited()

    def share(self) -> float:
        """Share of the time so far in which at least one task waited for a processor; 0 where nobody counts it."""
        return (_waited() - self._waited) / max(time.monotonic() - self._began, 1e-3)


def _waited() -> float:
    """Seconds since the start of the machine."""
    if not PRESSURE.exists():
        return 0.0
    total = re.search(r"^some .*total=(\d+)", PRESSURE.read_text(), re.MULTILINE)
    return int(total[1]) / 1e6 if total else 0.0
