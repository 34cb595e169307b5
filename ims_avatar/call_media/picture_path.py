"""Pictures towards one leg: the avatar's, or else the other leg's own video. Never in the way of the voice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from ims_avatar.call_media.relayed_video import RelayedVideo
from ims_avatar.call_media.rtp_session import RtpSession
from ims_avatar.call_media.side_path import SidePath
from ims_avatar.clock import Clock
from ims_avatar.errors import NalTooLarge
from ims_avatar.flow import AccessUnit, NegotiatedVideo
from ims_avatar.media_out.keyframe_gate import KeyframeGate
from ims_avatar.media_out.pacer import Pacer
from ims_avatar.media_out.packet_history import PacketHistory
from ims_avatar.media_out.video_sender import VideoSender
from ims_avatar.rtp.feedback import (
    Feedback,
    FullIntraRequest,
    GenericNack,
    OldFullIntraRequest,
    PictureLossIndication,
)
from ims_avatar.rtp.packet import RtpPacket

_log = structlog.get_logger(__name__)


class PicturePath:
    """`viewer` is the video session of the leg that sees the pictures. `fence`: the owner runs every method in it."""

    def __init__(
        self,
        viewer: RtpSession,
        relayed: RelayedVideo,
        clock: Clock,
        *,
        call: str,
        fence: SidePath,
        on_keyframe_request: Callable[[], None],
    ) -> None:
        self.pictures_sent = 0
        self.pictures_dropped = 0
        self.gate = KeyframeGate()
        self.avatar_shown = False
        self._viewer = viewer
        self._relayed = relayed
        self._clock = clock
        self._call = call
        self._fence = fence
        self._on_keyframe_request = on_keyframe_request
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._sender: VideoSender | None = None
        self._pacer: Pacer | None = None
        self._history = PacketHistory()
        self._too_large_told = False

    def configure(self) -> None:
        """Takes over what the sessions negotiated."""
        negotiated = self._viewer.negotiated
        if not isinstance(negotiated, NegotiatedVideo):
            self._sender = self._pacer = None
        elif self._sender is None or self._sender.negotiated != negotiated:
            self._sender = VideoSender(self._viewer.stream, negotiated)
            self._pacer = Pacer(negotiated.bit_rate, negotiated.frame_rate)
        self._relayed.configure()

    def show_avatar(self, shown: bool) -> None:
        """Whether `send` has this leg's picture. False gives it back to the other leg's own video."""
        if shown == self.avatar_shown:
            return
        self.avatar_shown = shown
        if self._pacer is not None:
            self._pacer.clear()
        self.request_keyframe()

    def request_keyframe(self) -> None:
        """Who watches may have a new decoder."""
        if self._viewer.may_send:
            self._pass_through_gate(self._clock.monotonic())

    def send(self, unit: AccessUnit) -> bool:
        """An avatar's picture; False: not sent."""
        now = self._clock.monotonic()
        sender, pacer = self._sender, self._pacer
        datagrams: list[bytes] = []
        if sender is not None and pacer is not None and self.avatar_shown and self._viewer.may_send:
            try:
                datagrams = sender.packets(unit, now)
            except NalTooLarge as error:
                self._tell_too_large(error)
        if not datagrams or pacer is None:
            self.pictures_dropped += 1
            return False
        pacer.push(datagrams, now)
        self.pictures_sent += 1
        if self._timer is None:
            self._release()
        return True

    def relay(self, packet: RtpPacket, arrival: float) -> None:
        """Of the other leg's own video."""
        if self.avatar_shown:
            self._relayed.ignore()
            return
        datagram = self._relayed.datagram(packet, arrival)
        if datagram is not None and self._viewer.send(datagram):
            self._remember(datagram, arrival)

    def on_feedback(self, feedback: Feedback, now: float) -> None:
        """Of the viewer."""
        match feedback:
            case PictureLossIndication() | OldFullIntraRequest():
                self._pass_through_gate(now)
            case FullIntraRequest() if self.gate.is_new(feedback, self._viewer.stream.ssrc):
                self._pass_through_gate(now)
            case GenericNack() if feedback.media_ssrc == self._viewer.stream.ssrc:
                for datagram in self._history.again(feedback.lost, now):
                    self._viewer.send(datagram)

    def tick(self, now: float) -> None:
        if self.gate.poll(now):
            self._pass_on_request()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _pass_through_gate(self, now: float) -> None:
        if self.gate.request(now):
            self._pass_on_request()

    def _pass_on_request(self) -> None:
        if self.avatar_shown:
            self._on_keyframe_request()
        else:
            self._relayed.request_keyframe()

    def _release(self) -> None:
        self._timer = None
        pacer = self._pacer
        if pacer is None:
            return
        now = self._clock.monotonic()
        for datagram in pacer.due(now):
            if self._viewer.send(datagram):
                self._remember(datagram, now)
        departure = pacer.next_departure
        if departure is not None:
            self._timer = self._loop.call_later(max(0.0, departure - now), self._fence.run, self._release)

    def _remember(self, datagram: bytes, now: float) -> None:
        negotiated = self._viewer.negotiated
        if isinstance(negotiated, NegotiatedVideo) and "nack" in negotiated.feedback:
            self._history.add(datagram, now)

    def _tell_too_large(self, error: NalTooLarge) -> None:
        if not self._too_large_told:
            self._too_large_told = True
            _log.error("picture cannot be sent", call=self._call, error=str(error))
