"""Speech after a telephone codec: encoded and decoded again by PyAV."""

from __future__ import annotations

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

from ims_avatar.training.speech.corpus import SAMPLE_RATE, to_float

Sound = NDArray[np.float32]


def through_codec(samples: Sound, codec: str) -> Sound:
    """Encodes and decodes: pcm_mulaw and pcm_alaw (G.711), amr_nb at 12.2 kb/s, or linear (16 bit)."""
    integers = np.round(np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)
    if codec != "linear":
        integers = _round_trip(integers, codec)
    return to_float(integers)[: len(samples)]


def _round_trip(samples: NDArray[np.int16], codec: str) -> NDArray[np.int16]:
    name = "libopencore_amrnb" if codec == "amr_nb" else codec
    encoder, decoder = av.CodecContext.create(name, "w"), av.CodecContext.create(name, "r")
    if not isinstance(encoder, AudioCodecContext) or not isinstance(decoder, AudioCodecContext):
        raise TypeError(f"{codec} is not an audio codec")
    delay = 0
    for context in (encoder, decoder):
        context.sample_rate, context.layout, context.format = SAMPLE_RATE, "mono", "s16"
    if codec == "amr_nb":
        encoder.bit_rate, delay = 12200, 40  # TS 26.071: 5 ms of encoder look-ahead
    size = encoder.frame_size or 8000
    padded = np.concatenate([samples, np.zeros(-(len(samples) + delay) % size + delay, np.int16)])
    decoded: list[NDArray[np.int16]] = []
    for at in range(0, len(padded), size):
        frame = av.AudioFrame.from_ndarray(padded[None, at : at + size], format="s16", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE, at
        for packet in encoder.encode(frame):
            for out in decoder.decode(packet):
                plain = out.to_ndarray().reshape(-1)
                scale = 32768 if plain.dtype.kind == "f" else 1
                decoded.append(np.clip(plain * scale, -32768, 32767).astype(np.int16))
    joined = np.concatenate(decoded)[delay : delay + len(samples)]
    return np.pad(joined, (0, len(samples) - len(joined)))
