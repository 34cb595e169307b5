from __future__ import annotations

import pytest

from ims_avatar.phone.timeline import StreamTimeline


def test_timestamps_grow_over_the_wrap_and_back() -> None:
    line = StreamTimeline(90_000)
    start = line.unroll(0xFFFFFF00)
    assert line.unroll(0x100) - start == 0x200
    assert line.unroll(0xFFFFFF80) - start == 0x80


def test_a_report_places_timestamps_on_the_senders_clock() -> None:
    line = StreamTimeline(8000)
    line.begin(1)
    first = line.unroll(1000)
    assert line.ntp(first) is None
    line.report(1000 + 8000, 5000.0)
    assert line.ntp(first) == pytest.approx(4999.0)


def test_the_nearest_report_counts() -> None:
    line = StreamTimeline(8000)
    line.begin(1)
    first = line.unroll(0)
    line.report(0, 100.0)
    later = line.unroll(80_000)
    line.report(80_000, 110.001)
    assert (line.ntp(first), line.ntp(later)) == (100.0, 110.001)


def test_a_new_source_forgets_the_old_one() -> None:
    line = StreamTimeline(8000)
    assert line.begin(1) and not line.begin(1)
    line.unroll(5)
    line.report(5, 1.0)
    assert line.begin(2)
    assert line.ntp(line.unroll(7)) is None
