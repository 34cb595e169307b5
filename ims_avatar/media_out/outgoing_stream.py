"""One RTP stream that we send: its SSRC, and the counters that must go on whatever feeds it."""

from __future__ import annotations

import secrets
from typing import Protocol

from ims_avatar.clock import Clock
from ims_avatar.rtp.packet import HEADER_SIZE, RtpPacket
from ims_avatar.rtp.reports import ReportBlock, SenderReport, ntp_timestamp


class Timeline(Protocol):
    """Where a capture instant lies among the RTP timestamps of a stream."""

    def timestamp_at(self, pts: float) -> int | None:
        """32 bits; None while it is not known."""
        ...


class PtsTimeline:
    """Timestamps that count capture instants themselves: what a sender report says of them is exact."""

    def __init__(self, timestamp: int, pts: float, clock_rate: int) -> None:
        """`timestamp` is that of the instant `pts`."""
        self._timestamp = timestamp
        self._pts = pts
        self._clock_rate = clock_rate

    def timestamp_at(self, pts: float) -> int:
        return (self._timestamp + round((pts - self._pts) * self._clock_rate)) & 0xFFFFFFFF


class OutgoingStream:
    """Shared by all that may feed one stream in turn: relays of different sources, an avatar, a file.

    Sequence numbers go on without a hole; timestamps go on with the time that passed. Whoever feeds it sets `timeline`,
    from which sender reports tell the receiver what belongs together: the NTP time of a sample or picture is its
    capture instant, on one clock for sound and picture.
    """

    def __init__(self, clock_rate: int) -> None:
        self.ssrc = secrets.randbits(32)
        self.clock_rate = clock_rate
        self.packets = 0
        self.octets = 0
        """Payload bytes (RFC 3550 6.4.1)."""
        self.last_sent: float | None = None
        self.timeline: Timeline | None = None
        self.next_sequence = secrets.randbits(15)
        """Below 2^15, so that the first loss does not meet the wrap (RFC 3711 3.3.1)."""
        self._last_timestamp = secrets.randbits(32)

    def continued_timestamp(self, now: float) -> int:
        """Timestamp for a new source that begins now."""
        passed = 0.0 if self.last_sent is None else max(now - self.last_sent, 1 / self.clock_rate)
        return (self._last_timestamp + round(passed * self.clock_rate)) & 0xFFFFFFFF

    def packet(
        self,
        payload_type: int,
        payload: bytes,
        timestamp: int,
        now: float,
        *,
        marker: bool,
        sequence: int | None = None,
    ) -> bytes:
        """The datagram. `sequence`: a number that the source's own gaps and disorder decide; else the next one."""
        number = self.next_sequence if sequence is None else sequence
        if (number - self.next_sequence) & 0xFFFF < 0x8000:
            self.next_sequence = (number + 1) & 0xFFFF
            self._last_timestamp = timestamp
        self.packets += 1
        self.octets += len(payload)
        self.last_sent = now
        return bytes(RtpPacket(payload_type, marker, number, timestamp & 0xFFFFFFFF, self.ssrc, payload))

    def sender_report(self, now: float, clock: Clock, blocks: tuple[ReportBlock, ...] = ()) -> SenderReport | None:
        """None: nothing was sent, or the timeline is not known yet (then a receiver report serves)."""
        timestamp = self.timeline.timestamp_at(now) if self.timeline and self.packets else None
        if timestamp is None:
            return None
        return SenderReport(self.ssrc, ntp_timestamp(clock.ntp(now)), timestamp, self.packets, self.octets, blocks)


def max_payload(mtu: int) -> int:
    """Payload bytes of an RTP packet of `mtu` bytes."""
    return mtu - HEADER_SIZE
