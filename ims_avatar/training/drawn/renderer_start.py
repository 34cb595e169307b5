"""Weights that a renderer's training begins with: another avatar's, so that it learns what differs and no more.

Avatars keep the names of parameters in their ONNX graphs. All layers but one are independent of the crop's size; that
one, which places the lip code on the crop's coarsest grid, is interpolated to the new grid.
"""

from __future__ import annotations

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor
from torch.nn import functional

from ims_avatar.avatars.manifest import AvatarManifest
from ims_avatar.avatars.repository import Stored
from ims_avatar.training.drawn.renderer_model import Renderer

_GRIDDED = ("decoder.place.weight", "decoder.place.bias")


def avatar_parameters(avatar: Stored[AvatarManifest]) -> dict[str, Tensor]:
    """All named parameters in the graphs of an avatar."""
    found = {}
    for graph in ("reference", "decoder"):
        for initialiser in onnx.load(str(avatar.path(graph))).graph.initializer:
            found[initialiser.name] = torch.from_numpy(numpy_helper.to_array(initialiser).copy())
    return found


def start_from(net: Renderer, parameters: dict[str, Tensor]) -> int:
    """Copies into `net` what fits by name and shape, interpolating the coarsest grid; returns how many were taken."""
    taken = 0
    with torch.no_grad():
        for name, own in net.named_parameters():
            given = parameters.get(name)
            if given is not None and name in _GRIDDED:
                given = _on_grid(given, own, net.decoder.grid)
            if given is not None and given.shape == own.shape:
                own.copy_(given)
                taken += 1
    return taken


def _on_grid(given: Tensor, own: Tensor, grid: tuple[int, int, int]) -> Tensor | None:
    """(channels * rows * columns, ...) brought from the other avatar's grid to ours, if one fits its size."""
    channels, rows, columns = grid
    if given.shape[1:] != own.shape[1:] or given.shape[0] % channels:
        return None
    places = given.shape[0] // channels
    shape = min(
        ((r, places // r) for r in range(1, places + 1) if places % r == 0),
        key=lambda side: abs(side[1] / side[0] - columns / rows),
    )
    planes = given.reshape(channels, *shape, -1).permute(0, 3, 1, 2)
    fitted = functional.interpolate(planes, (rows, columns), mode="bilinear", align_corners=False)
    return fitted.permute(0, 2, 3, 1).reshape(own.shape)
