"""A film becomes a reference: its quietest stretch is the loop, played forth and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ims_avatar.enrol.crop import FaceCrop, face_crop, steadied
from ims_avatar.enrol.film_faces import FilmFaces, film_faces
from ims_avatar.enrol.film_file import ReferenceFilm
from ims_avatar.enrol.framing import Frame, framing_of
from ims_avatar.enrol.photo import face_facts, still_reference
from ims_avatar.enrol.reference import LIPS_MEET, FrameMouths, Reference, at_rest, i420_of
from ims_avatar.enrol.stretch import Stretch, quietest_picture, quietest_stretch
from ims_avatar.enrol.warping import transformed
from ims_avatar.faces import checks
from ims_avatar.faces import geometry as g
from ims_avatar.faces.checks import mouth_opening
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.landmarks import Face
from ims_avatar.faces.lip_code import KNOTS, mouth_lines, packed
from ims_avatar.faces.pose import head_pose

_WORKING_EYE_DISTANCE = 168.0
"""Pixels; films are read no larger: half as much again as the picture shows at last."""
_SILENT = 0.06
"""A mouth that opens further, as a share of its width, speaks. Then teeth come and go in the loop, and every frame's
mouth would have to be shut: the quietest picture's mouth is steadier. Otherwise a frame's own is as alive as it is."""
_TURNING = 12.0
"""Degrees to a side from which on one picture's mouth does not fit the others' cheeks."""

Progress = Callable[[str, float], None]


def film_reference(
    path: Path, number: int | None = None, *, still: bool = False, progress: Progress = lambda what, share: None
) -> Reference:
    """From a film of one face. `still`: of its best picture only.

    Raises `FilmFileError` when it cannot be read, `ReferenceRefused` when it makes no avatar.
    """
    film, finder = ReferenceFilm(path), FaceFinder()
    faces = film_faces(film, number, finder, lambda share: progress("following the face", share))
    stretch = quietest_stretch(faces, film.rate)
    best = quietest_picture(faces, stretch)
    points = faces.points[best]
    assert points is not None  # stretches consist of pictures with faces
    picture = next(film.pictures(begin=best, end=best + 1))
    checks.check_fit(picture, Face(points, 1.0))
    if still:
        checks.check_expression(Face(points, 1.0))
        return still_reference(picture, Face(points, 1.0))
    progress("cutting the loop", 0.0)
    shrink = min(1.0, _WORKING_EYE_DISTANCE / g.eye_distance(points))
    pictures = film.pictures(shrink, stretch.begin, stretch.end)
    facts = face_facts(picture, Face(points, 1.0))
    facts |= {"kind": "film", "seconds_seen": round(len(faces.points) / film.rate, 1)}
    facts |= {"loop_from": round(stretch.begin / film.rate, 2), "loop_to": round(stretch.end / film.rate, 2)}
    return _assembled(faces, stretch, best, list(pictures), facts)


def _assembled(
    faces: FilmFaces, stretch: Stretch, best: int, pictures: list[NDArray[np.uint8]], facts: dict[str, float | str]
) -> Reference:
    height, width = pictures[0].shape[:2]
    smaller = np.diag([width / faces.width, height / faces.height, 0])[:2]
    inside = [p for p in faces.points[stretch.begin : stretch.end] if p is not None]
    middle = transformed(np.median(np.stack(inside), axis=0), smaller)
    framing = framing_of(middle, width, height)
    shown = [transformed(transformed(p, smaller), framing) for p in inside]
    everywhere = [transformed(transformed(p, smaller), framing) for p in faces.points if p is not None]
    crop = at_rest(face_crop(everywhere))
    frame = Frame(framing, width, height)
    cut = [frame.cut(picture) for picture in pictures]
    loop = np.stack([i420_of(picture) for picture in cut])
    to_crop = steadied([crop.to_crop(points) for points in shown])
    mouths = mouths_in(crop, shown, to_crop)
    order = [index - stretch.begin for index in stretch.forth_and_back()]
    return Reference(
        loop[order],
        [to_crop[index] for index in order],
        cut[best - stretch.begin],
        shown[best - stretch.begin],
        crop,
        FrameMouths(mouths.rest[order], mouths.seen[order], own=_silent(shown) or _turning(shown)),
        facts,
    )


def mouths_in(crop: FaceCrop, shown: Sequence[g.Points], to_crop: Sequence[g.Matrix]) -> FrameMouths:
    """The mouth of every frame, and the resting one on a head that is held likewise."""
    pairs = list(zip(shown, to_crop, strict=True))
    seen = [packed(mouth_lines(g.apply(matrix, points))) for points, matrix in pairs]
    learnt = packed(mouth_lines(g.apply(crop.plane, crop.reference)))
    held = [packed(mouth_lines(g.apply(m, g.laid_over(crop.reference, points)))) for points, m in pairs]
    rest = [row - learnt + packed(crop.rest) for row in held]
    return FrameMouths(_parted(_steady_rows(rest)), _steady_rows(seen))


def _silent(shown: Sequence[g.Points]) -> bool:
    return bool(np.quantile([mouth_opening(Face(points, 1.0)) for points in shown], 0.98) <= _SILENT)


def _turning(shown: Sequence[g.Points]) -> bool:
    yaw = np.array([head_pose(points).yaw for points in shown])
    return bool(np.abs(yaw - np.median(yaw)).max() > _TURNING)


def _steady_rows(rows: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.stack(steadied([row[None].astype(np.float64) for row in rows]))[:, 0].astype(np.float32)


def _parted(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Packed lines whose lips do not cross, as those of different frames may."""
    parted = rows.copy()
    lips = parted[:, : 4 * KNOTS].reshape(-1, 4, KNOTS)
    down = np.maximum(lips[:, 1, 1:-1] + LIPS_MEET - lips[:, 2, 1:-1], 0)
    lips[:, 2, 1:-1] += down
    lips[:, 3, 1:-1] += down
    return parted
