"""The far end's picture: put together, decoded, kept, and counted."""

from __future__ import annotations

from dataclasses import dataclass

import av

from ims_avatar.flow import VIDEO_CLOCK_RATE
from ims_avatar.media_in.reorder_buffer import ReorderBuffer, Restart
from ims_avatar.phone.timeline import StreamTimeline
from ims_avatar.rtp.h264 import Depacketiser, ReceivedPicture
from ims_avatar.rtp.packet import RtpPacket

ASK_AGAIN = 0.5
"""Seconds between two requests for a key frame."""


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """One access unit (Annex B). `timestamp` is unrolled; `arrival` that of its last packet, monotonic."""

    timestamp: int
    arrival: float
    data: bytes
    keyframe: bool


class PictureReceiver:
    """One negotiated H.264 stream. Wants every packet that arrived."""

    def __init__(self, *, decode: bool, keep: bool) -> None:
        self.timeline = StreamTimeline(VIDEO_CLOCK_RATE)
        self.kept: list[KeptPicture] = []
        self.received = 0
        self.decoded = 0
        self.keyframes = 0
        self.undecodable = 0
        self.octets = 0
        self.first_arrival: float | None = None
        """Of the first picture that could be shown."""
        self.last_arrival: float | None = None
        self.size: tuple[int, int] | None = None
        self._keep = keep
        self._decoder = av.CodecContext.create("h264", "r") if decode else None
        self._order = ReorderBuffer()
        self._depacketiser = Depacketiser()
        self._first_timestamp = self._last_timestamp = 0
        self._broken_seen = 0
        self._asked: float | None = None
        self._wants_keyframe = False

    @property
    def broken(self) -> int:
        """Pictures that missed a packet or could not be decoded."""
        return self._depacketiser.broken + self.undecodable

    @property
    def rate(self) -> float | None:
        """Pictures a second by their timestamps: what the sender sampled and we received."""
        span = (self._last_timestamp - self._first_timestamp) / VIDEO_CLOCK_RATE
        return (self.received - 1) / span if span > 0 else None

    def push(self, packet: RtpPacket, arrival: float) -> None:
        if self.timeline.begin(packet.ssrc):
            self.kept.clear()
        for item in self._order.push(packet, arrival):
            if isinstance(item, RtpPacket):
                for picture in self._depacketiser.push(item):
                    self._take(picture, arrival)
            elif isinstance(item, Restart):
                self._depacketiser = Depacketiser()
        if self._depacketiser.broken > self._broken_seen:
            self._broken_seen = self._depacketiser.broken
            self._wants_keyframe = True

    def keyframe_request_due(self, now: float) -> bool:
        """True when a picture was lost and a key frame should be asked for (RFC 4585 6.3.1), at most twice a second."""
        if not self._wants_keyframe or (self._asked is not None and now - self._asked < ASK_AGAIN):
            return False
        self._asked = now
        return True

    def _take(self, picture: ReceivedPicture, arrival: float) -> None:
        timestamp = self.timeline.unroll(picture.timestamp)
        if self.received == 0:
            self._first_timestamp = timestamp
        self.received += 1
        self.octets += len(picture.data)
        self._last_timestamp = timestamp
        self.keyframes += picture.keyframe
        self._wants_keyframe &= not picture.keyframe
        shown = self._decode(picture)
        if shown and (self.first_arrival is not None or picture.keyframe):
            self.first_arrival = self.first_arrival or arrival
            self.last_arrival = arrival
        if self._keep:
            self.kept.append(KeptPicture(timestamp, arrival, picture.data, picture.keyframe))

    def _decode(self, picture: ReceivedPicture) -> bool:
        """Whether it can be shown; without a decoder, whether it is whole."""
        if self._decoder is None:
            return True
        assert isinstance(self._decoder, av.VideoCodecContext)
        try:
            frames = self._decoder.decode(av.Packet(picture.data))
        except av.FFmpegError:
            self.undecodable += 1
            self._wants_keyframe = True
            return False
        for frame in frames:
            self.decoded += 1
            self.size = (frame.width, frame.height)
        return bool(frames)
