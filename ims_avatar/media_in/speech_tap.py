"""Packets of one leg's sound → speech at 16 kHz, for the avatar. Beside the relay, never in its way."""

from __future__ import annotations

import numpy as np
from aiortp.plc import PcmConcealer

from ims_avatar.errors import BadPacket, MediaError
from ims_avatar.flow import AUDIO_RATE, AudioChunk, NegotiatedAudio
from ims_avatar.media_in.capture_clock import CaptureClock
from ims_avatar.media_in.reorder_buffer import Gap, InOrder, ReorderBuffer, Restart
from ims_avatar.rtp.codecs.codec import SpeechDecoder
from ims_avatar.rtp.codecs.table import find_codec
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.sequence import signed_difference

LONGEST_CONCEALMENT = 0.2
"""Seconds; a longer gap is left open and counts as silence."""


def open_decoder(negotiated: NegotiatedAudio) -> SpeechDecoder:
    """Raises `MediaError` for a codec that is relayed only."""
    codec = find_codec(negotiated.codec)
    if codec is None or codec.decoder is None:
        raise MediaError(
            f"{negotiated.codec} is relayed and not decoded, so no avatar can speak with it",
            remedy="drop the codec from the offer (sip profile, audio codecs)",
        )
    return codec.decoder(negotiated)


class SpeechTap:
    """Pure. Wants every packet of the stream (telephone events too: they count in the sequence)."""

    def __init__(self, negotiated: NegotiatedAudio) -> None:
        """Raises `MediaError` for a codec that is relayed only."""
        self._negotiated = negotiated
        self._decoder = open_decoder(negotiated)
        self._buffer = ReorderBuffer()
        self._concealer = PcmConcealer(AUDIO_RATE)
        self._duration = negotiated.ptime_ms / 1000
        self._expected: int | None = None
        """RTP timestamp that continues what was decoded."""
        self._lost = False
        self.undecodable = 0

    @property
    def duration(self) -> float:
        """Seconds of sound in the last packet."""
        return self._duration

    def push(self, packet: RtpPacket, arrival: float, clock: CaptureClock) -> list[AudioChunk]:
        """`clock` has observed the packet already."""
        return self._decode_all(self._buffer.push(packet, arrival), clock)

    def poll(self, now: float, clock: CaptureClock) -> list[AudioChunk]:
        """Call every 100 ms or so: sound that waits for a lost packet when nothing follows."""
        return self._decode_all(self._buffer.poll(now), clock)

    def _decode_all(self, items: list[InOrder], clock: CaptureClock) -> list[AudioChunk]:
        chunks: list[AudioChunk] = []
        for item in items:
            if isinstance(item, Restart):
                self._expected = None
            elif isinstance(item, Gap):
                self._lost = True
            elif item.payload_type == self._negotiated.payload_type:
                chunks += self._decode(item, clock)
        return chunks

    def _decode(self, packet: RtpPacket, clock: CaptureClock) -> list[AudioChunk]:
        pending = self._decoder.pending
        try:
            samples = self._decoder.decode(packet.payload)
        except BadPacket:
            self.undecodable += 1
            self._lost = True
            return []
        chunks = self._conceal_before(packet.timestamp, clock)
        self._lost = False
        consumed = len(samples) + self._decoder.pending - pending
        self._duration = consumed / AUDIO_RATE or self._duration
        self._expected = (packet.timestamp + consumed * self._negotiated.clock_rate // AUDIO_RATE) & 0xFFFFFFFF
        if len(samples):
            self._concealer.update(samples.tobytes())
            chunks.append(AudioChunk(clock.pts(packet.timestamp) - pending / AUDIO_RATE, samples))
        return chunks

    def _conceal_before(self, timestamp: int, clock: CaptureClock) -> list[AudioChunk]:
        """What was lost fades out over 60 ms. A pause of the far end (no packet lost) is silence and left open."""
        if not self._lost or self._expected is None:
            return []
        missing = signed_difference(timestamp, self._expected, 32) / self._negotiated.clock_rate
        if not 0 < missing <= LONGEST_CONCEALMENT:
            return []
        samples = np.frombuffer(self._concealer.conceal(round(missing * AUDIO_RATE)), np.int16)
        return [AudioChunk(clock.pts(self._expected) - self._decoder.pending / AUDIO_RATE, samples)]
