"""Moves the face of a picture: lids close, the head sways and turns in the picture's plane, the shoulders breathe.

The head moves as a whole around the middle of the neck, like a drawn one (`training.drawn.characters.drawing`).
Around it the motion fades out, so the background and the body hold still and nothing tears.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces import geometry as g
from ims_avatar.faces.lids import Lids

_NECK = 0.36
"""From the chin down to where the head turns, in eye distances, like all lengths here."""
_MARGIN = 0.20
"""Beside the face's oval: this much moves like the face itself. A mouth can be drawn anywhere inside."""
_FADE = 0.80
"""Width of the ring in which the motion fades out."""
_CROWN = 0.55
"""From the top of the oval to the top of the hair."""
_EDGE = 0.12
"""At the picture's edges nothing moves: what would come in from outside is not known."""
_BREATH = 0.018
"""How far shoulders rise: two pixels of 512 for a face that takes a quarter of the picture's width."""
_CLOSED = 0.15
"""Lids of a closed eye are still so far apart in landmarks, as a share of the open eye's."""
_LOOK_DOWN = 0.12
"""Lids this much lower, as a share, are no blink."""
MOST_SHIFT, MOST_ROLL, MOST_SCALE = 0.12, 5.0, 0.05
"""Eye distances, degrees, share: with more, the ring around the head could fold."""
_STEP = 4
"""The fade is computed on a grid so much coarser than the picture."""
_BANDS = 8
"""The part of a picture that moves is worked on in so many bands, each no wider than it must be."""
_NOTHING = 0.004
"""A share of the motion that moves nothing by a fortieth of a pixel."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FaceMotion:
    """How a face moved, against the face as it is in the picture."""

    lids: tuple[float, float] = (0.0, 0.0)
    """Eye on the left and on the right of the picture: 0 as in the picture, 1 closed."""
    dx: float = 0.0
    """In eye distances (`geometry.eye_distance`), to the right."""
    dy: float = 0.0
    """Down."""
    roll: float = 0.0
    """Degrees clockwise."""
    scale: float = 1.0
    breath: float = 0.0
    """0 breathed out, 1 breathed in: the shoulders rise by about two pixels of 512."""


class FaceMover:
    """Moves one picture's face. `points` (478, 2 or 3) are its landmarks, `width` and `height` the picture's, even.

    With the picture itself, `still` (I420), lids close where its eyes end, not where the landmarks say so.
    """

    def __init__(self, points: g.Points, width: int, height: int, still: Picture | None = None) -> None:
        self._width, self._height = width, height
        self._unit = g.eye_distance(points)
        self._pivot = _neck(points)
        seen = None if still is None else _luma_and_cr(still, width, height)
        self._lids = Lids(points, width, height, seen)
        head, body = _fade(points, width, height), _body(points, width, height)
        self._fields = [_bands(head, body, step) for step in (1, 2)]

    def head_matrix(self, motion: FaceMotion) -> g.Matrix:
        """2 x 3, in pixels: where a point of the face goes, the mouth and the chin included."""
        turn = motion.scale * _rotation(motion.roll)
        shift = self._unit * np.array([motion.dx, motion.dy])
        return np.column_stack([turn, self._pivot + shift - turn @ self._pivot])

    def move(self, i420: Picture, motion: FaceMotion) -> Picture:
        """The picture (height * 3 // 2, width) after the motion; the picture that the landmarks are of, or one in which
        only the mouth differs. A new array."""
        moved = i420.copy()
        height, width = self._height, self._width
        luma = moved[:height]
        chroma = moved[height:].reshape(2, height // 2, width // 2)
        self._lids.close(luma, tuple(chroma), motion.lids)
        back = g.inverse(self.head_matrix(motion))
        rise = motion.breath * _BREATH * self._unit
        if rise or not np.allclose(back, np.eye(2, 3), atol=1e-6):
            self._bend(luma[None], 0, back, rise)
            self._bend(chroma, 1, back, rise)
        return moved

    def _bend(self, planes: Picture, field: int, back: g.Matrix, rise: float) -> None:
        """Planes (n, h, w) in place."""
        sources, how = planes.copy(), (cv2.INTER_CUBIC, cv2.INTER_LINEAR)[field]
        for band in self._fields[field]:
            x, y = band.places(back, rise)
            for source, plane in zip(sources, planes, strict=True):
                plane[band.window] = cv2.remap(source, x, y, how, borderMode=cv2.BORDER_REPLICATE)


class _Band:
    """Where the pixels of some rows of a plane come from. `step`: the plane is so much coarser than the picture."""

    def __init__(self, head: NDArray[np.float32], body: NDArray[np.float32], window: tuple[slice, slice], step: int):
        self.window, self._step = window, step
        self._head, self._body = (np.ascontiguousarray(share[window]) for share in (head, body))
        y, x = np.mgrid[window].astype(np.float32)
        self._x, self._y = np.ascontiguousarray(x), np.ascontiguousarray(y)
        self._head_x, self._head_y = self._head * (x + 0.5), self._head * (y + 0.5)

    def places(self, back: g.Matrix, rise: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Columns and rows that pixels of the window come from, as `cv2.remap` counts. `back`: from places of the moved
        head to the head as it was, in pixels of the picture."""
        (a, b, c), (d, e, f) = (back - np.eye(2, 3)).tolist()
        x = self._x + np.float32(a) * self._head_x
        x += np.float32(b) * self._head_y
        x += np.float32(c / self._step) * self._head
        y = self._y + np.float32(d) * self._head_x
        y += np.float32(e) * self._head_y
        y += np.float32(f / self._step) * self._head
        if rise:
            y += np.float32(rise / self._step) * self._body
        return x, y


def _bands(head: NDArray[np.float32], body: NDArray[np.float32], step: int) -> list[_Band]:
    """Bands of a plane that hold all that moves."""
    size = (head.shape[1] // step, head.shape[0] // step)
    head, body = (np.asarray(cv2.resize(share, size, interpolation=cv2.INTER_AREA)) for share in (head, body))
    moving = np.maximum(head, body) > _NOTHING
    rows = np.flatnonzero(moving.any(axis=1))
    bands = []
    for part in np.array_split(rows, _BANDS):
        columns = np.flatnonzero(moving[part].any(axis=0)) if len(part) else part
        if len(columns):
            window = (slice(int(part[0]), int(part[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
            bands.append(_Band(head, body, window, step))
    return bands


def motion_of(points: g.Points, neutral: g.Points) -> FaceMotion:
    """What a driver's face (478, 3) does against the same face looking ahead with open eyes, within what a picture can
    follow. A head that turns or nods seems to move sideways or up and down."""
    stable = list(g.STABLE)
    there = g.similarity(neutral[stable, :2], points[stable, :2])
    pivot, unit = _neck(neutral), g.eye_distance(neutral)
    # Of the neck, because the picture that follows turns around it.
    shift = (g.apply(there, pivot) - pivot) / max(unit, 1e-6)
    scale = math.hypot(there[0, 0], there[1, 0])
    roll = math.degrees(math.atan2(there[1, 0], there[0, 0]))
    return FaceMotion(
        lids=(_closure(points, neutral, 0), _closure(points, neutral, 1)),
        dx=_limited(float(shift[0]), MOST_SHIFT),
        dy=_limited(float(shift[1]), MOST_SHIFT),
        roll=_limited(roll, MOST_ROLL),
        scale=1.0 + _limited(scale - 1.0, MOST_SCALE),
    )


def _luma_and_cr(i420: Picture, width: int, height: int) -> tuple[Picture, Picture]:
    return i420[:height], i420[height:].reshape(2, height // 2, width // 2)[1]


def _limited(value: float, most: float) -> float:
    """Small values as they are, large ones held back more and more: a hard limit would show as a jerk."""
    return most * math.tanh(value / most)


def _closure(points: g.Points, neutral: g.Points, eye: int) -> float:
    share = _opening(points, eye) / max(_opening(neutral, eye), 1e-6)
    return float(np.clip((1.0 - _LOOK_DOWN - share) / (1.0 - _LOOK_DOWN - _CLOSED), 0.0, 1.0))


def _opening(points: g.Points, eye: int) -> float:
    """How far lids are apart, as a share of the distance between the eyes: heads nearer the camera have larger eyes."""
    pairs = (g.LEFT_LIDS, g.RIGHT_LIDS)[eye]
    gaps = [np.linalg.norm(points[upper, :2] - points[lower, :2]) for upper, lower in pairs]
    return float(np.mean(gaps)) / max(g.eye_distance(points), 1e-6)


def _rotation(degrees: float) -> NDArray[np.float64]:
    """Clockwise in a picture whose y grows downwards."""
    angle = math.radians(degrees)
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def _axes(points: g.Points) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors across and down the face."""
    across = (points[g.OUTER_EYES[1], :2] - points[g.OUTER_EYES[0], :2]).astype(np.float64)
    across /= max(float(np.linalg.norm(across)), 1e-6)
    return across, np.array([-across[1], across[0]])


def _neck(points: g.Points) -> NDArray[np.float64]:
    """The middle of the neck, (2,)."""
    chin = points[list(g.CHIN_TIP), :2].mean(axis=0).astype(np.float64)
    neck: NDArray[np.float64] = chin + _NECK * g.eye_distance(points) * _axes(points)[1]
    return neck


def _smooth(x: NDArray[np.floating]) -> NDArray[np.float32]:
    """0 to 1 without a kink at either end (fifth order)."""
    t = np.clip(x, 0, 1)
    return np.asarray(t**3 * (t * (6 * t - 15) + 10), np.float32)


def _fade(points: g.Points, width: int, height: int) -> NDArray[np.float32]:
    """(height, width): how far each pixel follows the head; 1 on the face and around it."""
    unit, (_, down) = g.eye_distance(points), _axes(points)
    oval = points[list(g.FACE_OVAL), :2].astype(np.float64)
    middle = points[list(g.STABLE), :2].mean(axis=0)
    above = np.clip(-((oval - middle) @ down) / (1.0 * unit), 0, 1)[:, None]
    head = np.concatenate([oval, oval - above * _CROWN * unit * down])
    hull = cv2.convexHull(head.astype(np.float32))
    mask = np.ones((height // _STEP, width // _STEP), np.uint8)
    cv2.fillConvexPoly(mask, np.rint(hull / _STEP - 0.5).astype(np.int32), 0)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) * _STEP / unit
    share = 1 - _smooth((distance - _MARGIN - 0.06) / _FADE)
    share = cv2.GaussianBlur(share, (0, 0), max(0.05 * unit / _STEP, 0.5))
    fine = np.asarray(cv2.resize(share, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    return fine.clip(0, 1) * _within(width, height, unit)


def _body(points: g.Points, width: int, height: int) -> NDArray[np.float32]:
    """(height, width): how far each pixel follows the shoulders' breathing; 0 on the face and beside the body."""
    unit, chin = g.eye_distance(points), points[list(g.CHIN_TIP), :2].mean(axis=0)
    x = np.abs(np.arange(width) + 0.5 - chin[0]) / unit
    y = (np.arange(height) + 0.5 - chin[1]) / unit
    below = _smooth((y - _MARGIN) / 1.0)
    beside = 1 - _smooth((x - 1.2) / 1.4)
    return below[:, None] * beside[None] * _within(width, height, unit)


def _within(width: int, height: int, unit: float) -> NDArray[np.float32]:
    """0 at the picture's edges, 1 a little inside."""
    x, y = (np.minimum(np.arange(n) + 0.5, n - np.arange(n) - 0.5) / (_EDGE * unit) for n in (width, height))
    return _smooth(y)[:, None] * _smooth(x)[None]
