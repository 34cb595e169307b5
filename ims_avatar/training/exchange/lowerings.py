"""How each operator of ONNX becomes steps of a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ims_avatar.training.exchange.graph import Node, nodes_of
from ims_avatar.training.exchange.program import PLAIN, Lowering, Program

_TYPES = {1: "float32", 2: "uint8", 6: "int32", 7: "int64"}
"""By number of `onnx.TensorProto.DataType`."""


def program_of(model: Any) -> Program:
    """The program of a graph that is folded with its batch fixed (`fold.py`).

    Raises `ExchangeError` naming an operator, or a way of one, that has no step.
    """
    lowering = Lowering(model)
    for node in nodes_of(model):
        if node.operator in PLAIN:
            lowering.step(node.operator, node.inputs, node.outputs[0])
        elif node.operator in LOWERINGS:
            LOWERINGS[node.operator](lowering, node)
        else:
            raise lowering.unknown(f"the operator {node.operator!r}")
    return lowering.program


def _reshape(at: Lowering, node: Node) -> None:
    at.step("reshape", node.inputs[:1], node.outputs[0], shape=at.shape(node.outputs[0]))


def _broadcast(at: Lowering, node: Node) -> None:
    at.step("broadcast", node.inputs[:1], node.outputs[0], shape=at.shape(node.outputs[0]))


def _slice(at: Lowering, node: Node) -> None:
    data, starts, ends = node.inputs[0], at.ints(node.inputs[1]), at.ints(node.inputs[2])
    axes = at.ints(node.inputs[3]) if len(node.inputs) > 3 else list(range(len(starts)))
    steps = at.ints(node.inputs[4]) if len(node.inputs) > 4 else [1] * len(starts)
    shape = at.shape(data)
    cuts = [slice(None)] * len(shape)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        if step < 1:
            raise at.unknown("slices that go backwards")
        cuts[axis] = slice(start, end, step)
    _cut(at, data, node.outputs[0], cuts)


def _cut(at: Lowering, data: str, output: str, cuts: list[slice]) -> None:
    ranges = [cut.indices(size) for cut, size in zip(cuts, at.shape(data), strict=True)]
    begin, end, strides = (list(values) for values in zip(*ranges, strict=True))
    at.step("slice", (data,), output, begin=begin, end=end, strides=strides)


def _split(at: Lowering, node: Node) -> None:
    rank = len(at.shape(node.inputs[0]))
    axis, begin = node.attributes.get("axis", 0) % rank, 0
    for size, output in zip(at.ints(node.inputs[1]), node.outputs, strict=True):
        cuts = [slice(None)] * rank
        cuts[axis] = slice(begin, begin + size)
        _cut(at, node.inputs[0], output, cuts)
        begin += size


def _gather(at: Lowering, node: Node) -> None:
    """One place along an axis; more have not been met."""
    data, index = node.inputs[0], at.ints(node.inputs[1])
    rank = len(at.shape(data))
    if len(index) != 1:
        raise at.unknown("Gather of several places")
    axis = node.attributes.get("axis", 0) % rank
    first = index[0] % at.shape(data)[axis]
    cuts = [slice(None)] * rank
    cuts[axis] = slice(first, first + 1)
    _cut(at, data, f"{node.outputs[0]}_cut", cuts)
    at.step("reshape", (f"{node.outputs[0]}_cut",), node.outputs[0], shape=at.shape(node.outputs[0]))


def _conv(at: Lowering, node: Node) -> None:
    top, left, bottom, right = node.attributes.get("pads", (0, 0, 0, 0))
    kernel = at.shape(node.inputs[1])
    has_bias = len(node.inputs) > 2
    output = f"{node.outputs[0]}_plain" if has_bias else node.outputs[0]
    at.step(
        "conv",
        node.inputs[:2],
        output,
        channels=kernel[0],
        kernel=kernel[2:],
        pads=[top, bottom, left, right],
        strides=list(node.attributes.get("strides", (1, 1))),
        dilations=list(node.attributes.get("dilations", (1, 1))),
        group=node.attributes.get("group", 1),
    )
    if has_bias:
        bias = at.constant(f"{node.inputs[2]}_column", at.constants[node.inputs[2]].reshape(1, -1, 1, 1))
        at.step("Add", (output, bias), node.outputs[0])


def _gemm(at: Lowering, node: Node) -> None:
    scaled = node.attributes.get("alpha", 1.0) != 1.0 or node.attributes.get("beta", 1.0) != 1.0
    if scaled or node.attributes.get("transA") or node.inputs[1] not in at.constants:
        raise at.unknown("Gemm but of a matrix of weights")
    matrix = at.constants[node.inputs[1]]
    if node.attributes.get("transB"):
        matrix = matrix.T
    weights = at.constant(f"{node.inputs[1]}_columns", np.ascontiguousarray(matrix))
    if len(node.inputs) == 2:
        at.step("MatMul", (node.inputs[0], weights), node.outputs[0])
        return
    product = f"{node.outputs[0]}_plain"
    at.step("MatMul", (node.inputs[0], weights), product)
    at.step("Add", (product, node.inputs[2]), node.outputs[0])


def _clip(at: Lowering, node: Node) -> None:
    name = node.inputs[0]
    bounds = [(op, bound) for op, bound in zip(("Max", "Min"), node.inputs[1:], strict=False) if bound]
    for index, (operator, bound) in enumerate(bounds):
        output = node.outputs[0] if index == len(bounds) - 1 else f"{node.outputs[0]}_low"
        at.step(operator, (name, bound), output)
        name = output


def _average(at: Lowering, node: Node) -> None:
    """Of squares that touch each other: the mean over two axes."""
    sides = list(node.attributes["kernel_shape"])
    apart = list(node.attributes.get("strides", (1, 1))) != sides or any(node.attributes.get("pads", ()))
    batch, channels, rows, columns = at.shape(node.inputs[0])
    if apart or rows % sides[0] or columns % sides[1]:
        raise at.unknown("means of squares that overlap or leave a rest")
    inner = [batch, channels, rows // sides[0], sides[0], columns // sides[1], sides[1]]
    at.step("reshape", node.inputs, f"{node.outputs[0]}_split", shape=inner)
    at.step("ReduceMean", (f"{node.outputs[0]}_split",), node.outputs[0], axes=[3, 5], keep=False)


def _pad(at: Lowering, node: Node) -> None:
    value = float(at.constants[node.inputs[2]]) if len(node.inputs) > 2 and node.inputs[2] else 0.0
    if node.attributes.get("mode", "constant") != "constant" or value:
        raise at.unknown("to pad with anything but zeros")
    amounts = at.ints(node.inputs[1])
    rank = len(amounts) // 2
    at.step("pad", node.inputs[:1], node.outputs[0], pads=[[amounts[i], amounts[i + rank]] for i in range(rank)])


def _reduce(at: Lowering, node: Node) -> None:
    rank = len(at.shape(node.inputs[0]))
    axes = at.ints(node.inputs[1]) if len(node.inputs) > 1 else node.attributes.get("axes", range(rank))
    keep = bool(node.attributes.get("keepdims", 1))
    at.step(node.operator, node.inputs[:1], node.outputs[0], axes=[axis % rank for axis in axes], keep=keep)


def _resize(at: Lowering, node: Node) -> None:
    ways = ("mode", "coordinate_transformation_mode", "nearest_mode")
    way = tuple(node.attributes.get(name) for name in ways)
    if way != ("nearest", "asymmetric", "floor"):
        raise at.unknown(f"to resize by {way}")
    at.step("enlarge", node.inputs[:1], node.outputs[0], size=at.shape(node.outputs[0])[2:])


def _depth_to_space(at: Lowering, node: Node) -> None:
    if node.attributes.get("mode", "DCR") != "CRD":
        raise at.unknown("DepthToSpace in DCR order")
    batch, channels, height, width = at.shape(node.inputs[0])
    side, output = node.attributes["blocksize"], node.outputs[0]
    inner = [batch, channels // side**2, side, side, height, width]
    at.step("reshape", node.inputs, f"{output}_split", shape=inner)
    at.step("transpose", (f"{output}_split",), f"{output}_moved", order=[0, 1, 4, 2, 5, 3])
    whole = [batch, channels // side**2, height * side, width * side]
    at.step("reshape", (f"{output}_moved",), output, shape=whole)


def _grid_sample(at: Lowering, node: Node) -> None:
    mode = node.attributes.get("mode", "bilinear")
    if mode not in ("bilinear", "linear", "nearest"):
        raise at.unknown(f"to sample by {mode!r}")
    at.step(
        "sample",
        node.inputs,
        node.outputs[0],
        mode="nearest" if mode == "nearest" else "bilinear",
        outside=node.attributes.get("padding_mode", "zeros"),
        corners=bool(node.attributes.get("align_corners", 0)),
    )


def _cast(at: Lowering, node: Node) -> None:
    kind = _TYPES.get(node.attributes["to"])
    if kind is None:
        raise at.unknown(f"a cast to type {node.attributes['to']}")
    at.step("cast", node.inputs, node.outputs[0], to=kind)


LOWERINGS: dict[str, Callable[[Lowering, Node], None]] = {
    "AveragePool": _average,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": lambda at, node: at.step("concat", node.inputs, node.outputs[0], axis=node.attributes["axis"]),
    "Conv": _conv,
    "DepthToSpace": _depth_to_space,
    "Expand": _broadcast,
    "Gather": _gather,
    "Gemm": _gemm,
    "GridSample": _grid_sample,
    "Pad": _pad,
    "ReduceMax": _reduce,
    "ReduceMean": _reduce,
    "ReduceMin": _reduce,
    "ReduceSum": _reduce,
    "Reshape": _reshape,
    "Resize": _resize,
    "Slice": _slice,
    "Split": _split,
    "Squeeze": _reshape,
    "Transpose": lambda at, node: at.step("transpose", node.inputs, node.outputs[0], order=node.attributes["perm"]),
    "Unsqueeze": _reshape,
}
