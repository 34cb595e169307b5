"""Landmarks of the one face in a region: MediaPipe's face mesh with attention to lips and eyes.

Model card: "MediaPipe Attention Mesh", Grishchenko et al. 2020, https://arxiv.org/abs/2006.10962.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.faces import landmarks as lm
from ims_avatar.faces.attention import HEAD_INPUTS, HEAD_OUTPUTS, TRUNK_OUTPUTS, cut_model, look_again
from ims_avatar.faces.landmarks import Face
from ims_avatar.faces.models import MESH, interpreter, read_model
from ims_avatar.faces.region import Region, apply, around, cut_out

SIZE = 192
"""Pixels across the picture that the network takes."""
ROOM = 1.5
"""The region is so many times as large as the face (face_landmark_landmarks_to_roi.pbtxt)."""
PRESENT = 0.5
"""A score under this is no face."""

_FEATURES = 48
_PATCH = 16
_PATCH_UNITS = 64
"""The heads give their points in 64ths of the patch, whose features are 16 x 16."""
_LOOKED_AT = (
    (lm.LIPS, lm.LEFT_MOUTH_CORNER, lm.RIGHT_MOUTH_CORNER),
    (lm.LEFT_EYE, lm.LEFT_EYE_OUTER, lm.LEFT_EYE_INNER),
    (lm.RIGHT_EYE, lm.RIGHT_EYE_INNER, lm.RIGHT_EYE_OUTER),
)
"""The points whose box is looked at again, and the two that it is level with; in the order of `HEAD_INPUTS`."""
_REFINED = ((lm.LIPS, 0), (lm.LEFT_EYE, 1), (lm.RIGHT_EYE, 2), (lm.LEFT_IRIS, 1), (lm.RIGHT_IRIS, 2))
"""The points that each of `HEAD_OUTPUTS` gives, and the patch it saw."""


def region_of(face: Face) -> Region:
    """Where to look for the same face once more, or in the next picture of a film."""
    return around(face.points, lm.LEFT_EYE_OUTER, lm.RIGHT_EYE_OUTER, ROOM, square=True)


class FaceMesh:
    """One interpreter pair; not for use by two threads at once. `FacesUnavailable` where it cannot be loaded."""

    def __init__(self) -> None:
        trunk, heads = cut_model(read_model(MESH))
        self._trunk, self._heads = interpreter(trunk), interpreter(heads)
        self._picture = self._trunk.get_input_details()[0]["index"]
        self._trunk_out = _by_name(self._trunk.get_output_details(), TRUNK_OUTPUTS)
        self._patches = _by_name(self._heads.get_input_details(), HEAD_INPUTS)
        self._heads_out = _by_name(self._heads.get_output_details(), HEAD_OUTPUTS)

    def landmarks(self, rgb: NDArray[np.uint8], region: Region) -> Face:
        """The face that a region of the picture (h, w, 3) holds; its score says whether there is one."""
        cut = cut_out(rgb, region, SIZE, repeat_edge=True)
        points, score = self._run(cut[None].astype(np.float32) / np.float32(255))
        placed = np.empty((lm.POINTS, 3), np.float32)
        placed[:, :2] = apply(region.matrix(SIZE), points[:, :2])
        placed[:, 2] = points[:, 2] * (region.width / SIZE)
        return Face(placed, score)

    def _run(self, picture: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
        """Points (478, 3) in pixels of the cut-out, and the score."""
        self._trunk.set_tensor(self._picture, picture)
        self._trunk.invoke()
        mesh, presence, features = (self._trunk.get_tensor(index) for index in self._trunk_out)
        points = np.zeros((lm.POINTS, 3))
        points[: lm.MESH_POINTS] = mesh.reshape(-1, 3)
        score = 1 / (1 + np.exp(-float(presence.reshape(-1)[0])))
        if score >= PRESENT:
            self._refine(points, features[0])
        return points, float(score)

    def _refine(self, points: NDArray[np.float64], features: NDArray[np.float32]) -> None:
        matrices = [
            _patch_region(points, subset, left, right).matrix(_PATCH_UNITS) for subset, left, right in _LOOKED_AT
        ]
        for index, matrix in zip(self._patches, matrices, strict=True):
            to_features = matrix * (_FEATURES / SIZE)
            to_features[:, :2] *= _PATCH_UNITS / _PATCH
            self._heads.set_tensor(index, look_again(features, to_features, _PATCH))
        self._heads.invoke()
        for index, (subset, patch) in zip(self._heads_out, _REFINED, strict=True):
            found = self._heads.get_tensor(index).reshape(-1, 2)
            points[list(subset), :2] = apply(matrices[patch], found)
        for iris, lids in ((lm.LEFT_IRIS, lm.LEFT_LIDS), (lm.RIGHT_IRIS, lm.RIGHT_LIDS)):
            points[list(iris), 2] = points[list(lids), 2].mean()


def _patch_region(points: NDArray[np.float64], subset: tuple[int, ...], left: int, right: int) -> Region:
    return around(points[list(subset)], subset.index(left), subset.index(right), ROOM)


def _by_name(details: list[dict[str, object]], names: tuple[str, ...]) -> list[object]:
    indices = {detail["name"]: detail["index"] for detail in details}
    return [indices[name] for name in names]
