from __future__ import annotations

import dataclasses

import pytest

from tests.support.rtp_stream import RtpPacket, RtpStream, SenderReport, payloads_kept, relay_delays, to_ntp


def stream(count: int = 100, start: float = 0.0, first: int = 65_500, payload_type: int = 8) -> RtpStream:
    packets = [
        RtpPacket(start + 0.02 * n, payload_type, (first + n) % 65_536, 160 * n, n == 0, n.to_bytes(2, "big") * 80)
        for n in range(count)
    ]
    return RtpStream("127.0.0.1:1", "127.0.0.1:2", 7, packets)


def without(whole: RtpStream, index: int) -> RtpStream:
    return dataclasses.replace(whole, packets=whole.packets[:index] + whole.packets[index + 1 :])


def test_a_whole_stream_lost_nothing_although_its_numbers_wrap() -> None:
    whole = stream()
    assert (whole.lost, whole.reordered) == (0, 0)
    assert whole.longest_gap() == pytest.approx(0.02)


def test_loss_and_order_are_seen() -> None:
    whole = stream()
    assert without(whole, 40).lost == 1
    assert without(whole, 40).longest_gap() == pytest.approx(0.04)
    whole.packets[3], whole.packets[4] = whole.packets[4], whole.packets[3]
    assert whole.reordered == 1


def test_delay_is_measured_packet_by_packet() -> None:
    assert relay_delays(stream(), stream(start=0.12)).tolist() == pytest.approx([0.12] * 100)


def test_payloads_that_repeat_cannot_be_timed() -> None:
    monotonous = stream()
    monotonous.packets = [dataclasses.replace(packet, payload=b"\x55" * 160) for packet in monotonous.packets]
    with pytest.raises(AssertionError):
        relay_delays(monotonous, monotonous)


def test_a_changed_voice_is_not_the_same() -> None:
    assert payloads_kept(stream(), stream(start=0.1))
    assert not payloads_kept(stream(), without(stream(start=0.1), 50))


def test_video_is_known_by_its_clock() -> None:
    assert not stream(payload_type=8).is_video
    assert not stream(payload_type=96).is_video
    film = stream(payload_type=96)
    film.packets = [dataclasses.replace(packet, timestamp=1800 * n) for n, packet in enumerate(film.packets)]
    assert film.is_video


def test_wall_clock_of_a_timestamp() -> None:
    reports = [SenderReport(0, 1000.0, 2**32 - 80), SenderReport(5, 1005.0, 40_000 - 80)]
    assert to_ntp(reports, 80, 8000) == pytest.approx(1000.02)
    assert to_ntp(reports, 40_000, 8000) == pytest.approx(1005.01)
