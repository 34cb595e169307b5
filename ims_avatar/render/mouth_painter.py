"""Paints new mouths into pictures of a film by the robust renderer's graphs: the mouth of the shot's still is bent."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.enrol.create import RENDERER
from ims_avatar.enrol.inside import paint_inside
from ims_avatar.enrol.mask import paste_mask
from ims_avatar.enrol.shared_graphs import PHOTOGRAPHED, shared_graphs
from ims_avatar.errors import CorruptModel
from ims_avatar.faces import geometry as g
from ims_avatar.faces.lip_code import CROP_HEIGHT, CROP_MOUTH, CROP_WIDTH
from ims_avatar.inference.engines.graphs import Graph
from ims_avatar.inference.engines.onnx import OnnxGraph
from ims_avatar.render.shots import FaceInPicture, Person, Shot

_NARROWER = 0.86
"""Share of the outline's width that is painted in: landmarks of a cheek lie on its edge."""
_CHIN_ROOM = 1.5
"""So far down, as a share of the way from the mouth to the chin, a chin may drop."""
_SOFT = 2.5
"""Crop pixels over which the paint ends."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Rectangle:
    left: int
    top: int
    width: int
    height: int


class MouthPainter:
    """One film's painter. `mending`: as `SharedGraphs` has it."""

    def __init__(self, reference: Graph, decoder: Graph, mending: float | None = None) -> None:
        self._reference, self._decoder = reference, decoder
        self._constant: dict[str, NDArray[np.generic]] = {"own": np.zeros(1, np.float32)}
        if mending is not None:
            self._constant["mending"] = np.array([mending], np.float32)
        self._shot: Shot | None = None
        self._size = (0, 0)

    def paint(self, i420: Picture, shot: Shot, index: int, lip_code: NDArray[np.float32]) -> None:
        """Change the mouth of picture `index` of `shot`, (height * 3 // 2, width), in place; nothing without a face.

        Raises `CorruptModel` when the renderer gives something else than two rectangles.
        """
        face = shot.faces[index]
        if face is None or shot.person is None:
            return
        if shot is not self._shot:
            self._begin(shot, shot.person, i420)
        box = _place(_around(self._mask, face), self._size, i420)
        luma, chroma = _views(i420, box)
        matrix = face.to_crop.copy()
        matrix[:, 2] += matrix[:, :2] @ np.array([box.left, box.top], np.float32)
        inputs = {
            **self._constant,
            "luma": np.ascontiguousarray(luma)[None, None],
            "chroma": np.ascontiguousarray(chroma)[None],
            "to_crop": matrix,
            "mask": (self._mask * _inside(face.oval, shot.person.still.oval) * np.float32(face.share))[None, None],
            "rest": face.rest[None],
        }
        drawn = self._decoder({"lip_codes": lip_code[None], **self._reference(inputs)})
        if drawn["luma"].shape[1:] != luma.shape or drawn["chroma"].shape[1:] != chroma.shape:
            raise CorruptModel("the robust renderer gives rectangles of a wrong size", remedy="install it again")
        luma[:], chroma[:] = drawn["luma"][0], drawn["chroma"][0]

    def _begin(self, shot: Shot, person: Person, i420: Picture) -> None:
        self._shot = shot
        self._mask = paste_mask(person.crop.rest)
        boxes = np.array([_around(self._mask, face) for face in shot.faces if face])
        sides = np.ceil((boxes[:, 2:] - boxes[:, :2]).max(axis=0) / 2).astype(int) * 2 + 4
        width, height = np.minimum(sides, [i420.shape[1], i420.shape[0] * 2 // 3])
        self._size = (int(width), int(height))
        self._constant |= {
            "inside": paint_inside(person.still.skin)[None],
            "still_luma": person.still.luma[None, None],
            "still_chroma": person.still.chroma[None],
            "still_lines": person.still.lines[None],
            "places_luma": _middles(*self._size, 1),
            "places_chroma": _middles(self._size[0] // 2, self._size[1] // 2, 2),
        }


def open_painter(repository: AvatarRepository, threads: int) -> MouthPainter:
    """By the shared renderer that is installed. Raises `AvatarNotFound` where none is, `CorruptModel` for a bad one."""
    graphs = shared_graphs(PHOTOGRAPHED, repository.base_model(RENDERER))
    return MouthPainter(OnnxGraph(graphs.reference, threads), OnnxGraph(graphs.decoder, threads), graphs.mending)


def _inside(oval: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """(CROP_HEIGHT, CROP_WIDTH): 1 where both faces are, 0 beside one: what is behind a head must not be painted over.

    Downwards there is room for a chin that drops.
    """
    both = np.ones((CROP_HEIGHT, CROP_WIDTH), np.float32)
    for outline in (oval, other):
        points = CROP_MOUTH + (outline - CROP_MOUTH) * (_NARROWER, 1.0)
        points[:, 1] += np.maximum(points[:, 1] - CROP_MOUTH[1], 0) * (_CHIN_ROOM - 1)
        face = np.zeros((CROP_HEIGHT, CROP_WIDTH), np.float32)
        cv2.fillConvexPoly(face, cv2.convexHull(np.rint(points).astype(np.int32)), 1.0)
        both *= face
    return np.asarray(cv2.GaussianBlur(both, (0, 0), _SOFT), np.float32)


def _around(mask: NDArray[np.float32], face: FaceInPicture) -> NDArray[np.float64]:
    """left, top, right, bottom of the mask in the picture."""
    rows, columns = np.nonzero(mask > 0)
    corners = [[x, y] for x in (columns.min(), columns.max() + 1) for y in (rows.min(), rows.max() + 1)]
    there = g.apply(g.inverse(face.to_crop.astype(np.float64)), np.array(corners, np.float64))
    return np.concatenate([there.min(axis=0), there.max(axis=0)])


def _place(around: NDArray[np.float64], size: tuple[int, int], i420: Picture) -> _Rectangle:
    """The rectangle of the shot's size that holds it, even, inside the picture."""
    limits = i420.shape[1] - size[0], i420.shape[0] * 2 // 3 - size[1]
    left, top = (
        int(min(max(round(float(middle - length / 2) / 2) * 2, 0), limit))
        for middle, length, limit in zip((around[:2] + around[2:]) / 2, size, limits, strict=True)
    )
    return _Rectangle(left, top, *size)


def _views(i420: Picture, box: _Rectangle) -> tuple[Picture, Picture]:
    """The rectangle's luma (h, w) and chroma (2, h/2, w/2), without a copy."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    luma = i420[box.top : box.top + box.height, box.left : box.left + box.width]
    chroma = i420[height:].reshape(2, height // 2, width // 2)
    rows = slice(box.top // 2, (box.top + box.height) // 2)
    return luma, chroma[:, rows, box.left // 2 : (box.left + box.width) // 2]


def _middles(width: int, height: int, step: int) -> NDArray[np.float32]:
    """(1, height, width, 3): x, y, 1 of the middles of pixels, in a plane `step` times coarser than the rectangle."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) + np.float32(0.5)
    return np.stack([x * step, y * step, np.ones_like(x)], axis=-1)[None]
