"""A trained renderer as ONNX: `reference.onnx` and `decoder.onnx`, checked against torch before anyone uses them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from ims_avatar.training.drawn.crop import CropGeometry
from ims_avatar.training.drawn.lip_corpus import random_lip_codes
from ims_avatar.training.drawn.renderer_data import ReferenceLoop
from ims_avatar.training.drawn.renderer_graphs import REFERENCE_OUTPUTS, call_time_graphs
from ims_avatar.training.drawn.renderer_model import Renderer

OPSET = 17
LEAST_AGREEMENT = 55.0
"""dB between torch and ONNX Runtime; less means that the export changed the model."""
DECODER_OUTPUTS = ("luma", "chroma", "level")


def export_renderer(renderer: Renderer, crop: CropGeometry, loop: ReferenceLoop, folder: Path) -> float:
    """Writes both graphs into `folder`; returns the agreement in dB. Raises `ValueError` if that is too little."""
    box = loop.box
    reference, decoder = call_time_graphs(renderer, torch.from_numpy(crop.mask), box.width, box.height)
    inputs = (
        torch.from_numpy(loop.luma[0])[None, None],
        torch.from_numpy(loop.chroma[0])[None],
        torch.from_numpy(loop.to_crop[0]),
    )
    codes = torch.from_numpy(random_lip_codes(np.random.default_rng(5), 8, 0.5))
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prepared = reference(*inputs)
        drawn = decoder(codes, *prepared)
        export_graph(reference, inputs, folder / "reference.onnx", ("luma", "chroma", "to_crop"), REFERENCE_OUTPUTS, {})
        export_graph(
            decoder,
            (codes, *prepared),
            folder / "decoder.onnx",
            ("lip_codes", *REFERENCE_OUTPUTS),
            DECODER_OUTPUTS,
            {name: {0: "batch"} for name in ("lip_codes", *DECODER_OUTPUTS)},
        )
    given = {name: tensor.numpy() for name, tensor in zip(("luma", "chroma", "to_crop"), inputs, strict=True)}
    features = run_graph(folder / "reference.onnx", given)
    pictures = run_graph(folder / "decoder.onnx", {"lip_codes": codes.numpy(), **features})
    agreement = min(decibels(drawn[i].numpy(), pictures[DECODER_OUTPUTS[i]]) for i in range(2))
    if agreement < LEAST_AGREEMENT:
        raise ValueError(f"ONNX Runtime and torch agree to {agreement:.1f} dB only, {LEAST_AGREEMENT} are needed")
    return agreement


def export_graph(
    graph: torch.nn.Module,
    inputs: tuple[Any, ...],
    path: Path,
    names: tuple[str, ...],
    outputs: tuple[str, ...],
    dynamic: Mapping[str, Mapping[int, str]],
) -> None:
    """One graph as ONNX; `dynamic` names the axes of inputs and outputs whose length is free."""
    torch.onnx.export(
        graph,
        inputs,
        str(path),
        input_names=list(names),
        output_names=list(outputs),
        dynamic_axes={name: dict(axes) for name, axes in dynamic.items()},
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.checker.check_model(str(path), full_check=True)


def run_graph(path: Path, inputs: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    """All outputs by name, computed by ONNX Runtime."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))


def decibels(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Peak signal to noise ratio of bytes; 120 when nothing differs."""
    error = float(((a.astype(np.float64) - b.astype(np.float64)) ** 2).mean())
    return 10 * float(np.log10(255**2 / error)) if error else 120.0
