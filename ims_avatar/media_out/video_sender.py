"""Access units → RTP packets of a stream."""

from __future__ import annotations

from ims_avatar.flow import VIDEO_CLOCK_RATE, AccessUnit, NegotiatedVideo
from ims_avatar.media_out.outgoing_stream import OutgoingStream, PtsTimeline, max_payload
from ims_avatar.rtp.h264 import packetise


class VideoSender:
    """Feeds `stream` with pictures of one avatar. Pure: datagrams out, for the pacer."""

    def __init__(self, stream: OutgoingStream, negotiated: NegotiatedVideo) -> None:
        self.negotiated = negotiated
        self._stream = stream
        self._timeline: PtsTimeline | None = None
        self._last_pts = float("-inf")

    def packets(self, unit: AccessUnit, now: float) -> list[bytes]:
        """Empty for a picture that is not newer than the last. Raises `NalTooLarge` (packetization-mode 0)."""
        if unit.pts <= self._last_pts:
            return []
        payloads = packetise(
            unit.data, mode=self.negotiated.packetization_mode, max_payload=max_payload(self.negotiated.mtu)
        )
        self._last_pts = unit.pts
        if self._timeline is None or self._stream.timeline is not self._timeline:
            self._timeline = PtsTimeline(self._stream.continued_timestamp(now), unit.pts, VIDEO_CLOCK_RATE)
            self._stream.timeline = self._timeline
        timestamp = self._timeline.timestamp_at(unit.pts)
        last = len(payloads) - 1
        return [
            self._stream.packet(self.negotiated.payload_type, payload, timestamp, now, marker=index == last)
            for index, payload in enumerate(payloads)
        ]
