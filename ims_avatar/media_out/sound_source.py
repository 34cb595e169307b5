"""Sound to play: from a file, or a tone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import AudioFileError

LONGEST = 3600.0
"""Seconds; a longer file would fill the memory."""


@dataclass(frozen=True, slots=True)
class Sound:
    """int16 mono, shape (n,), at `rate` Hz."""

    samples: NDArray[np.int16]
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


def tone(frequency: float, seconds: float, rate: int, *, level: float = 0.3) -> Sound:
    """A sine; `level` is 0..1 of full scale."""
    phase = 2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate
    return Sound((32767 * level * np.sin(phase)).astype(np.int16), rate)


def load_sound(path: Path, rate: int) -> Sound:
    """A sound file of any format, rate and channels that FFmpeg reads, as mono at `rate`. Raises `AudioFileError`."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise AudioFileError(f"cannot read {path} ({error.strerror})", remedy="name an existing sound file") from error
    if not size:
        raise AudioFileError(f"{path} is empty (0 bytes)", remedy="record or copy it again")
    try:
        pieces = _decode(path, rate)
    except (av.FFmpegError, EOFError) as error:
        raise AudioFileError(
            f"{path} is not a sound file that can be decoded, or is corrupt ({error})",
            remedy="use a 16-bit PCM WAV file, or convert it: ffmpeg -i FILE -ac 1 out.wav",
        ) from error
    samples = np.concatenate(pieces) if pieces else np.empty(0, np.int16)
    if not len(samples):
        raise AudioFileError(f"{path} holds no sound", remedy="record or copy it again")
    return Sound(samples, rate)


def _decode(path: Path, rate: int) -> list[NDArray[np.int16]]:
    pieces: list[NDArray[np.int16]] = []
    with av.open(str(path)) as container:
        if not container.streams.audio:
            raise AudioFileError(f"{path} has no audio stream", remedy="name a sound file")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
        for frame in container.decode(container.streams.audio[0]):
            if frame.time is not None and frame.time > LONGEST:
                raise AudioFileError(f"{path} is longer than {LONGEST:.0f} s", remedy="cut it")
            frame.pts = None
            pieces += [out.to_ndarray()[0] for out in resampler.resample(frame)]
        pieces += [out.to_ndarray()[0] for out in resampler.resample(None)]
    return pieces
