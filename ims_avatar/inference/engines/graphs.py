"""An engine made of two graphs, whatever runs them: `reference` once a tick, `decoder` for all calls of the tick.

What the graphs compute stands in `ims_avatar.training`, in `drawn.renderer_graphs` and `faces.robust_graphs`; here are
only the pictures around them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.loop import read_loop
from ims_avatar.avatars.repository import Avatar
from ims_avatar.errors import AvatarError, CorruptModel
from ims_avatar.flow import LIP_CODE_SIZE
from ims_avatar.inference.engine import EngineSpec, PictureBuffers, checked_lip_codes
from ims_avatar.inference.engines.fit import NO_FIT, read_fit

Tensors = dict[str, NDArray[np.generic]]

_MOVING = 0.03
"""Largest component of a lip code at which all of the drawn mouth is shown: lips open by a pixel or two."""


class Graph(Protocol):
    """A loaded model: named inputs to named outputs."""

    def __call__(self, inputs: Mapping[str, NDArray[np.generic]]) -> Tensors: ...


class GraphEngine:
    """Renders by two graphs. Raises `AvatarError` at load when they do not give what the manifest promises."""

    def __init__(self, avatar: Avatar, reference: Graph, decoder: Graph, *, engine: str, device: str) -> None:
        manifest = avatar.manifest
        self.spec = EngineSpec(
            avatar=manifest.name,
            version=str(manifest.version),
            width=manifest.width,
            height=manifest.height,
            frame_rate=manifest.frame_rate,
            loop_length=manifest.loop_frames,
            engine=engine,
            device=device,
        )
        self._box = manifest.paste
        self._loop = read_loop(avatar.path("loop"), manifest.width, manifest.height, manifest.loop_frames)
        self._to_crop = _read_matrices(avatar.path("loop_matrices"), manifest.loop_frames)
        has_fit = "fit" in manifest.files
        self._fit = read_fit(avatar.path("fit"), manifest.loop_frames) if has_fit else NO_FIT
        self._rests = self._fit.rests
        self._reference, self._decoder = reference, decoder
        self._buffers = PictureBuffers(manifest.width, manifest.height)
        self._tick: int | None = None
        self._prepared: Tensors = {}
        self.warm_up([1])

    def warm_up(self, batch_sizes: Sequence[int]) -> None:
        for batch in batch_sizes:
            self.render(0, np.full((batch, LIP_CODE_SIZE), 2 * _MOVING, np.float32))

    def render(self, loop_index: int, lip_codes: NDArray[np.float32]) -> NDArray[np.uint8]:
        codes = checked_lip_codes(lip_codes)
        index = loop_index % self.spec.loop_length
        pictures = self._buffers.next(len(codes))
        pictures[:] = self._loop[index]
        shares = self._shares(codes)
        moving = np.flatnonzero(shares)
        if len(moving):
            drawn = self._decoder({"lip_codes": codes[moving], **self._prepare(index)})
            self._paste(pictures, moving, shares[moving], drawn)
        return pictures

    def _shares(self, codes: NDArray[np.float32]) -> NDArray[np.float32]:
        """How much of the drawn mouth each picture shows, 0..1 (B,).

        Where the loop's own mouth rests, a resting mouth is the loop's own: whoever listens costs nothing. It gives way
        to the drawn one as the lips begin to move, so that nothing jumps.
        """
        if not self._rests:
            return np.ones(len(codes), np.float32)
        shares: NDArray[np.float32] = np.minimum(np.abs(codes).max(axis=1) / np.float32(_MOVING), np.float32(1))
        return shares

    def _prepare(self, index: int) -> Tensors:
        """What depends on the loop frame only, computed when the frame changes."""
        if self._tick != index:
            luma, chroma = self._views(self._loop[index][None])
            inputs = {"luma": luma[:, None], "chroma": chroma, "to_crop": self._to_crop[index]}
            inputs |= self._fit.inputs(index)
            prepared = self._reference({name: np.ascontiguousarray(value) for name, value in inputs.items()})
            if not all(np.isfinite(value).all() for value in prepared.values()):
                raise self._broken("reference", "values that are not finite")
            self._prepared, self._tick = prepared, index
        return self._prepared

    def _paste(
        self, pictures: NDArray[np.uint8], moving: NDArray[np.intp], shares: NDArray[np.float32], drawn: Tensors
    ) -> None:
        """Lays what was drawn over the pictures `moving` (m,), each by its share (m,)."""
        luma, chroma = self._views(pictures)
        for name, target in (("luma", luma), ("chroma", chroma)):
            due = (len(moving), *target.shape[1:])
            if name not in drawn or drawn[name].shape != due or drawn[name].dtype != np.uint8:
                given = f"{drawn[name].dtype} {drawn[name].shape}" if name in drawn else "nothing"
                raise self._broken("decoder", f"{given} for {name} where uint8 {due} is due")
        if not np.isfinite(drawn["level"]).all():
            raise self._broken("decoder", "values that are not finite")
        for name, target in (("luma", luma), ("chroma", chroma)):
            for place, share, picture in zip(moving, shares, drawn[name], strict=True):
                target[place] = picture if share == 1 else _mixed(target[place], picture, share)

    def _views(self, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """The paste rectangle of I420 pictures: luma (B, h, w) and chroma (B, 2, h/2, w/2), without a copy."""
        box, spec = self._box, self.spec
        luma = pictures[:, box.top : box.top + box.height, box.left : box.left + box.width]
        planes = pictures[:, spec.height :].reshape(len(pictures), 2, spec.height // 2, spec.width // 2)
        rows = slice(box.top // 2, (box.top + box.height) // 2)
        return luma, planes[:, :, rows, box.left // 2 : (box.left + box.width) // 2]

    def _broken(self, graph: str, what: str) -> AvatarError:
        return AvatarError(
            f"avatar {self.spec.avatar}/{self.spec.version}: its {graph} gives {what}",
            remedy="restore the avatar's folder from where it came, or train it again",
        )


def _mixed(under: NDArray[np.generic], over: NDArray[np.generic], share: np.float32) -> NDArray[np.uint8]:
    """`share` of `over`, the rest of `under`."""
    one, other = under.astype(np.float32), over.astype(np.float32)
    return np.rint(one + (other - one) * share).astype(np.uint8)


def _read_matrices(path: Path, frames: int) -> NDArray[np.float32]:
    """(frames, 2, 3), from the paste rectangle's pixels to the crop's."""
    try:
        matrices = np.array(json.loads(path.read_text(encoding="utf-8")), np.float32)
    except (OSError, ValueError, TypeError) as error:
        raise CorruptModel(f"{path} cannot be read ({error})", remedy="restore the avatar's folder") from error
    if matrices.shape != (frames, 2, 3) or not np.isfinite(matrices).all():
        raise CorruptModel(f"{path} does not hold {frames} finite 2 x 3 matrices", remedy="restore the avatar's folder")
    return matrices
