"""Steps, decided on a clock that the tests turn by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.errors import PoolError
from ims_avatar.inference.scheduler import TICK_RATE, Scheduler, Step, ticks_a_frame

T = 1 / TICK_RATE
LATENCY = 0.105


def decided(scheduler: Scheduler[str], now: float) -> Step[str]:
    step = scheduler.decide(now)
    assert step is not None
    return step


def test_a_step_carries_the_pts_of_its_tick() -> None:
    scheduler = Scheduler[str](LATENCY)
    scheduler.add("a", 25)
    step = decided(scheduler, 100.013)
    assert (step.tick, step.streams) == (2500, ("a",))
    assert step.due == pytest.approx(100.0)
    assert step.pts == pytest.approx(100.0 - LATENCY)


def test_one_step_a_tick() -> None:
    scheduler = Scheduler[str](LATENCY)
    scheduler.add("a", 25)
    decided(scheduler, 100.0)
    assert scheduler.decide(100.039) is None
    assert scheduler.next_due(100.039) == pytest.approx(100.04)
    assert decided(scheduler, 100.04).skipped_steps == 0


def test_a_new_stream_starts_in_the_next_step_whatever_its_rate() -> None:
    scheduler = Scheduler[str](LATENCY)
    scheduler.add("a", 25)
    decided(scheduler, 100.0)
    scheduler.add("slow", 8)
    assert decided(scheduler, 100.04).streams == ("a", "slow")


def test_a_removed_stream_is_not_wanted_even_within_its_step() -> None:
    scheduler = Scheduler[str](LATENCY)
    scheduler.add("a", 25)
    scheduler.add("b", 25)
    step = decided(scheduler, 100.0)
    scheduler.remove("a")
    assert [key for key in step.streams if scheduler.wanted(key)] == ["b"]
    assert decided(scheduler, 100.04).streams == ("b",)


def test_late_steps_are_skipped_and_counted_not_queued() -> None:
    scheduler = Scheduler[str](LATENCY)
    scheduler.add("a", 25)
    scheduler.add("half", 12.5)
    decided(scheduler, 100.0)
    step = decided(scheduler, 100.20)
    assert (step.tick, step.skipped_steps, step.skipped_frames) == (2505, 4, 4 + 2)
    assert step.streams == ("a",)
    assert scheduler.decide(100.21) is None
    assert decided(scheduler, 100.24).streams == ("a", "half")


def test_steps_without_streams_are_not_called_late() -> None:
    scheduler = Scheduler[str](LATENCY)
    decided(scheduler, 100.0)
    scheduler.add("a", 25)
    assert decided(scheduler, 200.0).skipped_steps == 0


@pytest.mark.parametrize(
    ("rate", "every"), [(25, 1), (30, 1), (24, 2), (20, 2), (15, 2), (12.5, 2), (12, 3), (10, 3), (5, 5), (1, 25)]
)
def test_every_nth_tick_keeps_under_the_negotiated_rate(rate: float, every: int) -> None:
    assert ticks_a_frame(rate) == every


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(PoolError, match="at least 1"):
        ticks_a_frame(0)


def test_slow_streams_are_evenly_spaced() -> None:
    scheduler = Scheduler[str](LATENCY)
    assert scheduler.add("a", 15) == 12.5
    ticks = [n for n in range(20) if decided(scheduler, 100 + n * T).streams]
    assert ticks == list(range(0, 20, 2))


@given(st.lists(st.floats(0.0001, 0.5), min_size=1, max_size=60), st.lists(st.integers(1, 25), min_size=1, max_size=5))
def test_every_frame_of_a_stream_is_either_given_or_counted_as_skipped(waits: list[float], rates: list[int]) -> None:
    scheduler = Scheduler[int](LATENCY)
    now = 1000.0
    for key, rate in enumerate(rates):
        scheduler.add(key, rate)
    given_frames = skipped = 0
    first = last = None
    for wait in waits:
        now += wait
        step = scheduler.decide(now)
        if step is None:
            continue
        assert last is None or step.tick == last + 1 + step.skipped_steps
        assert now - step.due < T + 1e-6
        first, last = step.tick if first is None else first, step.tick
        given_frames += len(step.streams)
        skipped += step.skipped_frames
    if first is None or last is None:
        return
    expected = sum((last - first) // ticks_a_frame(rate) + 1 for rate in rates)
    assert given_frames + skipped == expected
