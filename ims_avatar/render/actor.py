"""An avatar on stage: its loop plays by itself, or it holds still and follows the head of a driver."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import av
import numpy as np
import structlog
from numpy.typing import NDArray

from ims_avatar.driving.moment import PICTURE_RATE, Moment
from ims_avatar.errors import AvatarError
from ims_avatar.flow import LIP_CODE_SIZE
from ims_avatar.inference.engine import AvatarEngine

if TYPE_CHECKING:  # at run time it needs the extra `vision`
    from ims_avatar.faces.motion import FaceMover

BREATH_S = 4.2
"""Seconds of a breath, when the loop that would show it holds still."""
_CANDIDATES = 8
"""So many frames of the loop are looked at for the one that is held: open eyes, whatever the loop begins with."""

_log = structlog.get_logger(__name__)


class Actor:
    """One avatar, one film. Not for two threads at once."""

    def __init__(self, engine: AvatarEngine) -> None:
        self._engine = engine
        self._held: tuple[int, FaceMover] | None = None
        self._searched = False

    def picture(self, index: int, moment: Moment) -> NDArray[np.uint8]:
        """Picture number `index`, I420; valid until the call after next. Raises `AvatarError` when the avatar fails."""
        if not np.isfinite(moment.lip_code).all():
            raise AvatarError("the driving input gave no finite lip code", remedy="report this with its source")
        if moment.motion is not None and not self._searched:
            self._held, self._searched = _hold(self._engine), True
        if moment.motion is None or self._held is None:
            return self._render(index * self._engine.spec.frame_rate // PICTURE_RATE, moment.lip_code)
        frame, mover = self._held
        breath = 0.5 - 0.5 * math.cos(2 * math.pi * index / PICTURE_RATE / BREATH_S)
        return mover.move(self._render(frame, moment.lip_code), replace(moment.motion, breath=breath))

    def _render(self, loop_index: int, lip_code: NDArray[np.float32]) -> NDArray[np.uint8]:
        picture: NDArray[np.uint8] = self._engine.render(loop_index, lip_code[None])[0]
        return picture


def _hold(engine: AvatarEngine) -> tuple[int, FaceMover] | None:
    """The loop frame whose eyes are widest open, and what moves its face; None when no face is found in the avatar."""
    from ims_avatar.faces.finder import FaceFinder
    from ims_avatar.faces.geometry import LEFT_LIDS, RIGHT_LIDS, eye_distance
    from ims_avatar.faces.motion import FaceMover

    finder, spec = FaceFinder(), engine.spec
    best: tuple[float, int, NDArray[np.float32], NDArray[np.uint8]] | None = None
    for index in sorted({k * spec.loop_length // _CANDIDATES for k in range(_CANDIDATES)}):
        picture = engine.render(index, np.zeros((1, LIP_CODE_SIZE), np.float32))[0]
        rgb = av.VideoFrame.from_ndarray(picture, format="yuv420p").to_ndarray(format="rgb24")
        face = finder.largest(np.asarray(rgb, np.uint8))
        if face is None:
            continue
        gaps = [np.linalg.norm(face.points[a, :2] - face.points[b, :2]) for a, b in (*LEFT_LIDS, *RIGHT_LIDS)]
        opening = float(np.mean(gaps)) / eye_distance(face.points)
        if best is None or opening > best[0]:
            best = opening, index, face.points, picture.copy()
    if best is None:
        _log.warning("no face is found in the avatar: only its mouth follows", avatar=spec.avatar)
        return None
    _, index, points, still = best
    return index, FaceMover(points, spec.width, spec.height, still)
