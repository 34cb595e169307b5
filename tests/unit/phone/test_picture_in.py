from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from ims_avatar.phone.picture_in import PictureReceiver
from ims_avatar.rtp.h264 import packetise
from ims_avatar.rtp.packet import RtpPacket


@pytest.fixture(scope="module")
def units() -> list[bytes]:
    """25 access units of 128x128, a key frame first and in the middle."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width = encoder.height = 128
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "12", "forced-idr": "1"}
    made = []
    noise = np.random.default_rng(1)
    for number in range(25):
        frame = av.VideoFrame.from_ndarray(noise.integers(0, 255, (128, 128, 3), np.uint8), format="rgb24")
        frame.pts = number
        made += [bytes(packet) for packet in encoder.encode(frame)]
    return made


def _packets(units: list[bytes], ssrc: int = 5) -> list[list[RtpPacket]]:
    sequence, out = 65_530, []
    for number, unit in enumerate(units):
        payloads = packetise(unit, mode=1, max_payload=1000)
        packets = []
        for index, payload in enumerate(payloads):
            marker = index == len(payloads) - 1
            packets.append(RtpPacket(99, marker, sequence & 0xFFFF, number * 3600, ssrc, payload))
            sequence += 1
        out.append(packets)
    return out


def _push(receiver: PictureReceiver, pictures: list[list[RtpPacket]], start: float = 10.0) -> None:
    for number, packets in enumerate(pictures):
        for packet in packets:
            receiver.push(packet, start + number * 0.04)


def test_pictures_are_put_together_decoded_and_counted(units: list[bytes]) -> None:
    receiver = PictureReceiver(decode=True, keep=True)
    _push(receiver, _packets(units))
    assert (receiver.received, receiver.decoded, receiver.broken, receiver.size) == (25, 25, 0, (128, 128))
    assert receiver.rate == pytest.approx(25.0)
    assert receiver.first_arrival == 10.0 and receiver.last_arrival == pytest.approx(10.96)
    assert receiver.keyframes >= 2 and receiver.kept[0].keyframe
    assert not receiver.keyframe_request_due(11.0)


def test_a_lost_packet_breaks_a_picture_and_asks_for_a_key_frame_twice_a_second(units: list[bytes]) -> None:
    receiver = PictureReceiver(decode=True, keep=False)
    pictures = _packets(units)
    del pictures[3][0]
    _push(receiver, pictures[:10])
    assert receiver.broken >= 1
    assert receiver.keyframe_request_due(11.0)
    assert not receiver.keyframe_request_due(11.2)
    assert receiver.keyframe_request_due(11.6)
    _push(receiver, pictures[10:])
    assert not receiver.keyframe_request_due(13.0)


def test_packets_out_of_order_lose_nothing(units: list[bytes]) -> None:
    receiver = PictureReceiver(decode=True, keep=False)
    pictures = _packets(units)
    for packets in pictures[1:]:
        if len(packets) > 1:
            packets[0], packets[1] = packets[1], packets[0]
    _push(receiver, pictures)
    assert (receiver.decoded, receiver.broken) == (25, 0)


def test_a_stream_joined_in_the_middle_shows_nothing_before_a_key_frame(units: list[bytes]) -> None:
    receiver = PictureReceiver(decode=True, keep=False)
    _push(receiver, _packets(units)[1:12])
    assert receiver.first_arrival is None


def test_garbage_is_counted_and_does_not_stop_the_stream(units: list[bytes]) -> None:
    receiver = PictureReceiver(decode=True, keep=False)
    pictures = _packets(units)
    pictures[2][0].payload = b"\x65" + bytes(range(200))
    pictures[5][0].payload = b""
    _push(receiver, pictures)
    assert receiver.decoded >= 20


def test_another_source_starts_anew(units: list[bytes]) -> None:
    receiver = PictureReceiver(decode=True, keep=True)
    _push(receiver, _packets(units))
    _push(receiver, _packets(units, ssrc=6), start=20.0)
    assert receiver.received == 50 and len(receiver.kept) == 25
