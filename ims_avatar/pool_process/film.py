"""An MP4 file of access units and sound, each with its exact instant."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from ims_avatar.errors import RecordingError
from ims_avatar.flow import VIDEO_CLOCK_RATE, AccessUnit

SOUND_RATE = 48_000
"""Samples a second of the AAC track; players expect it."""
SOUND_BIT_RATE = 64_000
_VIDEO_BASE = Fraction(1, VIDEO_CLOCK_RATE)
_SOUND_BASE = Fraction(1, SOUND_RATE)


class Film:
    """Writes one file. Raises `RecordingError` (disk full, no permission) and then leaves no half file behind."""

    def __init__(self, path: Path, width: int, height: int, frame_rate: float) -> None:
        self._path = path
        self._samples = 0
        try:
            self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
            rate = Fraction(frame_rate).limit_denominator(1000)
            self._video = self._container.add_mux_stream("h264", rate=rate, width=width, height=height)
            self._video.time_base = _VIDEO_BASE
            self._sound = self._container.add_stream("aac", rate=SOUND_RATE, layout="mono")
            self._sound.bit_rate = SOUND_BIT_RATE
        except OSError as error:
            raise self._failed(error) from error

    def picture(self, unit: AccessUnit) -> None:
        """Append one picture; `pts` in seconds from the film's start."""
        packet = av.Packet(unit.data)
        packet.stream = self._video
        packet.time_base = _VIDEO_BASE
        packet.pts = packet.dts = round(unit.pts * VIDEO_CLOCK_RATE)
        packet.is_keyframe = unit.keyframe
        try:
            self._container.mux(packet)
        except (FFmpegError, OSError) as error:
            raise self._failed(error) from error

    def sound(self, samples: NDArray[np.int16]) -> None:
        """Append sound, int16 (n,) at SOUND_RATE; it begins at 0 and has no gaps."""
        if not len(samples):
            return
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples)[None], format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = SOUND_RATE, _SOUND_BASE, self._samples
        self._samples += len(samples)
        self._encode_sound(frame)

    def finish(self) -> None:
        """Write what is still held back, and the index."""
        self._encode_sound(None)
        try:
            self._container.close()
        except (FFmpegError, OSError) as error:
            raise self._failed(error) from error

    def discard(self) -> None:
        """Give up and remove the file."""
        with suppress(FFmpegError, OSError):  # what could not be written is removed anyway
            self._container.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.finish()
        else:
            self.discard()

    def _encode_sound(self, frame: av.AudioFrame | None) -> None:
        try:
            self._container.mux(self._sound.encode(frame))
        except (FFmpegError, OSError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> RecordingError:
        cause = getattr(error, "strerror", None) or str(error)
        return RecordingError(
            f"{self._path} cannot be written ({cause})", remedy="free some space or name another path"
        )
