"""Where the mouth is: the crop that the renderer draws, the mask of what lips can change, and where it is pasted.

Crop coordinates are those of the head at rest, cut out and not scaled: the head's motion is taken out of the crop and
put back when it is pasted, so the network learns lips only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ims_avatar.training.drawn.characters.drawing import View, draw, pose_matrix
from ims_avatar.training.drawn.characters.idle import LOOP_LENGTH, idle_frame
from ims_avatar.training.drawn.characters.pose import HeadPose
from ims_avatar.training.drawn.characters.style import CharacterStyle
from ims_avatar.training.drawn.lip_corpus import corner_cases

STEP = 16
"""The crop's sides are multiples of it: the network halves them four times."""
FEATHER = 6.0
"""Pixels in which the mask falls from 1 to 0."""
_VISIBLE = 3
"""Difference in RGB steps that counts as a change."""
_SMOOTH = 14
"""Pixels: dents of the mask narrower than twice this are filled."""


@dataclass(frozen=True, slots=True)
class CropGeometry:
    left: int
    top: int
    width: int
    height: int
    detail: tuple[int, int, int, int]
    """left, top, width, height of the lips at their widest, in crop pixels, multiples of 4."""
    mask: NDArray[np.float32]
    """(height, width), 0..1: how much of the rendered crop is pasted; 1 wherever any lip code changes the picture."""

    def view(self, style: CharacterStyle, pose: HeadPose, oversampling: int = 2) -> View:
        """The crop as it is seen on the head in this pose: the head stands still in it, the body moves."""
        matrix = to_crop(style, pose, self.left, self.top)
        return View(matrix, self.width, self.height, oversampling)


@dataclass(frozen=True, slots=True)
class PasteBox:
    """Rectangle of the picture, all numbers even, that holds the mask in every frame of the loop."""

    left: int
    top: int
    width: int
    height: int


def to_crop(style: CharacterStyle, pose: HeadPose, left: int, top: int) -> NDArray[np.float64]:
    """2 x 3, from the picture's pixels to the crop's."""
    forward = np.vstack([pose_matrix(style, pose), [0.0, 0.0, 1.0]])
    backward = np.linalg.inv(forward)[:2]
    backward[:, 2] -= [left, top]
    return backward


def find_crop(style: CharacterStyle, rng: np.random.Generator, samples: int = 240) -> CropGeometry:
    """Draws many lip codes and looks where the picture differs from the mouth at rest."""
    face = style.face
    left, top, width, height = round(face.centre_x) - 112, round(face.mouth_y) - 48, 224, 160
    window = View(np.array([[1.0, 0.0, -left], [0.0, 1.0, -top]]), width, height, 1)
    rest = draw(style, np.zeros(8, np.float32), view=window).astype(np.int16)
    changed = np.zeros((height, width), bool)
    for code in corner_cases(rng, samples):
        changed |= (np.abs(draw(style, code, view=window) - rest) > _VISIBLE).any(axis=2)
    reach = ndimage.distance_transform_edt(~changed) <= _SMOOTH
    closed = ndimage.distance_transform_edt(reach) > _SMOOTH  # small dents of the region are filled
    outside = ndimage.distance_transform_edt(~(closed | changed))
    ramp = np.clip(1.0 - (outside - 1.5) / FEATHER, 0.0, 1.0)
    mask = (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    y0, y1 = _span(rows, height)
    x0, x1 = _span(columns, width)
    detail = _lips(style, left + x0, top + y0)
    return CropGeometry(left + x0, top + y0, x1 - x0, y1 - y0, detail, np.ascontiguousarray(mask[y0:y1, x0:x1]))


def _lips(style: CharacterStyle, left: int, top: int) -> tuple[int, int, int, int]:
    """Where lips, teeth and tongue can be, in a crop that begins at (left, top)."""
    face, unit = style.face, style.face.mouth_width
    x0 = int(face.centre_x - 0.65 * unit - left) // 4 * 4
    x1 = -(-int(face.centre_x + 0.65 * unit - left) // 4) * 4
    y0 = max(0, int(face.mouth_y - 0.32 * unit - top) // 4 * 4)
    y1 = -(-int(face.mouth_y + 0.80 * unit - top) // 4) * 4
    return x0, y0, x1 - x0, y1 - y0


def _span(places: NDArray[np.intp], limit: int) -> tuple[int, int]:
    """First and one past last place, widened on both sides to a multiple of STEP."""
    first, last = int(places[0]) - 1, int(places[-1]) + 2
    missing = -(last - first) % STEP
    first -= missing // 2
    last = first + -(-(last - first) // STEP) * STEP
    if first < 0 or last > limit:
        raise ValueError(f"the mouth changes the picture up to the window's edge ({first}..{last} of {limit})")
    return first, last


def paste_box(style: CharacterStyle, crop: CropGeometry) -> PasteBox:
    rows, columns = np.nonzero(crop.mask > 0)
    places = np.column_stack([columns + crop.left, rows + crop.top, np.full(len(rows), 0.5)]) + 0.5
    poses = [idle_frame(index, style.habit).pose for index in range(LOOP_LENGTH)]
    points = np.concatenate([places @ pose_matrix(style, pose).T for pose in poses])
    low = np.floor((points.min(axis=0) - 1) / 2).astype(int) * 2
    high = np.ceil((points.max(axis=0) + 1) / 2).astype(int) * 2
    return PasteBox(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


def loop_matrices(style: CharacterStyle, crop: CropGeometry, box: PasteBox) -> NDArray[np.float32]:
    """(loop length, 2, 3): from the paste box's pixels to the crop's, for each frame of the loop."""
    out = np.empty((LOOP_LENGTH, 2, 3), np.float32)
    for index in range(LOOP_LENGTH):
        matrix = to_crop(style, idle_frame(index, style.habit).pose, crop.left, crop.top)
        matrix[:, 2] += matrix[:, :2] @ [box.left, box.top]
        out[index] = matrix
    return out
