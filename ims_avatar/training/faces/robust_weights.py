"""The network inside a robust renderer's graphs, to go on training from it."""

from __future__ import annotations

from pathlib import Path

import torch

from ims_avatar.errors import CorruptModel
from ims_avatar.training.exchange.graph import load_graph, take_weights
from ims_avatar.training.faces.robust_model import RobustRenderer, RobustShape

_WIDTHS = ("mender.to_half.0", "mender.to_quarter.0", "mender.to_eighth.0", "mender.to_sixteenth.0", "mender.code.0")


def load_robust(folder: Path) -> RobustRenderer:
    """The renderer of `reference.onnx` and `decoder.onnx` in `folder`. Raises `CorruptModel` if they hold another."""
    weights = take_weights(load_graph(folder / "reference.onnx")) | take_weights(load_graph(folder / "decoder.onnx"))
    remedy = "name the folder of a robust base model or of an avatar that was refined from one"
    if any(f"{name}.weight" not in weights for name in _WIDTHS):
        raise CorruptModel(f"{folder} does not hold a robust renderer", remedy=remedy)
    half, quarter, eighth, sixteenth, code = (len(weights[f"{name}.weight"]) for name in _WIDTHS)
    renderer = RobustRenderer(RobustShape(channels=(half, quarter, eighth, sixteenth), code=code))
    learnt = dict(renderer.named_parameters())
    odd = [name for name, own in learnt.items() if name not in weights or weights[name].shape != tuple(own.shape)]
    if odd:
        raise CorruptModel(f"{folder}: {odd[0]} is missing or of another size", remedy=remedy)
    with torch.no_grad():
        for name, own in learnt.items():
            own.copy_(torch.from_numpy(weights[name].copy()))
    return renderer
