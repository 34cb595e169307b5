"""Which of the 478 landmarks are what, and how faces are laid over each other. Numbers: MediaPipe's canonical face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
"""(478, 3): x, y in pixels, z in the same scale, growing away from the camera."""
Matrix = NDArray[np.float64]
"""2 x 3: x' = M[:, :2] @ x + M[:, 2]."""

UPPER_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
UPPER_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LOWER_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
"""Lip lines, from the left of the picture to the right."""
LEFT_CORNER, RIGHT_CORNER = 61, 291
CHIN_LINE = (172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397)
"""The jaw's contour, from the left of the picture to the right."""
CHIN_TIP = (148, 152, 377, 176, 400)
NOSE_BASE = (98, 2, 327)
STABLE = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 98, 327, 10, 151, 9, 8, 70, 300, 127, 356)
"""Points that speech does not move: eye corners, nose, forehead, temples."""
OUTER_EYES = (33, 263)
LEFT_LIDS = ((159, 145), (158, 153), (160, 144))
RIGHT_LIDS = ((386, 374), (385, 380), (387, 373))
"""Pairs of upper and lower lid of the eye on the left and on the right of the picture."""
LEFT_EYE, RIGHT_EYE = (33, 133), (362, 263)
"""Corners of each eye."""
FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip


def eye_distance(points: Points) -> float:
    """Pixels between the outer corners of the eyes: the unit for the size of a face."""
    return float(np.linalg.norm(points[OUTER_EYES[0], :2] - points[OUTER_EYES[1], :2]))


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> Matrix:
    """The turn, scale and shift, (2, 3), that lay points (n, 2) best over others (least squares; Umeyama 1991)."""
    s, t = np.asarray(source, np.float64), np.asarray(target, np.float64)
    ms, mt = s.mean(axis=0), t.mean(axis=0)
    z, w = (s - ms) @ [1, 1j], (t - mt) @ [1, 1j]
    k = (np.conj(z) * w).sum() / (np.abs(z) ** 2).sum()
    turn = np.array([[k.real, -k.imag], [k.imag, k.real]])
    return np.column_stack([turn, mt - turn @ ms])


def apply(matrix: Matrix, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """The points (..., 2) after the map."""
    moved: NDArray[np.float64] = np.asarray(points, np.float64)[..., :2] @ matrix[:, :2].T + matrix[:, 2]
    return moved


def inverse(matrix: Matrix) -> Matrix:
    """The map back, (2, 3)."""
    whole: Matrix = np.linalg.inv(np.vstack([matrix, [0.0, 0.0, 1.0]]))[:2]
    return whole


def laid_over(points: Points, reference: Points) -> NDArray[np.float64]:
    """All points (478, 3) of a face turned, scaled and moved in space so that its stable points lie on the reference's.

    Takes the head's pose out of a face (Kabsch 1976): what is left is expression.
    """
    a, b = (np.asarray(p, np.float64)[list(STABLE)] for p in (points, reference))
    ma, mb = a.mean(axis=0), b.mean(axis=0)
    u, s, vt = np.linalg.svd((a - ma).T @ (b - mb))
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    turn = (u * sign) @ vt
    scale = (s * sign).sum() / ((a - ma) ** 2).sum()
    laid: NDArray[np.float64] = (np.asarray(points, np.float64) - ma) @ turn * scale + mb
    return laid


def upright(points: Points) -> Matrix:
    """The turn around the face's middle, (2, 3), that makes the eyes level. Scale stays."""
    left, right = (points[i, :2].astype(np.float64) for i in OUTER_EYES)
    dx, dy = right - left
    c, s = np.array([dx, -dy]) / np.hypot(dx, dy)
    turn = np.array([[c, -s], [s, c]])
    middle = points[list(STABLE), :2].mean(axis=0).astype(np.float64)
    return np.column_stack([turn, middle - turn @ middle])
