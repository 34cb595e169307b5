"""The phone's voice on the wire: one packet every 20 ms, key presses in between."""

from __future__ import annotations

from dataclasses import dataclass

from aiortp.dtmf import DTMF_EVENTS, DtmfEvent

from ims_avatar.errors import ConfigError
from ims_avatar.flow import NegotiatedAudio
from ims_avatar.media_out.outgoing_stream import OutgoingStream
from ims_avatar.phone.sound_source import SoundSource
from ims_avatar.rtp.codecs.codec import AudioCodec, SpeechEncoder

PRESS_PACKETS = 5
"""Packets that a key is held: 100 ms."""
END_PACKETS = 3
"""The last packet of an event is sent three times (RFC 4733 2.5.1.4)."""
PAUSE_PACKETS = 5
"""Between two keys (and the voice goes on)."""
DTMF_VOLUME = 10
"""-10 dBm0."""


def check_digits(digits: str) -> str:
    """`digits` in upper case. Raises `ConfigError` for a sign that no telephone has."""
    wrong = sorted({digit for digit in digits.upper() if digit not in DTMF_EVENTS})
    if wrong:
        raise ConfigError(f"no DTMF digit: {' '.join(wrong)}", remedy=f"use {''.join(DTMF_EVENTS)}")
    return digits.upper()


@dataclass(frozen=True, slots=True)
class _LinearTimeline:
    """Timestamp `timestamp` was captured at `instant`; from there both run evenly."""

    instant: float
    timestamp: int
    rate: int

    def timestamp_at(self, pts: float) -> int:
        return (self.timestamp + round((pts - self.instant) * self.rate)) & 0xFFFFFFFF


class SoundSender:
    """Pure: call `packet` at the instants it asks for; it gives the datagram."""

    def __init__(
        self,
        stream: OutgoingStream,
        negotiated: NegotiatedAudio,
        codec: AudioCodec,
        encoder: SpeechEncoder,
        source: SoundSource,
        start: float,
    ) -> None:
        """`start`: monotonic instant at which the first sample is captured; the first packet leaves a packet later."""
        self.packets = 0
        self.digits_sent = ""
        self._stream = stream
        self._negotiated = negotiated
        self._encoder = encoder
        self._source = source
        self._period = negotiated.ptime_ms / 1000
        self._samples = round(codec.sampling_rate * self._period)
        self._step = round(negotiated.clock_rate * self._period)
        self._start = start
        self._first_timestamp = stream.continued_timestamp(start)
        self._digits = ""
        self._event: tuple[int, int, int] | None = None
        """Running event: (code, timestamp, packets sent)."""
        self._pause = 0
        stream.timeline = _LinearTimeline(start, self._first_timestamp, negotiated.clock_rate)

    @property
    def due(self) -> float:
        """When the next packet leaves, monotonic seconds."""
        return self._start + (self.packets + 1) * self._period

    @property
    def finished(self) -> bool:
        """Everything was said and dialled."""
        return self._source.finished and not self._digits and self._event is None

    def dial(self, digits: str) -> None:
        """Press these keys, one after the other. Needs a negotiated telephone-event."""
        self._digits += digits

    def packet(self, now: float) -> list[bytes]:
        """What leaves at `due`: one packet, or the last of a key press three times."""
        timestamp = (self._first_timestamp + self.packets * self._step) & 0xFFFFFFFF
        samples = self._source.take(self._samples)
        first = self.packets == 0
        self.packets += 1
        event = self._next_event(timestamp)
        payload = self._encoder.encode(samples)  # also while a key is pressed: encoders have state
        if event is not None:
            return event
        return [self._stream.packet(self._negotiated.payload_type, payload, timestamp, now, marker=first)]

    def _next_event(self, timestamp: int) -> list[bytes] | None:
        if self._event is None:
            if self._pause:
                self._pause -= 1
                return None
            if not self._digits or self._negotiated.telephone_event is None:
                return None
            self._event = (DTMF_EVENTS[self._digits[0]], timestamp, 0)
            self.digits_sent += self._digits[0]
            self._digits = self._digits[1:]
        code, began, sent = self._event
        sent += 1
        end = sent == PRESS_PACKETS
        self._event = None if end else (code, began, sent)
        self._pause = PAUSE_PACKETS if end else 0
        payload = DtmfEvent(code, end, DTMF_VOLUME, sent * self._step).serialize()
        number, copies = self._negotiated.telephone_event or 0, END_PACKETS if end else 1
        now = self._start + self.packets * self._period
        return [self._stream.packet(number, payload, began, now, marker=sent == 1) for _ in range(copies)]
