"""From datagram to packet of a negotiated stream: what is valid, from the right source, and of a known payload type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ims_avatar.errors import BadPacket
from ims_avatar.flow import Address
from ims_avatar.media_in.statistics import SourceStatistics
from ims_avatar.rtp.packet import RtpPacket, parse_rtp
from ims_avatar.rtp.source_lock import SourceLock


class RtpReceiver:
    """One medium of one leg. Pure: bytes and times in, packets out."""

    def __init__(self, lock: SourceLock) -> None:
        self.dropped: Counter[str] = Counter()
        """Datagrams not used, by reason."""
        self.received = 0
        self.last_arrival: float | None = None
        self.source: SourceStatistics | None = None
        """Of the source that speaks now."""
        self._lock = lock
        self._lost_of_former_sources = 0
        self._clock_rate = 0
        self._payload_types: Mapping[int, bool] = {}
        self._renumbered: Mapping[int, int] = {}

    @property
    def lost(self) -> int:
        """Packets that never came, of all sources so far."""
        return max(0, self._lost_of_former_sources + (self.source.lost if self.source else 0))

    @property
    def jitter_seconds(self) -> float:
        return self.source.jitter / self._clock_rate if self.source and self._clock_rate else 0.0

    def configure(
        self, clock_rate: int, payload_types: Mapping[int, bool], renumbered: Mapping[int, int] | None = None
    ) -> None:
        """`payload_types`: those negotiated, and whether their timestamps are timed (not so: telephone events).

        `renumbered`: payload types of packets that come out under another number, one of `payload_types`.
        """
        self._renumbered = renumbered or {}
        self._clock_rate = clock_rate
        self._payload_types = payload_types

    def receive(self, data: bytes, source: Address, now: float) -> RtpPacket | None:
        """None: dropped and counted. The source lock sees only what could be media, so that noise cannot take it."""
        if not self._payload_types:
            self.dropped["not_negotiated"] += 1
            return None
        try:
            packet = parse_rtp(data)
        except BadPacket:
            self.dropped["malformed"] += 1
            return None
        packet.payload_type = self._renumbered.get(packet.payload_type, packet.payload_type)
        timed = self._payload_types.get(packet.payload_type)
        if timed is None:
            self.dropped["unknown_payload_type"] += 1
            return None
        if not self._lock.accepts(source, now):
            self.dropped["wrong_source"] += 1
            return None
        self.received += 1
        self.last_arrival = now
        if self.source is None or self.source.ssrc != packet.ssrc:
            self._lost_of_former_sources += self.source.lost if self.source else 0
            self.source = SourceStatistics(packet.ssrc)
        self.source.add(packet, now, self._clock_rate, timed=timed)
        return packet
