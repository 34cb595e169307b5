"""Avatars by OpenVINO on the CPU: about twice as fast as ONNX Runtime where the processor has bfloat16. An extra."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from ims_avatar.avatars.repository import Avatar
from ims_avatar.errors import AvatarError, CorruptModel
from ims_avatar.inference.engines.graphs import GraphEngine, Tensors


class OpenVinoGraph:
    def __init__(self, core: openvino.Core, path: Path, threads: int) -> None:
        self._path = path
        settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
        try:
            model = core.compile_model(core.read_model(str(path)), "CPU", settings)
        except RuntimeError as error:
            raise CorruptModel(
                f"{path} is not a model that OpenVINO can load", remedy="restore the avatar's folder"
            ) from error
        self._outputs = [output.get_any_name() for output in model.outputs]
        self._request = model.create_infer_request()

    def __call__(self, inputs: Mapping[str, NDArray[np.generic]]) -> Tensors:
        try:
            results = self._request.infer(dict(inputs), share_inputs=True, share_outputs=False)
        except (RuntimeError, ValueError) as error:
            raise AvatarError(f"{self._path} cannot be run: {error}", remedy="restore the avatar's folder") from error
        return {name: results[name] for name in self._outputs}


def openvino_engine(avatar: Avatar, threads: int = 1) -> GraphEngine:
    core = openvino.Core()
    reference, decoder = (OpenVinoGraph(core, avatar.path(role), threads) for role in ("reference", "decoder"))
    return GraphEngine(avatar, reference, decoder, engine=f"openvino {openvino.get_version()}", device="cpu")
