"""The torch modules that an avatar's graphs were exported from, made of the graphs again: to go on training, to check.

Sizes are read off the weights; what the exporter folded into constants (the mask, where the lips lie in the crop) is
found by how the graph uses it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ims_avatar.avatars.repository import Avatar
from ims_avatar.training.drawn.renderer_graphs import DecoderGraph, ReferenceGraph, call_time_graphs
from ims_avatar.training.drawn.renderer_model import Renderer, RendererShape
from ims_avatar.training.exchange.fold import folded
from ims_avatar.training.exchange.graph import Weights, load_graph, nodes_of, take_weights

LIP_RENDERER = "lip_renderer"
"""Name in a .pth file of what `renderer_model.Renderer` computes."""


@dataclass(frozen=True, slots=True)
class RebuiltRenderer:
    renderer: Renderer
    mask: Tensor
    """(height, width), 0..1: how much of the crop is pasted."""
    box: tuple[int, int]
    """Width and height of the paste rectangle."""

    def graphs(self) -> tuple[ReferenceGraph, DecoderGraph]:
        return call_time_graphs(self.renderer, self.mask, *self.box)

    def shape(self) -> dict[str, Any]:
        """Keyword arguments of `RendererShape`, of plain values."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self.renderer.shape).items()}


def rebuild(avatar: Avatar) -> RebuiltRenderer | None:
    """The avatar's `Renderer`; None if its graphs hold another network."""
    reference, decoder = load_graph(avatar.path("reference")), load_graph(avatar.path("decoder"))
    weights = take_weights(reference) | take_weights(decoder)
    mask = _mask(avatar.path("reference"))
    if mask is None or "decoder.place.weight" not in weights:
        return None
    shape = _shape(weights, mask, avatar.path("decoder"))
    if shape is None:
        return None
    renderer = Renderer(shape)
    state = renderer.state_dict()
    if any(name not in weights or weights[name].shape != tuple(own.shape) for name, own in state.items()):
        return None
    renderer.load_state_dict({name: torch.from_numpy(weights[name]) for name in state})
    box = avatar.manifest.paste
    return RebuiltRenderer(renderer.eval(), torch.from_numpy(mask), (box.width, box.height))


def _shape(weights: Weights, mask: NDArray[np.float32], decoder: Path) -> RendererShape | None:
    names = ("decoder.at_half.0", "decoder.at_quarter.conv", "decoder.at_eighth.conv", "decoder.at_sixteenth.conv")
    if any(f"{name}.weight" not in weights for name in (*names, "decoder.code.0")):
        return None
    half, quarter, eighth, sixteenth = (len(weights[f"{name}.weight"]) for name in names)
    height, width = mask.shape
    detail = _detail(decoder, width, height)
    if detail is None:
        return None
    code = len(weights["decoder.code.0.weight"])
    return RendererShape(width, height, detail, (half, quarter, eighth, sixteenth), code)


def _mask(path: Path) -> NDArray[np.float32] | None:
    """The one constant picture that `reference` samples: how much of the crop is pasted."""
    model = folded(path)
    constants = take_weights(model)
    sampled = [node.inputs[0] for node in nodes_of(model) if node.operator == "GridSample"]
    masks = {name: constants[name] for name in sampled if name in constants}
    if len(masks) != 1:
        return None
    (mask,) = masks.values()
    return mask.reshape(mask.shape[-2:])


def _detail(path: Path, width: int, height: int) -> tuple[int, int, int, int] | None:
    """left, top, width, height of the lips in the crop: the decoder pads their picture to the crop's size, at 1/2."""
    model = folded(path, None, 1)
    constants = take_weights(model)
    for node in nodes_of(model):
        if node.operator == "Pad" and node.inputs[1] in constants:
            _, _, top, left, _, _, bottom, right = (2 * int(amount) for amount in constants[node.inputs[1]])
            return left, top, width - left - right, height - top - bottom
    return None
