"""What the judge of relayed voice calls broken, and what it leaves to the machine."""

from __future__ import annotations

import dataclasses

import pytest

from tests.support.avatar_calls import assert_voice_unbroken
from tests.support.rtp_stream import RtpPacket, RtpStream


def voice(count: int = 150) -> RtpStream:
    packets = [RtpPacket(0.02 * n, 8, n, 160 * n, n == 0, n.to_bytes(2, "big") * 80) for n in range(count)]
    return RtpStream("127.0.0.1:1", "127.0.0.1:2", 7, packets)


def held_up(stream: RtpStream, index: int, seconds: float) -> RtpStream:
    """Nothing leaves for `seconds` before packet `index` is due again: what queued up leaves at once."""
    until = stream.packets[index].time + seconds
    packets = [
        dataclasses.replace(packet, time=max(packet.time, until)) if n >= index else packet
        for n, packet in enumerate(stream.packets)
    ]
    return dataclasses.replace(stream, packets=packets)


def test_voice_that_leaves_as_it_came_is_whole() -> None:
    assert_voice_unbroken(voice(), voice())


def test_one_late_wake_up_is_the_machine_s() -> None:
    assert_voice_unbroken(voice(), held_up(voice(), 50, 0.045))


def test_a_stop_is_found() -> None:
    with pytest.raises(AssertionError, match="voice stopped for 140 ms"):
        assert_voice_unbroken(voice(), held_up(voice(), 50, 0.160))


def test_many_short_stops_are_found() -> None:
    broken = voice()
    for index in range(20, 140, 10):
        broken = held_up(broken, index, 0.035)
    with pytest.raises(AssertionError, match="voice stopped for 180 ms"):
        assert_voice_unbroken(voice(), broken)


def test_a_stop_of_the_phone_itself_is_not_the_service_s() -> None:
    assert_voice_unbroken(held_up(voice(), 50, 0.3), held_up(voice(), 50, 0.3))


def test_a_stop_on_an_overloaded_machine_says_nothing() -> None:
    assert_voice_unbroken(voice(), dataclasses.replace(held_up(voice(), 50, 0.3), pressure=0.6))


@pytest.mark.parametrize("pressure", [0.0, 0.9])
def test_a_lost_packet_is_found_whatever_the_load(pressure: float) -> None:
    broken = dataclasses.replace(voice(), pressure=pressure)
    del broken.packets[70]
    with pytest.raises(AssertionError, match="1 lost"):
        assert_voice_unbroken(voice(), broken)


def test_a_changed_payload_is_found() -> None:
    broken = voice()
    broken.packets[70] = dataclasses.replace(broken.packets[70], payload=b"\x55" * 160)
    with pytest.raises(AssertionError, match="not what was said"):
        assert_voice_unbroken(voice(), broken)
