"""When was it captured? RTP timestamps of a far end placed on this machine's monotonic clock."""

from __future__ import annotations

from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.sequence import signed_difference

FALL = 0.001
"""Seconds that the estimate may fall a packet: an earlier arrival shows that the packets before were late."""
RISE = 0.00002
"""Seconds that it rises a packet: follows a far clock that is slow by up to 1000 ppm at 50 packets a second."""
LATE = 0.040
"""Packets later than this, `LATE_PACKETS` in a row, mean that the path became longer."""
LATE_PACKETS = 10
JUMP_EARLY = 0.100
JUMP_LATE = 1.0
"""Beyond these the timestamp jumped: the far end restarted its clock, or held it while it was silent."""


class CaptureClock:
    """One source's timestamps → capture instants, by the arrivals of the packets that were least delayed.

    The transit time is not knowable and counts as zero: `pts` is when the sound could have been captured at the latest,
    which is also what lips and sound of one call have in common.
    """

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        self._ssrc: int | None = None
        self._timestamp = 0
        """Reference point: this timestamp was captured at `_instant`. Moves along, so that wrapping needs no care."""
        self._instant = 0.0
        self._late = 0
        self._least_late = 0.0

    def observe(self, packet: RtpPacket, arrival: float, duration: float) -> bool:
        """`duration` (s) of the packet's content: it was captured that long before it could leave. True: the clock was
        set anew, what comes does not continue what was."""
        captured = arrival - duration
        if self._ssrc != packet.ssrc:
            self._ssrc = packet.ssrc
            return self._anchor(packet.timestamp, captured)
        step = signed_difference(packet.timestamp, self._timestamp, 32)
        expected = self._instant + step / self._rate
        late = captured - expected
        if not -JUMP_EARLY <= late <= JUMP_LATE:
            return self._anchor(packet.timestamp, captured)
        if self._is_later_for_long(late):
            return self._anchor(packet.timestamp, expected + self._least_late)
        correction = max(late, -FALL) if late < 0 else min(late, RISE)
        if step > 0:
            self._timestamp = packet.timestamp
            self._instant = expected
        self._instant += correction
        return False

    def pts(self, timestamp: int) -> float:
        """Capture instant of a timestamp near those observed."""
        return self._instant + signed_difference(timestamp, self._timestamp, 32) / self._rate

    def timestamp_at(self, pts: float) -> int | None:
        """The inverse: 32-bit timestamp of a capture instant. None before the first packet."""
        if self._ssrc is None:
            return None
        return (self._timestamp + round((pts - self._instant) * self._rate)) & 0xFFFFFFFF

    def _anchor(self, timestamp: int, instant: float) -> bool:
        self._timestamp = timestamp
        self._instant = instant
        self._late = 0
        return True

    def _is_later_for_long(self, late: float) -> bool:
        if late <= LATE:
            self._late = 0
            return False
        self._least_late = late if self._late == 0 else min(late, self._least_late)
        self._late += 1
        return self._late >= LATE_PACKETS
