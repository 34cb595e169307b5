from __future__ import annotations

import pytest

from ims_avatar.media_in.receiver import RtpReceiver
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.source_lock import SourceLock
from tests.support.rtp_fixtures import datagram

HOME, STRANGER = ("192.0.2.1", 4000), ("203.0.113.5", 1)


def receiver() -> RtpReceiver:
    lock = SourceLock(3)
    lock.signal(HOME)
    made = RtpReceiver(lock)
    made.configure(8000, {0: True, 101: False})
    return made


def data(number: int, payload_type: int = 0, ssrc: int = 1) -> bytes:
    return bytes(RtpPacket(payload_type, False, number, 160 * number, ssrc, bytes(160)))


def test_a_negotiated_packet_of_the_right_source_passes() -> None:
    made = receiver()
    packet = made.receive(data(1), HOME, 5.0)
    assert packet is not None
    assert (packet.sequence_number, made.received, made.last_arrival) == (1, 1, 5.0)


@pytest.mark.parametrize(
    ("packet", "source", "reason"),
    [
        (datagram("rtp_pcmu_broken"), HOME, "malformed"),
        (data(1, payload_type=18), HOME, "unknown_payload_type"),
        (data(1), STRANGER, "wrong_source"),
    ],
)
def test_what_is_dropped_is_counted_by_its_reason(packet: bytes, source: tuple[str, int], reason: str) -> None:
    made = receiver()
    assert made.receive(packet, source, 0.0) is None
    assert made.dropped == {reason: 1}
    assert made.received == 0


def test_noise_of_a_stranger_cannot_take_the_lock() -> None:
    made = receiver()
    for _ in range(10):
        made.receive(datagram("rtp_pcmu_broken"), STRANGER, 0.0)
        made.receive(data(1, payload_type=18), STRANGER, 0.0)
    assert made.receive(data(1), HOME, 0.0) is not None


def test_nothing_is_taken_before_it_was_negotiated() -> None:
    made = RtpReceiver(SourceLock(1))
    assert made.receive(data(1), HOME, 0.0) is None
    assert made.dropped == {"not_negotiated": 1}


def test_losses_of_all_sources_add_up() -> None:
    made = receiver()
    for number in (1, 2, 5):
        made.receive(data(number), HOME, 0.02 * number)
    for number in (100, 102):
        made.receive(data(number, ssrc=2), HOME, 0.02 * number)
    assert made.lost == 3
    assert made.source is not None
    assert made.source.ssrc == 2
    assert made.jitter_seconds >= 0
