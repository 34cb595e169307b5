"""RTP packets (RFC 3550 section 5.1).

Not aiortp's: that one refuses a packet whose header extension it cannot read, which a relay must pass.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ims_avatar.errors import BadPacket

HEADER_SIZE = 12
"""Bytes of a header without contributing sources and extension: what we send."""

_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")


@dataclass(slots=True)
class RtpPacket:
    """`sequence_number` has 16 bits, `timestamp` and `ssrc` 32. Contributing sources and header extensions are not
    kept: they belong to the far end's leg alone."""

    payload_type: int
    marker: bool
    sequence_number: int
    timestamp: int
    ssrc: int
    payload: bytes

    def __bytes__(self) -> bytes:
        return (
            _HEADER.pack(
                0x80,
                self.marker << 7 | self.payload_type,
                self.sequence_number,
                self.timestamp,
                self.ssrc,
            )
            + self.payload
        )


def is_rtcp(data: bytes) -> bool:
    """Tells RTCP from RTP on one port (RFC 5761 section 4)."""
    return len(data) >= 2 and 192 <= data[1] <= 223


def parse_rtp(data: bytes) -> RtpPacket:
    """Raises `BadPacket`."""
    if len(data) < HEADER_SIZE:
        raise BadPacket(f"RTP packet of {len(data)} bytes is shorter than its header")
    first, second, sequence_number, timestamp, ssrc = _HEADER.unpack_from(data)
    if first & 0xC0 != 0x80:
        raise BadPacket(f"RTP version {first >> 6} is not 2")
    start, end = HEADER_SIZE, len(data)
    if first & 0x3F:
        start, end = _payload_bounds(data, first)
    return RtpPacket(second & 0x7F, second > 0x7F, sequence_number, timestamp, ssrc, data[start:end])


def _payload_bounds(data: bytes, first: int) -> tuple[int, int]:
    start, end = HEADER_SIZE + 4 * (first & 0x0F), len(data)
    if first & 0x10:
        if end < start + 4:
            raise BadPacket("RTP header extension is truncated")
        start += 4 + 4 * int(_EXTENSION.unpack_from(data, start)[1])
    if start > end:
        raise BadPacket("RTP header is longer than the packet")
    if first & 0x20:
        padding = data[-1]
        if not 0 < padding <= end - start:
            raise BadPacket(f"RTP padding of {padding} bytes does not fit")
        end -= padding
    return start, end
