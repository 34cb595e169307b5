"""An ONNX graph as plain values, and its weights apart from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from ims_avatar.errors import CorruptModel, ExchangeError

GRAPHS = ("reference", "decoder")
"""The roles of an avatar's graphs."""
Weights = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Node:
    operator: str
    inputs: tuple[str, ...]
    """An empty name is an input that was left out."""
    outputs: tuple[str, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    """Numbers, strings, lists of them, and arrays."""


def parse_graph(content: bytes, name: str) -> Any:
    """The `onnx.ModelProto` in `content`. Raises `CorruptModel` if there is none."""
    try:
        return onnx.load_model_from_string(content)
    except DecodeError as error:
        raise CorruptModel(f"{name} is not an ONNX file", remedy="export the avatar again") from error


def load_graph(path: Path) -> Any:
    return parse_graph(path.read_bytes(), str(path))


def take_weights(model: Any) -> Weights:
    """Empties every initialiser of the graph and returns what was in them, by name."""
    taken: Weights = {}
    for tensor in model.graph.initializer:
        if tensor.HasField("raw_data"):
            taken[tensor.name] = numpy_helper.to_array(tensor).copy()
            tensor.ClearField("raw_data")
    return taken


def put_weights(model: Any, weights: Weights) -> None:
    """The opposite of `take_weights`. Raises `CorruptModel` for one that is missing or has another shape or type."""
    for tensor in model.graph.initializer:
        given = weights.get(tensor.name)
        if given is None:
            if _is_empty(tensor):
                raise CorruptModel(f"the weights lack {tensor.name!r}", remedy="export the avatar again")
            continue
        due = helper.tensor_dtype_to_np_dtype(tensor.data_type)
        if given.shape != tuple(tensor.dims) or given.dtype != due:
            raise CorruptModel(
                f"{tensor.name!r} is {given.dtype} {given.shape}, its graph has {due} {tuple(tensor.dims)}",
                remedy="change values of weights only, not their shapes",
            )
        tensor.raw_data = np.ascontiguousarray(given).tobytes()


def _is_empty(tensor: Any) -> bool:
    values = (tensor.float_data, tensor.int32_data, tensor.int64_data, tensor.double_data, tensor.uint64_data)
    return bool(np.prod(tensor.dims)) and not tensor.raw_data and not any(values)


def nodes_of(model: Any) -> list[Node]:
    """The graph's nodes in an order in which each finds its inputs computed (ONNX demands it)."""
    return [
        Node(
            node.op_type,
            tuple(node.input),
            tuple(node.output),
            {a.name: _value(helper.get_attribute_value(a), node.op_type) for a in node.attribute},
        )
        for node in model.graph.node
    ]


def _value(value: Any, operator: str) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    if isinstance(value, (onnx.GraphProto, onnx.SparseTensorProto)):
        raise ExchangeError(f"{operator} has a graph or sparse weights inside", remedy="export it as onnx instead")
    return value


def opset_of(model: Any) -> int:
    return max((int(entry.version) for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)


def names_of(values: Any) -> list[str]:
    """Names of the graph's inputs or outputs."""
    return [value.name for value in values]
