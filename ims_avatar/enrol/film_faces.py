"""One face through a film: where it is in each picture, and where the film was cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.enrol.film_file import ReferenceFilm
from ims_avatar.enrol.warping import transformed
from ims_avatar.errors import FilmFileError
from ims_avatar.faces import checks
from ims_avatar.faces import geometry as g
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.tracker import FaceTracker

TRACKED_EYE_DISTANCE = 100.0
"""Pixels between the eyes that landmarks need; a larger film is made so small, which saves time."""
CUT_DIFFERENCE = 22.0
"""Mean difference of two successive pictures, in steps of luma, that only a cut makes."""
_SURROUNDINGS = 3.0
"""Where several faces are shown, only so many eye distances around the chosen one are looked at."""
_TINY = (32, 18)

Window = tuple[slice, slice]


@dataclass(frozen=True, slots=True, eq=False)
class FilmFaces:
    points: list[g.Points | None]
    """For each picture, in pixels of the film; None where no face was found."""
    cuts: list[int]
    """Pictures that do not go on from the one before."""
    width: int
    height: int


def film_faces(film: ReferenceFilm, number: int | None, finder: FaceFinder, told: Callable[[float], None]) -> FilmFaces:
    """Raises `ReferenceRefused` when the first picture shows several faces and `number` names none of them."""
    first = next(film.pictures(end=1), None)
    if first is None:
        raise FilmFileError("the film has no picture", remedy="give a film that is complete")
    shrink, window = _region(first, number, finder)
    height, width = first.shape[:2]
    tracker = FaceTracker(finder)
    points: list[g.Points | None] = []
    cuts: list[int] = []
    before: NDArray[np.float32] | None = None
    for index, picture in enumerate(film.pictures(shrink)):
        back = np.diag([width / picture.shape[1], height / picture.shape[0], 0])[:2]
        seen = np.ascontiguousarray(picture[window])
        face = tracker.track(seen)
        back[:, 2] = back[:, :2] @ (window[1].start or 0, window[0].start or 0)
        points.append(transformed(face.points, back) if face else None)
        tiny = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), _TINY, interpolation=cv2.INTER_AREA)
        if before is not None and np.abs(tiny - before).mean() > CUT_DIFFERENCE:
            cuts.append(index)
        before = tiny.astype(np.float32)
        told(index / max(film.count, index + 1))
    return FilmFaces(points, cuts, width, height)


def _region(first: NDArray[np.uint8], number: int | None, finder: FaceFinder) -> tuple[float, Window]:
    """How small the film may be made, and the part of the smaller picture to look at."""
    everywhere = (slice(None), slice(None))
    faces = finder.faces(first)
    if not faces:
        return 1.0, everywhere
    face = checks.choose_face(faces, number)
    unit = g.eye_distance(face.points)
    shrink = min(1.0, TRACKED_EYE_DISTANCE / unit)
    if len(faces) == 1:
        return shrink, everywhere
    x, y = face.points[list(g.STABLE), :2].mean(axis=0)
    low = np.maximum(np.array([x, y]) - _SURROUNDINGS * unit, 0) * shrink
    high = (np.array([x, y]) + _SURROUNDINGS * unit) * shrink
    return shrink, (slice(int(low[1]), int(high[1]) + 1), slice(int(low[0]), int(high[0]) + 1))


def jumps(faces: FilmFaces) -> list[int]:
    """Pictures in which the face is suddenly elsewhere, as where a pause was cut out of a speech."""
    places = [None if p is None else p[list(g.STABLE), :2] for p in faces.points]
    units = [g.eye_distance(p) for p in faces.points if p is not None]
    if not units:
        return []
    pairs = list(zip(chain([None], places), places, strict=False))
    steps = np.array([np.nan if a is None or b is None else np.abs(b - a).mean() for a, b in pairs]) / np.median(units)
    usual = np.nanmedian(steps) if np.isfinite(steps).any() else 0.0
    return [int(index) for index in np.flatnonzero(steps > max(0.12, 6 * usual))]
