from __future__ import annotations

from dataclasses import replace

import pytest

from ims_avatar.clock import ManualClock
from ims_avatar.errors import NalTooLarge
from ims_avatar.flow import NegotiatedVideo
from ims_avatar.media_out.outgoing_stream import OutgoingStream
from ims_avatar.media_out.packet_history import RESEND_INTERVAL, PacketHistory
from ims_avatar.media_out.video_sender import VideoSender
from ims_avatar.rtp.packet import parse_rtp
from ims_avatar.rtp.reports import ntp_seconds
from ims_avatar.rtp.sequence import signed_difference
from tests.support.h264_pictures import h264_pictures

NEGOTIATED = NegotiatedVideo("H264", 97, ("192.0.2.1", 4000), ("192.0.2.1", 4001), "sendrecv", mtu=700)


def test_packets_of_a_picture_share_its_timestamp_and_the_last_is_marked() -> None:
    sender = VideoSender(OutgoingStream(90_000), NEGOTIATED)
    datagrams = sender.packets(h264_pictures(1)[0], 5.0)
    packets = [parse_rtp(data) for data in datagrams]
    assert max(map(len, datagrams)) <= 700
    assert {packet.payload_type for packet in packets} == {97}
    assert len({packet.timestamp for packet in packets}) == 1
    assert [packet.marker for packet in packets] == [False] * (len(packets) - 1) + [True]
    numbers = [packet.sequence_number for packet in packets]
    assert [(number - numbers[0]) & 0xFFFF for number in numbers] == list(range(len(numbers)))


def test_timestamps_count_capture_instants_not_departures() -> None:
    sender = VideoSender(OutgoingStream(90_000), NEGOTIATED)
    units = h264_pictures(3)
    instants = [(100.0, 100.2), (100.04, 100.21), (100.5, 100.7)]
    stamps = [
        parse_rtp(sender.packets(replace(unit, pts=pts), now)[0]).timestamp
        for unit, (pts, now) in zip(units, instants, strict=True)
    ]
    assert signed_difference(stamps[1], stamps[0], 32) == 3600
    assert signed_difference(stamps[2], stamps[0], 32) == 45_000


def test_what_is_not_newer_is_not_sent() -> None:
    sender = VideoSender(OutgoingStream(90_000), NEGOTIATED)
    unit = h264_pictures(1)[0]
    assert sender.packets(replace(unit, pts=7.0), 7.1)
    assert sender.packets(replace(unit, pts=7.0), 7.2) == []
    assert sender.packets(replace(unit, pts=6.9), 7.3) == []


def test_a_slice_too_large_for_mode_0_is_refused_and_costs_no_number() -> None:
    stream = OutgoingStream(90_000)
    sender = VideoSender(stream, replace(NEGOTIATED, packetization_mode=0))
    before = stream.next_sequence
    with pytest.raises(NalTooLarge):
        sender.packets(h264_pictures(1)[0], 0.1)
    assert (stream.next_sequence, stream.packets) == (before, 0)
    assert sender.packets(h264_pictures(1, slice_max_size=600)[0], 0.1)


def test_the_report_tells_the_capture_instant_of_a_timestamp() -> None:
    stream, clock = OutgoingStream(90_000), ManualClock(50.0)
    sender = VideoSender(stream, NEGOTIATED)
    assert stream.sender_report(50.0, clock) is None
    packet = parse_rtp(sender.packets(replace(h264_pictures(1)[0], pts=49.9), 50.0)[0])
    report = stream.sender_report(51.0, clock)
    assert report is not None
    told = ntp_seconds(report.ntp) + signed_difference(packet.timestamp, report.rtp_timestamp, 32) / 90_000
    assert told == pytest.approx(clock.ntp(49.9), abs=1e-4)
    assert (report.packet_count, report.octet_count) == (stream.packets, stream.octets)


def test_a_packet_is_sent_again_once_an_interval() -> None:
    history, sender = PacketHistory(), VideoSender(OutgoingStream(90_000), NEGOTIATED)
    datagrams = sender.packets(h264_pictures(1)[0], 0.0)
    for data in datagrams:
        history.add(data, 0.0)
    wanted = parse_rtp(datagrams[2]).sequence_number
    assert history.again((wanted,), 0.01) == []
    assert history.again((wanted, wanted + 30_000), RESEND_INTERVAL) == [datagrams[2]]
    assert history.again((wanted,), RESEND_INTERVAL + 0.01) == []
    assert history.again((wanted,), 3 * RESEND_INTERVAL) == [datagrams[2]]


def test_history_forgets_the_oldest() -> None:
    history, stream = PacketHistory(), OutgoingStream(90_000)
    datagrams = [stream.packet(96, bytes([1]), 0, 0.0, marker=False) for _ in range(600)]
    for data in datagrams:
        history.add(data, 0.0)
    numbers = [parse_rtp(data).sequence_number for data in datagrams]
    assert history.again((numbers[0], numbers[599]), 1.0) == [datagrams[599]]
