"""People of films, and how lips that were rendered compare with theirs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.manifest import ConsentRecord
from ims_avatar.avatars.repository import Avatar, AvatarRepository
from ims_avatar.driving.moment import PICTURE_RATE
from ims_avatar.enrol.create import Enrolment, create_avatar
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.render.codec import FilmForm
from ims_avatar.render.film import Film
from ims_avatar.render.output import output_of
from ims_avatar.training.faces.people import Person
from ims_avatar.training.films.film_people import film_person
from ims_avatar.training.films.film_track import FilmTrack, read_track
from ims_avatar.training.films.lip_measures import openings, widths
from ims_avatar.training.speech.streaming import lag

CONSENT = ConsentRecord(
    statement="a public clip, for measuring alone", recorded_by="bench", recorded_at="2000-01-01T00:00:00Z"
)
_REACH = 5
"""Pictures that lips may be early or late."""
_STILL = 1e-6
"""Eye distances: lips that spread less do not move."""


@dataclass(frozen=True, slots=True, eq=False)
class Filmed:
    """One person of one film."""

    path: Path
    track: FilmTrack
    person: Person
    """Its crops and lip codes, in the order of `frames`."""
    frames: NDArray[np.intp]
    """Of the film."""

    @property
    def opening(self) -> NDArray[np.float64]:
        return openings(self.track.points)[self.frames]

    @property
    def width(self) -> NDArray[np.float64]:
        return widths(self.track.points)[self.frames]

    def part(self, begin: float, end: float) -> NDArray[np.intp]:
        """Which of its crops lie between two shares (0..1) of the film."""
        places = self.frames / len(self.track.times)
        return np.flatnonzero((places >= begin) & (places < end))


@cache
def filmed(path: Path) -> Filmed:
    """Raises `FilmFileError` or `FilmRefused`."""
    track = read_track(path)
    person, _, frames = film_person(path, track.points, track.has_face)
    return Filmed(path, track, person, frames)


def enrolled(clip: Path, directory: Path, repository: AvatarRepository, *, still: bool, name: str = "unseen") -> Avatar:
    """An avatar of the person, as `ims-avatar avatar create` makes it: of one picture or of the film.

    Raises `ReferenceRefused` and what else `create_avatar` does.
    """
    return create_avatar(Enrolment(name, clip, CONSENT, still=still), directory, repository)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rendered lips against true ones."""

    r: float
    amplitude: float
    """Spread of the rendered over the true."""
    lag: float
    """Pictures that the rendered are late."""


def agreement(rendered: NDArray[np.float64], true: NDArray[np.float64]) -> Agreement:
    """(n,) each, picture by picture; where no face was found in one of them, it does not count."""
    known = np.isfinite(rendered) & np.isfinite(true)
    a, b = rendered[known], true[known]
    if len(a) < 4 * _REACH or min(a.std(), b.std()) < _STILL:
        return Agreement(0.0, 0.0, 0.0)
    late = lag(a[:, None].astype(np.float32), b[:, None].astype(np.float32), reach=_REACH)
    return Agreement(float(np.corrcoef(a, b)[0, 1]), float(a.std() / b.std()), late)


def rendered_lips(engine: AvatarEngine, codes: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Opening and width, (n,) each, seen in a film of the avatar that is driven by lip codes (n, 8).

    Cross-driven: the loop goes on by itself, and its pictures have nothing to do with those that the codes are of.
    """
    spec = engine.spec
    pictures = (
        engine.render(index * spec.frame_rate // PICTURE_RATE, code[None])[0] for index, code in enumerate(codes)
    )
    with tempfile.TemporaryDirectory() as directory:
        path = write_pictures(Path(directory, "lips.mp4"), pictures, spec.width, spec.height)
        points = read_track(path).points
    return openings(points), widths(points)


def write_pictures(path: Path, pictures: Iterable[NDArray[np.uint8]], width: int, height: int) -> Path:
    """A film of I420 pictures, as `ims-avatar render` codes it."""
    with Film(output_of(str(path)), FilmForm(width, height, Fraction(PICTURE_RATE))) as film:
        for index, picture in enumerate(pictures):
            film.picture(picture, index / PICTURE_RATE)
    return path
