"""H.264 in RTP (RFC 6184), packetization modes 0 and 1.

Sending: single NAL unit packets and FU-A. No STAP-A: it would save 40 bytes per key frame, and some phones cannot read
it. Fragments are cut by aiortp; PyAV's RTP muxer does not suit, for it owns sequence numbers, timestamps and sender
reports, and those of picture and sound must come from one clock here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiortp.h264 import H264Packetizer

from ims_avatar.errors import BadPacket, NalTooLarge
from ims_avatar.rtp.packet import RtpPacket

IDR_SLICE = 5
"""nal_unit_type (H.264 table 7-1)."""

STAP_A = 24
FU_A = 28
"""RFC 6184 table 1."""

START_CODE = b"\0\0\0\1"
_START_CODES = re.compile(b"\0*\0\0\1")
_packetizer = H264Packetizer()


def split_nal_units(data: bytes) -> list[bytes]:
    """The NAL units of an Annex B byte stream (H.264 B.1), without start codes and trailing zeros."""
    return [unit for unit in _START_CODES.split(data.rstrip(b"\0")) if unit]


def packetise(data: bytes, *, mode: int, max_payload: int) -> list[bytes]:
    """RTP payloads of one access unit (Annex B), none above `max_payload` bytes; the last one carries the marker.

    Raises `NalTooLarge` when `mode` is 0 and a NAL unit does not fit: then the encoder must make smaller slices.
    """
    payloads: list[bytes] = []
    for unit in split_nal_units(data):
        if len(unit) <= max_payload:
            payloads.append(unit)
        elif mode == 0:
            raise NalTooLarge(
                f"a NAL unit of {len(unit)} bytes does not fit {max_payload} bytes in packetization-mode 0",
                remedy="encode with a slice size below the MTU (slice-max-size)",
            )
        else:
            payloads.extend(payload for payload, _ in _packetizer.packetize(unit, max_payload))
    return payloads


@dataclass(frozen=True, slots=True)
class ReceivedPicture:
    """One access unit as it came: Annex B, complete, with its RTP timestamp."""

    timestamp: int
    data: bytes
    keyframe: bool


class Depacketiser:
    """Packets in order of their sequence numbers → access units. An access unit that misses anything is not given out.

    The end of one is seen by the marker, or by the next timestamp when the marker is lost or not set.
    """

    def __init__(self) -> None:
        self.broken = 0
        """Access units not given out."""
        self._units: list[bytes] = []
        self._fragments: list[bytes] | None = None
        self._timestamp: int | None = None
        self._next_sequence: int | None = None
        self._packets = 0
        self._damaged = False

    def push(self, packet: RtpPacket) -> list[ReceivedPicture]:
        """Access units that are complete now: at most two. Raises nothing: what breaks the format damages its unit."""
        pictures = []
        gap = self._next_sequence is not None and packet.sequence_number != self._next_sequence
        self._next_sequence = (packet.sequence_number + 1) & 0xFFFF
        if self._timestamp is not None and packet.timestamp != self._timestamp:
            # Whether packets lost here belonged to the unit before or to this one cannot be known: both are damaged.
            self._damaged |= gap
            pictures += self._finish()
        self._timestamp = packet.timestamp
        self._packets += 1
        self._damaged |= gap
        try:
            self._take(packet.payload)
        except BadPacket:
            self._damaged = True
        if packet.marker:
            pictures += self._finish()
        return pictures

    def _take(self, payload: bytes) -> None:
        if not payload:
            raise BadPacket("H.264 payload is empty")
        kind = payload[0] & 0x1F
        if kind == FU_A:
            self._take_fragment(payload)
            return
        if self._fragments is not None:
            raise BadPacket("a fragmented NAL unit has no end")
        if kind == STAP_A:
            self._units.extend(_disaggregate(payload))
        elif 1 <= kind <= 23:
            self._units.append(payload)
        else:
            raise BadPacket(f"H.264 payload structure {kind} belongs to no negotiated mode")

    def _take_fragment(self, payload: bytes) -> None:
        """FU-A (5.8)."""
        if len(payload) < 3:
            raise BadPacket("H.264 fragment is empty")
        start, end = payload[1] & 0x80, payload[1] & 0x40
        if start and end:
            raise BadPacket("H.264 fragment is start and end at once")
        if bool(start) != (self._fragments is None):
            raise BadPacket("H.264 fragment is out of place")
        if self._fragments is None:
            self._fragments = [bytes([payload[0] & 0xE0 | payload[1] & 0x1F])]
        self._fragments.append(payload[2:])
        if end:
            self._units.append(b"".join(self._fragments))
            self._fragments = None

    def _finish(self) -> list[ReceivedPicture]:
        """The unit in hand ends here."""
        if self._packets == 0:
            self._damaged = False
            return []
        whole = not self._damaged and self._fragments is None and bool(self._units) and self._timestamp is not None
        picture = ReceivedPicture(
            timestamp=self._timestamp or 0,
            data=b"".join(START_CODE + unit for unit in self._units),
            keyframe=any(unit[0] & 0x1F == IDR_SLICE for unit in self._units),
        )
        self.broken += not whole
        self._units, self._fragments, self._packets, self._damaged = [], None, 0, False
        return [picture] if whole else []


def _disaggregate(payload: bytes) -> list[bytes]:
    """STAP-A (5.7.1)."""
    units, position = [], 1
    while position < len(payload):
        size = int.from_bytes(payload[position : position + 2], "big")
        unit = payload[position + 2 : position + 2 + size]
        if not size or len(unit) < size:
            raise BadPacket("H.264 aggregation is truncated")
        units.append(unit)
        position += 2 + size
    if not units:
        raise BadPacket("H.264 aggregation is empty")
    return units
