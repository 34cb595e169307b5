"""A film's pictures, as often as they are wanted, the right way up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import FilmFileError

PICTURE_RATE = 25
"""Pictures a second that are looked at, about: every one up to 37, every second one up to 62, and so on. A loop plays
them at exactly this rate: a little faster or slower than life is not seen, left-out pictures are."""
LOOKED_AT_S = 60.0
"""Nobody need wait for an hour of film to be searched for nine seconds of it."""

_REMEDY = "give a film that `ffprobe` can read, e.g. MP4, MOV, MKV or WebM, or a JPEG, PNG or WebP picture"


class ReferenceFilm:
    """Raises `FilmFileError`, also while it is read, when the file is no film or breaks off at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._opened() as container:
            stream = container.streams.video[0]
            rate = float(stream.average_rate or stream.guessed_rate or PICTURE_RATE)
            self._step = max(1, round(rate / PICTURE_RATE))
            self.rate = rate / self._step
            """Pictures a second that `pictures` gives."""
            seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
            seconds = seconds or (container.duration or 0) / 1_000_000
            self.count = int(min(seconds, LOOKED_AT_S) * self.rate)
            """How many these will be, about; 0 when the file does not say."""

    def pictures(self, shrink: float = 1.0, begin: int = 0, end: int | None = None) -> Iterator[NDArray[np.uint8]]:
        """RGB (h, w, 3) of pictures `begin` to `end`, scaled by `shrink`."""
        end = int(LOOKED_AT_S * self.rate) if end is None else end
        with self._opened() as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            try:
                for index, frame in enumerate(container.decode(stream)):
                    place, rest = divmod(index, self._step)
                    if place >= end:
                        return
                    if not rest and place >= begin:
                        yield _rgb(frame, shrink)
            except av.FFmpegError as error:
                if not index:
                    raise self._unreadable(error) from error
                # A film that breaks off is good up to there.

    def _opened(self) -> av.container.InputContainer:
        try:
            container = av.open(str(self._path))
        except (av.FFmpegError, OSError, ValueError) as error:
            raise self._unreadable(error) from error
        if not container.streams.video:
            container.close()
            raise FilmFileError(f"{self._path} has no picture in it", remedy=_REMEDY)
        return container

    def _unreadable(self, error: Exception) -> FilmFileError:
        return FilmFileError(f"{self._path} cannot be read ({error})", remedy=_REMEDY)


def _rgb(frame: av.VideoFrame, shrink: float) -> NDArray[np.uint8]:
    width, height = (max(2, round(side * min(shrink, 1.0) / 2) * 2) for side in (frame.width, frame.height))
    picture = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA").to_ndarray()
    return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90)), np.uint8)
