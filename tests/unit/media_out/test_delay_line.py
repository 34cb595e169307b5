from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.media_out.delay_line import GLIDE, TIMER_GRAIN, DelayLine


def releases(line: DelayLine[int], arrivals: list[float]) -> list[float]:
    return [line.push(index, arrival) for index, arrival in enumerate(arrivals)]


def test_a_delay_set_before_the_first_packet_holds_from_the_first() -> None:
    line: DelayLine[int] = DelayLine()
    line.target = 0.12
    assert not line.lets_pass(1.0)
    assert releases(line, [1.0, 1.02]) == [1.12, 1.02 + 0.12]
    assert line.due(1.11) == []
    assert line.due(1.12) == [(1.0, 0)]
    assert line.next_release == 1.02 + 0.12


def test_without_delay_packets_pass() -> None:
    line: DelayLine[int] = DelayLine()
    assert line.lets_pass(1.0)
    line.target = 0.1
    assert not line.lets_pass(1.02)


def test_the_delay_glides_up_and_down_in_half_a_second() -> None:
    line: DelayLine[int] = DelayLine()
    arrivals = [0.02 * index for index in range(200)]
    line.lets_pass(-0.02)
    line.target = 0.12
    delays = [release - arrival for release, arrival in zip(releases(line, arrivals[:100]), arrivals, strict=False)]
    assert abs(delays[0] - GLIDE * 0.02) < 1e-9
    assert [round(delay, 6) for delay in delays[24:]] == [0.12] * 76
    line.target = 0.0
    later = [line.push(index, arrival) - arrival for index, arrival in enumerate(arrivals[100:])]
    assert [round(delay, 6) for delay in later[24:]] == [0.0] * 76


def test_in_a_pause_the_delay_changes_at_once() -> None:
    line: DelayLine[int] = DelayLine()
    line.push(0, 0.0)
    line.target = 0.12
    assert line.push(1, 0.5) == 0.62


@given(
    st.lists(st.tuples(st.floats(0, 0.3), st.sampled_from([None, 0.0, 0.05, 0.12, 0.4])), min_size=1, max_size=80),
)
def test_nothing_is_lost_and_nothing_overtakes(steps: list[tuple[float, float | None]]) -> None:
    line: DelayLine[int] = DelayLine()
    now, released, arrivals = 0.0, [], []
    for index, (passed, target) in enumerate(steps):
        now += passed
        line.target = line.target if target is None else target
        arrivals.append(now)
        line.push(index, now)
        released += [item for _, item in line.due(now)]
    while (release := line.next_release) is not None:
        assert release >= now - TIMER_GRAIN
        released += [item for _, item in line.due(release)]
    assert released == list(range(len(steps)))
    assert len(line) == 0


@given(st.lists(st.floats(0.0, 0.1), min_size=2, max_size=60), st.floats(0, 0.4))
def test_a_packet_waits_no_longer_than_the_largest_target(gaps: list[float], target: float) -> None:
    line: DelayLine[int] = DelayLine()
    now = 0.0
    for index, gap in enumerate(gaps):
        now += gap
        line.target = target if index % 20 < 10 else 0.0
        assert line.push(index, now) <= now + target + 1e-9
