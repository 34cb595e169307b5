from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest

from ims_avatar.media_in.capture_clock import CaptureClock
from ims_avatar.rtp.packet import RtpPacket

RATE, TICKS, PERIOD = 8000, 160, 0.02


def packet(index: int, *, first: int = 0xFFFFF000, ssrc: int = 1) -> RtpPacket:
    return RtpPacket(0, False, index & 0xFFFF, (first + TICKS * index) & 0xFFFFFFFF, ssrc, b"")


def error(clock: CaptureClock, index: int, start: float) -> float:
    """Seconds by which the clock misses the true capture instant."""
    return clock.pts(packet(index).timestamp) - (start + PERIOD * index)


def run(clock: CaptureClock, lateness: Iterator[float], count: int, *, start: float = 100.0, skew: float = 0.0) -> None:
    for index in range(count):
        arrival = start + PERIOD * index * (1 + skew) + PERIOD + next(lateness)
        clock.observe(packet(index), arrival, PERIOD)


def constantly(value: float) -> Iterator[float]:
    while True:
        yield value


def jittery(most: float, seed: int = 1) -> Iterator[float]:
    chance = random.Random(seed)
    while True:
        yield most * chance.random()


def test_without_jitter_the_instant_is_exact_over_the_wrap() -> None:
    clock = CaptureClock(RATE)
    run(clock, constantly(0.0), 200)
    assert abs(error(clock, 199, 100.0)) < 1e-4
    assert clock.timestamp_at(clock.pts(packet(150).timestamp)) == packet(150).timestamp


def test_jitter_is_smoothed_to_its_least() -> None:
    clock = CaptureClock(RATE)
    run(clock, jittery(0.03), 500)
    errors = []
    for index in range(500, 700):
        clock.observe(packet(index), 100.0 + PERIOD * (index + 1) + next(jittery(0.03, index)), PERIOD)
        errors.append(error(clock, index, 100.0))
    assert max(map(abs, errors)) < 0.003
    assert max(abs(b - a) for a, b in itertools.pairwise(errors)) <= 0.00101


@pytest.mark.parametrize("skew", [-500e-6, 500e-6])
def test_a_clock_that_runs_slow_or_fast_is_followed(skew: float) -> None:
    clock = CaptureClock(RATE)
    run(clock, jittery(0.005), 15_000, skew=skew)
    truth = 100.0 + PERIOD * 14_999 * (1 + skew)
    assert clock.pts(packet(14_999).timestamp) == pytest.approx(truth, abs=0.006)


def test_a_longer_path_is_noticed_within_a_quarter_second() -> None:
    clock = CaptureClock(RATE)
    run(clock, constantly(0.0), 100)
    anew = [clock.observe(packet(index), 100.0 + PERIOD * (index + 1) + 0.3, PERIOD) for index in range(100, 120)]
    assert anew.index(True) == 9
    assert error(clock, 119, 100.0) == pytest.approx(0.3, abs=0.002)


def test_a_single_late_packet_changes_nothing() -> None:
    clock = CaptureClock(RATE)
    run(clock, constantly(0.0), 100)
    clock.observe(packet(100), 100.0 + PERIOD * 101 + 0.5, PERIOD)
    assert error(clock, 100, 100.0) == pytest.approx(0.0, abs=0.001)


@pytest.mark.parametrize("jump", [8000 * 60, -8000 * 60, 1 << 30])
def test_a_timestamp_that_jumps_sets_the_clock_anew(jump: int) -> None:
    clock = CaptureClock(RATE)
    run(clock, constantly(0.0), 50)
    arrival = 100.0 + PERIOD * 51
    first = (0xFFFFF000 + jump) & 0xFFFFFFFF
    assert clock.observe(packet(50, first=first), arrival, PERIOD)
    assert clock.pts(packet(50, first=first).timestamp) == pytest.approx(arrival - PERIOD)


def test_another_source_sets_the_clock_anew() -> None:
    clock = CaptureClock(RATE)
    run(clock, constantly(0.0), 50)
    assert clock.observe(packet(7, ssrc=2, first=12), 500.0, PERIOD)
    assert clock.pts(packet(7, ssrc=2, first=12).timestamp) == pytest.approx(500.0 - PERIOD)


def test_a_pause_that_the_timestamps_count_is_no_jump() -> None:
    clock = CaptureClock(RATE)
    run(clock, constantly(0.0), 50)
    assert not clock.observe(packet(5000), 100.0 + PERIOD * 5001, PERIOD)


def test_before_the_first_packet_nothing_is_known() -> None:
    assert CaptureClock(RATE).timestamp_at(1.0) is None
