"""What the phone says: a sound file, or a tone."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import AudioFileError

TONE_LEVEL = 6000
LONGEST_FILE_S = 3600.0


def read_sound(path: Path, rate: int) -> NDArray[np.int16]:
    """The whole sound of a file, mono at `rate` Hz, shape (n,). Raises `AudioFileError` naming its fault."""
    remedy = "give a sound file that ffmpeg can read, e.g. a WAV"
    pieces: list[NDArray[np.int16]] = []
    try:
        if path.stat().st_size == 0:
            raise AudioFileError(f"{path} is empty (0 bytes)", remedy=remedy)
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise AudioFileError(f"{path} holds no sound", remedy=remedy)
            resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
            total = 0
            for frame in container.decode(audio=0):
                frame.pts = None
                pieces += [out.to_ndarray()[0] for out in resampler.resample(frame)]
                total += frame.samples
                if total > LONGEST_FILE_S * frame.sample_rate:
                    raise AudioFileError(
                        f"{path} is longer than {LONGEST_FILE_S / 60:.0f} minutes", remedy="give a shorter one"
                    )
            pieces += [out.to_ndarray()[0] for out in resampler.resample(None)]
    except av.FFmpegError as error:
        raise AudioFileError(f"{path} cannot be played ({error.strerror or error})", remedy=remedy) from error
    except OSError as error:
        raise AudioFileError(f"{path} cannot be read ({error.strerror})", remedy="check the path") from error
    samples = np.concatenate(pieces) if pieces else np.empty(0, np.int16)
    if not len(samples):
        raise AudioFileError(f"{path} holds no sound", remedy=remedy)
    return samples


def tone(hertz: float, rate: int, seconds: float = 1.0) -> NDArray[np.int16]:
    """A sine, shape (n,); whole periods in a second when `hertz` is whole, so it repeats without a click."""
    at = np.arange(round(rate * seconds)) / rate
    return np.asarray(TONE_LEVEL * np.sin(2 * np.pi * hertz * at), np.int16)


class SoundSource:
    """Gives sound packet by packet; silence once everything was said."""

    def __init__(self, samples: NDArray[np.int16], *, loop: bool) -> None:
        self._samples = samples
        self._loop = loop
        self._position = 0

    @property
    def finished(self) -> bool:
        return not self._loop and self._position >= len(self._samples)

    def take(self, count: int) -> NDArray[np.int16]:
        """The next `count` samples."""
        if self._loop:
            indices = (self._position + np.arange(count)) % len(self._samples)
            self._position = (self._position + count) % len(self._samples)
            return self._samples[indices]
        piece = self._samples[self._position : self._position + count]
        self._position += count
        return np.concatenate((piece, np.zeros(count - len(piece), np.int16)))
