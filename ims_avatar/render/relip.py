"""A film whose people say something else: every picture in its order and at its time, only mouths are new."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.film_file import FilmFile, FilmPicture, i420_of
from ims_avatar.driving.moment import SOUND_RATE, DrivingInput
from ims_avatar.driving.video import Tracker
from ims_avatar.errors import FilmFileError
from ims_avatar.render.code_track import CodeTrack
from ims_avatar.render.codec import FilmForm
from ims_avatar.render.film import Film
from ims_avatar.render.live import AtOnce, Pace, RealTime
from ims_avatar.render.mouth_painter import MouthPainter
from ims_avatar.render.output import Output
from ims_avatar.render.render_film import OnProgress, Rendered
from ims_avatar.render.shots import survey

_REMEDY = "give a film in which somebody is seen from the front, not too small"


def relip_film(
    source: Path,
    driving: DrivingInput,
    output: Output,
    painter: MouthPainter,
    new_tracker: Callable[[], Tracker],
    on_progress: OnProgress = lambda done, total: None,
    *,
    codec: str = "h264",
    bit_rate: int | None = None,
    mute: bool = False,
    pace: Pace | None = None,
) -> Rendered:
    """The film at `source` with the mouths, and the sound, of `driving`.

    As long as the film: after the end of the speech mouths rest. Pictures without a face that can be spoken by, small,
    turned away or lost, stay as they are.

    Raises `FilmFileError` when the film cannot be read or shows no face at all, and else what `render_film` does.
    """
    began = time.monotonic()
    seconds = 0.0
    pace = pace or (RealTime() if output.live else AtOnce())
    with closing(FilmFile(source)) as film:
        known = survey(film, new_tracker, lambda at: on_progress(at / 2, film.seconds))
    pictures = [(shot, index) for shot in known.shots for index in range(len(shot.faces))]
    if all(shot.person is None for shot in known.shots):
        raise FilmFileError(f"no picture of {source} shows a mouth that could be changed", remedy=_REMEDY)
    with closing(FilmFile(source)) as film:
        form = FilmForm(known.width, known.height, Fraction(film.rate), codec, bit_rate, known.colour)
        with Film(output, form) as out:
            track, sound = CodeTrack(driving.moments()), _Sound(out, mute)
            parts = (part for part in film.parts() if isinstance(part, FilmPicture))
            for part, (shot, index) in zip(parts, pictures, strict=True):
                spoken = track.at(part.time)
                i420 = i420_of(part.frame)
                painter.paint(i420, shot, index, spoken.lip_code)
                seconds = part.time + 1 / float(film.rate)
                pace.wait(part.time)
                sound.add(spoken.sound, part.time)
                out.picture(i420, part.time)
                on_progress((film.seconds + part.time) / 2, film.seconds)
            sound.end(track.rest(), seconds)
    return Rendered(len(pictures), seconds, time.monotonic() - began)


class _Sound:
    """The new sound, kept as long as the film."""

    def __init__(self, film: Film, mute: bool) -> None:
        self._film, self._mute = film, mute
        self._count = 0

    def add(self, pieces: list[NDArray[np.int16]], until: float) -> None:
        """`pieces`, or silence where there are none, up to the picture at `until` (s) at least."""
        for piece in pieces:
            self._write(piece)
        self._write(np.zeros(max(0, round(until * SOUND_RATE) - self._count), np.int16))

    def end(self, pieces: Iterable[NDArray[np.int16]], seconds: float) -> None:
        """Up to the film's length, neither more nor less."""
        total = round(seconds * SOUND_RATE)
        for piece in pieces:
            if self._count >= total:
                break
            self._write(piece[: total - self._count])
        self._write(np.zeros(max(0, total - self._count), np.int16))

    def _write(self, samples: NDArray[np.int16]) -> None:
        self._count += len(samples)
        self._film.sound(np.zeros_like(samples) if self._mute else samples)
