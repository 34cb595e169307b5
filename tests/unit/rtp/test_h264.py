from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.errors import NalTooLarge
from ims_avatar.flow import AccessUnit
from ims_avatar.rtp.h264 import Depacketiser, ReceivedPicture, packetise, split_nal_units
from ims_avatar.rtp.packet import RtpPacket
from tests.support import h264_stream
from tests.support.h264_pictures import h264_pictures
from tests.support.rtp_fixtures import packets


def received(stream: list[RtpPacket]) -> tuple[list[ReceivedPicture], Depacketiser]:
    depacketiser = Depacketiser()
    return [picture for packet in stream for picture in depacketiser.push(packet)], depacketiser


def sent(units: tuple[AccessUnit, ...], *, max_payload: int = 500, mode: int = 1) -> list[RtpPacket]:
    stream: list[RtpPacket] = []
    for index, unit in enumerate(units):
        payloads = packetise(unit.data, mode=mode, max_payload=max_payload)
        for place, payload in enumerate(payloads):
            number = (65_500 + len(stream)) & 0xFFFF
            stream.append(RtpPacket(96, place == len(payloads) - 1, number, 3600 * index, 1, payload))
    return stream


@pytest.mark.parametrize(("name", "count"), [("h264", 38), ("h264_muxer", 6)])
def test_what_others_send_comes_out_whole_and_decodes(name: str, count: int) -> None:
    pictures, depacketiser = received(packets(name))
    assert depacketiser.broken == 0
    decoded = h264_stream.decode([AccessUnit(0, picture.data, picture.keyframe) for picture in pictures])
    assert len(decoded) == len(pictures) >= min(count, 6)
    assert pictures[0].keyframe
    assert not pictures[1].keyframe


def test_sent_is_received_in_mode_1() -> None:
    units = h264_pictures(10)
    stream = sent(units)
    assert max(len(packet.payload) for packet in stream) <= 500
    assert {packet.payload[0] & 0x1F for packet in stream} >= {28, 7, 8}
    pictures, _ = received(stream)
    assert [split_nal_units(picture.data) for picture in pictures] == [split_nal_units(unit.data) for unit in units]


def test_sent_is_received_in_mode_0_from_small_slices() -> None:
    units = h264_pictures(5, slice_max_size=900)
    stream = sent(units, max_payload=1188, mode=0)
    assert {packet.payload[0] & 0x1F for packet in stream} <= {1, 5, 6, 7, 8}
    assert len(received(stream)[0]) == 5


def test_mode_0_refuses_a_large_nal_unit_and_says_what_to_do() -> None:
    with pytest.raises(NalTooLarge, match="slice-max-size"):
        packetise(h264_pictures(1)[0].data, mode=0, max_payload=500)


def test_a_lost_packet_costs_its_picture_only() -> None:
    units = h264_pictures(6)
    stream = sent(units)
    third = [place for place, packet in enumerate(stream) if packet.timestamp == 2 * 3600]
    for place in (third[0] + 1, third[-2]):
        pictures, depacketiser = received(stream[:place] + stream[place + 1 :])
        assert [picture.timestamp // 3600 for picture in pictures] == [0, 1, 3, 4, 5]
        assert depacketiser.broken == 1


def test_a_lost_marker_costs_both_that_it_could_belong_to() -> None:
    stream = sent(h264_pictures(5))
    last = max(place for place, packet in enumerate(stream) if packet.timestamp == 3600)
    pictures, _ = received(stream[:last] + stream[last + 1 :])
    assert [picture.timestamp // 3600 for picture in pictures] == [0, 3, 4]


def test_a_sender_without_markers_is_understood_by_its_timestamps() -> None:
    stream = [replace(packet, marker=False) for packet in sent(h264_pictures(4))]
    pictures, depacketiser = received(stream)
    assert len(pictures) == 3
    assert depacketiser.broken == 0


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x7c\x85",
        b"\x7c\xc5ab",
        b"\x7c\x05ab",
        b"\x78",
        b"\x78\x00\x05ab",
        b"\x78\x00\x00",
        b"\x79\x00\x00\x00\x01a",
        b"\x1d\x80\x00\x00a",
        b"\x00",
    ],
    ids=[
        "empty",
        "empty FU",
        "start and end",
        "no start",
        "empty STAP",
        "short STAP",
        "null STAP",
        "STAP-B",
        "FU-B",
        "0",
    ],
)
def test_broken_payloads_damage_their_picture_only(payload: bytes) -> None:
    stream = sent(h264_pictures(3))
    broken = replace(
        stream[0], payload=payload, marker=True, timestamp=99, sequence_number=stream[0].sequence_number - 1
    )
    pictures, depacketiser = received([broken, *stream])
    assert len(pictures) == 3
    assert depacketiser.broken == 1


def test_a_fragment_without_end_is_not_joined_with_the_next_unit() -> None:
    stream = sent(h264_pictures(2))
    starts = [
        place for place, packet in enumerate(stream) if packet.payload[0] & 0x1F == 28 and packet.payload[1] & 0x80
    ]
    stream[starts[0] + 1] = replace(stream[starts[0] + 1], payload=stream[starts[0]].payload)
    pictures, depacketiser = received(stream)
    assert [picture.timestamp for picture in pictures] == [3600]
    assert depacketiser.broken == 1


@given(st.lists(st.tuples(st.binary(max_size=30), st.booleans(), st.integers(0, 3), st.integers(0, 3)), max_size=20))
def test_any_payloads_raise_nothing(stream: list[tuple[bytes, bool, int, int]]) -> None:
    received([RtpPacket(96, marker, number, timestamp, 1, data) for data, marker, timestamp, number in stream])


@given(st.integers(60, 1400), st.integers(0, 1000))
def test_no_payload_is_above_the_limit_and_nothing_is_added_or_lost(limit: int, seed: int) -> None:
    source = random.Random(seed)
    units = [
        bytes([0x65]) + bytes(source.randrange(1, 256) for _ in range(source.randrange(1, 3000))) for _ in range(3)
    ]
    payloads = packetise(b"".join(b"\0\0\0\1" + unit for unit in units), mode=1, max_payload=limit)
    assert max(map(len, payloads)) <= limit
    stream = [RtpPacket(96, place == len(payloads) - 1, place, 0, 1, data) for place, data in enumerate(payloads)]
    (picture,), _ = received(stream)
    assert split_nal_units(picture.data) == units


def test_start_codes_of_both_lengths_and_trailing_zeros() -> None:
    assert split_nal_units(b"\0\0\0\1\x67a\0\0\1\x68b\0\0\0\0\1\x65c\0\0") == [b"\x67a", b"\x68b", b"\x65c"]
    assert split_nal_units(b"") == []
