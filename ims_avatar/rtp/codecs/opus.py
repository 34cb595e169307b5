"""Opus (RFC 7587). The clock is 48 kHz whatever is sampled; stereo is mixed down."""

from __future__ import annotations

from ims_avatar.rtp.codecs.codec import AudioCodec, AvDecoder, AvEncoder

OPUS = AudioCodec(
    "OPUS",
    48000,
    48000,
    lambda _: AvDecoder(("libopus", "opus"), 48000),
    lambda: AvEncoder("libopus", 48000, bit_rate=32_000),
)
