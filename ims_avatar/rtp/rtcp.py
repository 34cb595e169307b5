"""RTCP compound packets (RFC 3550 section 6.1; reduced size, RFC 5506, is taken too).

Not aiortp's: it drops a whole compound for a report with a profile's extension, misplaces the second chunk of a source
description, and reads TMMBR as NACK.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from ims_avatar.errors import BadPacket
from ims_avatar.rtp import feedback, reports
from ims_avatar.rtp.feedback import Feedback
from ims_avatar.rtp.reports import Goodbye, ReceiverReport, SenderReport, SourceDescription

RtcpPacket: TypeAlias = SenderReport | ReceiverReport | SourceDescription | Goodbye | Feedback


def build_rtcp(packets: Iterable[RtcpPacket]) -> bytes:
    return b"".join(map(bytes, packets))


def parse_rtcp(data: bytes) -> list[RtcpPacket]:
    """The packets of a datagram; types and formats that are not ours are skipped. Raises `BadPacket`."""
    packets = (_parse(kind, count, body) for kind, count, body in _split(data))
    return [packet for packet in packets if packet is not None]


def _split(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    if not data:
        raise BadPacket("RTCP datagram is empty")
    position = 0
    while position < len(data):
        if position + 4 > len(data):
            raise BadPacket("RTCP header is truncated")
        first, kind = data[position], data[position + 1]
        if first >> 6 != 2:
            raise BadPacket(f"RTCP version {first >> 6} is not 2")
        end = position + 4 + 4 * int.from_bytes(data[position + 2 : position + 4], "big")
        if end > len(data):
            raise BadPacket("RTCP packet is truncated")
        body = data[position + 4 : end]
        if first & 0x20:
            body = _without_padding(body)
        yield kind, first & 0x1F, body
        position = end


def _without_padding(body: bytes) -> bytes:
    if not body or not 0 < body[-1] <= len(body):
        raise BadPacket("RTCP padding does not fit")
    return body[: -body[-1]]


def _parse(kind: int, count: int, body: bytes) -> RtcpPacket | None:
    match kind:
        case reports.SENDER_REPORT:
            return reports.parse_sender_report(body, count)
        case reports.RECEIVER_REPORT:
            return reports.parse_receiver_report(body, count)
        case reports.SOURCE_DESCRIPTION:
            return reports.parse_source_description(body, count)
        case reports.GOODBYE:
            return reports.parse_goodbye(body, count)
        case feedback.OLD_FULL_INTRA_REQUEST:
            return feedback.parse_old_full_intra_request(body)
        case feedback.TRANSPORT_FEEDBACK:
            return feedback.parse_transport_feedback(body, count)
        case feedback.PAYLOAD_FEEDBACK:
            return feedback.parse_payload_feedback(body, count)
    return None
