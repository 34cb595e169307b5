from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="needs onnx: pip install 'ims-avatar[train]'")
pytest.importorskip("scipy", reason="needs scipy: pip install 'ims-avatar[train]'")

import onnx
from onnx import TensorProto, helper, numpy_helper

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.training.exchange.fold import folded
from ims_avatar.training.exchange.half import for_tensorrt
from ims_avatar.training.exchange.samples import (
    picture_agreement,
    reference_inputs,
    run_onnx,
    sample_lip_codes,
)

pytestmark = pytest.mark.train
CLARA = AvatarRepository().find("clara")


def halved(role: str, folder: Path) -> Path:
    path = folder / f"{role}.onnx"
    onnx.save(for_tensorrt(folded(CLARA.path(role))), str(path))
    return path


def test_the_pictures_stay_and_grids_lose_nothing(tmp_path: Path) -> None:
    inputs, codes = reference_inputs(CLARA, 40), {"lip_codes": sample_lip_codes()}
    exact, half = run_onnx(CLARA.path("reference"), inputs), run_onnx(halved("reference", tmp_path), inputs)
    assert np.abs(exact["luma_grid"] - half["luma_grid"]).max() < 1e-6
    assert not np.array_equal(exact["feature_4"], half["feature_4"]), "the network is in half precision"
    drawn = run_onnx(halved("decoder", tmp_path), codes | half)
    assert picture_agreement(run_onnx(CLARA.path("decoder"), codes | exact), drawn) > 50


def graph(nodes: list[Any], inputs: list[Any], outputs: list[Any], inside: dict[str, Any]) -> Any:
    weights = [numpy_helper.from_array(np.array(value), name) for name, value in inside.items()]
    made = helper.make_graph(nodes, "g", inputs, outputs, weights)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def value(name: str, kind: int, *shape: int) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def test_bytes_are_made_last() -> None:
    nodes = [
        helper.make_node("Cast", ["x"], ["bytes"], to=TensorProto.UINT8),
        helper.make_node("Gather", ["bytes", "index"], ["y"], axis=1),
    ]
    index = {"index": np.int64(0)}
    model = graph(nodes, [value("x", TensorProto.FLOAT, 2, 1, 4)], [value("y", TensorProto.UINT8, 2, 4)], index)
    assert [node.op_type for node in for_tensorrt(model).graph.node] == ["Gather", "Cast"]
    assert model.graph.output[0].name == model.graph.node[-1].output[0] == "y"


@pytest.mark.parametrize(("columns", "operators"), [(2, {"Mul", "ReduceSum"}), (8, {"MatMul"})])
def test_only_matrices_that_move_points_become_sums(tmp_path: Path, columns: int, operators: set[str]) -> None:
    matrix = np.random.default_rng(0).normal(size=(3, columns)).astype(np.float32)
    points = np.random.default_rng(1).normal(size=(2, 5, 3)).astype(np.float32)
    model = graph(
        [helper.make_node("MatMul", ["x", "m"], ["y"])],
        [value("x", TensorProto.FLOAT, 2, 5, 3)],
        [value("y", TensorProto.FLOAT, 2, 5, columns)],
        {"m": matrix},
    )
    assert operators <= {node.op_type for node in for_tensorrt(model).graph.node}
    onnx.save(model, str(tmp_path / "g.onnx"))
    found = run_onnx(tmp_path / "g.onnx", {"x": points})["y"]
    assert np.abs(found.astype(np.float32) - points @ matrix).max() < (1e-5 if columns == 2 else 1e-2)


def test_a_grid_between_two_layers_stays_float() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"]),
        helper.make_node("Mul", ["grid", "two"], ["places"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("GridSample", ["b", "places"], ["c"]),
        helper.make_node("Conv", ["c", "w"], ["y"]),
    ]
    inputs = [value("x", TensorProto.FLOAT, 1, 1, 4, 4), value("grid", TensorProto.FLOAT, 1, 4, 4, 2)]
    weights = {"w": np.ones((1, 1, 1, 1), np.float32), "two": np.float32(2)}
    model = for_tensorrt(graph(nodes, inputs, [value("y", TensorProto.FLOAT, 1, 1, 4, 4)], weights))
    inferred = onnx.shape_inference.infer_shapes(model)
    kinds = {v.name: v.type.tensor_type.elem_type for v in inferred.graph.value_info}
    assert kinds["b"] == TensorProto.FLOAT16 and kinds["places"] == TensorProto.FLOAT
    assert inferred.graph.output[0].type.tensor_type.elem_type == TensorProto.FLOAT
