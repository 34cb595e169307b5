"""The far end's voice: decoded, kept, and counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ims_avatar.flow import AUDIO_RATE, NegotiatedAudio
from ims_avatar.media_in.capture_clock import CaptureClock
from ims_avatar.media_in.speech_tap import SpeechTap
from ims_avatar.phone.key_presses import KeyPresses
from ims_avatar.phone.timeline import StreamTimeline
from ims_avatar.rtp.packet import RtpPacket

LOUD = 500
"""Absolute sample value that counts as sound and not as line noise."""


@dataclass(frozen=True, slots=True)
class KeptSound:
    """Mono at 16 kHz. `timestamp` is the first sample's, unrolled; `arrival` when its packet came, monotonic."""

    timestamp: int
    arrival: float
    samples: NDArray[np.int16]


class SoundReceiver:
    """One negotiated sound stream. Wants every packet that arrived."""

    def __init__(self, negotiated: NegotiatedAudio, *, keep: bool) -> None:
        """Raises `MediaError` for a codec that nothing here decodes."""
        self.timeline = StreamTimeline(negotiated.clock_rate)
        self.keys = KeyPresses()
        self.kept: list[KeptSound] = []
        self.samples = 0
        self.loudest = 0
        self.first_sound: float | None = None
        """Arrival of the first packet in which something is to be heard."""
        self.packets = 0
        self._negotiated = negotiated
        self._tap = SpeechTap(negotiated)
        self._clock = CaptureClock(negotiated.clock_rate)
        self._keep = keep

    def push(self, packet: RtpPacket, arrival: float) -> None:
        if self.timeline.begin(packet.ssrc):
            self.kept.clear()
        self.packets += 1
        if packet.payload_type == self._negotiated.telephone_event:
            self.keys.push(packet)
        else:
            self._clock.observe(packet, arrival, self._tap.duration)
            self.timeline.unroll(packet.timestamp)
        for chunk in self._tap.push(packet, arrival, self._clock):
            timestamp = self._clock.timestamp_at(chunk.pts)
            if timestamp is not None:
                self._take(timestamp, chunk.samples, arrival)

    def _take(self, timestamp: int, samples: NDArray[np.int16], arrival: float) -> None:
        self.samples += len(samples)
        peak = int(np.abs(samples.astype(np.int32)).max(initial=0))
        self.loudest = max(self.loudest, peak)
        if peak >= LOUD and self.first_sound is None:
            self.first_sound = arrival
        if self._keep:
            self.kept.append(KeptSound(self.timeline.unroll(timestamp), arrival, samples))


def laid_out(kept: list[KeptSound], clock_rate: int) -> tuple[NDArray[np.int16], int]:
    """All that was kept as one piece at 16 kHz, silence where nothing came, and the timestamp of its first sample."""
    if not kept:
        return np.empty(0, np.int16), 0
    first = min(piece.timestamp for piece in kept)
    starts = [round((piece.timestamp - first) * AUDIO_RATE / clock_rate) for piece in kept]
    whole = np.zeros(max(start + len(piece.samples) for start, piece in zip(starts, kept, strict=True)), np.int16)
    for start, piece in zip(starts, kept, strict=True):
        whole[start : start + len(piece.samples)] = piece.samples
    return whole, first
