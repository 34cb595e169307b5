"""Whether two runtimes draw the same pictures of the same avatar."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from ims_avatar.avatars.repository import Avatar
from ims_avatar.training.exchange.fold import folded
from ims_avatar.training.exchange.from_onnx import RebuiltRenderer
from ims_avatar.training.exchange.samples import Arrays, picture_agreement, reference_inputs, run_onnx, sample_lip_codes
from ims_avatar.training.exchange.torch_graph import run_in_torch

SAMPLES = 8
"""Lip codes that are compared."""


def onnx_pictures(avatar: Avatar, inputs: Arrays) -> tuple[Arrays, Arrays]:
    """By ONNX Runtime on the avatar as it is stored: what `reference` gives, and the SAMPLES pictures drawn of it."""
    prepared = run_onnx(avatar.path("reference"), inputs)
    return prepared, run_onnx(avatar.path("decoder"), {"lip_codes": sample_lip_codes(SAMPLES), **prepared})


def torch_agreement(avatar: Avatar, graphs: Mapping[str, bytes], rebuilt: RebuiltRenderer | None) -> float:
    """dB between ONNX Runtime on the avatar and torch on `graphs`, and on our own modules: the least."""
    inputs = reference_inputs(avatar, avatar.manifest.loop_frames // 3)
    _, right = onnx_pictures(avatar, inputs)
    codes = sample_lip_codes(SAMPLES)
    prepared = run_in_torch(folded(graphs["reference"], inputs), inputs)
    given = {"lip_codes": codes, **prepared}
    drawn = run_in_torch(folded(graphs["decoder"], given, SAMPLES), given)
    found = [picture_agreement(right, drawn)]
    if rebuilt is not None:
        found.append(picture_agreement(right, _module_pictures(rebuilt, inputs)))
    return min(found)


def _module_pictures(rebuilt: RebuiltRenderer, inputs: Arrays) -> Arrays:
    reference, decoder = rebuilt.graphs()
    with torch.no_grad():
        prepared = reference(*(torch.from_numpy(np.array(inputs[name])) for name in ("luma", "chroma", "to_crop")))
        luma, chroma, _ = decoder(torch.from_numpy(sample_lip_codes(SAMPLES)), *prepared)
    return {"luma": luma.numpy(), "chroma": chroma.numpy()}
