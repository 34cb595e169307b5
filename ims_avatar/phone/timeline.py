"""When what arrived was captured, by the sender's own clock (RFC 3550 6.4.1), and when it came here."""

from __future__ import annotations

from dataclasses import dataclass, field

from ims_avatar.rtp.sequence import signed_difference


@dataclass
class StreamTimeline:
    """One received stream. RTP timestamps are unrolled: they grow beyond 32 bits instead of wrapping."""

    clock_rate: int
    ssrc: int | None = None
    reports: list[tuple[int, float]] = field(default_factory=list)
    """(unrolled timestamp, NTP seconds) of each sender report."""
    _last: int | None = None

    def begin(self, ssrc: int) -> bool:
        """True when this is another source than before: its timestamps have nothing to do with the earlier ones."""
        if ssrc == self.ssrc:
            return False
        self.ssrc, self._last, self.reports = ssrc, None, []
        return True

    def unroll(self, timestamp: int) -> int:
        self._last = (
            timestamp if self._last is None else self._last + signed_difference(timestamp, self._last & 0xFFFFFFFF, 32)
        )
        return self._last

    def report(self, timestamp: int, ntp: float) -> None:
        """A sender report of the current source."""
        if self._last is not None:
            self.reports.append((self._last + signed_difference(timestamp, self._last & 0xFFFFFFFF, 32), ntp))

    def ntp(self, unrolled: int) -> float | None:
        """Capture instant in the sender's NTP seconds, by the nearest report; None before the first one."""
        if not self.reports:
            return None
        timestamp, ntp = min(self.reports, key=lambda report: abs(report[0] - unrolled))
        return ntp + (unrolled - timestamp) / self.clock_rate
