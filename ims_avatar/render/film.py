"""A film on its way: pictures and sound encoded and muxed into a file or a live stream."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ims_avatar.driving.moment import SOUND_RATE
from ims_avatar.driving.resample import sound_frame
from ims_avatar.errors import OutputError, RecordingError
from ims_avatar.flow import VIDEO_CLOCK_RATE
from ims_avatar.render.codec import FilmForm, add_video
from ims_avatar.render.output import Output, Track

SOUND_BIT_RATE = 64_000
TIMEOUT = 10.0
"""Seconds a server may take to answer or to take data."""
_VIDEO_BASE = Fraction(1, VIDEO_CLOCK_RATE)
_SOUND_BASE = Fraction(1, SOUND_RATE)


class Film:
    """Writes to one output. Raises `RecordingError` when a file, `OutputError` when a stream cannot be written.

    A file appears under its name only when it is whole: until then it is another one beside it, which is removed if
    the film fails. A film that was there before stays until then.
    """

    def __init__(self, output: Output, form: FilmForm) -> None:
        self._output = output
        self._samples = 0
        self._part = _part(output.path)
        self._containers: list[OutputContainer] = []
        try:
            for track in output.tracks:
                self._containers.append(self._open(track))
            self._video: VideoStream = add_video(self._containers[0], form, _VIDEO_BASE, output.live)
            self._sound = _add_sound(self._containers[-1], output.sound_codec)
            # Both begin now: RTCP relates the time of each RTP stream to the instant its muxer began.
            for container in self._containers:
                container.start_encoding()
        except (FFmpegError, OSError, ValueError) as error:
            self.discard()
            raise self._failed(error) from error

    def picture(self, i420: NDArray[np.uint8], pts: float) -> None:
        """Append one picture, uint8 (height * 3 // 2, width); `pts` in seconds from the film's start. Copies it."""
        frame = av.VideoFrame.from_ndarray(i420, format="yuv420p")
        frame.time_base, frame.pts = _VIDEO_BASE, round(pts * VIDEO_CLOCK_RATE)
        self._encode(self._containers[0], self._video, frame)

    def sound(self, samples: NDArray[np.int16]) -> None:
        """Append sound, int16 mono (n,) at SOUND_RATE; it begins at 0 and has no gaps."""
        if not len(samples):
            return
        frame = sound_frame(samples, SOUND_RATE)
        frame.time_base, frame.pts = _SOUND_BASE, self._samples
        self._samples += len(samples)
        self._encode(self._containers[-1], self._sound, frame)

    def finish(self) -> None:
        """Write what is still held back, and the index; a file then has its name."""
        self._encode(self._containers[0], self._video, None)
        self._encode(self._containers[-1], self._sound, None)
        try:
            for container in self._containers:
                container.close()
            if self._part and self._output.path:
                self._part.replace(self._output.path)
        except (FFmpegError, OSError) as error:
            raise self._failed(error) from error

    def discard(self) -> None:
        """Give up; what was written of a file is removed."""
        for container in self._containers:
            with suppress(FFmpegError, OSError):  # what could not be written is removed anyway
                container.close()
        if self._part:
            self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            self.discard()
            return
        try:
            self.finish()
        except BaseException:
            self.discard()
            raise

    def _open(self, track: Track) -> OutputContainer:
        url = str(self._part) if self._part else track.url
        timeout = TIMEOUT if self._output.live else None
        return av.open(url, "w", format=self._output.format, options=track.options, timeout=timeout)

    def _encode(
        self, container: OutputContainer, stream: VideoStream | AudioStream, frame: av.VideoFrame | av.AudioFrame | None
    ) -> None:
        try:
            container.mux(stream.encode(frame))  # type: ignore[arg-type]  # each stream gets frames of its own kind
        except (FFmpegError, OSError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> RecordingError | OutputError:
        cause = getattr(error, "strerror", None) or str(error)
        if self._output.live:
            return OutputError(
                f"{self._output.name} takes no film ({cause})", remedy="check that a server listens there, and its key"
            )
        return RecordingError(
            f"{self._output.name} cannot be written ({cause})", remedy="free some space or name another path"
        )


def _add_sound(container: OutputContainer, codec: str) -> AudioStream:
    stream = container.add_stream(codec, rate=SOUND_RATE, layout="mono")
    assert isinstance(stream, AudioStream)
    stream.bit_rate = SOUND_BIT_RATE
    stream.time_base = _SOUND_BASE
    return stream


def _part(path: Path | None) -> Path | None:
    """Where a file grows; None for a stream, and for a path that is a pipe or a device."""
    if path is None or (path.exists() and not path.is_file()):
        return None
    return path.with_name(f".{path.name}.part")
