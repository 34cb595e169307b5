"""One medium of one leg: its sockets, whose packets are taken, our stream towards it, and RTCP both ways.

Used twice by each leg of a call (sound, picture), and by the test phone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ims_avatar.call_media.report_exchange import ReportExchange
from ims_avatar.call_media.statistics import StreamCounters
from ims_avatar.clock import Clock
from ims_avatar.errors import BadPacket
from ims_avatar.flow import VIDEO_CLOCK_RATE, Address, NegotiatedAudio, NegotiatedVideo
from ims_avatar.media_in.receiver import RtpReceiver
from ims_avatar.media_out.outgoing_stream import OutgoingStream
from ims_avatar.media_out.rtcp_schedule import RtcpSchedule
from ims_avatar.rtp.endpoint import UdpEndpoint
from ims_avatar.rtp.feedback import Feedback
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.ports import PortPool
from ims_avatar.rtp.reports import Goodbye, ReceiverReport, SenderReport, SourceDescription
from ims_avatar.rtp.rtcp import RtcpPacket, build_rtcp, parse_rtcp
from ims_avatar.rtp.source_lock import SourceLock

Negotiated: TypeAlias = NegotiatedAudio | NegotiatedVideo


@dataclass(frozen=True, slots=True)
class SessionHandlers:
    """Called on the loop with the arrival on the monotonic clock."""

    on_packet: Callable[[RtpPacket, float], None]
    on_feedback: Callable[[Feedback, float], None] = lambda feedback, now: None


class RtpSession:
    def __init__(
        self, ports: PortPool, clock: Clock, handlers: SessionHandlers, *, cname: str, source_lock_packets: int
    ) -> None:
        """Call on the running loop. Raises `NoFreePort`."""
        self.stream = OutgoingStream(VIDEO_CLOCK_RATE)
        """Ours. Replaced by `apply` when the clock rate changes (RFC 7160: not under the same SSRC)."""
        self.negotiated: Negotiated | None = None
        self.sent = 0
        self._clock = clock
        self._handlers = handlers
        self._lock = SourceLock(source_lock_packets)
        self._rtcp_source: Address | None = None
        """Where the far end's RTCP comes from."""
        self.receiver = RtpReceiver(self._lock)
        self.reports = ReportExchange(self.receiver, clock, cname)
        self._schedule = RtcpSchedule()
        self._rtcp_dropped: Counter[str] = Counter()
        self._endpoint = UdpEndpoint(ports, self._on_rtp, self._on_rtcp)
        self.port = self._endpoint.port

    @property
    def may_send(self) -> bool:
        """Whether direction and address allow to send now."""
        return (
            self.negotiated is not None
            and self.negotiated.direction in ("sendrecv", "sendonly")
            and self._lock.destination is not None
        )

    @property
    def may_receive(self) -> bool:
        return self.negotiated is not None and self.negotiated.direction in ("sendrecv", "recvonly")

    def apply(self, negotiated: Negotiated | None) -> None:
        """None: silent from now on."""
        if negotiated is None or self.negotiated is None or negotiated.remote_rtcp != self.negotiated.remote_rtcp:
            self._rtcp_source = None
        self.negotiated = negotiated
        if negotiated is None:
            self.receiver.configure(0, {})
            self._lock.signal(None)
            return
        rate, payload_types = VIDEO_CLOCK_RATE, {negotiated.payload_type: True}
        if isinstance(negotiated, NegotiatedAudio):
            rate = negotiated.clock_rate
            if negotiated.telephone_event is not None:
                payload_types[negotiated.telephone_event] = False
            if negotiated.comfort_noise is not None:
                payload_types[negotiated.comfort_noise] = True
        if rate != self.stream.clock_rate:
            self.stream = OutgoingStream(rate)
        self.receiver.configure(rate, payload_types, dict(negotiated.also_received))
        self._lock.signal(negotiated.remote_rtp)

    def send(self, datagram: bytes) -> bool:
        """A packet made by `stream`. False: not allowed now, or the kernel did not take it."""
        destination = self._lock.destination if self.may_send else None
        if destination is None or not self._endpoint.send_rtp(datagram, destination):
            return False
        self.sent += 1
        return True

    def send_feedback(self, feedback: Feedback) -> bool:
        """Ours to this leg, e.g. a picture loss indication, behind a report (RFC 4585 3.1)."""
        return self._send_rtcp([*self.reports.compound(self.stream, self._clock.monotonic()), feedback])

    def tick(self, now: float) -> None:
        """Call every 50 ms or so: sends the report that is due."""
        if not self._schedule.started and (self.sent or self.receiver.received):
            self._schedule.start(now)
        if self._schedule.due(now):
            self._send_rtcp(self.reports.compound(self.stream, now))

    def counters(self) -> StreamCounters:
        dropped = self.receiver.dropped + self._rtcp_dropped
        if self._endpoint.send_failures:
            dropped["send_failed"] = self._endpoint.send_failures
        return StreamCounters(
            received=self.receiver.received,
            sent=self.sent,
            lost=self.receiver.lost,
            jitter_ms=round(1000 * self.receiver.jitter_seconds, 3),
            dropped=dict(dropped),
            remote_lost=self.reports.remote_lost,
            round_trip_ms=None if self.reports.round_trip is None else round(1000 * self.reports.round_trip, 3),
        )

    def close(self) -> None:
        """Idempotent. Says goodbye where it has spoken."""
        if self.sent or self.receiver.received:
            self._send_rtcp(self.reports.farewell(self.stream, self._clock.monotonic()))
        self._endpoint.close()

    def _send_rtcp(self, packets: list[RtcpPacket]) -> bool:
        negotiated, destination = self.negotiated, self._rtcp_destination()
        if negotiated is None or destination is None:
            return False
        mux = negotiated.remote_rtcp == negotiated.remote_rtp
        return self._endpoint.send_rtcp(build_rtcp(packets), destination, mux=mux)

    def _on_rtp(self, data: bytes, source: Address, age: float) -> None:
        now = self._clock.monotonic() - age
        packet = self.receiver.receive(data, source, now)
        if packet is None:
            return
        if not self.may_receive:
            self.receiver.dropped["on_hold"] += 1
            return
        self._handlers.on_packet(packet, now)

    def _on_rtcp(self, data: bytes, source: Address, age: float) -> None:
        now = self._clock.monotonic() - age
        if not self._is_rtcp_source(source):
            self._rtcp_dropped["rtcp_wrong_source"] += 1
            return
        try:
            packets = parse_rtcp(data)
        except BadPacket:
            self._rtcp_dropped["rtcp_malformed"] += 1
            return
        for packet in packets:
            if isinstance(packet, SenderReport | ReceiverReport):
                self.reports.take(packet, self.stream.ssrc, now)
            elif not isinstance(packet, SourceDescription | Goodbye):
                self._handlers.on_feedback(packet, now)

    def _is_rtcp_source(self, source: Address) -> bool:
        """From the host that RTP is locked to (a phone behind NAT), or while it is not, from the signalled one."""
        if self.negotiated is None:
            return False
        known = self._lock.locked or self.negotiated.remote_rtcp
        if source != self.negotiated.remote_rtcp and source[0] != known[0]:
            return False
        self._rtcp_source = source
        return True

    def _rtcp_destination(self) -> Address | None:
        negotiated, rtp = self.negotiated, self._lock.destination
        if negotiated is None or rtp is None:
            return None
        if negotiated.remote_rtcp == negotiated.remote_rtp:
            return rtp
        if self._rtcp_source is not None:
            return self._rtcp_source
        return negotiated.remote_rtcp if rtp == negotiated.remote_rtp else (rtp[0], negotiated.remote_rtcp[1])
