"""Both legs of one call."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from ims_avatar.call_media.leg import LegMedia
from ims_avatar.call_media.listener import MediaListener
from ims_avatar.call_media.picture_path import PicturePath
from ims_avatar.call_media.relayed_video import RelayedVideo, SourceVideoTimeline
from ims_avatar.call_media.rtp_session import SessionHandlers
from ims_avatar.call_media.side_path import SidePath
from ims_avatar.call_media.sound_path import SoundPath
from ims_avatar.call_media.statistics import CallStatistics, LegStatistics
from ims_avatar.clock import Clock
from ims_avatar.config import MediaConfig, Side
from ims_avatar.errors import NoFreePort
from ims_avatar.flow import AccessUnit
from ims_avatar.rtp.feedback import Feedback
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.ports import PortPool

TICK = 0.05
"""Seconds between looks at what is due: reports, key frame requests that were held back, sound behind a gap."""

SIDES: tuple[Side, Side] = ("caller", "callee")


def other(side: Side) -> Side:
    return "callee" if side == "caller" else "caller"


@dataclass(frozen=True, slots=True)
class _Towards:
    """All that flows towards one leg, its viewer and hearer."""

    sound: SoundPath
    picture: PicturePath
    relayed: RelayedVideo
    fence: SidePath
    """Around the picture."""


class CallMedia:
    """Relays sound (and the far ends' own video) between two legs, and pictures of avatars to their viewers.

    Make, use and close it on the running asyncio loop. The voice does not depend on anything else here: an error in the
    tap or in video is logged and shuts that path only.
    """

    def __init__(
        self, ports: PortPool, settings: MediaConfig, clock: Clock, listener: MediaListener, *, call: str
    ) -> None:
        """Takes four port pairs from `ports` (one pool a worker process). Raises `NoFreePort`, then none is taken.

        `call` is the call's id in the log.
        """
        self._settings = settings
        self._clock = clock
        self._listener = listener
        self._call = call
        self._opened = clock.monotonic()
        self._final: CallStatistics | None = None
        self._speakers: dict[Side, Side] = {}
        """Viewer → whose avatar it sees."""
        self.caller = self._open_leg("caller", ports)
        try:
            self.callee = self._open_leg("callee", ports)
        except NoFreePort:
            self.caller.close()
            raise
        self._towards: dict[Side, _Towards] = {side: self._open_paths(side) for side in SIDES}
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(TICK, self._tick)

    def leg(self, side: Side) -> LegMedia:
        return self.caller if side == "caller" else self.callee

    def show_avatar(self, speaker: Side, viewer: Side) -> None:
        """`speaker`'s voice is decoded for `on_audio` from now on, and pictures of `send_access_unit(viewer, ...)` are
        taken instead of the other leg's own video. When `viewer` hears `speaker`, its sound glides to
        `media.audio_delay_ms` within half a second without losing a packet. One avatar a viewer: the last call counts.
        """
        if self._final is None:
            self._speakers[viewer] = speaker
            self._arrange()

    def hide_avatar(self, viewer: Side) -> None:
        """Pictures stop, the delay glides back to 0, decoding ends when nobody sees that speaker. Idempotent."""
        if self._final is None and self._speakers.pop(viewer, None) is not None:
            self._arrange()

    def send_access_unit(self, viewer: Side, unit: AccessUnit) -> bool:
        """False: not sent (no video negotiated or on hold, no avatar shown, older than the last one, path shut)."""
        towards = self._towards[viewer]
        return self._final is None and bool(towards.fence.run(towards.picture.send, unit))

    def inactive_for(self) -> float:
        """Seconds since any RTP came from either leg; 0.0 while a leg is on hold or nothing was negotiated yet."""
        if self._final is not None or not (self.caller.flows and self.callee.flows):
            return 0.0
        return self._clock.monotonic() - max(self.caller.last_sign, self.callee.last_sign)

    def statistics(self) -> CallStatistics:
        if self._final is not None:
            return self._final
        return CallStatistics(
            caller=self._leg_statistics("caller"),
            callee=self._leg_statistics("callee"),
            seconds=self._clock.monotonic() - self._opened,
        )

    def close(self) -> CallStatistics:
        """RTCP BYE to both legs, ports into quarantine. Idempotent; returns the final numbers."""
        if self._final is None:
            self._final = self.statistics()
            self._timer.cancel()
            for side in SIDES:
                self._towards[side].sound.close()
                self._towards[side].picture.close()
                self.leg(side).close()
        return self._final

    def _open_leg(self, side: Side, ports: PortPool) -> LegMedia:
        return LegMedia(
            side,
            ports,
            self._settings,
            self._clock,
            sound=SessionHandlers(partial(self._on_sound, side)),
            picture=SessionHandlers(partial(self._on_picture, side), partial(self._on_feedback, side)),
            on_applied=self._on_applied,
        )

    def _open_paths(self, viewer: Side) -> _Towards:
        speaker = other(viewer)
        source, target = self.leg(speaker), self.leg(viewer)
        sound = SoundPath(
            source.sound,
            target.sound,
            self._clock,
            call=self._call,
            on_audio=partial(self._listener.on_audio, speaker),
            on_digit=partial(self._listener.on_digit, speaker),
        )
        timeline = SourceVideoTimeline(source.sound, source.picture, sound.timestamp_at)
        relayed = RelayedVideo(source.picture, target.picture, timeline)
        fence = SidePath(f"picture towards {viewer}", self._call)
        picture = PicturePath(
            target.picture,
            relayed,
            self._clock,
            call=self._call,
            fence=fence,
            on_keyframe_request=partial(self._listener.on_keyframe_request, viewer),
        )
        return _Towards(sound, picture, relayed, fence)

    def _on_applied(self, applied: Side) -> None:
        for side in SIDES:
            towards = self._towards[side]
            towards.sound.configure()
            towards.fence.reopen()
            towards.fence.run(towards.picture.configure)
        towards = self._towards[applied]
        towards.fence.run(towards.picture.request_keyframe)

    def _arrange(self) -> None:
        for viewer in SIDES:
            towards, speaker = self._towards[viewer], self._speakers.get(viewer)
            towards.sound.delay(self._settings.audio_delay_ms / 1000 if speaker == other(viewer) else 0.0)
            towards.sound.listen(other(viewer) in self._speakers.values())
            towards.fence.run(towards.picture.show_avatar, speaker is not None)

    def _on_sound(self, speaker: Side, packet: RtpPacket, arrival: float) -> None:
        self._towards[other(speaker)].sound.on_packet(packet, arrival)

    def _on_picture(self, sender: Side, packet: RtpPacket, arrival: float) -> None:
        towards = self._towards[other(sender)]
        towards.fence.run(towards.picture.relay, packet, arrival)

    def _on_feedback(self, viewer: Side, feedback: Feedback, now: float) -> None:
        towards = self._towards[viewer]
        towards.fence.run(towards.picture.on_feedback, feedback, now)

    def _tick(self) -> None:
        self._timer = self._loop.call_later(TICK, self._tick)
        now = self._clock.monotonic()
        for side in SIDES:
            towards = self._towards[side]
            self.leg(side).tick(now)
            towards.sound.tick(now)
            towards.fence.run(towards.picture.tick, now)

    def _leg_statistics(self, side: Side) -> LegStatistics:
        leg, towards, from_leg = self.leg(side), self._towards[side], self._towards[other(side)]
        return LegStatistics(
            audio=leg.sound.counters().with_dropped(from_leg.sound.dropped),
            video=leg.picture.counters().with_dropped(from_leg.relayed.dropped),
            pictures_sent=towards.picture.pictures_sent,
            pictures_dropped=towards.picture.pictures_dropped,
            keyframe_requests=towards.picture.gate.requests,
            added_delay_ms=towards.sound.delays.snapshot(),
        )
