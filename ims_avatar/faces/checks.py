"""Whether a face can become an avatar. Each refusal (`ReferenceRefused`) says what was measured and what to do."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import ReferenceRefused
from ims_avatar.faces import landmarks as lm
from ims_avatar.faces.landmarks import Face
from ims_avatar.faces.pose import head_pose
from ims_avatar.faces.region import around, cut_out

SMALLEST_EYE_DISTANCE = 60.0
"""Pixels between the outer corners of the eyes. The mouth is then about 40 pixels wide: with less, lips are a blur."""
BYSTANDER = 1 / 3
"""A face smaller than this share of the largest is taken for somebody in the background."""
MOST_YAW, MOST_PITCH = 25.0, 20.0
"""Degrees. Beyond, one corner of the mouth or the chin goes out of sight when the lips move."""
MOST_CUT = 0.05
"""Share of the face's oval that may lie outside the picture: a little forehead."""
LEAST_SHARPNESS = 0.48
"""See `sharpness`. One frame of each of 30 films of photographed and drawn faces had 0.51 (soft to the eye) to 0.83.
Blurred by a Gaussian of 1 % of the eye distance they had 0.48 to 0.69; of 2 %, 0.41 to 0.51; of 3 %, 0.36 to 0.43;
enlarged from 24 pixels between the eyes, half of them had less than 0.47."""
CLOSED_EYE = 0.12
"""Lids apart, as a share of the eye's width. In those frames open eyes had 0.23 or more, closed ones 0.03."""
WIDEST_MOUTH = 0.25
"""Inner lips apart, as a share of the mouth's width: with more, the picture's own teeth would never close."""

_SHARPNESS_EYE_DISTANCE = 96
_FEATURES = (*lm.LEFT_EYE, *lm.RIGHT_EYE, *lm.LIPS)
_LIDS = (((159, 145), (158, 153), (160, 144)), ((386, 374), (385, 380), (387, 373)))
_CORNERS = ((lm.LEFT_EYE_OUTER, lm.LEFT_EYE_INNER), (lm.RIGHT_EYE_INNER, lm.RIGHT_EYE_OUTER))


def check_reference(rgb: NDArray[np.uint8], faces: Sequence[Face], number: int | None = None) -> Face:
    """The face of a still picture (h, w, 3) that can become an avatar, or `ReferenceRefused`.

    `number` chooses among several, from the left, beginning with 1.
    """
    face = choose_face(faces, number)
    check_fit(rgb, face)
    check_expression(face)
    return face


def check_fit(rgb: NDArray[np.uint8], face: Face) -> None:
    """Refuse a face that is cut, small, turned away or blurred: in a still picture and in a frame of a film alike."""
    check_inside(face, rgb.shape[1], rgb.shape[0])
    check_size(face)
    check_pose(face)
    check_sharpness(rgb, face)


def choose_face(faces: Sequence[Face], number: int | None = None) -> Face:
    """The only face, or the one of this number from the left. Bystanders do not count."""
    largest = max((eye_distance(face) for face in faces), default=0.0)
    shown = [face for face in faces if eye_distance(face) >= largest * BYSTANDER]
    shown.sort(key=lambda face: face.box[0])
    listed = ", ".join(
        f"{place}: {eye_distance(face):.0f} pixels between the eyes, around x = {sum(face.box[::2]) / 2:.0f}"
        for place, face in enumerate(shown, 1)
    )
    if not shown:
        raise ReferenceRefused(
            "no-face",
            "no face found",
            remedy="use a picture of one person looking into the camera, upright and well lit",
        )
    if number is None and len(shown) > 1:
        raise ReferenceRefused(
            "several-faces", f"{len(shown)} faces, from the left: {listed}", remedy="choose one with --face N"
        )
    if number is not None and not 1 <= number <= len(shown):
        raise ReferenceRefused(
            "no-such-face", f"no face {number}; from the left: {listed}", remedy=f"--face 1 to {len(shown)}"
        )
    return shown[(number or 1) - 1]


def check_size(face: Face) -> None:
    distance = eye_distance(face)
    if distance < SMALLEST_EYE_DISTANCE:
        raise ReferenceRefused(
            "face-too-small",
            f"the face is too small: {distance:.0f} pixels between the outer corners of the eyes, "
            f"at least {SMALLEST_EYE_DISTANCE:.0f} are needed (its lips would be a blur)",
            remedy="use a larger picture, or one taken from nearer",
        )


