from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.media_in.reorder_buffer import Gap, InOrder, ReorderBuffer
from ims_avatar.rtp.packet import RtpPacket


def packet(number: int, ssrc: int = 1) -> RtpPacket:
    return RtpPacket(0, False, number & 0xFFFF, 0, ssrc, b"")


def told(items: list[InOrder]) -> list[int | str]:
    """Numbers of packets, "-n" for a gap of n, "!" for a restart."""
    names: list[int | str] = []
    for item in items:
        if isinstance(item, RtpPacket):
            names.append(item.sequence_number)
        else:
            names.append(f"-{item.packets}" if isinstance(item, Gap) else "!")
    return names


def pushed(numbers: list[int], buffer: ReorderBuffer | None = None) -> list[int | str]:
    buffer = buffer or ReorderBuffer()
    out = [item for index, number in enumerate(numbers) for item in buffer.push(packet(number), 0.02 * index)]
    return told(out + buffer.flush())


def test_what_is_in_order_passes_at_once() -> None:
    buffer = ReorderBuffer()
    assert [told(buffer.push(packet(number), 0.0)) for number in (65_534, 65_535, 0)] == [["!", 65_534], [65_535], [0]]


def test_disorder_is_mended() -> None:
    assert pushed([1, 3, 2, 4, 6, 7, 5, 8]) == ["!", 1, 2, 3, 4, 5, 6, 7, 8]


def test_a_missing_packet_is_given_up_when_three_wait_behind_it() -> None:
    buffer = ReorderBuffer()
    pushed_one_by_one = [told(buffer.push(packet(number), 0.0)) for number in (1, 4, 5, 6, 7)]
    assert pushed_one_by_one == [["!", 1], [], [], ["-2", 4, 5, 6], [7]]


def test_a_missing_packet_is_given_up_after_a_time() -> None:
    buffer = ReorderBuffer()
    buffer.push(packet(1), 0.0)
    assert told(buffer.push(packet(3), 0.1)) == []
    assert told(buffer.poll(0.15)) == []
    assert told(buffer.poll(0.17)) == ["-1", 3]
    assert told(buffer.poll(9.0)) == []


def test_doubles_and_the_late_are_dropped_and_counted() -> None:
    buffer = ReorderBuffer()
    assert pushed([1, 2, 2, 4, 4, 5, 6, 3], buffer) == ["!", 1, 2, "-1", 4, 5, 6]
    assert buffer.late == 3


def test_another_source_and_a_far_jump_begin_anew() -> None:
    buffer = ReorderBuffer()
    buffer.push(packet(1), 0.0)
    buffer.push(packet(3), 0.0)
    assert told(buffer.push(packet(900, ssrc=2), 0.0)) == ["-1", 3, "!", 900]
    assert told(buffer.push(packet(20_000, ssrc=2), 0.0)) == ["!", 20_000]
    assert told(buffer.push(packet(10, ssrc=2), 0.0)) == ["!", 10]


@given(st.integers(0, 2**31), st.integers(0, 65_535), st.floats(0, 0.3))
def test_out_come_all_packets_in_order_with_the_true_gaps(seed: int, start: int, loss: float) -> None:
    chance = random.Random(seed)
    kept = [number for number in range(60) if number == 0 or chance.random() >= loss]
    order = sorted(kept, key=lambda number: number + (0 if number < 3 else chance.random() * 2))
    items = pushed([start + number for number in order])
    assert items[0] == "!"
    place = start
    for item in items[1:]:
        if isinstance(item, str):
            place += int(item[1:])
        else:
            assert item == place & 0xFFFF
            place += 1
    assert [item for item in items if isinstance(item, int)] == [(start + number) & 0xFFFF for number in kept]
