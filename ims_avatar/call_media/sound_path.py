"""Sound from one leg to the other: the voice itself, and beside it the tap for the speaker's avatar."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import structlog

from ims_avatar.call_media.rtp_session import RtpSession
from ims_avatar.call_media.side_path import SidePath
from ims_avatar.clock import Clock
from ims_avatar.errors import BadPacket, MediaError
from ims_avatar.flow import AudioChunk, NegotiatedAudio
from ims_avatar.media_in.capture_clock import CaptureClock
from ims_avatar.media_in.speech_tap import SpeechTap
from ims_avatar.media_out.delay_line import DelayLine
from ims_avatar.media_out.histogram import DelayHistogram
from ims_avatar.media_out.relay import Relay
from ims_avatar.rtp.dtmf import DigitDetector
from ims_avatar.rtp.packet import RtpPacket

_log = structlog.get_logger(__name__)


class SoundPath:
    """`source` and `target` are the sound sessions of the two legs. Configure after either of them negotiated."""

    def __init__(
        self,
        source: RtpSession,
        target: RtpSession,
        clock: Clock,
        *,
        call: str,
        on_audio: Callable[[AudioChunk], None],
        on_digit: Callable[[], None],
    ) -> None:
        self.delays = DelayHistogram()
        self.dropped: Counter[str] = Counter()
        self._source = source
        self._target = target
        self._clock = clock
        self._call = call
        self._on_audio = on_audio
        self._on_digit = on_digit
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._payload_types: dict[int, int] = {}
        self._delay_line: DelayLine[RtpPacket] = DelayLine()
        self._capture = CaptureClock(1)
        self._relay: Relay | None = None
        self._negotiated: NegotiatedAudio | None = None
        self._digits = DigitDetector()
        self._digit_path = SidePath("dtmf", call)
        self._tap: SpeechTap | None = None
        self._tap_path = SidePath("tap", call)
        self._wanted = False

    def configure(self) -> None:
        """Takes over what the sessions negotiated. Idempotent; what goes on unchanged is not disturbed."""
        source, target = self._source.negotiated, self._target.negotiated
        audio = source if isinstance(source, NegotiatedAudio) else None
        self._payload_types = _matching_payload_types(audio, target if isinstance(target, NegotiatedAudio) else None)
        if audio is not None and (self._negotiated is None or audio.clock_rate != self._negotiated.clock_rate):
            self._capture = CaptureClock(audio.clock_rate)
            self._relay = None
        if self._relay is None or self._relay.stream is not self._target.stream:
            self._relay = Relay(self._target.stream, self._capture, mark_new_source=True)
        decodes_same = audio is not None and self._negotiated is not None and _same_coding(audio, self._negotiated)
        self._negotiated = audio
        if not decodes_same:
            self._open_tap()

    def timestamp_at(self, pts: float) -> int | None:
        """RTP timestamp of the source at a capture instant; None before its first packet."""
        return self._capture.timestamp_at(pts)

    def delay(self, seconds: float) -> None:
        """Glide to this delay of the sound towards the target."""
        self._delay_line.target = seconds

    def listen(self, wanted: bool) -> None:
        """Whether the source's speech is decoded for `on_audio`."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._open_tap()

    def on_packet(self, packet: RtpPacket, arrival: float) -> None:
        """Of the source, in the order of arrival. The voice goes first."""
        negotiated = self._negotiated
        if negotiated is None:
            return
        is_sound = packet.payload_type == negotiated.payload_type
        if is_sound:
            duration = self._tap.duration if self._tap else negotiated.ptime_ms / 1000
            self._capture.observe(packet, arrival, duration)
        self._forward(packet, arrival)
        if packet.payload_type == negotiated.telephone_event:
            self._digit_path.run(self._detect_digit, packet)
        if self._tap is not None:
            self._tap_path.run(self._decode, packet, arrival)

    def tick(self, now: float) -> None:
        if self._tap is not None:
            self._tap_path.run(self._poll_tap, now)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _forward(self, packet: RtpPacket, arrival: float) -> None:
        if self._delay_line.lets_pass(arrival):
            self._send(packet, arrival, self._clock.monotonic())
            return
        self._delay_line.push(packet, arrival)
        if self._timer is None:
            self._arm()

    def _arm(self) -> None:
        release = self._delay_line.next_release
        if release is not None:
            self._timer = self._loop.call_later(max(0.0, release - self._clock.monotonic()), self._release)

    def _release(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        for arrival, packet in self._delay_line.due(now):
            self._send(packet, arrival, now)
        self._arm()

    def _send(self, packet: RtpPacket, arrival: float, now: float) -> None:
        payload_type = self._payload_types.get(packet.payload_type)
        if self._relay is None or payload_type is None:
            self.dropped["no_common_codec"] += 1
            return
        if not self._target.may_send:
            self._relay.withhold()
            self.dropped["far_end_on_hold"] += 1
            return
        datagram = self._relay.rewrite(packet, payload_type, arrival, now)
        if datagram is None:
            self.dropped["straggler"] += 1
        elif self._target.send(datagram):
            self.delays.add(now - arrival)

    def _open_tap(self) -> None:
        self._tap = None
        self._tap_path.reopen()
        if self._wanted and self._negotiated is not None:
            try:
                self._tap = SpeechTap(self._negotiated)
            except MediaError as error:
                _log.warning("no avatar can hear this codec", call=self._call, error=str(error))

    def _decode(self, packet: RtpPacket, arrival: float) -> None:
        if self._tap is not None:
            for chunk in self._tap.push(packet, arrival, self._capture):
                self._on_audio(chunk)

    def _poll_tap(self, now: float) -> None:
        if self._tap is not None:
            for chunk in self._tap.poll(now, self._capture):
                self._on_audio(chunk)

    def _detect_digit(self, packet: RtpPacket) -> None:
        try:
            pressed = self._digits.push(packet)
        except BadPacket:
            self.dropped["malformed_event"] += 1  # relayed all the same: it is not ours to judge
            return
        if pressed:
            self._on_digit()


def _matching_payload_types(source: NegotiatedAudio | None, target: NegotiatedAudio | None) -> dict[int, int]:
    """Payload type of the source → of the target. Empty when their codecs differ: nothing is transcoded here."""
    if source is None or target is None or not _same_codec(source, target):
        return {}
    types = {source.payload_type: target.payload_type}
    if source.telephone_event is not None and target.telephone_event is not None:
        types[source.telephone_event] = target.telephone_event
    if source.comfort_noise is not None and target.comfort_noise is not None:
        types[source.comfort_noise] = target.comfort_noise
    return types


def _same_codec(one: NegotiatedAudio, other: NegotiatedAudio) -> bool:
    return one.codec.upper() == other.codec.upper() and one.clock_rate == other.clock_rate


def _same_coding(one: NegotiatedAudio, other: NegotiatedAudio) -> bool:
    """Whether a decoder opened for one can go on with the other."""
    return _same_codec(one, other) and (one.payload_type, one.fmtp) == (other.payload_type, other.fmtp)
