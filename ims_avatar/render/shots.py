"""What is known of a film before its mouths are changed: its shots, and in each the face of every picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.face_driver import is_another
from ims_avatar.driving.film_file import FilmFile, FilmPicture, i420_of, rgb_of
from ims_avatar.driving.video import Tracker
from ims_avatar.enrol.crop import FaceCrop, face_crop, steadied
from ims_avatar.enrol.film import mouths_in
from ims_avatar.enrol.reference import at_rest
from ims_avatar.faces import geometry as g
from ims_avatar.faces.pose import head_pose
from ims_avatar.render.codec import AVATAR_COLOUR, Colour
from ims_avatar.render.cuts import CutDetector

SEARCHED_ROWS = 720
"""Larger pictures are made so small before a face is looked for."""
SMALLEST_FACE = 20.0
"""Pixels between the outer corners of the eyes in the searched picture; a smaller mouth is left as it is."""
MOST_TURNED = 40.0
"""Degrees of yaw; a mouth seen more from the side is left as it is."""
_FEWEST = 5
"""Pictures with a face that a shot needs: from fewer, nobody's mouth at rest is learnt."""
_FADE = (0.35, 0.7)
"""Share of the new mouth in the first and second picture beside one without a face: no mouth jumps."""
_CHEEKS = (50, 101, 118, 280, 330, 347)
"""Landmarks on plain skin."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceInPicture:
    """Where one picture's mouth is, and how it stands."""

    to_crop: NDArray[np.float32]
    """(2, 3), from the picture's pixels to the crop's."""
    seen: NDArray[np.float32]
    """(87,): the mouth as it is, packed, in crop pixels."""
    rest: NDArray[np.float32]
    """(87,): as it would be at rest, the head held as here."""
    share: float
    """Of the new mouth in the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Whose mouth one shot shows."""

    crop: FaceCrop
    skin: float
    """Mean luma of the cheeks."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """Pictures from one cut to the next."""

    person: Person | None
    faces: list[FaceInPicture | None]
    """One for each picture; None: it stays as it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    shots: list[Shot]
    """In order; together they have one face, or none, for every picture."""
    width: int
    height: int
    """Of the pictures, the right way up."""
    colour: Colour


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    points: g.Points
    skin: float


def survey(
    film: FilmFile, new_tracker: Callable[[], Tracker], on_time: Callable[[float], None] = lambda time: None
) -> Survey:
    """Looks at the whole film; `on_time` hears how far. Raises `FilmFileError` where it cannot be decoded."""
    cuts, tracker = CutDetector(), new_tracker()
    shots: list[Shot] = []
    shot: list[_Seen | None] = []
    last: _Seen | None = None
    height = width = 0
    colour = AVATAR_COLOUR
    for part in film.parts():
        if not isinstance(part, FilmPicture):
            continue
        if not width:
            height, width = i420_of(part.frame).shape
            colour = Colour.of(part.frame)
        rgb = rgb_of(part.frame, SEARCHED_ROWS)
        cut = cuts.push(rgb[..., 1])
        if cut:
            tracker = new_tracker()
        seen = _look(rgb, tracker, width / rgb.shape[1])
        if cut or (seen and last and is_another(seen.points, last.points)):
            shots.append(_shot(shot))
            shot, last = [], None
        shot.append(seen)
        last = seen or last
        on_time(part.time)
    return Survey([*shots, _shot(shot)], width, height * 2 // 3, colour)


def _look(rgb: NDArray[np.uint8], tracker: Tracker, scale: float) -> _Seen | None:
    """The face in a picture, in the pixels of the film; None if its mouth cannot be changed."""
    face = tracker.track(rgb)
    if face is None or g.eye_distance(face.points) < SMALLEST_FACE or abs(head_pose(face.points).yaw) > MOST_TURNED:
        return None
    x, y = face.points[list(_CHEEKS), :2].astype(int).T
    height, width = rgb.shape[:2]
    red, green, blue = rgb[y.clip(0, height - 1), x.clip(0, width - 1)].astype(np.float64).T
    luma = 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255  # ITU-R BT.601
    return _Seen(face.points * np.float32(scale), float(np.median(luma)))


def _shot(seen: Sequence[_Seen | None]) -> Shot:
    known = [face for face in seen if face]
    if len(known) < _FEWEST:
        return Shot(None, [None] * len(seen))
    crop = at_rest(face_crop([face.points for face in known]))
    faces: list[FaceInPicture | None] = []
    for run in _runs(seen):
        there = [face.points for face in run if face]
        faces += _faces(there, crop) if there else [None] * len(run)
    return Shot(Person(crop, float(np.median([face.skin for face in known]))), _faded(faces))


def _runs(seen: Sequence[_Seen | None]) -> Iterator[Sequence[_Seen | None]]:
    """Stretches with a face in every picture, and stretches without."""
    begin = 0
    for index in range(1, len(seen) + 1):
        if index == len(seen) or (seen[index] is None) != (seen[begin] is None):
            yield seen[begin:index]
            begin = index


def _faces(points: Sequence[g.Points], crop: FaceCrop) -> list[FaceInPicture]:
    matrices = steadied([crop.to_crop(face) for face in points])
    mouths = mouths_in(crop, points, matrices)
    return [
        FaceInPicture(matrix.astype(np.float32), seen, rest, 1.0)
        for matrix, seen, rest in zip(matrices, mouths.seen, mouths.rest, strict=True)
    ]


def _faded(faces: list[FaceInPicture | None]) -> list[FaceInPicture | None]:
    """The same; next to a picture without a face the new mouth comes and goes over some pictures."""
    gaps = [index for index, face in enumerate(faces) if face is None]
    out: list[FaceInPicture | None] = []
    for index, face in enumerate(faces):
        away = min((abs(index - gap) for gap in gaps if abs(index - gap) <= len(_FADE)), default=0)
        out.append(FaceInPicture(face.to_crop, face.seen, face.rest, _FADE[away - 1]) if face and away else face)
    return out
