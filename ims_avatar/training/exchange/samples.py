"""Inputs to try graphs with: real frames of the avatar's loop, and lip codes that cover what mouths do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ims_avatar.avatars.loop import read_loop
from ims_avatar.avatars.repository import Avatar
from ims_avatar.inference.engines.fit import read_fit
from ims_avatar.inference.engines.onnx import OnnxGraph
from ims_avatar.training.drawn.lip_corpus import random_lip_codes

Arrays = dict[str, NDArray[Any]]
LEAST_AGREEMENT = 55.0
"""dB between two runtimes' pictures; less means that the avatar was changed on the way."""
EXACT = 120.0
"""dB that stand for no difference at all."""


def reference_inputs(avatar: Avatar, index: int) -> Arrays:
    """What `reference` gets for frame `index` of the loop."""
    manifest, box = avatar.manifest, avatar.manifest.paste
    picture = read_loop(avatar.path("loop"), manifest.width, manifest.height, manifest.loop_frames)[index]
    luma = picture[box.top : box.top + box.height, box.left : box.left + box.width]
    planes = picture[manifest.height :].reshape(2, manifest.height // 2, manifest.width // 2)
    rows = slice(box.top // 2, (box.top + box.height) // 2)
    chroma = planes[:, rows, box.left // 2 : (box.left + box.width) // 2]
    inputs: Arrays = {
        "luma": np.ascontiguousarray(luma[None, None]),
        "chroma": np.ascontiguousarray(chroma[None]),
        "to_crop": loop_matrices(avatar)[index],
    }
    if "fit" in manifest.files:
        inputs |= read_fit(avatar.path("fit"), manifest.loop_frames).inputs(index)
    return inputs


def loop_matrices(avatar: Avatar) -> NDArray[np.float32]:
    """(frames, 2, 3), from the paste rectangle's pixels to the crop's."""
    return np.array(json.loads(avatar.path("loop_matrices").read_text(encoding="utf-8")), np.float32)


def sample_lip_codes(count: int = 8) -> NDArray[np.float32]:
    """float32 (count, 8), always the same."""
    return random_lip_codes(np.random.default_rng(5), count, 0.5)


def run_onnx(model: Path, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
    """Every output of the graph by ONNX Runtime. Raises `AvatarError` naming the file if it cannot be run so."""
    return OnnxGraph(model, threads=1)(inputs)


def decibels(a: NDArray[Any], b: NDArray[Any], peak: float = 255.0) -> float:
    """Peak signal to noise ratio, at most EXACT."""
    error = float(((a.astype(np.float64) - b.astype(np.float64)) ** 2).mean())
    return min(EXACT, 10 * float(np.log10(peak**2 / error))) if error else EXACT


def picture_agreement(a: Mapping[str, NDArray[Any]], b: Mapping[str, NDArray[Any]]) -> float:
    """dB between the pictures of two decoders: the lesser of luma and chroma."""
    return min(decibels(a[name], b[name]) for name in ("luma", "chroma"))
