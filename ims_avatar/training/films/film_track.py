"""What a film holds, without its pictures: its face, picture by picture, how many there are, its look, its sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import structlog
from numpy.typing import NDArray

from ims_avatar.driving.film_file import FilmFile, FilmPicture
from ims_avatar.driving.moment import SOUND_RATE
from ims_avatar.driving.resample import resampled
from ims_avatar.errors import FilmRefused
from ims_avatar.faces.checks import BYSTANDER, eye_distance
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.landmarks import POINTS, Face
from ims_avatar.faces.tracker import FaceTracker
from ims_avatar.flow import AUDIO_RATE

THUMB_WIDTH, THUMB_HEIGHT = 64, 36
COUNT_EVERY = 1.0
"""Seconds between two looks for further faces: they take ten times as long as following one."""

OnProgress = Callable[[float, float], None]
"""Called with (seconds read, seconds in all; 0 when the film does not say)."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class FilmTrack:
    """A film of T pictures. Times are in seconds from its first picture."""

    times: NDArray[np.float64]
    """(T,), ascending."""
    points: NDArray[np.float32]
    """(T, 478, 3): landmarks of the largest face, in pixels as in `Face.points`; NaN where no face is seen."""
    faces: NDArray[np.int64]
    """(T,): faces seen, bystanders in the background not counted."""
    thumbs: NDArray[np.uint8]
    """(T, THUMB_HEIGHT, THUMB_WIDTH): luma of the whole picture, shrunk."""
    sound: NDArray[np.int16] | None
    """(n,), mono at 16 kHz; sample 0 sounds with the first picture. None if there is none."""
    size: tuple[int, int]
    """Width and height of the pictures in pixels."""
    rate: float
    """Pictures a second, on average."""

    @property
    def has_face(self) -> NDArray[np.bool_]:
        """(T,)."""
        found: NDArray[np.bool_] = np.isfinite(self.points[:, 0, 0])
        return found

    def with_sound_moved(self, seconds: float) -> FilmTrack:
        """The same film with its sound `seconds` earlier; what would sound before the first picture is dropped."""
        if self.sound is None or not seconds:
            return self
        samples = round(seconds * AUDIO_RATE)
        late = np.zeros(max(-samples, 0), np.int16)
        return replace(self, sound=np.concatenate([late, self.sound[max(samples, 0) :]]))


def read_track(path: Path, on_progress: OnProgress = lambda done, total: None) -> FilmTrack:
    """Looks at every picture of a film once, none is kept.

    Raises `FilmFileError` when the film cannot be read, `FilmRefused` when no picture of it shows a face, and
    `FacesUnavailable` as `FaceFinder` does.
    """
    film = FilmFile(path)
    try:
        track = _read(film, on_progress)
    finally:
        film.close()
    if not track.has_face.any():
        raise FilmRefused(
            "no-face",
            f"no face in any of the {len(track.times)} pictures",
            remedy="use a film of one person looking into the camera, upright and well lit",
        )
    log.info("film looked at", pictures=len(track.times), with_face=int(track.has_face.sum()), size=track.size)
    return track


def _read(film: FilmFile, on_progress: OnProgress) -> FilmTrack:
    finder = FaceFinder()
    tracker, counter = FaceTracker(finder), _Counter(finder)
    times: list[float] = []
    points: list[NDArray[np.float32]] = []
    faces: list[int] = []
    thumbs: list[NDArray[np.uint8]] = []
    sound: list[NDArray[np.int16]] = []
    for part in film.parts():
        if not isinstance(part, FilmPicture):
            sound.append(part.samples)
            continue
        rgb = np.asarray(part.frame.to_ndarray(format="rgb24"), np.uint8)
        face = tracker.track(rgb)
        times.append(part.time)
        points.append(face.points if face else np.full((POINTS, 3), np.nan, np.float32))
        faces.append(counter.count(part.time, rgb, face))
        thumbs.append(_thumb(rgb))
        on_progress(part.time, film.seconds)
    return FilmTrack(
        np.array(times),
        np.stack(points),
        np.array(faces, np.int64),
        np.stack(thumbs),
        resampled(np.concatenate(sound), SOUND_RATE, AUDIO_RATE) if sound else None,
        (film.width, film.height),
        len(times) / (times[-1] + 1 / float(film.rate)),
    )


class _Counter:
    """How many faces are in the picture, looked up now and then."""

    def __init__(self, finder: FaceFinder) -> None:
        self._finder = finder
        self._looked = -COUNT_EVERY
        self._further = 0

    def count(self, time: float, rgb: NDArray[np.uint8], face: Face | None) -> int:
        if time - self._looked >= COUNT_EVERY:
            self._looked = time
            sizes = [eye_distance(one) for one in self._finder.faces(rgb)]
            self._further = max(sum(size >= max(sizes) * BYSTANDER for size in sizes) - 1, 0)
        return 1 + self._further if face else 0


def _thumb(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    small = cv2.resize(rgb, (THUMB_WIDTH, THUMB_HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
