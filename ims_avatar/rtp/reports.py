"""RTCP reports (RFC 3550 section 6.4 to 6.6): sender and receiver reports, CNAME, goodbye."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ims_avatar.errors import BadPacket

SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202
GOODBYE = 203

CNAME = 1
"""SDES item (6.5.1). The other items hold personal data and are skipped."""

_BLOCK = struct.Struct("!IIIIII")
_SENDER_INFO = struct.Struct("!IQIII")
_LOST_LIMIT = 1 << 23


def frame_rtcp(packet_type: int, count: int, body: bytes) -> bytes:
    """Puts the common header (6.4.1) before `body`, whose length is a multiple of 4."""
    return struct.pack("!BBH", 0x80 | count, packet_type, len(body) // 4) + body


def ntp_timestamp(ntp_seconds: float) -> int:
    """64-bit fixed point of seconds since 1900 (section 4)."""
    return round(ntp_seconds * (1 << 32)) & 0xFFFFFFFFFFFFFFFF


def ntp_seconds(timestamp: int) -> float:
    return timestamp / (1 << 32)


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver saw of the stream `ssrc`."""

    ssrc: int
    fraction_lost: int
    """In 256ths, since the last report."""
    packets_lost: int
    highest_sequence: int
    jitter: int
    """In units of the stream's timestamp."""
    last_sr: int = 0
    """Middle 32 bits of the last sender report's NTP timestamp; 0 = none."""
    delay_since_last_sr: int = 0
    """In 1/65536 s."""

    def __bytes__(self) -> bytes:
        lost = max(-_LOST_LIMIT, min(_LOST_LIMIT - 1, self.packets_lost)) & 0xFFFFFF
        return _BLOCK.pack(
            self.ssrc,
            self.fraction_lost << 24 | lost,
            self.highest_sequence & 0xFFFFFFFF,
            min(self.jitter, 0xFFFFFFFF),
            self.last_sr,
            min(self.delay_since_last_sr, 0xFFFFFFFF),
        )


@dataclass(frozen=True, slots=True)
class SenderReport:
    ssrc: int
    ntp: int
    """64-bit NTP timestamp: the same instant as `rtp_timestamp`."""
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    blocks: tuple[ReportBlock, ...] = ()

    def __bytes__(self) -> bytes:
        info = _SENDER_INFO.pack(
            self.ssrc,
            self.ntp,
            self.rtp_timestamp & 0xFFFFFFFF,
            self.packet_count & 0xFFFFFFFF,
            self.octet_count & 0xFFFFFFFF,
        )
        return frame_rtcp(SENDER_REPORT, len(self.blocks), info + b"".join(map(bytes, self.blocks)))


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()

    def __bytes__(self) -> bytes:
        body = struct.pack("!I", self.ssrc) + b"".join(map(bytes, self.blocks))
        return frame_rtcp(RECEIVER_REPORT, len(self.blocks), body)


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """(SSRC, CNAME) pairs."""

    cnames: tuple[tuple[int, bytes], ...]

    def __bytes__(self) -> bytes:
        chunks = []
        for ssrc, cname in self.cnames:
            chunk = struct.pack("!IBB", ssrc, CNAME, len(cname)) + cname
            chunks.append(chunk + bytes(4 - len(chunk) % 4))  # at least one null ends the list of items
        return frame_rtcp(SOURCE_DESCRIPTION, len(chunks), b"".join(chunks))


@dataclass(frozen=True, slots=True)
class Goodbye:
    ssrcs: tuple[int, ...]

    def __bytes__(self) -> bytes:
        return frame_rtcp(GOODBYE, len(self.ssrcs), struct.pack(f"!{len(self.ssrcs)}I", *self.ssrcs))


def parse_sender_report(body: bytes, count: int) -> SenderReport:
    if len(body) < _SENDER_INFO.size:
        raise BadPacket("RTCP sender report is truncated")
    ssrc, ntp, rtp_timestamp, packets, octets = _SENDER_INFO.unpack_from(body)
    return SenderReport(ssrc, ntp, rtp_timestamp, packets, octets, _blocks(body, _SENDER_INFO.size, count))


def parse_receiver_report(body: bytes, count: int) -> ReceiverReport:
    if len(body) < 4:
        raise BadPacket("RTCP receiver report is truncated")
    return ReceiverReport(int.from_bytes(body[:4], "big"), _blocks(body, 4, count))


def _blocks(body: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    """What follows the blocks is a profile's extension (6.4.3) and skipped."""
    if len(body) < start + count * _BLOCK.size:
        raise BadPacket(f"RTCP report announces {count} blocks and holds fewer")
    blocks = []
    for position in range(start, start + count * _BLOCK.size, _BLOCK.size):
        ssrc, loss, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, position)
        lost = loss & 0xFFFFFF
        blocks.append(
            ReportBlock(ssrc, loss >> 24, lost - (lost >> 23 << 24), highest, jitter, last_sr, delay),
        )
    return tuple(blocks)


def parse_source_description(body: bytes, count: int) -> SourceDescription:
    cnames: list[tuple[int, bytes]] = []
    position = 0
    for _ in range(count):
        if position + 4 > len(body):
            raise BadPacket("RTCP source description is truncated")
        ssrc = int.from_bytes(body[position : position + 4], "big")
        items, position = _sdes_items(body, position + 4)
        cnames.extend((ssrc, value) for kind, value in items if kind == CNAME)
    return SourceDescription(tuple(cnames))


def _sdes_items(body: bytes, position: int) -> tuple[list[tuple[int, bytes]], int]:
    """The items of a chunk, and where the next chunk begins (on a 32-bit boundary, 6.5)."""
    items = []
    while position < len(body) and body[position]:
        end = position + 2 + (body[position + 1] if position + 1 < len(body) else 0)
        if position + 2 > len(body) or end > len(body):
            raise BadPacket("RTCP source description item is truncated")
        items.append((body[position], body[position + 2 : end]))
        position = end
    return items, position // 4 * 4 + 4


def parse_goodbye(body: bytes, count: int) -> Goodbye:
    if len(body) < 4 * count:
        raise BadPacket(f"RTCP BYE announces {count} sources and holds fewer")
    return Goodbye(struct.unpack_from(f"!{count}I", body))
