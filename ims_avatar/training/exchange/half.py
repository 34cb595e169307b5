"""A graph for TensorRT: its network in half precision, what places pixels in float, and only what it can parse."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_HEAVY = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
"""The network's layers."""
_SMALL = 4
"""Rows and columns of matrices that move points, at most."""
_LAYOUT = frozenset({"Gather", "Squeeze", "Unsqueeze", "Reshape", "Slice", "Transpose"})
"""Operators that move values and leave them as they are; their first input is what they move."""


def for_tensorrt(model: Any) -> Any:
    """Changes the graph, keeping its inputs and outputs; returns it. `model` has its shapes folded (`fold.py`).

    Float16 is for what lies between two layers of the network. Sampling grids stay float32: eleven bits would move a
    pixel by a twentieth of its width.
    """
    shapes = _shapes(model)
    _late_bytes(model.graph)
    _small_products(model.graph, shapes)
    _name_nodes(model.graph)
    _halve(model.graph, _inside(model.graph))
    onnx.checker.check_model(model, full_check=True)
    return model


def _halve(graph: Any, inside: set[str]) -> None:
    """Nodes `inside` compute in float16; casts stand where values cross."""
    weights = {tensor.name: tensor for tensor in graph.initializer}
    numbers = {name for name, tensor in weights.items() if tensor.data_type != TensorProto.FLOAT}
    halves: set[str] = set()
    """Values that are float16 by now."""
    nodes: list[Any] = []
    for node in list(graph.node):
        within = node.name in inside
        for place, name in enumerate(node.input):
            if not name or name in numbers or (node.op_type == "Resize" and place):
                continue  # shapes and scales
            if within and name in weights and name not in halves:
                halves.add(f"{name}_half")
                node.input[place] = _half_weight(graph, weights, name)
            elif within != (name in halves):
                node.input[place] = _crossed(nodes, name, to_half=within)
        if within:
            halves.update(node.output)
        nodes.append(node)
    for output in graph.output:
        if output.name in halves:
            _give_as_float(nodes, output.name)
    del graph.node[:]
    graph.node.extend(nodes)


def _give_as_float(nodes: list[Any], name: str) -> None:
    """What is float16 now gets another name; the graph's output is cast from it."""
    inner = f"{name}_inner"
    for node in nodes:
        for values in (node.input, node.output):
            for place, value in enumerate(values):
                if value == name:
                    values[place] = inner
    nodes.append(helper.make_node("Cast", [inner], [name], to=TensorProto.FLOAT, name=f"cast_{name}"))


def _half_weight(graph: Any, weights: dict[str, Any], name: str) -> str:
    half = f"{name}_half"
    if half not in weights:
        values = numpy_helper.to_array(weights[name]).astype(np.float16)
        weights[half] = numpy_helper.from_array(values, half)
        graph.initializer.append(weights[half])
    return half


def _crossed(nodes: list[Any], name: str, *, to_half: bool) -> str:
    """The value in the other precision, by a cast that is there or added now."""
    other = f"{name}_as_{'half' if to_half else 'float'}"
    if not any(other in node.output for node in nodes):
        to = TensorProto.FLOAT16 if to_half else TensorProto.FLOAT
        nodes.append(helper.make_node("Cast", [name], [other], to=to, name=f"cast_{other}"))
    return other


def _late_bytes(graph: Any) -> None:
    """Casts to uint8 become the last nodes: TensorRT has bytes at its edges only."""
    makers = {output: node for node in graph.node for output in node.output}
    for output in graph.output:
        if output.type.tensor_type.elem_type != TensorProto.UINT8:
            continue
        cast = makers[output.name]
        while cast.op_type in _LAYOUT:
            cast = makers[cast.input[0]]
        if cast.op_type != "Cast" or output.name in cast.output:
            continue
        floats = f"{output.name}_float"
        last = makers[output.name]
        after = [node for node in graph.node if cast.output[0] in node.input]
        for node in after:
            node.input[list(node.input).index(cast.output[0])] = cast.input[0]
        last.output[0] = floats
        graph.node.remove(cast)
        graph.node.append(helper.make_node("Cast", [floats], [output.name], to=TensorProto.UINT8))
    del graph.value_info[:]


def _shapes(model: Any) -> dict[str, tuple[int, ...]]:
    """Of every value whose shape is known; 0 stands for what is dynamic."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    known = {value.name: value.type.tensor_type.shape.dim for value in [*graph.value_info, *graph.input]}
    return {name: tuple(d.dim_value for d in dim) for name, dim in known.items()} | {
        tensor.name: tuple(tensor.dims) for tensor in graph.initializer
    }


def _small_products(graph: Any, shapes: dict[str, tuple[int, ...]]) -> None:
    """Products with a 3 x 2 matrix, which move points, become sums: Turing multiplies matrices in half only."""
    for index, node in reversed(list(enumerate(graph.node))):
        shape = shapes.get(node.input[1], ()) if node.op_type == "MatMul" else ()
        if len(shape) != 2 or not 0 < max(shape) <= _SMALL:
            continue
        (left, right), (result,) = node.input, node.output
        name = node.name or result
        axes = helper.make_tensor(f"{name}_axes", TensorProto.INT64, [1], [-2])
        last = helper.make_tensor(f"{name}_last", TensorProto.INT64, [1], [-1])
        graph.initializer.extend([axes, last])
        parts = [
            helper.make_node("Unsqueeze", [left, axes.name], [f"{name}_rows"]),
            helper.make_node("Transpose", [right], [f"{name}_columns"], perm=[1, 0]),
            helper.make_node("Mul", [f"{name}_rows", f"{name}_columns"], [f"{name}_products"]),
            helper.make_node("ReduceSum", [f"{name}_products", last.name], [result], keepdims=0),
        ]
        graph.node.remove(node)
        for offset, part in enumerate(parts):
            graph.node.insert(index + offset, part)


def _name_nodes(graph: Any) -> None:
    for index, node in enumerate(graph.node):
        node.name = f"{index}_{node.op_type}"


def _inside(graph: Any) -> set[str]:
    """Names of the network's layers, and of what lies between two of them."""
    before, after = _reached(list(graph.node), forwards=True), _reached(list(graph.node), forwards=False)
    heavy = {node.name for node in graph.node if node.op_type in _HEAVY}
    return heavy | ((before & after) - _places(list(graph.node)))


def _places(nodes: list[Any]) -> set[str]:
    """Names of the nodes that make sampling grids, back to the layers that they are made from."""
    values = {node.input[1] for node in nodes if node.op_type == "GridSample"}
    names: set[str] = set()
    for node in reversed(nodes):
        if node.op_type not in _HEAVY and values.intersection(node.output):
            names.add(node.name)
            values.update(node.input)
    return names


def _reached(nodes: list[Any], *, forwards: bool) -> set[str]:
    """Names of the nodes that a layer leads to, or that lead to a layer."""
    values: set[str] = set()
    names: set[str] = set()
    for node in nodes if forwards else reversed(nodes):
        come, go = (node.input, node.output) if forwards else (node.output, node.input)
        if values.intersection(come):
            names.add(node.name)
        if node.name in names or node.op_type in _HEAVY:
            values.update(go)
    return names
