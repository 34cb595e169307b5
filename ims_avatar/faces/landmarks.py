"""A face as 478 points in MediaPipe's canonical order, and the names of those that others ask for.

Left and right are the picture's, not the person's. Index lists: MediaPipe, Apache-2.0,
mediapipe/modules/face_landmark/tensors_to_face_landmarks_with_attention.pbtxt and
mediapipe/python/solutions/face_mesh_connections.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POINTS = 478
MESH_POINTS = 468
"""The points of the face's surface; after them come five for each iris."""

# fmt: off
LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291,  # lower outer contour, corner to corner
    185, 40, 39, 37, 0, 267, 269, 270, 409,  # upper outer, without corners
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308,  # lower inner
    191, 80, 81, 82, 13, 312, 311, 310, 415,  # upper inner
    76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306,  # between them, nearer the outer contour
    184, 74, 73, 72, 11, 302, 303, 304, 408,
    62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292,  # nearer the inner contour
    183, 42, 41, 38, 12, 268, 271, 272, 407,
)
LEFT_LIDS = (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173)
"""The edge of the lids: lower from outer to inner corner, then upper without corners."""
LEFT_EYE = (
    *LEFT_LIDS,
    130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190,  # rings around it, each wider
    226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189,
    35, 124, 46, 53, 52, 65,  # brow, lower edge
    143, 111, 117, 118, 119, 120, 121, 128, 245,
    156, 70, 63, 105, 66, 107, 55, 193,  # brow, upper edge
)
RIGHT_LIDS = (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398)
RIGHT_EYE = (
    *RIGHT_LIDS,
    359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414,
    446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413,
    265, 353, 276, 283, 282, 295,
    372, 340, 346, 347, 348, 349, 350, 357, 465,
    383, 300, 293, 334, 296, 336, 285, 417,
)
LEFT_IRIS = (468, 469, 470, 471, 472)
"""Centre first, then four points of its edge."""
RIGHT_IRIS = (473, 474, 475, 476, 477)
FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)
# fmt: on
"""The outline of the face, clockwise from the middle of the forehead."""

LEFT_EYE_OUTER, LEFT_EYE_INNER, RIGHT_EYE_INNER, RIGHT_EYE_OUTER = 33, 133, 362, 263
LEFT_MOUTH_CORNER, RIGHT_MOUTH_CORNER = 61, 291
UPPER_LIP_INNER, LOWER_LIP_INNER = 13, 14
NOSE_TIP, CHIN, FOREHEAD = 1, 152, 10


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one picture."""

    points: NDArray[np.float32]
    """(478, 3): x right and y down in pixels of the picture, where the first pixel's centre is (0.5, 0.5) and its outer
    corner (0, 0); z in the same scale, smaller towards the viewer, 0 about the middle of the head."""
    score: float
    """0 to 1: how sure the model is that this is a face."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the points, in pixels; may lie outside the picture."""
        low, high = self.points[:, :2].min(axis=0), self.points[:, :2].max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])
