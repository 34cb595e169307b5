"""Graphs of a single node, and cases for every operator that renderers have."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

Case: TypeAlias = tuple[str, dict[str, Any], list[Any]]
"""Operator, attributes, inputs; None for one that is left out."""

RNG = np.random.default_rng(1)


def floats(*shape: int) -> NDArray[Any]:
    return RNG.uniform(0.1, 2.0, shape).astype(np.float32)


def ints(*values: int) -> NDArray[Any]:
    return np.array(values, np.int64)


A, B, ROW, PICTURE = floats(2, 3, 4, 6), floats(2, 3, 4, 6), floats(3, 5), floats(1, 4, 6, 8)
GRID = RNG.uniform(-1.2, 1.2, (1, 5, 7, 2)).astype(np.float32)
ONE: dict[str, list[Case]] = {
    name: [(name, {}, [A - 1 if name in {"Abs", "Relu", "Neg", "Tanh", "LeakyRelu"} else A])]
    for name in (
        *("Abs", "Cos", "Exp", "Floor", "LeakyRelu", "Neg", "Reciprocal", "Relu", "Sigmoid", "Sin", "Sqrt", "Tanh"),
    )
}
TWO: dict[str, list[Case]] = {
    name: [(name, {}, [A, floats(3, 1, 6)])] for name in ("Add", "Div", "Max", "Min", "Mul", "Pow", "Sub")
}
CASES: dict[str, list[Case]] = {
    **ONE,
    **TWO,
    "AveragePool": [("AveragePool", {"kernel_shape": [2, 4], "strides": [2, 4]}, [PICTURE])],
    "Cast": [("Cast", {"to": 2}, [A * 100]), ("Cast", {"to": 1}, [(A * 100).astype(np.uint8)])],
    "Clip": [("Clip", {}, [A, np.float32(0.5), np.float32(1.5)]), ("Clip", {}, [A, np.float32(0.5)])],
    "Concat": [("Concat", {"axis": 1}, [A, B])],
    "Conv": [
        ("Conv", {"pads": [1, 1, 1, 1]}, [PICTURE, floats(6, 4, 3, 3), floats(6)]),
        ("Conv", {"pads": [0, 1, 2, 0], "strides": [2, 2], "group": 2}, [PICTURE, floats(6, 2, 3, 3)]),
    ],
    "DepthToSpace": [("DepthToSpace", {"blocksize": 2, "mode": "CRD"}, [floats(2, 8, 3, 3)])],
    "Expand": [("Expand", {}, [floats(1, 3, 1), ints(2, 1, 4)])],
    "Gather": [("Gather", {"axis": 1}, [A, ints(2, -1)]), ("Gather", {}, [A, np.array(1, np.int64)])],
    "Gemm": [
        ("Gemm", {"transB": 1, "alpha": 0.5}, [ROW, floats(4, 5), floats(4)]),
        ("Gemm", {"transA": 1}, [ROW, ROW]),
    ],
    "GridSample": [
        ("GridSample", {"mode": "bilinear", "padding_mode": "zeros"}, [PICTURE, GRID]),
        ("GridSample", {"mode": "bilinear", "padding_mode": "border", "align_corners": 1}, [PICTURE, GRID]),
    ],
    "LessOrEqual": [("LessOrEqual", {}, [A, B])],
    "MatMul": [("MatMul", {}, [A, floats(6, 2)])],
    "Pad": [("Pad", {"mode": "constant"}, [A, ints(0, 0, 1, 2, 0, 0, 3, 0), np.float32(0.5)])],
    "ReduceMax": [("ReduceMax", {"axes": [2, 3], "keepdims": 0}, [A])],
    "ReduceMean": [("ReduceMean", {"axes": [1]}, [A]), ("ReduceMean", {}, [A])],
    "ReduceMin": [("ReduceMin", {"axes": [-1]}, [A])],
    "ReduceSum": [("ReduceSum", {"keepdims": 0}, [A, ints(-1)])],
    "Reshape": [("Reshape", {}, [A, ints(0, -1, 6)])],
    "Resize": [
        (
            "Resize",
            {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
            [PICTURE, None, np.array([1, 1, 2, 2], np.float32)],
        ),
        ("Resize", {"mode": "linear"}, [PICTURE, None, np.array([1, 1, 2, 2], np.float32)]),
    ],
    "Slice": [
        ("Slice", {}, [A, ints(1, -3), ints(9, -1), ints(1, 3), ints(2, 1)]),
        ("Slice", {}, [A, ints(1), ints(2)]),
    ],
    "Softmax": [("Softmax", {"axis": 1}, [A])],
    "Split": [("Split", {"axis": 3}, [A, ints(2, 4)])],
    "Squeeze": [("Squeeze", {}, [floats(1, 3, 1), ints(0)]), ("Squeeze", {}, [floats(1, 3, 1)])],
    "Tile": [("Tile", {}, [A, ints(1, 2, 1, 3)])],
    "Transpose": [("Transpose", {"perm": [0, 2, 3, 1]}, [A])],
    "Unsqueeze": [("Unsqueeze", {}, [A, ints(1, -1)])],
    "Where": [("Where", {}, [A > 1, A, B])],
}


def one_node(operator: str, attributes: dict[str, Any], inputs: list[Any]) -> Any:
    """A graph of one node whose first input is given when it runs; all others are in it."""
    names = ["" if value is None else f"in{i}" for i, value in enumerate(inputs)]
    outputs = [f"out{i}" for i in range(2 if operator == "Split" else 1)]
    inside = [numpy_helper.from_array(np.array(v), f"in{i}") for i, v in enumerate(inputs) if i and v is not None]
    first = helper.make_tensor_value_info("in0", helper.np_dtype_to_tensor_dtype(inputs[0].dtype), inputs[0].shape)
    node = helper.make_node(operator, names, outputs, **attributes)
    results = [onnx.ValueInfoProto(name=name) for name in outputs]
    graph = helper.make_graph([node], "one", [first], results, inside)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return onnx.shape_inference.infer_shapes(model)
