from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.errors import BadPacket
from ims_avatar.rtp.packet import RtpPacket, is_rtcp, parse_rtp
from tests.support.rtp_fixtures import datagram, datagrams

PLAIN = RtpPacket(0, True, 65_535, 0xFFFFFFFF, 0xDEADBEEF, b"sound")


def test_a_recorded_packet_reads_and_writes_the_same() -> None:
    data = datagram("rtp_pcmu")
    packet = parse_rtp(data)
    assert (packet.payload_type, len(packet.payload)) == (0, 160)
    assert bytes(packet) == data


def test_its_broken_twin_is_refused() -> None:
    with pytest.raises(BadPacket, match="11 bytes"):
        parse_rtp(datagram("rtp_pcmu_broken"))


@pytest.mark.parametrize("name", ["pcmu", "g722", "opus", "amr", "amr_wb", "telephone_event", "h264", "h264_muxer"])
def test_every_recorded_packet_survives_the_round_trip(name: str) -> None:
    for data in datagrams(name):
        assert bytes(parse_rtp(data)) == data
        assert not is_rtcp(data)


def test_what_stands_around_the_payload_is_left_out() -> None:
    sources = struct.pack("!II", 1, 2)
    extension = struct.pack("!HH", 0xBEDE, 1) + b"\x10\xff\x00\x00"
    data = bytearray(bytes(replace(PLAIN, payload=sources + extension + b"sound" + b"\0\0\3")))
    data[0] = 0x80 | 0x20 | 0x10 | 2
    assert parse_rtp(bytes(data)) == PLAIN


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "shorter"),
        (b"\x40" + bytes(11), "version 1"),
        (b"\x8f" + bytes(11), "longer than the packet"),
        (b"\x90" + bytes(11), "extension is truncated"),
        (b"\x90" + bytes(11) + b"\xbe\xde\x00\x05", "longer than the packet"),
        (b"\xa0" + bytes(11), "padding"),
        (b"\xa0" + bytes(11) + b"\x00", "padding of 0"),
        (b"\xa0" + bytes(11) + b"\x02", "padding of 2"),
    ],
)
def test_lengths_that_lie_are_refused(data: bytes, cause: str) -> None:
    with pytest.raises(BadPacket, match=cause):
        parse_rtp(data)


@given(st.binary(max_size=64))
def test_nothing_but_its_error_is_raised(data: bytes) -> None:
    try:
        parse_rtp(data)
    except BadPacket:
        return


@given(st.integers(0, 127), st.booleans(), st.integers(0, 65_535), st.integers(0, 2**32 - 1), st.binary(max_size=40))
def test_written_is_read(payload_type: int, marker: bool, sequence: int, timestamp: int, payload: bytes) -> None:
    packet = RtpPacket(payload_type, marker, sequence, timestamp, 7, payload)
    assert parse_rtp(bytes(packet)) == packet


def test_rtcp_on_the_rtp_port_is_told_apart() -> None:
    assert is_rtcp(datagram("rtcp_pli"))
    assert is_rtcp(datagram("rtcp_fir_rfc2032"))
    assert not is_rtcp(bytes(replace(PLAIN, payload_type=127)))
    assert not is_rtcp(b"\x80")
