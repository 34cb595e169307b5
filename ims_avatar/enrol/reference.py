"""What enrolment knows of a person before it writes anything: the loop, and the face in each of its frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.enrol.crop import FaceCrop
from ims_avatar.faces.geometry import Matrix, Points
from ims_avatar.faces.lip_code import CHIN_SHARE, MouthLines

_CLOSED = 0.04
"""Lips closer than this, in mouth widths, are closed."""
LIPS_MEET = 0.3
"""Crop pixels between closed lips. Nothing of an open mouth is seen in so little, but a warp can find its way in it."""
_CHIN_FOLLOWS = 0.6
"""How far the chin rises when lips close, as a share of the lower lip's way."""


@dataclass(frozen=True, slots=True)
class FrameMouths:
    """The mouth in every frame of a film's loop, packed (n, 87) in crop pixels."""

    rest: NDArray[np.float32]
    """As it would be at rest, the head held as in the frame."""
    seen: NDArray[np.float32]
    """As it is in the frame."""
    own: bool = True
    """Whether every frame's own mouth is bent; else the still's stands in for all."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    loop: NDArray[np.uint8]
    """(n, height * 3 // 2, width): I420, mouths as they were."""
    to_crop: list[Matrix]
    """n maps from pictures of the loop to the crop."""
    still: NDArray[np.uint8]
    """(height, width, 3): the picture that the face was learnt from."""
    points: Points
    """Its landmarks, in its pixels."""
    crop: FaceCrop
    mouths: FrameMouths | None = None
    """Of films; a still picture's mouth is the same in every frame."""
    facts: Mapping[str, float | str] = field(default_factory=dict)
    """What was measured, for the model card."""


def at_rest(crop: FaceCrop) -> FaceCrop:
    """The same, and its mouth at rest is closed, even where none was seen closed: the lower lip rises, and the chin."""
    lines = crop.rest
    if lines.gap <= _CLOSED * 2 * lines.half_width:
        return crop
    rise = np.maximum(lines.lips[2] - lines.lips[1] - LIPS_MEET, 0)
    lips = lines.lips - np.stack([0 * rise, 0 * rise, rise, rise])
    chin = lines.chin - CHIN_SHARE * _CHIN_FOLLOWS * lines.gap
    return replace(crop, rest=MouthLines(lines.centre_x, lines.half_width, lips, chin))


def i420_of(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(height, width, 3), sides even, to (height * 3 // 2, width)."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2YUV_I420), np.uint8)
