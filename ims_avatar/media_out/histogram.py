"""A histogram of delays that costs one increment a packet."""

from __future__ import annotations

import bisect

BOUNDS_MS: tuple[float, ...] = (
    *(1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0, 110.0),
    *(118.0, 119.0, 120.0, 121.0, 122.0, 123.0, 125.0, 130.0, 140.0, 150.0),
    *(175.0, 200.0, 250.0, 300.0, 400.0, 500.0, float("inf")),
)
"""Upper bounds, dense around the default delay of 120 ms."""


class DelayHistogram:
    def __init__(self) -> None:
        self._counts = [0] * len(BOUNDS_MS)

    def add(self, seconds: float) -> None:
        self._counts[bisect.bisect_left(BOUNDS_MS, seconds * 1000)] += 1

    def snapshot(self) -> tuple[tuple[float, int], ...]:
        """(upper bound in ms, packets), those without packets left out."""
        return tuple((bound, count) for bound, count in zip(BOUNDS_MS, self._counts, strict=True) if count)
