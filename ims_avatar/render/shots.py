"""What is known of a film before its mouths are changed: its shots, and in each the face of every picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import av
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
from ims_avatar.render.still import Still, StillSearch, oval_of

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


@dataclass(frozen=True, slots=True, eq=False)
class FaceInPicture:
    """Where one picture's mouth is, and how it stands."""

    to_crop: NDArray[np.float32]
    """(2, 3), from the picture's pixels to the crop's."""
    rest: NDArray[np.float32]
    """(87,): the mouth as it would be at rest, the head held as here, packed, in crop pixels."""
    oval: NDArray[np.float32]
    """(36, 2): outline of the face in crop pixels."""
    share: float
    """Of the new mouth in the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Whose mouth one shot shows."""

    crop: FaceCrop
    still: Still


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


class _Reel:
    """The shot that is being looked at."""

    def __init__(self) -> None:
        self.faces: list[g.Points | None] = []
        self.last: g.Points | None = None
        self._stills = StillSearch()

    def add(self, frame: av.VideoFrame, points: g.Points | None) -> None:
        self.faces.append(points)
        if points is not None:
            self.last = points
            self._stills.offer(frame, points)

    def shot(self) -> Shot:
        known = [points for points in self.faces if points is not None]
        if len(known) < _FEWEST:
            return Shot(None, [None] * len(self.faces))
        crop = at_rest(face_crop(known))
        faces: list[FaceInPicture | None] = []
        for run in _runs(self.faces):
            there = [points for points in run if points is not None]
            faces += _faces(there, crop) if there else [None] * len(run)
        return Shot(Person(crop, self._stills.still(crop)), _faded(faces))


def survey(
    film: FilmFile, new_tracker: Callable[[], Tracker], on_time: Callable[[float], None] = lambda time: None
) -> Survey:
    """Looks at the whole film; `on_time` hears how far. Raises `FilmFileError` where it cannot be decoded."""
    cuts, tracker, reel = CutDetector(), new_tracker(), _Reel()
    shots: list[Shot] = []
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
        points = _look(rgb, tracker, width / rgb.shape[1])
        if cut or (points is not None and reel.last is not None and is_another(points, reel.last)):
            shots.append(reel.shot())
            reel = _Reel()
        reel.add(part.frame, points)
        on_time(part.time)
    return Survey([*shots, reel.shot()], width, height * 2 // 3, colour)


def _look(rgb: NDArray[np.uint8], tracker: Tracker, scale: float) -> g.Points | None:
    """The face in a picture, in the pixels of the film; None if its mouth cannot be changed."""
    face = tracker.track(rgb)
    if face is None or g.eye_distance(face.points) < SMALLEST_FACE or abs(head_pose(face.points).yaw) > MOST_TURNED:
        return None
    return face.points * np.float32(scale)


def _runs(seen: Sequence[g.Points | None]) -> Iterator[Sequence[g.Points | None]]:
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
        FaceInPicture(matrix.astype(np.float32), rest, oval_of(face, matrix), 1.0)
        for face, matrix, rest in zip(points, matrices, mouths.rest, strict=True)
    ]


def _faded(faces: list[FaceInPicture | None]) -> list[FaceInPicture | None]:
    """The same; next to a picture without a face the new mouth comes and goes over some pictures."""
    out: list[FaceInPicture | None] = []
    for index, face in enumerate(faces):
        beside = ((faces[max(index - away, 0)], faces[min(index + away, len(faces) - 1)]) for away in (1, 2))
        share = next((share for share, pair in zip(_FADE, beside, strict=True) if None in pair), 1.0)
        out.append(replace(face, share=share) if face else None)
    return out
