"""One call's sound and picture on the phone."""

from __future__ import annotations

import asyncio
import secrets

from ims_avatar.call_media.rtp_session import RtpSession, SessionHandlers
from ims_avatar.clock import Clock
from ims_avatar.errors import MediaError
from ims_avatar.flow import NegotiatedAudio, NegotiatedMedia
from ims_avatar.phone.picture_in import PictureReceiver
from ims_avatar.phone.plan import CallPlan
from ims_avatar.phone.sound_in import SoundReceiver
from ims_avatar.phone.sound_out import SoundSender
from ims_avatar.phone.sound_source import SoundSource, read_sound, tone
from ims_avatar.rtp.codecs.table import find_codec
from ims_avatar.rtp.feedback import PictureLossIndication
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.ports import PortPool

TICK_S = 0.05


class PhoneMedia:
    """Its ports stand from the start, so that SDP can be written. Use on the running loop."""

    def __init__(self, plan: CallPlan, ports: PortPool, clock: Clock) -> None:
        """Raises `NoFreePort`, or `AudioFileError` for a file that cannot be played."""
        self.sound: SoundReceiver | None = None
        self.picture: PictureReceiver | None = None
        self.sender: SoundSender | None = None
        self.started: float | None = None
        """Monotonic instant of the first sample sent."""
        self.send_times: list[float] = []
        """When each packet of sound left, if the plan keeps things."""
        self._plan = plan
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        if plan.play is not None:
            read_sound(plan.play, 8000)  # what is wrong with the file is said before the call
        cname = secrets.token_hex(8)
        self.audio_session = RtpSession(
            ports, clock, SessionHandlers(self._on_sound), cname=cname, source_lock_packets=1
        )
        try:
            self.video_session = RtpSession(
                ports, clock, SessionHandlers(self._on_picture), cname=cname, source_lock_packets=1
            )
        except MediaError:
            self.audio_session.close()
            raise
        self._timers = [self._loop.call_later(TICK_S, self._tick)]
        self._closed = False
        self._source_time: dict[int, object] = {}

    @property
    def said_everything(self) -> bool:
        return self.sender is not None and self.sender.finished

    def apply(self, media: NegotiatedMedia) -> None:
        """After every answer. Raises `MediaError` for a codec that the phone has not."""
        self.audio_session.apply(media.audio)
        self.video_session.apply(media.video)
        if media.audio is not None and self.sound is None:
            self.sound = SoundReceiver(media.audio, keep=self._plan.keep)
        if media.video is not None and self.picture is None:
            self.picture = PictureReceiver(decode=self._plan.decode, keep=self._plan.keep)

    def start_sending(self) -> None:
        """The call is answered: say what the plan says. Idempotent."""
        audio = self.audio_session.negotiated
        if self.sender is None and isinstance(audio, NegotiatedAudio):
            self.started = self._clock.monotonic()
            self.sender = self._new_sender(audio, self.started)
            self._schedule()

    def dial(self, digits: str) -> None:
        if self.sender is not None:
            self.sender.dial(digits)

    def close(self) -> None:
        """Idempotent. What was received stays."""
        self._closed = True
        for timer in self._timers:
            timer.cancel()
        self.audio_session.close()
        self.video_session.close()

    def _new_sender(self, audio: NegotiatedAudio, start: float) -> SoundSender:
        codec = find_codec(audio.codec)
        if codec is None or codec.encoder is None:
            raise MediaError(f"the phone cannot speak {audio.codec}", remedy="use --codec PCMU, PCMA, G722 or opus")
        rate = codec.sampling_rate
        if self._plan.play is None:
            source = SoundSource(tone(self._plan.tone_hz, rate), loop=True)
        else:
            source = SoundSource(read_sound(self._plan.play, rate), loop=self._plan.loop)
        return SoundSender(self.audio_session.stream, audio, codec, codec.encoder(), source, start)

    def _schedule(self) -> None:
        if self.sender is None or self._closed:
            return
        delay = self.sender.due - self._clock.monotonic()
        self._timers[1:] = [self._loop.call_later(max(0.0, delay), self._send)]

    def _send(self) -> None:
        now = self._clock.monotonic()
        while self.sender is not None and self.sender.due <= now:
            if self._plan.keep:
                self.send_times.append(now)
            for datagram in self.sender.packet(self.sender.due):
                self.audio_session.send(datagram)
        self._schedule()

    def _tick(self) -> None:
        now = self._clock.monotonic()
        self.audio_session.tick(now)
        self.video_session.tick(now)
        self._note_reports()
        if (
            self.picture is not None
            and self.picture.timeline.ssrc is not None
            and self.picture.keyframe_request_due(now)
        ):
            ssrc = self.picture.timeline.ssrc
            self.video_session.send_feedback(PictureLossIndication(self.video_session.stream.ssrc, ssrc))
        self._timers[0] = self._loop.call_later(TICK_S, self._tick)

    def _note_reports(self) -> None:
        """Sender reports go into the time line of the stream they are about."""
        for session, received in ((self.audio_session, self.sound), (self.video_session, self.picture)):
            told = session.reports.source_time
            if received is None or told is None or told.ssrc != received.timeline.ssrc:
                continue
            if self._source_time.get(told.ssrc) is not told:
                self._source_time[told.ssrc] = told
                received.timeline.report(told.timestamp, told.ntp)

    def _on_sound(self, packet: RtpPacket, arrival: float) -> None:
        if self.sound is not None:
            self.sound.push(packet, arrival)

    def _on_picture(self, packet: RtpPacket, arrival: float) -> None:
        if self.picture is not None:
            self.picture.push(packet, arrival)
