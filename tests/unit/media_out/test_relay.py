from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.media_out.outgoing_stream import OutgoingStream, PtsTimeline
from ims_avatar.media_out.relay import Relay
from ims_avatar.rtp.packet import RtpPacket, parse_rtp
from ims_avatar.rtp.sequence import signed_difference

PERIOD = 0.02


class Bench:
    def __init__(self, *, mark: bool = True) -> None:
        self.stream = OutgoingStream(8000)
        self.relay = Relay(self.stream, PtsTimeline(0, 0.0, 8000), mark_new_source=mark)
        self.out: list[RtpPacket] = []

    def push(self, packet: RtpPacket, now: float) -> RtpPacket | None:
        data = self.relay.rewrite(packet, packet.payload_type, now, now)
        if data is None:
            return None
        self.out.append(parse_rtp(data))
        return self.out[-1]


def source(count: int, *, start: int = 65_500, timestamp: int = 0xFFFFFF00, ssrc: int = 1) -> list[RtpPacket]:
    return [
        RtpPacket(0, False, (start + i) & 0xFFFF, (timestamp + 160 * i) & 0xFFFFFFFF, ssrc, i.to_bytes(4, "big"))
        for i in range(count)
    ]


def number(packet: RtpPacket) -> int:
    return int.from_bytes(packet.payload, "big")


def play(bench: Bench, packets: list[RtpPacket], start: float = 0.0) -> None:
    for index, packet in enumerate(packets):
        bench.push(packet, start + PERIOD * index)


@given(st.integers(0, 2**31), st.integers(0, 65_535), st.integers(0, 2**32 - 1))
def test_the_relay_adds_no_loss_and_no_disorder(seed: int, start: int, timestamp: int) -> None:
    """1 % of packets lost, 1 % doubled, 2 % late by up to three places: out comes exactly what went in."""
    chance = random.Random(seed)
    stream = [packet for packet in source(400, start=start, timestamp=timestamp) if chance.random() >= 0.01]
    stream += [packet for packet in stream if chance.random() < 0.01]
    stream.sort(key=lambda p: number(p) + (3.5 * chance.random() if chance.random() < 0.02 else 0))
    bench = Bench()
    play(bench, stream)
    assert [number(packet) for packet in bench.out] == [number(packet) for packet in stream]
    shifts = {
        (out.sequence_number - packet.sequence_number) & 0xFFFF for out, packet in zip(bench.out, stream, strict=True)
    }
    assert len(shifts) == 1
    shifts = {(out.timestamp - packet.timestamp) & 0xFFFFFFFF for out, packet in zip(bench.out, stream, strict=True)}
    assert len(shifts) == 1


def test_another_source_goes_on_where_the_former_stood() -> None:
    bench = Bench()
    play(bench, source(10))
    play(bench, source(10, start=7, timestamp=999, ssrc=2), start=10 * PERIOD)
    numbers = [
        signed_difference(b.sequence_number, a.sequence_number, 16)
        for a, b in zip(bench.out, bench.out[1:], strict=False)
    ]
    stamps = [signed_difference(b.timestamp, a.timestamp, 32) for a, b in zip(bench.out, bench.out[1:], strict=False)]
    assert numbers == [1] * 19
    assert stamps == [160] * 19
    assert [index for index, packet in enumerate(bench.out) if packet.marker] == [0, 10]
    assert len({packet.ssrc for packet in bench.out}) == 1


def test_stragglers_of_the_former_source_are_dropped_and_its_return_is_not() -> None:
    bench = Bench()
    first, second = source(30), source(30, start=7, ssrc=2)
    play(bench, first[:5])
    play(bench, second[:2], start=0.1)
    assert bench.push(first[5], 0.15) is None
    play(bench, second[2:5], start=0.16)
    assert bench.push(first[6], 5.0) is not None
    assert bench.out[-1].marker


def test_a_source_that_jumps_is_followed_without_a_hole() -> None:
    bench = Bench()
    play(bench, source(5))
    play(bench, source(5, start=20_000, timestamp=5), start=0.1)
    steps = [
        signed_difference(b.sequence_number, a.sequence_number, 16)
        for a, b in zip(bench.out, bench.out[1:], strict=False)
    ]
    assert steps == [1] * 9


def test_numbers_go_on_after_packets_were_withheld_and_timestamps_tell_the_time() -> None:
    bench, packets = Bench(), source(20)
    play(bench, packets[:5])
    bench.relay.withhold()
    play(bench, packets[15:], start=0.3)
    assert signed_difference(bench.out[5].sequence_number, bench.out[4].sequence_number, 16) == 1
    assert signed_difference(bench.out[5].timestamp, bench.out[4].timestamp, 32) == 11 * 160
    assert not bench.out[5].marker


def test_a_late_packet_of_before_a_hold_does_not_meet_a_number_in_use() -> None:
    bench, packets = Bench(), source(20)
    play(bench, packets[:5])
    bench.relay.withhold()
    bench.push(packets[10], 0.3)
    assert bench.push(packets[9], 0.31) is None
    assert len({packet.sequence_number for packet in bench.out}) == len(bench.out)


def test_disorder_of_the_very_first_packets_is_kept() -> None:
    bench, packets = Bench(), source(3)
    play(bench, [packets[1], packets[0], packets[2]])
    assert [number(packet) for packet in bench.out] == [1, 0, 2]
    assert signed_difference(bench.out[1].sequence_number, bench.out[0].sequence_number, 16) == -1


def test_a_stream_taken_by_another_feeder_is_taken_back() -> None:
    bench, packets = Bench(mark=False), source(20)
    play(bench, packets[:5])
    bench.stream.timeline = PtsTimeline(bench.stream.continued_timestamp(1.0), 1.0, 8000)
    bench.stream.packet(0, b"avatar", bench.stream.continued_timestamp(1.0), 1.0, marker=True)
    before = bench.stream.next_sequence
    out = bench.push(packets[5], 2.0)
    assert out is not None
    assert out.sequence_number == before
    assert signed_difference(out.timestamp, bench.out[4].timestamp, 32) == pytest.approx(2 * 8000 - 640, abs=2)
    assert not out.marker


def test_a_marker_of_the_source_stays() -> None:
    bench, packets = Bench(), source(3)
    play(bench, [packets[0], replace(packets[1], marker=True), packets[2]])
    assert [packet.marker for packet in bench.out] == [True, True, False]


def test_the_timeline_moves_with_the_timestamps() -> None:
    bench = Bench()
    packet = source(1)[0]
    out = bench.push(packet, 5.0)
    assert out is not None
    assert bench.stream.timeline is not None
    told, source_told = bench.stream.timeline.timestamp_at(3.0), PtsTimeline(0, 0.0, 8000).timestamp_at(3.0)
    assert told is not None
    assert (told - source_told) & 0xFFFFFFFF == (out.timestamp - packet.timestamp) & 0xFFFFFFFF
