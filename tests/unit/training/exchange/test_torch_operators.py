"""Each operator that torch is taught computes what ONNX Runtime computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'ims-avatar[train]'")

import onnx
from onnx import helper, numpy_helper

from ims_avatar.errors import ExchangeError
from ims_avatar.training.exchange.samples import run_onnx
from ims_avatar.training.exchange.torch_graph import run_in_torch
from ims_avatar.training.exchange.torch_operators import OPERATORS

pytestmark = pytest.mark.train
RNG = np.random.default_rng(1)


def floats(*shape: int) -> np.ndarray[Any, Any]:
    return RNG.uniform(0.1, 2.0, shape).astype(np.float32)


def ints(*values: int) -> np.ndarray[Any, Any]:
    return np.array(values, np.int64)


A, B, ROW, PICTURE = floats(2, 3, 4, 6), floats(2, 3, 4, 6), floats(3, 5), floats(1, 4, 6, 8)
GRID = RNG.uniform(-1.2, 1.2, (1, 5, 7, 2)).astype(np.float32)
Case: TypeAlias = tuple[str, dict[str, Any], list[Any]]
ONE: dict[str, list[Case]] = {
    name: [(name, {}, [A - 1 if name in {"Abs", "Relu", "Neg", "Tanh", "LeakyRelu"} else A])]
    for name in ("Abs", "Cos", "Exp", "Floor", "LeakyRelu", "Neg", "Relu", "Sigmoid", "Sin", "Sqrt", "Tanh")
}
TWO: dict[str, list[Case]] = {
    name: [(name, {}, [A, floats(3, 1, 6)])] for name in ("Add", "Div", "Max", "Min", "Mul", "Pow", "Sub")
}
CASES: dict[str, list[Case]] = {
    **ONE,
    **TWO,
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
    "MatMul": [("MatMul", {}, [A, floats(6, 2)])],
    "Pad": [("Pad", {"mode": "constant"}, [A, ints(0, 0, 1, 2, 0, 0, 3, 0), np.float32(0.5)])],
    "ReduceMax": [("ReduceMax", {"axes": [2, 3], "keepdims": 0}, [A])],
    "ReduceMean": [("ReduceMean", {"axes": [1]}, [A]), ("ReduceMean", {}, [A])],
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


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_it_computes_what_onnx_runtime_computes(operator: str, tmp_path: Path) -> None:
    for case in CASES[operator]:
        model = one_node(*case)
        inputs = {"in0": case[2][0]}
        path = tmp_path / "one.onnx"
        onnx.save(model, str(path))
        expected, found = run_onnx(path, inputs), run_in_torch(model, inputs)
        assert expected.keys() == found.keys()
        for name, value in expected.items():
            assert value.shape == found[name].shape and value.dtype == found[name].dtype
            np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("case", "named"),
    [
        (("Erf", {}, [A]), "'Erf'"),
        (("Slice", {}, [A, ints(3), ints(0), ints(0), ints(-1)]), "backwards"),
        (("Pad", {"mode": "reflect"}, [A, ints(0, 0, 1, 1, 0, 0, 1, 1)]), "constant"),
        (("DepthToSpace", {"blocksize": 2, "mode": "DCR"}, [floats(2, 8, 3, 3)]), "DCR"),
        (("Resize", {"mode": "cubic"}, [PICTURE, None, np.array([1, 1, 2, 2], np.float32)]), "cubic"),
    ],
)
def test_what_torch_is_not_taught_is_named(case: Case, named: str) -> None:
    with pytest.raises(ExchangeError, match=named):
        run_in_torch(one_node(*case), {"in0": case[2][0]})
