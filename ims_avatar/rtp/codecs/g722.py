"""G.722 (RFC 3551 4.5.2)."""

from __future__ import annotations

from ims_avatar.rtp.codecs.codec import AudioCodec, AvDecoder, AvEncoder

G722 = AudioCodec("G722", 8000, 16000, lambda _: AvDecoder(("g722",), 16000), lambda: AvEncoder("g722", 16000))
