"""A film, a stream or a camera, as it comes: pictures with their times, and the sound that belongs to them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
from av.container import InputContainer
from av.error import ExitError, FFmpegError
from numpy.typing import NDArray

from ims_avatar.driving.moment import SOUND_RATE
from ims_avatar.driving.resample import Resampler
from ims_avatar.driving.sound_file import LIVE_OPTIONS, STANDARD_INPUT, TIMEOUT, is_live
from ims_avatar.errors import FilmFileError

_REMEDY = "give a film that `ffprobe` can read, e.g. MP4, MOV, MKV or WebM, or a camera such as /dev/video0"
_CAMERA = "/dev/video"


@dataclass(frozen=True, slots=True, eq=False)
class FilmPicture:
    """One picture as it was decoded."""

    time: float
    """Seconds from the film's first picture."""
    frame: av.VideoFrame


@dataclass(frozen=True, slots=True, eq=False)
class FilmSound:
    """The next piece of sound; pieces have no gaps."""

    samples: NDArray[np.int16]
    """Mono, shape (n,), at SOUND_RATE; the first sample belongs to the first picture."""


FilmPart: TypeAlias = FilmPicture | FilmSound


class FilmFile:
    """An opened film, read once. Raises `FilmFileError` when it cannot be.

    `source`: a path, a URL that FFmpeg opens, a camera (/dev/video...), or STANDARD_INPUT for a film in a pipe.
    """

    def __init__(self, source: str | Path) -> None:
        self._name = "standard input" if source == STANDARD_INPUT else str(source)
        self.live = is_live(str(source)) or str(source).startswith(_CAMERA)
        self._container = _open(str(source))
        if not self._container.streams.video:
            self._container.close()
            raise FilmFileError(f"{self._name} has no picture in it", remedy=_REMEDY)
        stream = self._container.streams.video[0]
        stream.thread_type = "NONE" if self.live else "AUTO"
        self._stream = stream
        self.has_sound = bool(self._container.streams.audio)
        self.width, self.height = stream.width, stream.height
        self.rate = stream.average_rate or Fraction(25)
        """Pictures a second, on average."""
        self.seconds = (self._container.duration or 0) / 1_000_000
        """What the file says of its length; 0 when it does not say."""

    def close(self) -> None:
        self._container.close()

    def parts(self) -> Iterator[FilmPart]:
        """Pictures and sound, each kind in order. Raises `FilmFileError` where decoding fails or no picture comes."""
        clock = _Clock()
        sound = _Sound()
        try:
            for frame in self._container.decode(self._stream, *self._container.streams.audio[:1]):
                if isinstance(frame, av.VideoFrame):
                    yield FilmPicture(clock.of(frame, float(self.rate)), frame)
                elif isinstance(frame, av.AudioFrame):
                    sound.push(frame)
                if clock.origin is not None and (samples := sound.since(clock.origin)) is not None:
                    yield FilmSound(samples)
        except (ExitError, TimeoutError) as error:  # a live stream has no other end
            if clock.origin is None or not self.live:
                raise FilmFileError(f"{self._name} gives no picture any more ({error})", remedy=_REMEDY) from error
        except (FFmpegError, ValueError) as error:
            raise FilmFileError(f"{self._name} is damaged ({error})", remedy=_REMEDY) from error
        if clock.origin is None:
            raise FilmFileError(f"{self._name} holds no picture", remedy=_REMEDY)


class _Clock:
    """Times of pictures from the first one on, in order whatever the file says."""

    def __init__(self) -> None:
        self.origin: float | None = None
        self._last = 0.0

    def of(self, frame: av.VideoFrame, rate: float) -> float:
        if self.origin is None:
            self.origin = frame.time or 0.0
            return 0.0
        stated = self._last + 1 / rate if frame.time is None else frame.time - self.origin
        self._last = stated if stated > self._last else self._last + 1e-3
        return self._last


class _Sound:
    """Sound as one piece: what was before the first picture is dropped, a late beginning is silence."""

    def __init__(self) -> None:
        self._resampler = Resampler(SOUND_RATE)
        self._start: float | None = None
        self._waiting: list[NDArray[np.int16]] = []
        self._early: int | None = None  # samples still to drop

    def push(self, frame: av.AudioFrame) -> None:
        if self._start is None:
            self._start = frame.time or 0.0
        self._waiting.append(self._resampler.push(frame))

    def since(self, origin: float) -> NDArray[np.int16] | None:
        """What came since the last call, the first picture being at `origin`; None: nothing."""
        if self._start is None:
            return None
        if self._early is None:
            late = round((self._start - origin) * SOUND_RATE)
            self._waiting.insert(0, np.zeros(max(late, 0), np.int16))
            self._early = max(-late, 0)
        samples = np.concatenate(self._waiting) if self._waiting else np.empty(0, np.int16)
        self._waiting.clear()
        dropped = min(self._early, len(samples))
        self._early -= dropped
        return samples[dropped:] if dropped < len(samples) else None


def rgb_of(frame: av.VideoFrame, rows: int) -> NDArray[np.uint8]:
    """The picture as it is to be seen, uint8 (h, w, 3), the right way up, made smaller to at most `rows` rows."""
    height = min(frame.height, rows)
    width = max(2, round(frame.width * height / frame.height / 2) * 2)
    rgb = np.asarray(frame.reformat(width=width, height=height, format="rgb24").to_ndarray(), np.uint8)
    return np.ascontiguousarray(np.rot90(rgb, _quarters(frame)))


def i420_of(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """The whole picture the right way up, uint8 (height * 3 // 2, width), sides even."""
    width, height = frame.width // 2 * 2, frame.height // 2 * 2
    i420 = np.asarray(frame.reformat(width=width, height=height, format="yuv420p").to_ndarray(), np.uint8)
    quarters = _quarters(frame)
    if not quarters:
        return i420
    turned = [i420[:height], *i420[height:].reshape(2, height // 2, width // 2)]
    turned = [np.rot90(plane, quarters) for plane in turned]
    return np.concatenate([plane.reshape(-1) for plane in turned]).reshape(-1, turned[0].shape[1])


def _quarters(frame: av.VideoFrame) -> int:
    """Quarter turns, counterclockwise, that a telephone held sideways asks players to make."""
    return round(frame.rotation / 90) % 4


def _open(source: str) -> InputContainer:
    try:
        if source == STANDARD_INPUT:
            return av.open(sys.stdin.buffer, "r")
        if source.startswith(_CAMERA):
            return av.open(source, "r", format="v4l2", options={"framerate": "25"})
        if is_live(source):
            return av.open(source, "r", timeout=TIMEOUT, options=LIVE_OPTIONS)
        return av.open(source, "r")
    except (OSError, FFmpegError) as error:
        raise FilmFileError(f"{source} cannot be opened ({error.strerror})", remedy=_REMEDY) from error
