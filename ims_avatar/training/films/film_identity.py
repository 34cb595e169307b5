"""Who is seen in which shot of a film: an interview shows two people in turn, and one avatar is one of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces import geometry as g
from ims_avatar.faces.geometry import Points
from ims_avatar.training.films.film_track import FilmTrack

OTHER_PERSON = 0.025
"""Distance of two face shapes, in eye distances. Shots of the same person (38 pairs) had 0.017 or less, those of two
people (1792 pairs) more than 0.025 in 95 of 100."""
SHORTEST_SHOT = 0.5
"""Seconds of a face that are enough to know it by; of shorter shots nothing is said."""

_LOOKS = 40
_LINES = (*g.FACE_OVAL, *g.STABLE)


def of_another_person(track: FilmTrack, shots: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pictures (T,) of whoever is not the person seen longest. `shots` (T,) ascend from cut to cut."""
    shapes: dict[int, NDArray[np.float64]] = {}
    seconds: dict[int, float] = {}
    reference = track.points[int(np.argmax(track.has_face))]
    for shot in range(int(shots[-1]) + 1):
        numbers = np.flatnonzero((shots == shot) & track.has_face)
        if len(numbers) >= SHORTEST_SHOT * track.rate:
            shapes[shot] = face_shape([track.points[n] for n in _spread(numbers)], reference)
            seconds[shot] = len(numbers) / track.rate
    if len(shapes) < 2:
        return np.zeros(len(shots), bool)
    alike = {a: {b for b in shapes if shape_distance(shapes[a], shapes[b]) <= OTHER_PERSON} for a in shapes}
    person = max(alike.values(), key=lambda found: sum(seconds[shot] for shot in found))
    others = [shot for shot in shapes if shot not in person]
    return np.isin(shots, others)


def face_shape(faces: list[Points], reference: Points) -> NDArray[np.float64]:
    """What speech and the head's pose leave of a face: (n, 2), median of several pictures, in eye distances."""
    laid = [g.laid_over(points, reference)[list(_LINES), :2] for points in faces]
    shape: NDArray[np.float64] = np.median(laid, axis=0) / g.eye_distance(reference)
    return shape


def shape_distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Root mean square of the points' distances, in eye distances."""
    return float(np.sqrt(((one - other) ** 2).sum(axis=1).mean()))


def _spread(numbers: NDArray[np.intp]) -> NDArray[np.intp]:
    places = np.linspace(0, len(numbers) - 1, min(_LOOKS, len(numbers)))
    return np.asarray(numbers[places.astype(np.intp)], np.intp)
