"""A sound file or stream as the avatar hears it: any format and rate that FFmpeg reads, mono, piece by piece."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import ExitError, FFmpegError
from numpy.typing import NDArray

from ims_avatar.driving.resample import Resampler, sound_frame
from ims_avatar.errors import AudioFileError
from ims_avatar.flow import AUDIO_RATE

STANDARD_INPUT = "-"
"""Names raw sound from standard input: int16 little-endian, mono, AUDIO_RATE."""
_REMEDY = "give a sound file that `ffprobe` can read, e.g. WAV, MP3, Ogg, FLAC or M4A"
TIMEOUT = 10.0
"""Seconds to wait for a stream of the network, to begin and to go on."""
LIVE_OPTIONS = {"protocol_whitelist": "file,crypto,data,udp,rtp,rtmp,tcp,tls,http,https,rtsp,unix,pipe"}


@dataclass(frozen=True, slots=True)
class SoundPiece:
    """The same sound twice, int16 mono: for the film, and for the avatar."""

    film: NDArray[np.int16]
    """Shape (n,), at the rate that was asked for."""
    speech: NDArray[np.int16]
    """Shape (m,), at AUDIO_RATE."""


class SoundFile:
    """An opened sound file or stream, read once from the beginning. Raises `AudioFileError` when it cannot be played.

    `source`: a path, a URL that FFmpeg opens (a stream that stops for `TIMEOUT` has ended), or STANDARD_INPUT.
    """

    def __init__(self, source: str | Path) -> None:
        self._name = "standard input" if source == STANDARD_INPUT else str(source)
        self.live = is_live(str(source))
        self._container = _open(str(source))
        if not self._container.streams.audio:
            self._container.close()
            raise AudioFileError(f"{self._name} has no sound in it", remedy=_REMEDY)
        self._stream: AudioStream = self._container.streams.audio[0]

    def close(self) -> None:
        self._container.close()

    @property
    def seconds(self) -> float:
        """What the file says of its length; 0 when it does not say."""
        return (self._container.duration or 0) / 1_000_000

    def pieces(self, film_rate: int) -> Iterator[SoundPiece]:
        """All sound in order. Raises `AudioFileError` where decoding fails, or at the end if there was none."""
        film, speech = Resampler(film_rate), Resampler(AUDIO_RATE)
        empty = True
        try:
            for frame in self._container.decode(self._stream):
                empty = False
                samples = film.push(frame)
                yield SoundPiece(samples, speech.push(sound_frame(samples, film_rate)))
            if not empty:
                samples = film.push(None)
                last = [speech.push(sound_frame(samples, film_rate)), speech.push(None)]
                yield SoundPiece(samples, np.concatenate(last))
        except (ExitError, TimeoutError) as error:  # a live stream has no other end
            if empty or not self.live:
                raise AudioFileError(f"{self._name} gives no sound any more ({error})", remedy=_REMEDY) from error
        except (FFmpegError, ValueError) as error:
            raise AudioFileError(f"{self._name} is damaged ({error})", remedy=_REMEDY) from error
        if empty:
            raise AudioFileError(f"{self._name} holds no sound", remedy=_REMEDY)


def _open(source: str) -> InputContainer:
    if source == STANDARD_INPUT:
        raw = {"sample_rate": str(AUDIO_RATE), "ch_layout": "mono"}
        return av.open(sys.stdin.buffer, "r", format="s16le", options=raw)
    try:
        if is_live(source):
            return av.open(source, timeout=TIMEOUT, options=LIVE_OPTIONS)
        if Path(source).stat().st_size == 0 and Path(source).is_file():
            raise AudioFileError(f"{source} is empty (0 bytes)", remedy=_REMEDY)
        return av.open(source)
    except (OSError, FFmpegError) as error:
        raise AudioFileError(f"{source} cannot be opened ({error.strerror})", remedy=_REMEDY) from error


def is_live(source: str) -> bool:
    """Whether it goes on until somebody stops it."""
    return source == STANDARD_INPUT or "://" in source or source.endswith(".sdp")
