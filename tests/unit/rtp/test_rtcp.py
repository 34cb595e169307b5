from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.errors import BadPacket
from ims_avatar.rtp.feedback import (
    FullIntraRequest,
    GenericNack,
    MaxBitRateRequest,
    OldFullIntraRequest,
    PictureLossIndication,
)
from ims_avatar.rtp.reports import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    ntp_seconds,
    ntp_timestamp,
)
from ims_avatar.rtp.rtcp import RtcpPacket, build_rtcp, parse_rtcp
from tests.support.rtp_fixtures import datagram

RECORDED = ["sr_sdes", "bye_sdes", "app", "pli", "fir_rfc2032", "fir", "nack", "tmmbr"]


def test_a_sender_report_of_baresip() -> None:
    report, names = parse_rtcp(datagram("rtcp_sr_sdes"))
    assert isinstance(report, SenderReport)
    assert (report.ssrc, report.packet_count, report.octet_count) == (0x735DBC87, 250, 40_000)
    assert report.blocks == (ReportBlock(0x4852F4BC, 0, 0, 0x7000, 13),)
    assert isinstance(names, SourceDescription)
    assert [ssrc for ssrc, _ in names.cnames] == [0x735DBC87]


def test_a_goodbye_of_baresip_with_a_reason() -> None:
    goodbye, names = parse_rtcp(datagram("rtcp_bye_sdes"))
    assert goodbye == Goodbye((0x4852F4BC,))
    assert isinstance(names, SourceDescription)


def test_what_is_not_ours_is_skipped() -> None:
    assert parse_rtcp(datagram("rtcp_app")) == []
    receiver_estimate = struct.pack("!BBHII4s", 0x80 | 15, 206, 3, 1, 0, b"REMB")
    assert parse_rtcp(receiver_estimate + datagram("rtcp_pli")) == parse_rtcp(datagram("rtcp_pli"))


@pytest.mark.parametrize(
    ("name", "packet"),
    [
        ("pli", PictureLossIndication(0xE57106C8, 77)),
        ("fir_rfc2032", OldFullIntraRequest(0xDEB3A695)),
        ("fir", FullIntraRequest(0x11223344, ((77, 7),))),
        ("nack", GenericNack(0x11223344, 77, (1000, 1002, 1016, 65_535, 0))),
        ("tmmbr", MaxBitRateRequest(0x11223344, ((77, 256_000, 40),))),
    ],
)
def test_feedback_reads_and_writes(name: str, packet: RtcpPacket) -> None:
    assert parse_rtcp(datagram(f"rtcp_{name}")) == [packet]
    assert bytes(packet) == datagram(f"rtcp_{name}")


@pytest.mark.parametrize("name", RECORDED)
def test_a_broken_twin_is_refused(name: str) -> None:
    with pytest.raises(BadPacket):
        parse_rtcp(datagram(f"rtcp_{name}_broken"))


def test_a_bit_rate_request_is_no_nack() -> None:
    assert not any(isinstance(packet, GenericNack) for packet in parse_rtcp(datagram("rtcp_tmmbr")))


def test_a_report_with_a_profiles_extension_keeps_what_follows() -> None:
    extended = bytearray(bytes(ReceiverReport(5)) + b"abcd")
    extended[3] += 1
    assert parse_rtcp(bytes(extended) + datagram("rtcp_pli"))[-1] == PictureLossIndication(0xE57106C8, 77)


def test_several_names_in_one_description() -> None:
    names = SourceDescription(((1, b"abc"), (2, b"abcd"), (3, b"")))
    assert parse_rtcp(bytes(names)) == [names]


def test_personal_items_of_a_description_are_not_kept() -> None:
    chunk = struct.pack("!I", 9) + b"\x02\x04Name" + b"\x01\x02cn" + b"\x04\x03+49" + b"\0\0\0"
    chunk += bytes(-len(chunk) % 4)
    data = struct.pack("!BBH", 0x81, 202, len(chunk) // 4) + chunk
    assert parse_rtcp(data) == [SourceDescription(((9, b"cn"),))]


def test_padding_is_taken_off_and_checked() -> None:
    padded = bytearray(bytes(ReceiverReport(5)) + b"\0\0\0\4")
    padded[0] |= 0x20
    padded[3] += 1
    assert parse_rtcp(bytes(padded)) == [ReceiverReport(5)]
    padded[-1] = 77
    with pytest.raises(BadPacket, match="padding"):
        parse_rtcp(bytes(padded))


def test_a_compound_goes_there_and_back() -> None:
    block = ReportBlock(7, 255, -3, 70_000, 12, 0x12345678, 65_536)
    packets: list[RtcpPacket] = [
        SenderReport(1, ntp_timestamp(3_900_000_000.5), 0xFFFFFFFF, 10, 1600, (block, block)),
        SourceDescription(((1, b"name"),)),
        GenericNack(1, 2, (65_534, 65_535, 0, 15, 16)),
        Goodbye((1,)),
    ]
    assert parse_rtcp(build_rtcp(packets)) == packets


def test_lost_packets_are_held_within_24_bits() -> None:
    (report,) = parse_rtcp(bytes(ReceiverReport(1, (ReportBlock(2, 0, 1 << 30, 0, 0),))))
    assert isinstance(report, ReceiverReport)
    assert report.blocks[0].packets_lost == (1 << 23) - 1


def test_ntp_timestamps_keep_a_microsecond() -> None:
    assert ntp_seconds(ntp_timestamp(3_900_000_000.123456)) == pytest.approx(3_900_000_000.123456, abs=1e-6)


@given(st.binary(max_size=96))
def test_nothing_but_its_error_is_raised(data: bytes) -> None:
    try:
        parse_rtcp(data)
    except BadPacket:
        return


@given(st.sampled_from(RECORDED), st.integers(0, 127), st.integers(0, 255), st.integers(0, 127))
def test_a_damaged_recording_raises_nothing_else(name: str, place: int, value: int, cut: int) -> None:
    data = bytearray(datagram(f"rtcp_{name}"))
    data[place % len(data)] = value
    try:
        parse_rtcp(bytes(data[: len(data) - cut % len(data)]))
    except BadPacket:
        return


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 2**34), st.integers(0, 511))
def test_a_bit_rate_is_rounded_down_by_less_than_the_mantissa_holds(ssrc: int, rate: int, overhead: int) -> None:
    (request,) = parse_rtcp(bytes(MaxBitRateRequest(1, ((ssrc, rate, overhead),))))
    assert isinstance(request, MaxBitRateRequest)
    assert request.entries[0][::2] == (ssrc, overhead)
    assert 0 <= rate - request.entries[0][1] <= rate / (1 << 16)
