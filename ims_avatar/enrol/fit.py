"""What the robust renderer's graphs must know of one face: the further inputs of `reference` (fit.npz), the rectangle
that they paint, and for every frame of the loop the way from there to the crop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.manifest import PasteRectangle
from ims_avatar.enrol.crop import cut
from ims_avatar.enrol.inside import paint_inside
from ims_avatar.enrol.mask import paste_mask
from ims_avatar.enrol.reference import Reference
from ims_avatar.faces import geometry as g
from ims_avatar.faces.lip_code import mouth_lines, packed

_CHEEKS = (50, 101, 118, 280, 330, 347)
"""Landmarks on plain skin."""

Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    paste: PasteRectangle
    matrices: NDArray[np.float64]
    """(n, 2, 3): from the rectangle's pixels to the crop's."""
    arrays: Arrays
    """By the names of fit.npz."""


def fit_of(reference: Reference, mending: float | None = 1.0) -> Fit:
    """`mending`: the share of the network's correction that this kind of picture takes best, 0..1; None: no network.

    Arrays: `places_luma` (1, h, w, 3) and `places_chroma` (1, h/2, w/2, 3), the middles of the rectangle's pixels;
    `mask` (1, 1, H, W), the part of the crop that is pasted; `rest` and `still_lines` (1, 87), the mouth at rest and in
    the still; `still_luma`, `still_chroma`, the still's crop, uint8; `inside` (1, 8, 32, 64), teeth and tongue;
    `own` (1,), whether frames of the loop are bent instead of the still; `mending` (1,). Films have `frame_rest`
    instead of `rest`, and `frame_still_lines` instead of `still_lines` where their frames are bent: (n, 1, 87).
    """
    mask = paste_mask(reference.crop.rest)
    paste = _rectangle(mask, reference)
    matrices = np.stack(reference.to_crop)
    matrices[:, :, 2] += matrices[:, :, :2] @ (paste.left, paste.top)
    arrays: Arrays = {
        "places_luma": _middles(paste.width, paste.height, 1),
        "places_chroma": _middles(paste.width // 2, paste.height // 2, 2),
        "mask": mask[None, None],
        "inside": paint_inside(_skin(reference))[None],
        "own": np.zeros(1, np.float32),
        "rest": packed(reference.crop.rest)[None],
        **_still(reference),
    }
    if mending is not None:
        arrays["mending"] = np.array([mending], np.float32)
    if reference.mouths is not None:
        del arrays["rest"]
        arrays["frame_rest"] = reference.mouths.rest[:, None]
        if reference.mouths.own:
            del arrays["still_lines"]
            arrays["frame_still_lines"] = reference.mouths.seen[:, None]
            arrays["own"] = np.ones(1, np.float32)
    return Fit(paste, matrices, arrays)


def _still(reference: Reference) -> Arrays:
    to_crop = reference.crop.to_crop(reference.points)
    luma, chroma = cut(reference.still, to_crop)
    lines = packed(mouth_lines(g.apply(to_crop, reference.points)))
    return {"still_luma": luma[None, None], "still_chroma": chroma[None], "still_lines": lines[None]}


def _rectangle(mask: NDArray[np.float32], reference: Reference) -> PasteRectangle:
    """Even, and large enough for the mask in every frame; where that leaves the picture, up to its edge."""
    rows, columns = np.nonzero(mask > 0)
    places = np.column_stack([columns, rows]) + 0.5
    around = np.concatenate([g.apply(g.inverse(matrix), places) for matrix in reference.to_crop])
    limit = np.array(reference.still.shape[1::-1])
    low = np.clip(np.floor((around.min(axis=0) - 1) / 2) * 2, 0, limit - 2).astype(int)
    high = np.clip(np.ceil((around.max(axis=0) + 1) / 2) * 2, low + 2, limit).astype(int)
    width, height = high - low
    return PasteRectangle(left=int(low[0]), top=int(low[1]), width=int(width), height=int(height))


def _middles(width: int, height: int, step: int) -> NDArray[np.float32]:
    """(1, height, width, 3): x, y, 1 of the middles of pixels, in a plane `step` times coarser than the rectangle."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) + np.float32(0.5)
    return np.stack([x * step, y * step, np.ones_like(x)], axis=-1)[None]


def _skin(reference: Reference) -> float:
    """Mean luma of the cheeks."""
    to_crop = reference.crop.to_crop(reference.points)
    luma, _ = cut(reference.still, to_crop)
    x, y = g.apply(to_crop, reference.points[list(_CHEEKS)]).T
    height, width = luma.shape
    inside = luma[np.clip(y, 0, height - 1).astype(int), np.clip(x, 0, width - 1).astype(int)]
    return float(np.median(inside))
