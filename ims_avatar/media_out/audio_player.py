"""Plays sound as RTP in real time: what a phone's microphone does. For the test phone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import numpy as np

from ims_avatar.clock import Clock
from ims_avatar.errors import MediaError
from ims_avatar.flow import NegotiatedAudio
from ims_avatar.media_out.outgoing_stream import OutgoingStream, PtsTimeline
from ims_avatar.media_out.sound_source import Sound
from ims_avatar.rtp.codecs.codec import AudioCodec, SpeechEncoder
from ims_avatar.rtp.codecs.table import AUDIO_CODECS, find_codec
from ims_avatar.rtp.dtmf import event_payloads

DIGIT_MS = 160
"""How long a key is pressed."""


def playable_codec(name: str) -> AudioCodec:
    """Raises `MediaError` for a codec that can be relayed or heard, but not spoken here."""
    codec = find_codec(name)
    if codec is None or codec.encoder is None:
        able = ", ".join(codec.name for codec in AUDIO_CODECS.values() if codec.encoder)
        raise MediaError(f"{name} cannot be encoded here", remedy=f"offer one of {able}")
    return codec


class AudioPlayer:
    """Sound cut into payloads of one codec, one `ptime` each; silence before and after what is played. Pure."""

    def __init__(self, negotiated: NegotiatedAudio) -> None:
        """Raises `MediaError` for a codec that cannot be encoded here."""
        codec = playable_codec(negotiated.codec)
        self.negotiated = negotiated
        self.sampling_rate = codec.sampling_rate
        """What a `Sound` for `play` must have."""
        self.samples_per_packet = codec.sampling_rate * negotiated.ptime_ms // 1000
        self.ticks_per_packet = codec.clock_rate * negotiated.ptime_ms // 1000
        """How far the RTP timestamp moves a packet."""
        self._encoder: SpeechEncoder = codec.encoder() if codec.encoder else _no_encoder(codec)
        self._left = np.empty(0, np.int16)

    @property
    def playing(self) -> bool:
        return len(self._left) > 0

    def play(self, sound: Sound) -> None:
        """After what is still to be played. Raises `MediaError` for another sampling rate (see `load_sound`)."""
        if sound.rate != self.sampling_rate:
            raise MediaError(f"sound at {sound.rate} Hz, wanted {self.sampling_rate} Hz", remedy="resample it")
        self._left = np.concatenate([self._left, sound.samples])

    def next_payload(self) -> bytes:
        size = self.samples_per_packet
        samples, self._left = self._left[:size], self._left[size:]
        return self._encoder.encode(np.pad(samples, (0, size - len(samples))))


def _no_encoder(codec: AudioCodec) -> SpeechEncoder:
    raise MediaError(f"{codec.name} cannot be encoded here")


class PacedAudioSender:
    """Sends what an `AudioPlayer` plays, a packet every ptime, with keys pressed in between (RFC 4733)."""

    def __init__(
        self, player: AudioPlayer, stream: OutgoingStream, send: Callable[[bytes], bool], clock: Clock
    ) -> None:
        """`send` takes a datagram of `stream` to the far end (e.g. `RtpSession.send`)."""
        self.finished = asyncio.Event()
        """Set when everything was played; silence goes on."""
        self._player = player
        self._stream = stream
        self._send = send
        self._clock = clock
        self._digits: deque[list[bytes]] = deque()

    def press(self, digit: str) -> None:
        """Raises `ValueError` for what is no key, `MediaError` when the far end takes no telephone events."""
        negotiated = self._player.negotiated
        if negotiated.telephone_event is None:
            raise MediaError("the far end negotiated no telephone-event", remedy="send DTMF by SIP INFO")
        self._digits.append(
            event_payloads(digit, duration_ms=DIGIT_MS, ptime_ms=negotiated.ptime_ms, clock_rate=negotiated.clock_rate)
        )

    async def run(self) -> None:
        """Until cancelled. Late wake-ups are caught up with, so that the far end's clock and ours agree."""
        negotiated, step = self._player.negotiated, self._player.ticks_per_packet
        period = negotiated.ptime_ms / 1000
        start = self._clock.monotonic()
        timestamp = self._stream.continued_timestamp(start)
        # A packet leaves when its last sample has been captured.
        self._stream.timeline = PtsTimeline(timestamp, start - period, negotiated.clock_rate)
        count = 0
        event_start: int | None = None
        while True:
            now = self._clock.monotonic()
            at = (timestamp + count * step) & 0xFFFFFFFF
            if self._digits:
                payloads = self._digits[0]
                first = event_start is None
                event_start = at if event_start is None else event_start
                self._emit(negotiated.telephone_event or 0, payloads.pop(0), event_start, now, marker=first)
                if not payloads:
                    self._digits.popleft()
                    event_start = None
            else:
                self._emit(negotiated.payload_type, self._player.next_payload(), at, now, marker=count == 0)
            count += 1
            if not self._player.playing:
                self.finished.set()
            await asyncio.sleep(max(0.0, start + count * period - self._clock.monotonic()))

    def _emit(self, payload_type: int, payload: bytes, timestamp: int, now: float, *, marker: bool) -> None:
        self._send(self._stream.packet(payload_type, payload, timestamp, now, marker=marker))
