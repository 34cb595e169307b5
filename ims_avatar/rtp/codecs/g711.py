"""G.711 (RFC 3551 4.5.14)."""

from __future__ import annotations

from ims_avatar.rtp.codecs.codec import AudioCodec, AvDecoder, AvEncoder

PCMU = AudioCodec("PCMU", 8000, 8000, lambda _: AvDecoder(("pcm_mulaw",), 8000), lambda: AvEncoder("pcm_mulaw", 8000))
PCMA = AudioCodec("PCMA", 8000, 8000, lambda _: AvDecoder(("pcm_alaw",), 8000), lambda: AvEncoder("pcm_alaw", 8000))
