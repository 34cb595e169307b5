"""What one call's media did, as a snapshot of plain numbers: for the log, the bench and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class StreamCounters:
    """One medium of one leg."""

    received: int = 0
    """RTP packets from the locked source."""
    sent: int = 0
    lost: int = 0
    """Of what the far end sent us (RFC 3550 A.3)."""
    jitter_ms: float = 0.0
    dropped: dict[str, int] = field(default_factory=dict)
    """Datagrams not used, by reason: wrong_source, malformed, unknown_payload_type, not_negotiated, on_hold ..."""
    remote_lost: int = 0
    """Of what we sent, by the far end's receiver reports."""
    round_trip_ms: float | None = None
    """By RTCP; None until a report came."""

    def with_dropped(self, further: Mapping[str, int]) -> StreamCounters:
        return replace(self, dropped={**self.dropped, **further})


@dataclass(frozen=True, slots=True)
class LegStatistics:
    audio: StreamCounters
    video: StreamCounters
    pictures_sent: int = 0
    """Access units sent to this leg as a viewer."""
    pictures_dropped: int = 0
    keyframe_requests: int = 0
    added_delay_ms: tuple[tuple[float, int], ...] = ()
    """Histogram of what we added to the sound sent to this leg: (upper bound in ms, packets)."""

    def added_delay_quantile(self, share: float) -> float | None:
        """Upper bound in ms of the delay that `share` (0..1) of the packets stayed under; None without packets."""
        total = sum(count for _, count in self.added_delay_ms)
        seen = 0
        for bound, count in self.added_delay_ms:
            seen += count
            if total and seen >= share * total:
                return bound
        return None


@dataclass(frozen=True, slots=True)
class CallStatistics:
    caller: LegStatistics
    callee: LegStatistics
    seconds: float = 0.0
    """From allocation of the ports to the snapshot, or to `close`."""
