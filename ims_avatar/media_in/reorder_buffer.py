"""Packets in order again, for those who decode. The relay never waits for this.

Not aiortp's jitter buffer: that one gives a frame out when the next has begun, 20 ms that the lips do not have. Here a
packet that is next in order comes out at once; only behind a gap packets wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ims_avatar.media_in.statistics import MAX_DROPOUT, MAX_MISORDER
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.sequence import signed_difference


@dataclass(frozen=True, slots=True)
class Gap:
    """So many packets will not come."""

    packets: int


@dataclass(frozen=True, slots=True)
class Restart:
    """Another source, or one that began anew: what comes does not continue what was."""


InOrder: TypeAlias = RtpPacket | Gap | Restart


class ReorderBuffer:
    """Pure. A missing packet is given up when `depth` later ones are there, or one has waited `wait` seconds."""

    def __init__(self, *, depth: int = 3, wait: float = 0.06) -> None:
        self.late = 0
        """Packets that came again, or after they were given up."""
        self._depth = depth
        self._wait = wait
        self._ssrc: int | None = None
        self._next = 0
        self._waiting: dict[int, tuple[RtpPacket, float]] = {}

    def push(self, packet: RtpPacket, now: float) -> list[InOrder]:
        step = signed_difference(packet.sequence_number, self._next, 16)
        if packet.ssrc != self._ssrc or not -MAX_MISORDER <= step <= MAX_DROPOUT:
            return self._restart(packet)
        if step < 0 or packet.sequence_number in self._waiting:
            self.late += 1
            return []
        if step == 0 and not self._waiting:
            self._next = (self._next + 1) & 0xFFFF
            return [packet]
        self._waiting[packet.sequence_number] = (packet, now)
        return self._release(now)

    def poll(self, now: float) -> list[InOrder]:
        """What has waited long enough; needed when nothing more comes to push."""
        return self._release(now) if self._waiting else []

    def flush(self) -> list[InOrder]:
        """All that waits: the stream ends."""
        out: list[InOrder] = []
        while self._waiting:
            out += self._skip_gap()
            out += self._run()
        return out

    def _restart(self, packet: RtpPacket) -> list[InOrder]:
        out: list[InOrder] = [*self.flush(), Restart(), packet]
        self._ssrc = packet.ssrc
        self._next = (packet.sequence_number + 1) & 0xFFFF
        return out

    def _release(self, now: float) -> list[InOrder]:
        out = self._run()
        while self._waiting and (
            len(self._waiting) >= self._depth
            or now - min(arrival for _, arrival in self._waiting.values()) >= self._wait
        ):
            out += self._skip_gap()
            out += self._run()
        return out

    def _run(self) -> list[InOrder]:
        out: list[InOrder] = []
        while self._next in self._waiting:
            out.append(self._waiting.pop(self._next)[0])
            self._next = (self._next + 1) & 0xFFFF
        return out

    def _skip_gap(self) -> list[InOrder]:
        missing = min(signed_difference(number, self._next, 16) for number in self._waiting)
        self._next = (self._next + missing) & 0xFFFF
        return [Gap(missing)] if missing else []
