"""The far ends' own video, where nobody is replaced by an avatar: rewritten as sound is, in step with that sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ims_avatar.call_media.rtp_session import RtpSession
from ims_avatar.flow import VIDEO_CLOCK_RATE, NegotiatedAudio, NegotiatedVideo
from ims_avatar.media_in.capture_clock import CaptureClock
from ims_avatar.media_out.relay import Relay
from ims_avatar.rtp.feedback import FullIntraRequest, OldFullIntraRequest, PictureLossIndication
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.sequence import signed_difference


class SourceVideoTimeline:
    """Where a capture instant lies in the far end's video: by its own sender reports relative to its sound, so that
    what it sent in step stays in step; by arrivals while a report is missing."""

    def __init__(self, sound: RtpSession, video: RtpSession, sound_timestamp_at: Callable[[float], int | None]) -> None:
        """`sound_timestamp_at`: timestamp of that leg's sound at a capture instant."""
        self.arrivals = CaptureClock(VIDEO_CLOCK_RATE)
        self._sound = sound
        self._video = video
        self._sound_timestamp_at = sound_timestamp_at

    def timestamp_at(self, pts: float) -> int | None:
        sound, video = self._sound.reports.source_time, self._video.reports.source_time
        sound_at = self._sound_timestamp_at(pts)
        negotiated = self._sound.negotiated
        if sound is None or video is None or sound_at is None or not isinstance(negotiated, NegotiatedAudio):
            return self.arrivals.timestamp_at(pts)
        ntp = sound.ntp + signed_difference(sound_at, sound.timestamp, 32) / negotiated.clock_rate
        return (video.timestamp + round((ntp - video.ntp) * VIDEO_CLOCK_RATE)) & 0xFFFFFFFF


class RelayedVideo:
    """From the video session of one leg to that of the other. Pure but for the feedback it passes on."""

    def __init__(self, source: RtpSession, target: RtpSession, timeline: SourceVideoTimeline) -> None:
        self.dropped: Counter[str] = Counter()
        self._source = source
        self._target = target
        self._timeline = timeline
        self._relay = Relay(target.stream, timeline, mark_new_source=False)
        self._payload_type: int | None = None
        self._fir_number = 0

    def configure(self) -> None:
        source, target = self._source.negotiated, self._target.negotiated
        self._payload_type = None
        if isinstance(source, NegotiatedVideo) and isinstance(target, NegotiatedVideo) and _same_codec(source, target):
            self._payload_type = target.payload_type

    def datagram(self, packet: RtpPacket, arrival: float) -> bytes | None:
        """None: dropped and counted."""
        self._timeline.arrivals.observe(packet, arrival, 0.0)
        if self._payload_type is None:
            self.dropped["no_common_codec"] += 1
            return None
        if not self._target.may_send:
            self._relay.withhold()
            self.dropped["far_end_on_hold"] += 1
            return None
        datagram = self._relay.rewrite(packet, self._payload_type, arrival, arrival)
        if datagram is None:
            self.dropped["straggler"] += 1
        return datagram

    def ignore(self) -> None:
        """An avatar has this picture's place."""
        self._relay.withhold()
        self.dropped["avatar_shown"] += 1

    def request_keyframe(self) -> None:
        """Asks the source, in the words it negotiated."""
        negotiated, source = self._source.negotiated, self._source.receiver.source
        if not isinstance(negotiated, NegotiatedVideo) or source is None:
            return
        ours = self._source.stream.ssrc
        if "nack pli" in negotiated.feedback:
            self._source.send_feedback(PictureLossIndication(ours, source.ssrc))
        elif "ccm fir" in negotiated.feedback:
            self._fir_number = (self._fir_number + 1) & 0xFF
            self._source.send_feedback(FullIntraRequest(ours, ((source.ssrc, self._fir_number),)))
        else:
            self._source.send_feedback(OldFullIntraRequest(ours))


def _same_codec(one: NegotiatedVideo, other: NegotiatedVideo) -> bool:
    """Mode 1 may not go to a far end of mode 0; the other way it may (RFC 6184 6.2)."""
    return one.codec.upper() == other.codec.upper() and one.packetization_mode <= other.packetization_mode