def check_pose(face: Face) -> None:
    """A tilted head is fine: it is rotated."""
    pose = head_pose(face.points)
    if abs(pose.yaw) > MOST_YAW:
        side = "right" if pose.yaw > 0 else "left"
        turned = f"{abs(pose.yaw):.0f} degrees to the picture's {side}, at most {MOST_YAW:.0f}"
    elif abs(pose.pitch) > MOST_PITCH:
        turned = f"{abs(pose.pitch):.0f} degrees {'down' if pose.pitch > 0 else 'up'}, at most {MOST_PITCH:.0f}"
    else:
        return
    raise ReferenceRefused(
        "turned-away",
        f"the face is turned {turned} will do",
        remedy="use a picture in which the person looks into the camera",
    )


def check_inside(face: Face, width: int, height: int) -> None:
    """Whether the picture of this size shows the whole face."""
    outside = share_outside(face, width, height)
    if outside > MOST_CUT:
        raise ReferenceRefused(
            "cut-by-frame",
            f"the picture's edge cuts {outside:.0%} of the face off, at most {MOST_CUT:.0%} will do",
            remedy="use a picture that shows the whole face, with some room around it",
        )


def check_sharpness(rgb: NDArray[np.uint8], face: Face) -> None:
    measured = sharpness(rgb, face)
    if measured < LEAST_SHARPNESS:
        raise ReferenceRefused(
            "blurred",
            f"the face is blurred: sharpness {measured:.2f}, at least {LEAST_SHARPNESS:.2f} is needed",
            remedy="use a picture that is in focus, without motion blur, and not enlarged from a smaller one",
        )


def check_expression(face: Face) -> None:
    """Refuse closed eyes and an open mouth: a still picture has no other to take them from."""
    eyes, mouth = eye_opening(face), mouth_opening(face)
    if eyes < CLOSED_EYE:
        raise ReferenceRefused(
            "eyes-closed",
            f"the eyes are closed: lids {eyes:.2f} of the eye's width apart, at least {CLOSED_EYE:.2f} are needed",
            remedy="use a picture with open eyes",
        )
    if mouth > WIDEST_MOUTH:
        raise ReferenceRefused(
            "mouth-open",
            f"the mouth is open: lips {mouth:.2f} of the mouth's width apart, at most {WIDEST_MOUTH:.2f} will do "
            "(its teeth would not close)",
            remedy="use a picture with closed lips",
        )


def eye_distance(face: Face) -> float:
    """Pixels between the outer corners of the eyes."""
    return _distance(face, lm.LEFT_EYE_OUTER, lm.RIGHT_EYE_OUTER)


def eye_opening(face: Face) -> float:
    """How far the lids of the wider open eye are apart, as a share of the eye's width."""
    return max(
        float(np.mean([_distance(face, upper, lower) for upper, lower in lids])) / max(_distance(face, *corners), 1e-6)
        for lids, corners in zip(_LIDS, _CORNERS, strict=True)
    )


def mouth_opening(face: Face) -> float:
    """How far the inner lips are apart in the middle, as a share of the mouth's width."""
    width = _distance(face, lm.LEFT_MOUTH_CORNER, lm.RIGHT_MOUTH_CORNER)
    return _distance(face, lm.UPPER_LIP_INNER, lm.LOWER_LIP_INNER) / max(width, 1e-6)


def share_outside(face: Face, width: int, height: int) -> float:
    """Share of the face's oval that lies outside a picture of this size."""
    oval = cv2.convexHull(face.points[list(lm.FACE_OVAL), :2])
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inside, _ = cv2.intersectConvexConvex(oval, frame)
    return max(0.0, 1.0 - float(inside) / max(float(cv2.contourArea(oval)), 1e-6))


def sharpness(rgb: NDArray[np.uint8], face: Face) -> float:
    """Strength of fine detail around eyes and mouth relative to detail of twice the size; 0.3 to 1, more is sharper.

    Measured with the face scaled to 96 pixels between the eyes, so that it says how sharp the face is, not how large.
    Noise and compression count as detail.
    """
    features = face.points[list(_FEATURES)]
    region = around(features, 0, len(lm.LEFT_EYE), 1.1, square=True)
    across = max(round(region.width / eye_distance(face) * _SHARPNESS_EYE_DISTANCE), 16)
    cut = cut_out(rgb, region, across, repeat_edge=True)
    grey = cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine, middle, coarse = (cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (1.0, 2.0, 4.0))
    return float((fine - middle).std() / max(float((middle - coarse).std()), 1e-6))


def _distance(face: Face, a: int, b: int) -> float:
    return float(np.linalg.norm(face.points[a, :2] - face.points[b, :2]))
