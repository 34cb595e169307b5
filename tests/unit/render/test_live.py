"""Live streams leave in real time: seen with a clock that only moves when somebody sleeps."""

from __future__ import annotations

import numpy as np
import pytest

from ims_avatar.clock import ManualClock
from ims_avatar.render.live import RealTime


class Nap:
    """A clock, and the sleeping that moves it."""

    def __init__(self) -> None:
        self.clock = ManualClock(1000.0)
        self.pace = RealTime(self.clock, self.clock.advance)

    def leaves_at(self, pts: float, work: float = 0.0) -> float:
        """When the moment at `pts` leaves, `work` seconds having passed since the one before."""
        self.clock.advance(work)
        self.pace.wait(pts)
        return self.clock.monotonic() - 1000.0


def test_a_second_of_film_takes_a_second_however_fast_it_is_made() -> None:
    nap = Nap()
    left = [nap.leaves_at(n / 25, work=0.002) for n in range(26)]
    assert left[-1] - left[0] == pytest.approx(1.0)
    assert np.diff(left) == pytest.approx([0.04] * 25)


def test_a_moment_that_is_late_does_not_move_those_after_it() -> None:
    nap = Nap()
    left = [nap.leaves_at(n / 25, work=0.1 if n == 5 else 0.0) for n in range(11)]
    assert left[5] == pytest.approx(0.26)
    assert left[6] == pytest.approx(0.26)
    assert left[10] == pytest.approx(0.4)


def test_after_a_stop_nothing_hurries() -> None:
    nap = Nap()
    left = [nap.leaves_at(n / 25, work=5.0 if n == 5 else 0.0) for n in range(8)]
    assert np.diff(left[5:]) == pytest.approx([0.04, 0.04])
