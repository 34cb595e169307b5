"""RTCP of one medium of one leg: what comes in, and the compounds that go out. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ims_avatar.clock import Clock
from ims_avatar.media_in.receiver import RtpReceiver
from ims_avatar.media_out.outgoing_stream import OutgoingStream
from ims_avatar.rtp.reports import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    ntp_seconds,
    ntp_timestamp,
)
from ims_avatar.rtp.rtcp import RtcpPacket


@dataclass(frozen=True, slots=True)
class SourceTime:
    """What the far end's sender report says: this RTP timestamp was at this NTP time of its own clock."""

    ssrc: int
    ntp: float
    timestamp: int


class ReportExchange:
    def __init__(self, receiver: RtpReceiver, clock: Clock, cname: str) -> None:
        """`cname`: the same for all streams of a leg (RFC 3550 6.5.1), so that the far end plays them in step."""
        self.source_time: SourceTime | None = None
        self.remote_lost = 0
        """Packets of our stream that the far end reports as lost."""
        self.round_trip: float | None = None
        """Seconds (RFC 3550 6.4.1)."""
        self._receiver = receiver
        self._clock = clock
        self._cname = cname.encode()

    def take(self, packet: SenderReport | ReceiverReport, our_ssrc: int, now: float) -> None:
        source = self._receiver.source
        if isinstance(packet, SenderReport):
            self.source_time = SourceTime(packet.ssrc, ntp_seconds(packet.ntp), packet.rtp_timestamp)
            if source is not None and source.ssrc == packet.ssrc:
                source.note(packet, now)
        for block in packet.blocks:
            if block.ssrc == our_ssrc:
                self._take_block(block, now)

    def compound(self, stream: OutgoingStream, now: float) -> list[RtcpPacket]:
        """Sender report while we send, else receiver report, with the CNAME."""
        source = self._receiver.source
        blocks = (source.block(now),) if source is not None else ()
        report: RtcpPacket = stream.sender_report(now, self._clock, blocks) or ReceiverReport(stream.ssrc, blocks)
        return [report, SourceDescription(((stream.ssrc, self._cname),))]

    def farewell(self, stream: OutgoingStream, now: float) -> list[RtcpPacket]:
        """The last compound (RFC 3550 6.3.7)."""
        return [*self.compound(stream, now), Goodbye((stream.ssrc,))]

    def _take_block(self, block: ReportBlock, now: float) -> None:
        self.remote_lost = max(0, block.packets_lost)
        if block.last_sr:
            arrived = ntp_timestamp(self._clock.ntp(now)) >> 16 & 0xFFFFFFFF
            passed = (arrived - block.last_sr - block.delay_since_last_sr) & 0xFFFFFFFF
            if passed < 1 << 31:  # a far end that counts wrong would make it negative
                self.round_trip = passed / 65_536
