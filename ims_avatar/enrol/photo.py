"""A photograph or a drawing becomes a reference: it gets blinks, breath and a little sway."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.enrol.crop import face_crop
from ims_avatar.enrol.framing import SIZE, Frame, framing_of
from ims_avatar.enrol.idle import LOOP_LENGTH, SWAYING_EYE_DISTANCE, blink, breath, sway
from ims_avatar.enrol.reference import Reference, at_rest, i420_of
from ims_avatar.enrol.warping import composed, transformed
from ims_avatar.errors import ReferenceRefused
from ims_avatar.faces import checks
from ims_avatar.faces import geometry as g
from ims_avatar.faces.finder import FaceFinder
from ims_avatar.faces.landmarks import Face
from ims_avatar.faces.motion import FaceMotion, FaceMover
from ims_avatar.faces.pose import head_pose

_LARGEST_SIDE = 3000
"""A larger picture is made smaller first: no face gets better by more."""
_WORKING_EYE_DISTANCE = 224.0
"""Twice what the picture shows at last."""


def is_photo(path: Path) -> bool:
    """Whether the file is a still picture that can be read."""
    return bool(path.is_file() and cv2.haveImageReader(str(path)))


def read_photo(path: Path) -> NDArray[np.uint8]:
    """RGB (h, w, 3), the right way up by its EXIF data, transparent parts on grey. `ReferenceRefused` if unreadable."""
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
        picture = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
        coloured = cv2.imdecode(content, cv2.IMREAD_COLOR)
    except (OSError, cv2.error) as error:
        raise ReferenceRefused("unreadable", f"{path}: {error}", remedy="give a JPEG, PNG or WebP picture") from error
    if picture is None or coloured is None:
        raise ReferenceRefused(
            "unreadable", f"{path} is not a picture that can be read", remedy="give a JPEG, PNG or WebP picture"
        )
    rgb = np.asarray(coloured[..., ::-1], np.uint8)
    if picture.ndim == 3 and picture.shape[2] == 4 and picture.shape[:2] == rgb.shape[:2]:
        alpha = picture[..., 3:].astype(np.float32) / np.iinfo(picture.dtype).max
        rgb = np.rint(rgb * alpha + 160 * (1 - alpha)).astype(np.uint8)
    return _shrunk(rgb, _LARGEST_SIDE / max(rgb.shape[:2]))


def photo_reference(rgb: NDArray[np.uint8], number: int | None = None, finder: FaceFinder | None = None) -> Reference:
    """From a picture (h, w, 3) of one face, or of several of which `number` is meant (from the left).

    Raises `ReferenceRefused` saying what was measured.
    """
    face = checks.check_reference(rgb, (finder or FaceFinder()).faces(rgb), number)
    return still_reference(rgb, face)


def still_reference(rgb: NDArray[np.uint8], face: Face) -> Reference:
    """From a picture whose face was found and checked."""
    shrink = min(1.0, _WORKING_EYE_DISTANCE / g.eye_distance(face.points))
    source = _shrunk(rgb, shrink)
    to_source = np.diag([source.shape[1] / rgb.shape[1], source.shape[0] / rgb.shape[0], 0])[:2]
    points = transformed(face.points, to_source)
    framing = framing_of(points, source.shape[1], source.shape[0])
    still = Frame(framing, source.shape[1], source.shape[0]).cut(source)
    points = transformed(points, framing)
    crop = at_rest(face_crop([points]))
    loop, to_crop = _idle(still, points, crop.to_crop(points))
    return Reference(loop, to_crop, still, points, crop, facts=face_facts(rgb, face))


def face_facts(rgb: NDArray[np.uint8], face: Face) -> dict[str, float | str]:
    """What was measured of the face that the avatar is made of."""
    pose = head_pose(face.points)
    return {
        "kind": "picture",
        "source": f"{rgb.shape[1]}x{rgb.shape[0]}",
        "eye_distance": round(g.eye_distance(face.points), 1),
        "sharpness": round(checks.sharpness(rgb, face), 3),
        "yaw": round(pose.yaw, 1),
        "pitch": round(pose.pitch, 1),
        "roll": round(pose.roll, 1),
    }


def idle_motion(frame: int) -> FaceMotion:
    """What a still picture's face does in frame 0 .. LOOP_LENGTH - 1 of its loop."""
    lids, breathed = blink(frame), breath(frame)
    head = sway(frame, breathed)
    dx, dy = head.dx / SWAYING_EYE_DISTANCE, head.dy / SWAYING_EYE_DISTANCE
    return FaceMotion((lids, lids), dx, dy, head.rotation, head.scale, breathed)


def _idle(still: NDArray[np.uint8], points: g.Points, to_crop: g.Matrix) -> tuple[NDArray[np.uint8], list[g.Matrix]]:
    picture = i420_of(still)
    mover = FaceMover(points, SIZE, SIZE, picture)
    motions = [idle_motion(frame) for frame in range(LOOP_LENGTH)]
    loop = np.stack([mover.move(picture, motion) for motion in motions])
    return loop, [composed(to_crop, g.inverse(mover.head_matrix(motion))) for motion in motions]


def _shrunk(rgb: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    if factor >= 1:
        return rgb
    return np.asarray(cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
