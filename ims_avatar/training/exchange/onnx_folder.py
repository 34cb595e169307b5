"""An avatar as ONNX files with a page that says what goes in and comes out, tried in every runtime there is."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from ims_avatar.avatars.archive import READ_ME
from ims_avatar.avatars.manifest import MANIFEST
from ims_avatar.avatars.repository import Avatar
from ims_avatar.errors import ExchangeError
from ims_avatar.training.exchange.agreement import SAMPLES, onnx_pictures, torch_agreement
from ims_avatar.training.exchange.folder import new_folder
from ims_avatar.training.exchange.from_onnx import rebuild
from ims_avatar.training.exchange.graph import GRAPHS, load_graph, opset_of
from ims_avatar.training.exchange.samples import (
    LEAST_AGREEMENT,
    Arrays,
    picture_agreement,
    reference_inputs,
    run_onnx,
    sample_lip_codes,
)

LEAST_OPSET = 17
_BATCHES = (1, 3, SAMPLES)
"""Numbers of lip codes that the decoder must take."""


@dataclass(frozen=True, slots=True)
class OnnxExport:
    opset: int
    torch: float
    """dB between torch and ONNX Runtime."""
    openvino: float | None
    """dB between OpenVINO at float32 and ONNX Runtime; None where OpenVINO is not installed."""

    def lines(self) -> list[str]:
        seen = "OpenVINO not installed, not tried" if self.openvino is None else f"OpenVINO {self.openvino:.0f} dB"
        batches = ", ".join(map(str, _BATCHES))
        return [
            f"opset {self.opset}, {batches} lip codes at once; against ONNX Runtime: torch {self.torch:.0f} dB, {seen}"
        ]


def export_onnx(avatar: Avatar, out: Path) -> OnnxExport:
    """Writes the folder `out`: the avatar's files and README.md. `avatar import` takes it back.

    Raises `ExchangeError` if a graph's opset is too old, if its batch is fixed, or if runtimes disagree.
    """
    with new_folder(out) as folder:
        models = {name: load_graph(avatar.path(name)) for name in GRAPHS}
        found = _tried(avatar, min(opset_of(model) for model in models.values()))
        for name in {MANIFEST, *(entry.path for entry in avatar.manifest.files.values())}:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(avatar.folder / name, folder / name)
        (folder / READ_ME).write_text(_page(avatar, models, found), encoding="utf-8")
    return found


def _tried(avatar: Avatar, opset: int) -> OnnxExport:
    if opset < LEAST_OPSET:
        raise ExchangeError(
            f"the graphs are of opset {opset}, {LEAST_OPSET} is needed", remedy="train the avatar again"
        )
    inputs = reference_inputs(avatar, avatar.manifest.loop_frames // 3)
    prepared, right = onnx_pictures(avatar, inputs)
    _check_batches(avatar, prepared, right)
    graphs = {name: avatar.path(name).read_bytes() for name in GRAPHS}
    torch = torch_agreement(avatar, graphs, rebuild(avatar))
    openvino = _openvino_agreement(avatar, inputs, right)
    found = OnnxExport(opset, torch, openvino)
    if min(torch, torch if openvino is None else openvino) < LEAST_AGREEMENT:
        raise ExchangeError(f"runtimes disagree: {found.lines()[0]}", remedy="report this with the avatar's model card")
    return found


def _check_batches(avatar: Avatar, prepared: Arrays, right: Arrays) -> None:
    """Any number of lip codes gives that many pictures, each what it is among others."""
    codes = sample_lip_codes(SAMPLES)
    for batch in _BATCHES:
        drawn = run_onnx(avatar.path("decoder"), {"lip_codes": codes[:batch], **prepared})
        if picture_agreement(drawn, {name: right[name][:batch] for name in ("luma", "chroma")}) < LEAST_AGREEMENT:
            raise ExchangeError(
                f"{batch} lip codes give other pictures than {SAMPLES}", remedy="train the avatar again"
            )


def _openvino_agreement(avatar: Avatar, inputs: Arrays, right: Arrays) -> float | None:
    if importlib.util.find_spec("openvino") is None:
        return None
    prepared = _openvino(avatar.path("reference"))(inputs)
    return picture_agreement(
        right, _openvino(avatar.path("decoder"))({"lip_codes": sample_lip_codes(SAMPLES), **prepared})
    )


def _openvino(path: Path) -> Callable[[Mapping[str, NDArray[Any]]], Arrays]:
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    model = core.compile_model(core.read_model(str(path)), "CPU", settings)
    known = {name for port in model.inputs for name in port.get_names()}

    def run(inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        results = model({name: value for name, value in inputs.items() if name in known})
        return {name: np.array(value) for port, value in results.items() for name in port.get_names()}

    return run


def _page(avatar: Avatar, models: Mapping[str, Any], found: OnnxExport) -> str:
    manifest = avatar.manifest
    box = manifest.paste
    tables = "\n".join(_table(name, models[name]) for name in GRAPHS)
    return f"""# {manifest.title}

`ims-avatar avatar import` makes an avatar of this folder again. Licence {manifest.licence}.
When it was exported: {found.lines()[0]}.

To draw: run `reference.onnx` on a frame of `loop.mp4`, then `decoder.onnx` on lip codes and all that `reference` gave.
Frame i of {manifest.loop_frames} is I420; `luma` and `chroma` are its rectangle left {box.left}, top {box.top},
{box.width} x {box.height}, and `to_crop` is entry i of `loop_matrices.json`. Copy the results into the same rectangle.
Arrays of `fit.npz`, if there are any, are inputs of `reference` too: row i of `frame_NAME` is input NAME, others
are inputs whole.
A lip code is eight numbers in neutral mouth widths: opening, width, rounding, upper-lip raise, lower-lip tuck,
jaw drop, corner height, tongue tip.

{tables}"""


def _table(name: str, model: Any) -> str:
    rows = [
        f"| {way} | `{value.name}` | {TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()} "
        f"{_shape(value.type.tensor_type.shape)} |"
        for way, values in (("in", model.graph.input), ("out", model.graph.output))
        for value in values
    ]
    return "\n".join([f"## {name}.onnx", "", "| | name | what |", "|---|---|---|", *rows, ""])


def _shape(shape: Any) -> str:
    sizes = [d.dim_param if d.dim_param == "batch" else str(d.dim_value or "?") for d in shape.dim]
    return f"({', '.join(sizes)})"
