"""Counting steps."""

from __future__ import annotations

import pytest

from ims_avatar.pool_process.studio import StageTimes
from ims_avatar.pool_process.tally import KEPT_STEPS, StepRecord, Tally


def test_nothing_counted_yet() -> None:
    tally = Tally()
    assert (tally.frame_rate(5.0), tally.batch(), tally.step_ms()) == (0.0, 0.0, {})


def test_recent_figures_are_those_of_the_last_steps() -> None:
    tally = Tally()
    for n in range(KEPT_STEPS):
        tally.add(StepRecord(n / 25, 1.0, 1, StageTimes(9, 9, 9)))
    for n in range(KEPT_STEPS, 2 * KEPT_STEPS):
        tally.add(StepRecord(n / 25, 0.008, 4, StageTimes(0.001, 0.004, 0.002)))
    assert tally.frames == KEPT_STEPS * 5
    assert tally.frame_rate(2 * KEPT_STEPS / 25) == pytest.approx(100)
    assert tally.batch() == 4
    assert tally.step_ms() == {"p50": 8.0, "p99": 8.0, "driving": 1.0, "render": 4.0, "encode": 2.0}


def test_skipped_steps_and_their_frames_add_up() -> None:
    tally = Tally()
    tally.skipped(2, 6)
    tally.skipped(1, 0)
    assert (tally.skipped_steps, tally.late_frames) == (3, 6)
