"""Both legs of one call."""

from __future__ import annotations

from ims_avatar.call_media.leg import LegMedia
from ims_avatar.call_media.listener import MediaListener
from ims_avatar.call_media.statistics import CallStatistics
from ims_avatar.clock import Clock
from ims_avatar.config import MediaConfig, Side
from ims_avatar.flow import AccessUnit
from ims_avatar.rtp.ports import PortPool


class CallMedia:
    """Relays sound (and the far ends' own video) between two legs, and pictures of avatars to their viewers.

    Make, use and close it on the running asyncio loop. The voice does not depend on anything else here: an error in the
    tap or in video is logged and shuts that path only.
    """

    caller: LegMedia
    callee: LegMedia

    def __init__(
        self, ports: PortPool, settings: MediaConfig, clock: Clock, listener: MediaListener, *, call: str
    ) -> None:
        """Takes four port pairs from `ports` (one pool a worker process). Raises `NoFreePort`, then none is taken.

        `call` is the call's id in the log.
        """
        raise NotImplementedError

    def leg(self, side: Side) -> LegMedia:
        raise NotImplementedError

    def show_avatar(self, speaker: Side, viewer: Side) -> None:
        """`speaker`'s voice is decoded for `on_audio` from now on, and pictures of `send_access_unit(viewer, ...)` are
        taken instead of the other leg's own video. When `viewer` hears `speaker`, its sound glides to
        `media.audio_delay_ms` within half a second without losing a packet. One avatar a viewer: the last call counts.
        """
        raise NotImplementedError

    def hide_avatar(self, viewer: Side) -> None:
        """Pictures stop, the delay glides back to 0, decoding ends when nobody sees that speaker. Idempotent."""
        raise NotImplementedError

    def send_access_unit(self, viewer: Side, unit: AccessUnit) -> bool:
        """False: not sent (no video negotiated or on hold, no avatar shown, older than the last one, path shut)."""
        raise NotImplementedError

    def inactive_for(self) -> float:
        """Seconds since any RTP came from either leg; 0.0 while a leg is on hold or nothing was negotiated yet."""
        raise NotImplementedError

    def statistics(self) -> CallStatistics:
        raise NotImplementedError

    def close(self) -> CallStatistics:
        """RTCP BYE to both legs, ports into quarantine. Idempotent; returns the final numbers."""
        raise NotImplementedError
