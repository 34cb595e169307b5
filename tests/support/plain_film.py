"""Films as training sees them, made of numbers: a face of the canonical proportions, and only the faults asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces.landmarks import LIPS, LOWER_LIP_INNER, UPPER_LIP_INNER
from ims_avatar.faces.pose import _canonical
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.training.films.film_track import THUMB_HEIGHT, THUMB_WIDTH, FilmTrack
from tests.unit.faces.turning import turned_head

RATE = 25.0
SIZE = (640, 480)
EYES = 8.892
"""Between the outer corners of the eyes in `pose`'s canonical face, in centimetres."""


def plain_face(opening: float = 0.0, yaw: float = 0.0, x: float = 320.0, wide: float = 1.0) -> NDArray[np.float32]:
    """(478, 3), 140 pixels between the eyes. `opening` in eye distances, `yaw` in degrees, `wide`: another person."""
    indices, places = _canonical()
    face = np.random.default_rng(1).uniform(-5, 5, (478, 3))
    face[list(LIPS)] = (0.0, 6.0, -4.0)
    face[indices] = places
    face[LOWER_LIP_INNER] = face[UPPER_LIP_INNER] + (0.0, opening * EYES, 0.0)
    face *= (wide, 1.0, 1.0)
    turned = turned_head(face, yaw) * 140 / EYES
    return np.add(turned, (x, 200.0, 0.0)).astype(np.float32)


def plain_film(
    points: NDArray[np.float32], sound: NDArray[np.int16] | None = None, size: tuple[int, int] = SIZE
) -> FilmTrack:
    """One shot in which this face (T, 478, 3) is the only one, before a still, noisy background."""
    count = len(points)
    rng = np.random.default_rng(3)
    still = rng.integers(60, 190, (THUMB_HEIGHT, THUMB_WIDTH))
    thumbs = (still + rng.integers(-1, 2, (count, THUMB_HEIGHT, THUMB_WIDTH))).astype(np.uint8)
    return FilmTrack(np.arange(count) / RATE, points, np.ones(count, np.int64), thumbs, sound, size, RATE)


def talking_film(seconds: float, speech: list[tuple[float, float]] | None = None) -> FilmTrack:
    """Somebody who speaks all the time, or in these spans (begin, end) alone, with syllables that open the lips."""
    times = np.arange(round(seconds * RATE)) / RATE
    at = np.arange(round(seconds * AUDIO_RATE)) / AUDIO_RATE
    syllables = 0.5 - 0.5 * np.cos(2 * np.pi * 4 * at)
    sounding = _within(at, speech)
    noise = np.random.default_rng(2).normal(0, 4000, len(at))
    opening = np.where(_within(times, speech), 0.1 - 0.1 * np.cos(2 * np.pi * 4 * times), 0.0)
    points = np.stack([plain_face(float(gap)) for gap in opening])
    return plain_film(points, (noise * syllables * sounding).astype(np.int16))


def _within(times: NDArray[np.float64], spans: list[tuple[float, float]] | None) -> NDArray[np.bool_]:
    if spans is None:
        return np.ones(len(times), bool)
    inside = [(times >= begin) & (times < end) for begin, end in spans]
    return np.asarray(np.any(inside, axis=0), bool)
