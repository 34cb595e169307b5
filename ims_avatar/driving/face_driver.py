"""What a driver's face does, against the same face at rest: lip code, lids and head. Nothing else of it goes on."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.lip_range import HIGHEST, LOWEST
from ims_avatar.faces import geometry as g
from ims_avatar.faces.lip_code import MouthLines, code_of, mouth_lines, rest_of
from ims_avatar.faces.motion import FaceMotion, motion_of
from ims_avatar.flow import LIP_CODE_SIZE

MEMORY_S = 30.0
"""Seconds of the driver's past in which the face at rest is looked for."""
_RELEARN_S = 1.0
_KEPT_EVERY_S = 0.1
"""One face in so many seconds is remembered."""
_BETTER = 0.6
"""The head's middle moves only to a face whose distance from the usual is this share of the old one's: no jumps."""
_HEAD_S = 0.08
"""Time constant in seconds that takes the tremble from the head."""
_LOST_S = 0.12
"""Time constant in seconds with which a lost face comes to rest."""
_JUMP = 0.8
"""A face that moved so many eye distances from one picture to the next, or changed its size so much, is another's."""
STATE_SIZE = LIP_CODE_SIZE + 6
"""A state is the lip code, then lids left and right, dx, dy, roll, and scale minus 1: 0 everywhere is rest."""

State = NDArray[np.float64]


def lip_code_of(state: State) -> NDArray[np.float32]:
    return state[:LIP_CODE_SIZE].astype(np.float32)


def motion_in(state: State) -> FaceMotion:
    left, right, dx, dy, roll, growth = state[LIP_CODE_SIZE:].tolist()
    return FaceMotion(lids=(left, right), dx=dx, dy=dy, roll=roll, scale=1.0 + growth)


class FaceDriver:
    """One driver. Feed `learn` and `state` with the same faces, in order; the first may run ahead."""

    def __init__(self) -> None:
        self._forget()
        self._state: State = np.zeros(STATE_SIZE)
        self._time = 0.0
        self.seen = False
        """Whether there was any face yet."""

    def _forget(self) -> None:
        self._past: deque[tuple[float, g.Points]] = deque()
        self._last: g.Points | None = None
        self._plane: g.Points | None = None
        self._rest: MouthLines | None = None
        self._neutral: g.Points | None = None
        self._learned = -math.inf

    def learn(self, time: float, points: g.Points | None) -> None:
        """A face (478, 3) at `time`; None: there was none. Another person's face makes it begin anew."""
        if points is None:
            return
        self.seen = True
        if self._last is not None and is_another(points, self._last):
            self._forget()
        self._last = points
        if not self._past or time - self._past[-1][0] >= _KEPT_EVERY_S:
            self._past.append((time, points))
        while time - self._past[0][0] > MEMORY_S:
            self._past.popleft()
        if time - self._learned >= _RELEARN_S:
            self.relearn(time)

    def relearn(self, time: float) -> None:
        """Look for the face at rest in all that is remembered."""
        if not self._past:
            return
        self._learned = time
        faces = [points for _, points in self._past]
        if self._plane is None:
            first = faces[0]
            turned = g.apply(g.upright(first), first)
            self._plane = np.column_stack([turned, first[:, 2]]).astype(np.float32)
        self._rest = rest_of([mouth_lines(g.laid_over(face, self._plane)) for face in faces])
        self._neutral = _most_usual(faces, self._neutral)

    def state(self, time: float, points: g.Points | None) -> State:
        """What the face does, float64 (STATE_SIZE,); without a face everything goes to rest."""
        step, self._time = max(time - self._time, 1e-3), time
        if points is None or self._plane is None or self._rest is None or self._neutral is None:
            self._state = self._state * math.exp(-step / _LOST_S)
            return self._state
        lips = np.clip(code_of(mouth_lines(g.laid_over(points, self._plane)), self._rest), LOWEST, HIGHEST)
        motion = motion_of(points, self._neutral)
        head = np.array([motion.dx, motion.dy, motion.roll, motion.scale - 1.0])
        before = self._state[LIP_CODE_SIZE + 2 :]
        head = before + (head - before) * (1 - math.exp(-step / _HEAD_S))
        self._state = np.concatenate([lips, _together(motion.lids), head])
        return self._state


def _together(lids: tuple[float, float]) -> tuple[float, float]:
    """Both eyes do what their mean does, unless they differ much: people blink with both, landmarks tremble singly."""
    left, right = lids
    apart = min(max((abs(left - right) - 0.4) / 0.3, 0.0), 1.0)
    mean = (left + right) / 2
    return mean + apart * (left - mean), mean + apart * (right - mean)


def is_another(points: g.Points, before: g.Points) -> bool:
    """Whether a face is not the one that was in the picture before."""
    unit = g.eye_distance(before)
    stable = list(g.STABLE)
    way = np.linalg.norm(points[stable, :2].mean(axis=0) - before[stable, :2].mean(axis=0)) / unit
    return bool(way > _JUMP or abs(math.log(g.eye_distance(points) / unit)) > _JUMP / 2)


def _most_usual(faces: list[g.Points], before: g.Points | None) -> g.Points:
    """The face that looks where this one mostly looks, with eyes as open as they mostly are."""
    every = faces if before is None else [*faces, before]
    features = np.array([_features(face) for face in every])
    usual = np.median(features, axis=0)
    away = np.abs(features - usual)
    away[:, -1] = np.maximum(usual[-1] - features[:, -1], 0.0)  # wide eyes are no fault
    costs = (away / (np.median(away, axis=0) + 1e-3)).sum(axis=1)
    best = int(np.argmin(costs))
    if before is not None and costs[best] > _BETTER * costs[-1]:
        return before
    return every[best]


def _features(points: g.Points) -> list[float]:
    """Place, size and turn of a head, and how open its eyes are, all in about the same unit."""
    unit = g.eye_distance(points)
    x, y = points[list(g.STABLE), :2].mean(axis=0) / unit
    across = points[g.OUTER_EYES[1], :2] - points[g.OUTER_EYES[0], :2]
    lids = [np.linalg.norm(points[up, :2] - points[low, :2]) for up, low in (*g.LEFT_LIDS, *g.RIGHT_LIDS)]
    nose = (points[1, :2] - points[list(g.OUTER_EYES), :2].mean(axis=0)) / unit
    turn = math.atan2(across[1], across[0])
    return [float(x), float(y), math.log(unit), turn, float(nose[0]), float(nose[1]), float(np.mean(lids)) / unit]
