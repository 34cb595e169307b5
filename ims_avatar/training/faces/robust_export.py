"""A robust (or refined) renderer as ONNX, checked against torch: with its network, and the bend alone."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ims_avatar.training.drawn.lip_corpus import random_lip_codes
from ims_avatar.training.drawn.renderer_export import (
    DECODER_OUTPUTS,
    LEAST_AGREEMENT,
    decibels,
    export_graph,
    run_graph,
)
from ims_avatar.training.faces.robust_graphs import (
    BEND_INPUTS,
    BENT,
    FIT_INPUTS,
    FRAME_INPUTS,
    PREPARED,
    bend_graphs,
    example_inputs,
    robust_graphs,
)
from ims_avatar.training.faces.robust_model import RobustRenderer

_RECTANGLE = {2: "rows", 3: "columns"}
_COARSE = {2: "half_rows", 3: "half_columns"}
_PLACES = {1: "rows", 2: "columns"}
_COARSE_PLACES = {1: "half_rows", 2: "half_columns"}
DYNAMIC: dict[str, dict[int, str]] = {
    "luma": _RECTANGLE,
    "chroma": _COARSE,
    "places_luma": _PLACES,
    "places_chroma": _COARSE_PLACES,
    "luma_grid": _PLACES,
    "chroma_grid": _COARSE_PLACES,
    "luma_bend": _RECTANGLE,
    "luma_share": _RECTANGLE,
    "chroma_share": _COARSE,
    "luma_rest": _RECTANGLE,
    "chroma_rest": _COARSE,
}
"""The paste rectangle may have any size; the crop's is fixed."""


def export_robust(renderer: RobustRenderer, folder: Path, inputs: Mapping[str, Tensor] | None = None) -> float:
    """Writes both graphs into `folder`; returns the agreement of pictures in dB. `inputs`: of a face of one's own.

    Raises `ValueError` if ONNX Runtime and torch agree to less than `LEAST_AGREEMENT`.
    """
    given = dict(inputs or example_inputs(renderer))
    pair = _Pair(*robust_graphs(renderer), (*FRAME_INPUTS, *FIT_INPUTS), PREPARED)
    return _export(pair, folder / "reference.onnx", folder / "decoder.onnx", given)


def export_bend(renderer: RobustRenderer, folder: Path) -> float:
    """As `export_robust`, the graphs without the network: `bend_reference.onnx` and `bend_decoder.onnx`."""
    pair = _Pair(*bend_graphs(renderer), (*FRAME_INPUTS, *BEND_INPUTS), BENT)
    return _export(pair, folder / "bend_reference.onnx", folder / "bend_decoder.onnx", example_inputs(renderer))


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two graphs, the names of what goes into the first, and of what it hands to the second."""

    reference: nn.Module
    decoder: nn.Module
    inputs: tuple[str, ...]
    prepared: tuple[str, ...]


def _export(pair: _Pair, reference: Path, decoder: Path, given: Mapping[str, Tensor]) -> float:
    codes = torch.from_numpy(random_lip_codes(np.random.default_rng(5), 8, 0.5))
    arguments = tuple(given[name] for name in pair.inputs)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prepared = pair.reference(*arguments)
        drawn = pair.decoder(codes, *prepared)
        dynamic = {name: DYNAMIC[name] for name in (*pair.inputs, *pair.prepared) if name in DYNAMIC}
        export_graph(pair.reference, arguments, reference, pair.inputs, pair.prepared, dynamic)
        batch = {
            "lip_codes": {0: "batch"},
            "luma": {0: "batch", 1: "rows", 2: "columns"},
            "chroma": {0: "batch", 2: "half_rows", 3: "half_columns"},
            "level": {0: "batch"},
        }
        taken = {name: DYNAMIC[name] for name in pair.prepared if name in DYNAMIC}
        names = ("lip_codes", *pair.prepared)
        export_graph(pair.decoder, (codes, *prepared), decoder, names, DECODER_OUTPUTS, taken | batch)
    features = run_graph(reference, {name: given[name].numpy() for name in pair.inputs})
    pictures = run_graph(decoder, {"lip_codes": codes.numpy(), **features})
    agreement = min(decibels(drawn[i].numpy(), pictures[DECODER_OUTPUTS[i]]) for i in range(2))
    if agreement < LEAST_AGREEMENT:
        raise ValueError(f"ONNX Runtime and torch agree to {agreement:.1f} dB only, {LEAST_AGREEMENT} are needed")
    return agreement
