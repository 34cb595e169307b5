"""A sound file as the avatar hears it: any format and rate that FFmpeg reads, mono, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.error import FFmpegError
from numpy.typing import NDArray

from ims_avatar.errors import AudioFileError
from ims_avatar.flow import AUDIO_RATE

_REMEDY = "give a sound file that `ffprobe` can read, e.g. WAV, MP3, Ogg, FLAC or M4A"


@dataclass(frozen=True, slots=True)
class SoundPiece:
    """The same sound twice, int16 mono: for the film, and for the avatar."""

    film: NDArray[np.int16]
    """Shape (n,), at the rate that was asked for."""
    speech: NDArray[np.int16]
    """Shape (m,), at AUDIO_RATE."""


class SoundFile:
    """An opened sound file, read once from the beginning. Raises `AudioFileError` when it cannot be played."""

    def __init__(self, path: Path) -> None:
        try:
            if path.stat().st_size == 0:
                raise AudioFileError(f"{path} is empty (0 bytes)", remedy=_REMEDY)
            self._container = av.open(str(path))
        except (OSError, FFmpegError) as error:
            raise AudioFileError(f"{path} cannot be opened ({error.strerror})", remedy=_REMEDY) from error
        if not self._container.streams.audio:
            self._container.close()
            raise AudioFileError(f"{path} has no sound in it", remedy=_REMEDY)
        self._path = path
        self._stream: AudioStream = self._container.streams.audio[0]

    def close(self) -> None:
        self._container.close()

    @property
    def seconds(self) -> float:
        """What the file says of its length; 0 when it does not say."""
        return (self._container.duration or 0) / 1_000_000

    def pieces(self, film_rate: int) -> Iterator[SoundPiece]:
        """All sound in order. Raises `AudioFileError` where decoding fails, or at the end if there was none."""
        film, speech = _Resampler(film_rate), _Resampler(AUDIO_RATE)
        empty = True
        try:
            for frame in self._container.decode(self._stream):
                empty = False
                samples = film.push(frame)
                yield SoundPiece(samples, speech.push(_frame(samples, film_rate)))
            if not empty:
                samples = film.push(None)
                yield SoundPiece(samples, np.concatenate([speech.push(_frame(samples, film_rate)), speech.push(None)]))
        except (FFmpegError, ValueError) as error:
            raise AudioFileError(f"{self._path} is damaged ({error})", remedy=_REMEDY) from error
        if empty:
            raise AudioFileError(f"{self._path} holds no sound", remedy=_REMEDY)


class _Resampler:
    """Any frames to int16 mono samples at one rate. Takes the frame's samples away: never give a frame to two."""

    def __init__(self, rate: int) -> None:
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)

    def push(self, frame: av.AudioFrame | None) -> NDArray[np.int16]:
        """int16 (n,); None gives what was held back."""
        if frame is not None and not frame.samples:
            return np.empty(0, np.int16)
        pieces = [piece.to_ndarray()[0].astype(np.int16, copy=False) for piece in self._resampler.resample(frame)]
        return np.concatenate(pieces) if pieces else np.empty(0, np.int16)


def _frame(samples: NDArray[np.int16], rate: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
    frame.sample_rate = rate
    return frame
