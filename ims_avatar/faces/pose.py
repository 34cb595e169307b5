"""How a head is held, from landmarks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_HALF_FACE = {
    33: (-4.446, 2.664, 3.173),
    133: (-1.856, 2.585, 3.758),
    98: (-1.406, -1.714, 5.241),
    127: (-7.743, 2.365, -2.005),
    234: (-7.664, 0.673, -2.436),
}
_MIDDLE = {
    10: (0.0, 8.262, 4.482),
    151: (0.0, 6.545, 5.027),
    9: (0.0, 4.886, 5.385),
    8: (0.0, 4.019, 5.285),
    168: (0.0, 3.271, 5.236),
    6: (0.0, 2.473, 5.789),
    197: (0.0, 1.728, 6.317),
    195: (0.0, 1.059, 6.775),
    5: (0.0, 0.366, 7.243),
    4: (0.0, -0.463, 7.587),
    1: (0.0, -1.127, 7.476),
}
"""Points that neither speech nor lids move, in MediaPipe's canonical face: centimetres, y up, z towards the viewer.
Apache-2.0, mediapipe/modules/face_geometry/data/canonical_face_model.obj."""
_MIRRORED = {33: 263, 133: 362, 98: 327, 127: 356, 234: 454}


def _canonical() -> tuple[list[int], NDArray[np.float64]]:
    """Landmark numbers and their places (n, 3) around their mean, with y down and z away as in `Face`."""
    other = {_MIRRORED[index]: (-x, y, z) for index, (x, y, z) in _HALF_FACE.items()}
    known = _MIDDLE | _HALF_FACE | other
    places = np.array(list(known.values())) * (1, -1, -1)
    return list(known), places - places.mean(axis=0)


class HeadPose(NamedTuple):
    """Degrees; all 0 when the face looks straight out of an upright picture."""

    yaw: float
    """Turned towards the picture's right."""
    pitch: float
    """Looking down."""
    roll: float
    """Tilted clockwise in the picture."""


def head_pose(points: NDArray[np.floating]) -> HeadPose:
    """The pose of a face's points (478, 2 or 3).

    The canonical face seen from far away, turned and scaled to fit best (least squares). Only x and y are looked at:
    the model's z is about a tenth too flat. Good to about 3 degrees up to 30, on people whose proportions are usual.
    """
    indices, places = _canonical()
    seen = np.asarray(points[indices, :2], np.float64)
    fitted, *_ = np.linalg.lstsq(places, seen - seen.mean(axis=0), rcond=None)
    left, _, right = np.linalg.svd(fitted.T, full_matrices=False)
    across, down = left @ right
    away = np.cross(across, down)
    yaw = np.degrees(np.arcsin(np.clip(away[0], -1, 1)))
    pitch = np.degrees(np.arctan2(away[1], away[2]))
    return HeadPose(float(yaw), float(pitch), float(np.degrees(np.arctan2(down[0], across[0]))))
