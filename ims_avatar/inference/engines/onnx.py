"""Avatars by ONNX Runtime on the CPU: in every installation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from ims_avatar.avatars.repository import Avatar
from ims_avatar.errors import AvatarError, CorruptModel
from ims_avatar.inference.engines.graphs import GraphEngine, Tensors

_UNUSABLE = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
"""What ONNX Runtime raises for a model or an input it cannot use; the types have no common base of their own."""


class OnnxGraph:
    def __init__(self, path: Path, threads: int) -> None:
        self._path = path
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except _UNUSABLE as error:
            raise CorruptModel(
                f"{path} is not a model that ONNX Runtime can load", remedy="restore the avatar's folder"
            ) from error
        self._outputs = [output.name for output in self._session.get_outputs()]

    def __call__(self, inputs: Mapping[str, NDArray[np.generic]]) -> Tensors:
        try:
            values = self._session.run(self._outputs, dict(inputs))
        except (*_UNUSABLE, ValueError) as error:
            raise AvatarError(
                f"{self._path} cannot be run: {str(error).splitlines()[0]}", remedy="restore the avatar's folder"
            ) from error
        return dict(zip(self._outputs, values, strict=True))


def onnx_engine(avatar: Avatar, threads: int = 1) -> GraphEngine:
    reference, decoder = (OnnxGraph(avatar.path(role), threads) for role in ("reference", "decoder"))
    return GraphEngine(avatar, reference, decoder, engine=f"onnxruntime {ort.__version__}", device="cpu")
