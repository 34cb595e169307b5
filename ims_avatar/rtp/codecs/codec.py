"""What an audio codec is to this house, and the two halves that PyAV gives to each."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import BadPacket, MediaError
from ims_avatar.flow import AUDIO_RATE, NegotiatedAudio


class SpeechDecoder(Protocol):
    """One stream's decoder with its state."""

    @property
    def pending(self) -> int:
        """Samples at 16 kHz that were taken in and not given out yet (the resampler's filter)."""
        ...

    def decode(self, payload: bytes) -> NDArray[np.int16]:
        """Mono at 16 kHz, shape (n,); n may be 0 (no data, DTX). Raises `BadPacket`."""
        ...


class SpeechEncoder(Protocol):
    """One stream's encoder with its state."""

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        """The payload of one packet of mono samples, shape (n,), at the codec's sampling rate."""
        ...


@dataclass(frozen=True, slots=True)
class AudioCodec:
    """`decoder` and `encoder` open one for a stream; None where this house has none (the relay needs neither)."""

    name: str
    """As in the rtpmap, upper case."""
    clock_rate: int
    """Of the RTP timestamp, in Hz."""
    sampling_rate: int
    """Of the sound itself: G.722 counts 8000 and samples 16000 (RFC 3551 4.5.2)."""
    decoder: Callable[[NegotiatedAudio], SpeechDecoder] | None = None
    encoder: Callable[[], SpeechEncoder] | None = None


class AvDecoder:
    """A decoder of FFmpeg, followed by a resampler to 16 kHz mono."""

    def __init__(
        self, names: tuple[str, ...], rate: int, unpack: Callable[[bytes], list[bytes]] = lambda payload: [payload]
    ) -> None:
        """`names`: FFmpeg's decoders in order of preference. `unpack`: RTP payload → frames as that decoder wants them.

        Raises `MediaError` when this FFmpeg has none of them.
        """
        context = av.CodecContext.create(_first_available(names), "r")
        assert isinstance(context, av.AudioCodecContext)
        context.sample_rate = rate
        context.layout = "mono"
        self._context = context
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=AUDIO_RATE)
        self._unpack = unpack
        self._taken = Fraction(0)
        self._given = 0

    @property
    def pending(self) -> int:
        return round(self._taken - self._given)

    def decode(self, payload: bytes) -> NDArray[np.int16]:
        pieces: list[NDArray[np.int16]] = []
        try:
            for data in self._unpack(payload):
                for frame in self._context.decode(av.Packet(data)):
                    self._taken += Fraction(frame.samples * AUDIO_RATE, frame.sample_rate)
                    frame.pts = None
                    pieces += [out.to_ndarray()[0] for out in self._resampler.resample(frame)]
        except av.FFmpegError as error:
            raise BadPacket(f"{self._context.name} cannot decode a payload of {len(payload)} bytes") from error
        samples = np.concatenate(pieces) if pieces else np.empty(0, np.int16)
        self._given += len(samples)
        return samples


class AvEncoder:
    """An encoder of FFmpeg; one packet in, one payload out."""

    def __init__(self, name: str, rate: int, *, bit_rate: int | None = None) -> None:
        context = av.CodecContext.create(_first_available((name,), "w"), "w")
        assert isinstance(context, av.AudioCodecContext)
        context.sample_rate = rate
        context.layout = "mono"
        context.format = "s16"
        context.time_base = Fraction(1, rate)
        if bit_rate is not None:
            context.bit_rate = bit_rate
        self._context = context
        self._pts = 0

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self._context.sample_rate
        frame.pts = self._pts
        self._pts += len(samples)
        return b"".join(bytes(packet) for packet in self._context.encode(frame))


@functools.cache
def _first_available(names: tuple[str, ...], mode: str = "r") -> str:
    for name in names:
        try:
            av.Codec(name, "w" if mode == "w" else "r")
        except av.codec.codec.UnknownCodecError:
            continue
        return name
    kind = "encoder" if mode == "w" else "decoder"
    raise MediaError(
        f"this FFmpeg has no {kind} {' or '.join(names)}", remedy="install PyAV from PyPI (pip install av)"
    )
