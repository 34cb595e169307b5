"""Driving by video: a face in a film, a stream or before a camera moves mouth, lids and head of the avatar."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.face_driver import FaceDriver, State, lip_code_of, motion_in
from ims_avatar.driving.film_file import FilmFile, FilmSound, rgb_of
from ims_avatar.driving.moment import MOMENT_SAMPLES, PICTURE_RATE, Moment
from ims_avatar.errors import FilmFileError
from ims_avatar.faces.geometry import Points
from ims_avatar.faces.landmarks import Face

LEARNING_S = 8.0
"""Of a film, so many seconds are looked at before the first moment: the face at rest may come late."""
SEARCHED_HEIGHT = 480
"""Larger pictures are made so small before a face is looked for: landmarks need no more, and colours cost time."""
_SOUND_MAY_LAG = PICTURE_RATE
"""Moments that wait for their sound at most; after that it has ended, or never began."""


class Tracker(Protocol):
    """What `faces.tracker.FaceTracker` offers."""

    def track(self, rgb: NDArray[np.uint8]) -> Face | None: ...


class VideoInput:
    """A `DrivingInput`. A live one drives from its first picture on, and learns the driver's face as it goes."""

    def __init__(self, film: FilmFile, tracker: Tracker) -> None:
        self.seconds, self.live = film.seconds, film.live
        self._film = film
        self._tracker = tracker
        self._driver = FaceDriver()

    def moments(self) -> Iterator[Moment]:
        """Raises `FilmFileError` where the film cannot be decoded, and at its end when no picture shows a face."""
        learning = 0.0 if self.live else LEARNING_S
        waiting: deque[tuple[float, Points | None]] = deque()
        timeline, pairs = _Timeline(), _Pairs(self._film.has_sound)
        for part in self._film.parts():
            if isinstance(part, FilmSound):
                pairs.sound(part.samples)
            else:
                face = self._tracker.track(rgb_of(part.frame, SEARCHED_HEIGHT))
                points = face.points if face else None
                self._driver.learn(part.time, points)
                waiting.append((part.time, points))
                if part.time >= learning:
                    pairs.states(timeline.add_all(self._driver, waiting))
            yield from pairs.ready()
        if not self._driver.seen:
            raise FilmFileError("no picture shows a face", remedy="give a film of one face, seen from the front")
        if waiting:  # a film shorter than the learning
            self._driver.relearn(waiting[-1][0])
        pairs.states(timeline.add_all(self._driver, waiting))
        yield from pairs.rest()

    def close(self) -> None:
        self._film.close()


class _Timeline:
    """States at the times of a film's pictures to states at those of moments, by linear interpolation."""

    def __init__(self) -> None:
        self._count = 0
        self._before: tuple[float, State] | None = None

    def add_all(self, driver: FaceDriver, waiting: deque[tuple[float, Points | None]]) -> Iterator[State]:
        while waiting:
            time, points = waiting.popleft()
            yield from self._add(time, driver.state(time, points))

    def _add(self, time: float, state: State) -> Iterator[State]:
        begin, first = self._before or (time, state)
        while self._count / PICTURE_RATE <= time + 1e-6:
            share = (self._count / PICTURE_RATE - begin) / max(time - begin, 1e-6)
            yield first + (state - first) * min(max(share, 0.0), 1.0)
            self._count += 1
        self._before = time, state


class _Pairs:
    """States and the sound that belongs to them."""

    def __init__(self, has_sound: bool) -> None:
        self._has_sound = has_sound
        self._states: deque[State] = deque()
        self._sound = np.empty(0, np.int16)

    def sound(self, samples: NDArray[np.int16]) -> None:
        self._sound = np.concatenate([self._sound, samples])

    def states(self, states: Iterator[State]) -> None:
        self._states.extend(states)

    def ready(self) -> Iterator[Moment]:
        while self._states and (
            not self._has_sound or len(self._sound) >= MOMENT_SAMPLES or len(self._states) > _SOUND_MAY_LAG
        ):
            yield self._next()

    def rest(self) -> Iterator[Moment]:
        while self._states:
            yield self._next()

    def _next(self) -> Moment:
        state = self._states.popleft()
        sound = np.zeros(MOMENT_SAMPLES, np.int16)
        heard = self._sound[:MOMENT_SAMPLES]
        sound[: len(heard)] = heard
        self._sound = self._sound[MOMENT_SAMPLES:]
        return Moment(lip_code_of(state), sound, motion_in(state))
