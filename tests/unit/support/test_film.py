"""The judge of pictures is judged: whole packets decode without a fault, each kind of damage is named."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import pytest

from tests.support.film import Findings, depacketise, develop, likeness
from tests.support.rtp_stream import RtpPacket, RtpStream
from tests.support.sipp_media import rtp_payloads


@pytest.fixture(scope="module")
def packets() -> list[RtpPacket]:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 320, 240, "yuv420p", Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
    noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    result: list[RtpPacket] = []
    for number in range(5):
        frame = av.VideoFrame.from_ndarray(np.roll(noise, number * 8, axis=1), format="rgb24")
        data = b"".join(bytes(packet) for packet in encoder.encode(frame))
        payloads = list(rtp_payloads(data))
        for index, payload in enumerate(payloads):
            last = index == len(payloads) - 1
            result.append(RtpPacket(number / 25, 96, len(result), number * 3600, last, payload, len(payload) + 12))
    return result


def film_of(packets: list[RtpPacket]) -> RtpStream:
    return RtpStream("127.0.0.1:1", "127.0.0.1:2", 7, packets)


def test_a_whole_film(packets: list[RtpPacket]) -> None:
    film = develop(film_of(packets))
    assert film.findings.faults == []
    assert [picture.keyframe for picture in film.pictures] == [True] + [False] * 4
    assert film.pictures[0].luma.shape == (240, 320)
    assert film.findings.kinds["fu-a"] > 10
    assert film.findings.largest <= 1214


DAMAGE: dict[str, Callable[[list[RtpPacket]], list[RtpPacket]]] = {
    "lost": lambda packets: packets[:5] + packets[6:],
    "marker": lambda packets: [dataclasses.replace(packet, marker=False) for packet in packets],
    "empty": lambda packets: [*packets[:-1], dataclasses.replace(packets[-1], payload=b"")],
    "type": lambda packets: [*packets[:-1], dataclasses.replace(packets[-1], payload=b"\x1e" + b"x" * 20)],
    "fragment": lambda packets: [
        dataclasses.replace(packet, payload=packet.payload[:1] + bytes([packet.payload[1] & 0x3F]) + packet.payload[2:])
        for packet in packets
    ],
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_named(packets: list[RtpPacket], kind: str) -> None:
    assert develop(film_of(DAMAGE[kind](packets))).findings.faults


def test_aggregated_units_are_split_and_a_cut_one_is_named() -> None:
    whole, cut = Findings(), Findings()
    payload = b"\x18\x00\x03\x67ab\x00\x02\x68c"
    assert depacketise([RtpPacket(0, 96, 1, 0, True, payload)], whole) == [b"\x67ab", b"\x68c"]
    assert whole.faults == []
    depacketise([RtpPacket(0, 96, 1, 0, True, payload[:-1])], cut)
    assert cut.faults


def test_likeness_tells_pictures_apart() -> None:
    picture = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert likeness(picture, picture) == pytest.approx(1)
    assert likeness(picture, picture.T) < 0.2
