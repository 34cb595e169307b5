"""One leg's media: its ports, and what was negotiated for it."""

from __future__ import annotations

from ims_avatar.config import Side
from ims_avatar.flow import NegotiatedMedia


class LegMedia:
    """Made by `CallMedia`. The ports stand from then on, so that SDP can be written before anything is negotiated."""

    side: Side
    address: str
    """IP literal for our c= line."""
    audio_port: int
    """RTP port of our audio m-line; RTCP is the next port."""
    video_port: int

    def apply(self, media: NegotiatedMedia) -> None:
        """What this leg negotiated, as a whole; call after every answer (183 with SDP included). Idempotent.

        None = that medium is silent from now on. Address 0.0.0.0 or `::` = send nothing (RFC 3264 8.4). A changed
        remote address unlocks the source. Direction is ours: "recvonly" and "inactive" send nothing to this leg.
        Until the first call everything that arrives is counted and dropped.
        """
        raise NotImplementedError

    @property
    def negotiated(self) -> NegotiatedMedia:
        """The last value applied."""
        raise NotImplementedError
