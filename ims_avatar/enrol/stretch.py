"""Which stretch of a film becomes the loop: where little is said, the eyes are open and the head turns at ease.

A loop plays the stretch forth and back, so it has no seam; what would show is a head that bounces at its ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ims_avatar.enrol.film_faces import FilmFaces, jumps
from ims_avatar.errors import ReferenceRefused
from ims_avatar.faces import geometry as g
from ims_avatar.faces.checks import MOST_CUT, MOST_PITCH, MOST_YAW, eye_opening, mouth_opening, share_outside
from ims_avatar.faces.landmarks import Face
from ims_avatar.faces.pose import head_pose

LONGEST = 113
"""Pictures; forth and back they are nine seconds."""
SHORTEST_S = 2.0
MOST_LOST = 0.20
_SHUT = 0.5
"""Lids this much nearer than usual are taken for a blink."""


@dataclass(frozen=True, slots=True)
class Stretch:
    begin: int
    end: int
    """One past the last picture."""

    def forth_and_back(self) -> list[int]:
        """The pictures of the loop."""
        there = list(range(self.begin, self.end))
        return there + there[-2:0:-1]


def quietest_stretch(faces: FilmFaces, rate: float) -> Stretch:
    """`rate`: pictures a second. Raises `ReferenceRefused` when the film has no stretch that will do."""
    shortest = round(SHORTEST_S * rate)
    runs = _usable_runs(faces, shortest, rate)
    best, least = None, np.inf
    for run in runs:
        unrest, speed, shut = _measures([p for p in faces.points[run.begin : run.end] if p is not None])
        total = np.concatenate([[0.0], np.cumsum(unrest)])
        for length in range(min(shortest, LONGEST), min(LONGEST, len(unrest)) + 1):
            begins = np.arange(len(unrest) - length + 1)
            ends = begins + length - 1
            cost = (total[begins + length] - total[begins]) / length - 0.002 * length
            cost += 10.0 * (speed[begins] + speed[ends]) + 2.0 * (shut[begins] | shut[ends])
            if cost.min() < least:
                least = float(cost.min())
                best = Stretch(run.begin + int(cost.argmin()), run.begin + int(cost.argmin()) + length)
    assert best is not None  # there is at least one run, and it is long enough
    return best


def quietest_picture(faces: FilmFaces, stretch: Stretch) -> int:
    """The picture of the stretch whose lips are most closed among those with open eyes."""
    shown = [Face(p, 1.0) for p in faces.points[stretch.begin : stretch.end] if p is not None]
    eyes = np.array([eye_opening(face) for face in shown])
    mouths = np.array([mouth_opening(face) for face in shown])
    turned = np.array([abs(head_pose(face.points).yaw) for face in shown])
    cost = mouths + 0.002 * turned + 10.0 * (eyes < 0.8 * np.median(eyes))
    return stretch.begin + int(cost.argmin())


def _usable_runs(faces: FilmFaces, shortest: int, rate: float) -> list[Stretch]:
    count = len(faces.points)
    if count < shortest:
        raise ReferenceRefused(
            "too-short",
            f"the film is too short: {count / rate:.1f} s, at least {SHORTEST_S:.0f} s are needed",
            remedy="use a longer film, or --still to make a still picture of it",
        )
    lost = sum(p is None for p in faces.points) / count
    if lost == 1.0:
        raise ReferenceRefused(
            "no-face", "no face found in the film", remedy="use a film of one person who looks into the camera"
        )
    if lost > MOST_LOST:
        raise ReferenceRefused(
            "face-lost",
            f"the face is lost in {lost:.0%} of the pictures, at most {MOST_LOST:.0%} will do",
            remedy="use a film in which the face is in sight all the time, or cut out the part that shows it",
        )
    usable = np.array([p is not None and _fits(p, faces) for p in faces.points])
    breaks = {0, count, *faces.cuts, *jumps(faces)}
    breaks |= {int(k) + 1 for k in np.flatnonzero(np.diff(usable.astype(int)))}
    parts = [Stretch(a, b) for a, b in zip(sorted(breaks), sorted(breaks)[1:], strict=False) if usable[a]]
    runs = [part for part in parts if part.end - part.begin >= shortest]
    if not runs:
        raise _none_long_enough(faces, usable, max((p.end - p.begin for p in parts), default=0) / rate)
    return runs


def _fits(points: g.Points, faces: FilmFaces) -> bool:
    pose = head_pose(points)
    inside = share_outside(Face(points, 1.0), faces.width, faces.height) <= MOST_CUT
    return inside and abs(pose.yaw) <= MOST_YAW and abs(pose.pitch) <= MOST_PITCH


def _none_long_enough(faces: FilmFaces, usable: NDArray[np.bool_], longest: float) -> ReferenceRefused:
    needed = f"the longest usable stretch is {longest:.1f} s, at least {SHORTEST_S:.0f} s are needed"
    if usable.mean() < 0.5:
        return ReferenceRefused(
            "turned-away",
            f"the face is turned away, or cut by the picture's edge, in {1 - usable.mean():.0%} of the film; {needed}",
            remedy="use a film of a person who looks into the camera, whole face in sight",
        )
    return ReferenceRefused(
        "cuts",
        f"the film has {len({*faces.cuts, *jumps(faces)})} cuts; {needed}",
        remedy="use a film without cuts, or --still to make a still picture of it",
    )


def _measures(
    points: Sequence[g.Points],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """For each picture: how restless it is, how fast the head moves (eye distances a picture), if eyes are shut."""
    faces = [Face(p, 1.0) for p in points]
    unit = float(np.median([g.eye_distance(p) for p in points]))
    mouths = np.array([mouth_opening(face) for face in faces])
    eyes = np.array([eye_opening(face) for face in faces])
    places = np.array([p[list(g.STABLE), :2] for p in points]) / unit
    speed = np.linalg.norm(np.gradient(places, axis=0), axis=2).mean(axis=1) if len(points) > 1 else np.zeros(1)
    shut = eyes < _SHUT * np.median(eyes)
    unrest = 2.0 * mouths + 6.0 * np.abs(np.gradient(mouths)) + 4.0 * speed + 0.3 * shut
    return unrest, speed, shut
