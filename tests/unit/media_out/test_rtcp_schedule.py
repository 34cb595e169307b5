from __future__ import annotations

import itertools

import pytest

from ims_avatar.media_out.histogram import DelayHistogram
from ims_avatar.media_out.rtcp_schedule import INTERVAL, RtcpSchedule


@pytest.mark.parametrize("seed", range(10))
def test_the_first_report_is_due_at_once_and_the_next_at_random_distances(seed: int) -> None:
    schedule = RtcpSchedule(seed)
    assert not schedule.due(4.9)
    schedule.start(5.0)
    instants = [0.05 * step for step in range(100, 2100) if schedule.due(0.05 * step)]
    assert instants[0] == 5.0
    gaps = [after - before for before, after in itertools.pairwise(instants)]
    assert min(gaps) >= 0.5 * INTERVAL
    assert max(gaps) <= 1.5 * INTERVAL + 0.05
    assert sum(gaps) / len(gaps) == pytest.approx(INTERVAL, rel=0.2)
    assert len({round(gap, 2) for gap in gaps}) > 5


def test_the_histogram_puts_a_delay_under_the_next_bound() -> None:
    histogram = DelayHistogram()
    for delay in (0.0, 0.0004, 0.1195, 0.1200, 0.1204, 9.0):
        histogram.add(delay)
    assert histogram.snapshot() == ((1.0, 2), (120.0, 2), (121.0, 1), (float("inf"), 1))
