from __future__ import annotations

import random
from dataclasses import replace

import pytest

from ims_avatar.errors import BadPacket
from ims_avatar.rtp.dtmf import DigitDetector
from ims_avatar.rtp.packet import RtpPacket
from tests.support.rtp_fixtures import datagram, packets

EVENTS = [packet for packet in packets("telephone_event") if packet.payload_type == 101]


def pressed(stream: list[RtpPacket]) -> int:
    detector = DigitDetector()
    return sum(detector.push(packet) for packet in stream)


def test_baresip_pressed_two_keys() -> None:
    assert pressed(EVENTS) == 2


def test_repeats_and_losses_do_not_change_the_count() -> None:
    assert pressed([packet for packet in EVENTS for _ in range(2)]) == 2
    chance = random.Random(3)
    for _ in range(20):
        kept = [packet for packet in EVENTS if chance.random() > 0.5]
        assert pressed(kept) == len({packet.timestamp for packet in kept})


def test_a_tone_that_is_no_key_is_not_counted() -> None:
    assert pressed([replace(EVENTS[0], payload=bytes([32, 10, 0, 160]))]) == 0


def test_a_truncated_event_is_refused() -> None:
    assert pressed([replace(EVENTS[0], payload=datagram("telephone_event_payload"))]) == 1
    with pytest.raises(BadPacket):
        pressed([replace(EVENTS[0], payload=datagram("telephone_event_payload_broken"))])
