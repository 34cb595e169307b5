"""What a receiver knows of a stream (RFC 3550 appendix A.1, A.3, A.8): for receiver reports and for the operator."""

from __future__ import annotations

from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.reports import ReportBlock, SenderReport
from ims_avatar.rtp.sequence import signed_difference

MAX_DROPOUT = 3000
"""A jump of the sequence number beyond this is a restart of the source, not a loss (A.1)."""
MAX_MISORDER = 100


class SourceStatistics:
    """One source (SSRC)."""

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self.received = 0
        self.jitter = 0.0
        """Interarrival jitter in units of the timestamp."""
        self._base = 0
        self._highest: int | None = None
        self._expected_before_restart = 0
        self._reported: tuple[int, int] = (0, 0)
        """Packets expected and received at the last report."""
        self._transit: tuple[int, float] | None = None
        self._last_report: tuple[int, float] | None = None

    @property
    def lost(self) -> int:
        """May be negative when packets are duplicated."""
        return self._expected - self.received

    @property
    def _expected(self) -> int:
        since_restart = 0 if self._highest is None else self._highest - self._base + 1
        return self._expected_before_restart + since_restart

    def add(self, packet: RtpPacket, arrival: float, clock_rate: int, *, timed: bool = True) -> None:
        """`timed` is False for packets whose timestamp says nothing of when they left (telephone events)."""
        self._count(packet.sequence_number)
        if timed and (self._transit is None or packet.timestamp != self._transit[0]):
            self._measure_jitter(packet.timestamp, arrival * clock_rate)

    def note(self, report: SenderReport, now: float) -> None:
        """The source's sender report came."""
        self._last_report = (report.ntp >> 16 & 0xFFFFFFFF, now)

    def block(self, now: float) -> ReportBlock:
        """What to report, for the interval since the last call (A.3)."""
        expected = self._expected - self._reported[0]
        lost = expected - (self.received - self._reported[1])
        self._reported = (self._expected, self.received)
        fraction = min(255, lost * 256 // expected) if expected > 0 and lost > 0 else 0
        last_sr, delay = 0, 0
        if self._last_report is not None:
            last_sr, delay = self._last_report[0], round((now - self._last_report[1]) * 65_536)
        return ReportBlock(self.ssrc, fraction, self.lost, self._highest or 0, int(self.jitter), last_sr, delay)

    def _count(self, sequence_number: int) -> None:
        self.received += 1
        if self._highest is not None:
            step = signed_difference(sequence_number, self._highest, 16)
            if -MAX_MISORDER <= step <= MAX_DROPOUT:
                self._highest = max(self._highest, self._highest + step)
                return
            self._expected_before_restart = self._expected
        self._base = self._highest = sequence_number

    def _measure_jitter(self, timestamp: int, arrival: float) -> None:
        if self._transit is not None:
            last_timestamp, last_arrival = self._transit
            difference = (arrival - last_arrival) - signed_difference(timestamp, last_timestamp, 32)
            self.jitter += (abs(difference) - self.jitter) / 16
        self._transit = (timestamp, arrival)
