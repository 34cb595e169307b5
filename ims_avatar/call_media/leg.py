"""One leg's media: its ports, and what was negotiated for it."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from ims_avatar.call_media.rtp_session import RtpSession, SessionHandlers
from ims_avatar.clock import Clock
from ims_avatar.config import MediaConfig, Side
from ims_avatar.errors import NoFreePort
from ims_avatar.flow import NegotiatedMedia
from ims_avatar.rtp.ports import PortPool


class LegMedia:
    """Made by `CallMedia`. The ports stand from then on, so that SDP can be written before anything is negotiated."""

    def __init__(
        self,
        side: Side,
        ports: PortPool,
        settings: MediaConfig,
        clock: Clock,
        *,
        sound: SessionHandlers,
        picture: SessionHandlers,
        on_applied: Callable[[Side], None],
    ) -> None:
        """Raises `NoFreePort`, then no port is taken."""
        self.side: Side = side
        self.address = ports.address
        """IP literal for our c= line."""
        cname = secrets.token_urlsafe(12)  # RFC 7022 4.2: says nothing of host or user
        lock = settings.source_lock_packets
        self.sound = RtpSession(ports, clock, sound, cname=cname, source_lock_packets=lock)
        try:
            self.picture = RtpSession(ports, clock, picture, cname=cname, source_lock_packets=lock)
        except NoFreePort:
            self.sound.close()
            raise
        self.audio_port = self.sound.port
        """RTP port of our audio m-line; RTCP is the next port."""
        self.video_port = self.picture.port
        self.negotiated = NegotiatedMedia()
        """The last value applied."""
        self.applied_at = clock.monotonic()
        self._clock = clock
        self._on_applied = on_applied

    def apply(self, media: NegotiatedMedia) -> None:
        """What this leg negotiated, as a whole; call after every answer (183 with SDP included). Idempotent.

        None = that medium is silent from now on. Address 0.0.0.0 or `::` = send nothing (RFC 3264 8.4). A changed
        remote address unlocks the source. Direction is ours: "recvonly" and "inactive" send nothing to this leg, and
        what comes in against "sendonly" and "inactive" is dropped. Each call asks for a key frame when video is sent.
        Until the first call everything that arrives is counted and dropped.
        """
        self.negotiated = media
        self.sound.apply(media.audio)
        self.picture.apply(media.video)
        self.applied_at = self._clock.monotonic()
        self._on_applied(self.side)

    @property
    def flows(self) -> bool:
        """Whether sound is expected both ways: negotiated and not on hold."""
        return self.sound.may_send and self.sound.may_receive

    @property
    def last_sign(self) -> float:
        """When RTP last came, or `apply` was last called, whichever is later."""
        return max(self.applied_at, self.sound.receiver.last_arrival or 0.0, self.picture.receiver.last_arrival or 0.0)

    def tick(self, now: float) -> None:
        self.sound.tick(now)
        self.picture.tick(now)

    def close(self) -> None:
        self.sound.close()
        self.picture.close()
