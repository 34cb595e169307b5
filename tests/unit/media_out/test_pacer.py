from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.media_out.pacer import SPREAD, Pacer

RATE, FRAMES = 400_000, 25
AVERAGE = RATE // 8 // FRAMES


def departures(pacer: Pacer) -> list[tuple[float, int]]:
    out = []
    while (time := pacer.next_departure) is not None:
        out += [(time, len(packet)) for packet in pacer.due(time)]
    return out


def test_an_ordinary_picture_leaves_at_once() -> None:
    pacer = Pacer(RATE, FRAMES)
    pacer.push([bytes(1000), bytes(1000), bytes(900)], 5.0)
    assert [len(packet) for packet in pacer.due(5.0)] == [1000, 1000, 900]
    assert pacer.next_departure is None


def test_a_key_frame_is_spread_over_20_ms() -> None:
    pacer = Pacer(RATE, FRAMES)
    pacer.push([bytes(1000)] * 20, 5.0)
    sent = departures(pacer)
    at_once = [size for time, size in sent if time == 5.0]
    assert sum(at_once) <= 1.5 * AVERAGE
    assert sent[-1][0] == 5.0 + SPREAD
    gaps = [after - before for (before, _), (after, _) in itertools.pairwise(sent[2:])]
    assert max(gaps) - min(gaps) < 1e-9


def test_what_hardly_exceeds_the_burst_follows_at_the_bit_rate() -> None:
    pacer = Pacer(RATE, FRAMES)
    pacer.push([bytes(1400), bytes(1400), bytes(600)], 0.0)
    last = departures(pacer)[-1]
    assert last[0] == 600 / (1.5 * RATE / 8)


def test_a_second_picture_waits_for_the_first() -> None:
    pacer = Pacer(RATE, FRAMES)
    pacer.push([b"a" * 1000] * 20, 0.0)
    pacer.push([b"b" * 10], 0.01)
    order = []
    while (time := pacer.next_departure) is not None:
        order += [packet[:1] for packet in pacer.due(time)]
    assert order == [b"a"] * 20 + [b"b"]


def test_what_was_cleared_is_not_sent() -> None:
    pacer = Pacer(RATE, FRAMES)
    pacer.push([bytes(1000)] * 20, 0.0)
    pacer.due(0.0)
    pacer.clear()
    assert pacer.due(1.0) == []


@given(st.lists(st.integers(1, 1400), max_size=60), st.integers(50_000, 4_000_000), st.integers(5, 30))
def test_every_packet_leaves_in_order_within_the_spread(sizes: list[int], rate: int, frames: int) -> None:
    pacer = Pacer(rate, frames)
    pacer.push([bytes(size) for size in sizes], 1.0)
    sent = departures(pacer)
    assert [size for _, size in sent] == sizes
    assert all(1.0 <= time <= 1.0 + SPREAD + 1e-9 for time, _ in sent)
