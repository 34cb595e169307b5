"""One captured RTP stream and what can be said about it. Pure: packets in, numbers out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tests.support.g711 import decode

FIRST_DYNAMIC = 96
EVENT_TYPES = {100, 101}
"""Payload types that the phones of these tests give to RFC 4733 events."""
LONGEST_GAP_S = 0.040
"""Two packets of 20 ms: what a jitter buffer of an ordinary phone bridges."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    time: float
    """Arrival, seconds of the epoch."""
    payload_type: int
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes
    size: int = 0
    """Bytes of the UDP payload."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    time: float
    ntp: float
    """Seconds since 1900 (RFC 3550 4)."""
    rtp: int


@dataclass
class RtpStream:
    source: str
    destination: str
    ssrc: int
    packets: list[RtpPacket] = field(repr=False)
    pressure: float = 0.0
    """Share of the capture's time in which tasks waited for a processor."""

    def __str__(self) -> str:
        types = sorted({packet.payload_type for packet in self.packets})
        return f"{self.source} -> {self.destination} ssrc {self.ssrc:08x} types {types}, {len(self.packets)} packets"

    @property
    def is_video(self) -> bool:
        """A dynamic payload type, and packets of one instant, or a clock of 90 kHz: no sound has either."""
        media = [packet for packet in self.packets if packet.payload_type not in EVENT_TYPES]
        if not media or min(packet.payload_type for packet in media) < FIRST_DYNAMIC:
            return False
        elapsed = max(media[-1].time - media[0].time, 1e-3)
        clock_rate = (media[-1].timestamp - media[0].timestamp) % 2**32 / elapsed
        return len({packet.timestamp for packet in media}) < len(media) or clock_rate > 70_000

    @property
    def start(self) -> float:
        return self.packets[0].time

    @property
    def end(self) -> float:
        return self.packets[-1].time

    @cached_property
    def extended(self) -> list[int]:
        """Sequence numbers without the wrap, in order of arrival."""
        result = [self.packets[0].sequence]
        for packet in self.packets[1:]:
            step = (packet.sequence - result[-1] + 0x8000) % 0x10000 - 0x8000
            result.append(result[-1] + step)
        return result

    @property
    def lost(self) -> int:
        """Sequence numbers that never came."""
        return max(self.extended) - min(self.extended) + 1 - len(set(self.extended))

    @property
    def reordered(self) -> int:
        return sum(later < earlier for earlier, later in zip(self.extended, self.extended[1:], strict=False))

    def between(self, start: float, end: float) -> RtpStream:
        """The packets that arrived in [start, end)."""
        kept = [packet for packet in self.packets if start <= packet.time < end]
        return replace(self, packets=kept)

    def longest_gap(self) -> float:
        """Longest time between two arrivals, seconds."""
        times = np.array([packet.time for packet in self.packets])
        return float(np.diff(times).max()) if len(times) > 1 else 0.0

    def stalled(self) -> float:
        """Seconds, in all, by which times between two arrivals were longer than `LONGEST_GAP_S`."""
        times = np.array([packet.time for packet in self.packets])
        return float(np.maximum(np.diff(times) - LONGEST_GAP_S, 0.0).sum())

    def frame_rate(self) -> float:
        """Pictures a second, by distinct RTP timestamps over the time they took."""
        frames = len({packet.timestamp for packet in self.packets})
        return (frames - 1) / (self.end - self.start) if frames > 1 else 0.0

    def voice(self) -> list[RtpPacket]:
        """Packets of sound, events left out, each sequence number once and in order."""
        unique = dict(zip(self.extended, self.packets, strict=True))
        return [unique[number] for number in sorted(unique) if unique[number].payload_type not in EVENT_TYPES]

    def events(self) -> list[int]:
        """RFC 4733 events, each once however often its packets were repeated."""
        seen: dict[int, int] = {}
        for packet in self.packets:
            if packet.payload_type in EVENT_TYPES and packet.payload:
                seen.setdefault(packet.timestamp, packet.payload[0])
        return list(seen.values())

    def sound(self) -> NDArray[np.int16]:
        """Decoded G.711, 8 kHz, one packet after the other."""
        law = {0: "PCMU", 8: "PCMA"}
        parts = [decode(packet.payload, law[packet.payload_type]) for packet in self.voice()]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def relay_delays(arrived: RtpStream, left: RtpStream) -> NDArray[np.float64]:
    """Seconds that each recognisable packet spent on its way through a relay that leaves payloads untouched."""
    count = Counter(packet.payload for packet in arrived.voice())
    times = {packet.payload: packet.time for packet in arrived.voice() if count[packet.payload] == 1}
    if len(times) < 50:
        raise AssertionError("the payloads repeat themselves; play a sound in which packets differ")
    delays = [packet.time - times[packet.payload] for packet in left.voice() if packet.payload in times]
    return np.array(delays)


def payloads_kept(arrived: RtpStream, left: RtpStream, skip: int = 10) -> bool:
    """Whether what left is what arrived: the same payloads in the same order, `skip` packets at either end aside."""
    sent = [packet.payload for packet in arrived.voice()]
    relayed = [packet.payload for packet in left.voice()][skip:-skip]
    return bool(relayed) and any(
        sent[start : start + len(relayed)] == relayed for start in range(len(sent) - len(relayed) + 1)
    )


def to_ntp(reports: Sequence[SenderReport], timestamp: int, clock_rate: int) -> float:
    """The sender's wall clock at an RTP timestamp, by the nearest sender report (RFC 3550 6.4.1)."""

    def distance(report: SenderReport) -> int:
        return (timestamp - report.rtp + 2**31) % 2**32 - 2**31

    nearest = min(reports, key=lambda report: abs(distance(report)))
    return nearest.ntp + distance(nearest) / clock_rate
