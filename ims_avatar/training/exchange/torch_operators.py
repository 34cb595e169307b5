"""The operators of ONNX that renderers have, opset 17, by torch. Each takes the node's attributes and its inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ims_avatar.errors import ExchangeError

Attributes = dict[str, Any]
_TYPES = {1: torch.float32, 2: torch.uint8, 6: torch.int32, 7: torch.int64, 9: torch.bool, 10: torch.float16}
"""By number of `onnx.TensorProto.DataType`."""


def _unknown(what: str) -> ExchangeError:
    return ExchangeError(f"torch is not taught {what}", remedy="export it as onnx instead")


def _plain(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """An operator without attributes."""
    return lambda attributes, *inputs: function(*inputs)


def _ints(tensor: Tensor) -> list[int]:
    return [int(value) for value in tensor.reshape(-1)]


def _reshape(attributes: Attributes, data: Tensor, shape: Tensor) -> Tensor:
    return data.reshape([data.shape[i] if size == 0 else size for i, size in enumerate(_ints(shape))])


def _squeeze(attributes: Attributes, data: Tensor, axes: Tensor | None = None) -> Tensor:
    return data.squeeze() if axes is None else data.squeeze(tuple(_ints(axes)))


def _unsqueeze(attributes: Attributes, data: Tensor, axes: Tensor) -> Tensor:
    for axis in sorted(axis % (data.ndim + axes.numel()) for axis in _ints(axes)):
        data = data.unsqueeze(axis)
    return data


def _slice(attributes: Attributes, data: Tensor, starts: Tensor, ends: Tensor, *more: Tensor) -> Tensor:
    """`more`: axes and steps, each optional."""
    which = _ints(more[0]) if more else range(starts.numel())
    steps = _ints(more[1]) if len(more) > 1 else [1] * starts.numel()
    if min(steps) < 1:
        raise _unknown("slices that go backwards")
    index: list[slice] = [slice(None)] * data.ndim
    for axis, start, end, step in zip(which, _ints(starts), _ints(ends), steps, strict=True):
        index[axis] = slice(start, end, step)
    return data[tuple(index)]


def _gather(attributes: Attributes, data: Tensor, indices: Tensor) -> Tensor:
    axis = attributes.get("axis", 0) % data.ndim
    flat = indices.reshape(-1).long() % data.shape[axis]
    return data.index_select(axis, flat).reshape(*data.shape[:axis], *indices.shape, *data.shape[axis + 1 :])


def _split(attributes: Attributes, data: Tensor, sizes: Tensor) -> tuple[Tensor, ...]:
    return tuple(torch.split(data, _ints(sizes), attributes.get("axis", 0)))


def _expand(attributes: Attributes, data: Tensor, shape: Tensor) -> Tensor:
    return data.expand(torch.broadcast_shapes(data.shape, tuple(_ints(shape))))


def _pad(attributes: Attributes, data: Tensor, pads: Tensor, value: Tensor | None = None) -> Tensor:
    if attributes.get("mode", "constant") != "constant":
        raise _unknown("to pad with anything but a constant")
    amounts, rank = _ints(pads), data.ndim
    flat = [amount for axis in reversed(range(rank)) for amount in (amounts[axis], amounts[axis + rank])]
    return functional.pad(data, flat, value=0.0 if value is None else float(value))


def _conv(attributes: Attributes, data: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    top, left, bottom, right = attributes.get("pads", (0, 0, 0, 0))
    if top or left or bottom or right:
        data = functional.pad(data, [left, right, top, bottom])
    strides, dilations = attributes.get("strides", [1, 1]), attributes.get("dilations", [1, 1])
    return functional.conv2d(data, weight, bias, strides, 0, dilations, attributes.get("group", 1))


def _gemm(attributes: Attributes, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    a = a.T if attributes.get("transA") else a
    b = b.T if attributes.get("transB") else b
    product = attributes.get("alpha", 1.0) * (a @ b)
    return product if c is None else product + attributes.get("beta", 1.0) * c


def _reduce(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """ReduceMean has its axes as attribute until opset 18, ReduceSum as input since 13."""

    def run(attributes: Attributes, data: Tensor, axes: Tensor | None = None) -> Tensor:
        which = _ints(axes) if axes is not None else attributes.get("axes", list(range(data.ndim)))
        return function(data, dim=tuple(which), keepdim=bool(attributes.get("keepdims", 1)))

    return run


def _resize(attributes: Attributes, data: Tensor, roi: Tensor | None, *size: Tensor | None) -> Tensor:
    """`size`: scales, or None and sizes."""
    way = (attributes.get("mode", "nearest"), attributes.get("coordinate_transformation_mode", "half_pixel"))
    scales = size[0]
    if scales is None or not scales.numel():
        raise _unknown("to resize to a size")
    factors = [float(scale) for scale in scales[2:]]
    if way == ("nearest", "asymmetric") and attributes.get("nearest_mode") == "floor":
        return functional.interpolate(data, scale_factor=factors, mode="nearest")
    if way in (("linear", "half_pixel"), ("linear", "pytorch_half_pixel")):
        return functional.interpolate(data, scale_factor=factors, mode="bilinear", align_corners=False)
    raise _unknown(f"to resize by {way}")


def _depth_to_space(attributes: Attributes, data: Tensor) -> Tensor:
    if attributes.get("mode", "DCR") != "CRD":
        raise _unknown("DepthToSpace in DCR order")
    return functional.pixel_shuffle(data, attributes["blocksize"])


def _grid_sample(attributes: Attributes, data: Tensor, grid: Tensor) -> Tensor:
    mode = {"linear": "bilinear", "cubic": "bicubic"}.get(attributes.get("mode", "bilinear"), "bilinear")
    padding, corners = attributes.get("padding_mode", "zeros"), bool(attributes.get("align_corners", 0))
    return functional.grid_sample(data, grid, mode=mode, padding_mode=padding, align_corners=corners)


def _average(attributes: Attributes, data: Tensor) -> Tensor:
    if any(attributes.get("pads", ())) or attributes.get("ceil_mode", 0):
        raise _unknown("means of squares that reach over the edge")
    return functional.avg_pool2d(data, attributes["kernel_shape"], attributes.get("strides", [1, 1]))


def _clip(attributes: Attributes, data: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    return data if low is None and high is None else data.clamp(low, high)


def _divide(attributes: Attributes, a: Tensor, b: Tensor) -> Tensor:
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


OPERATORS: dict[str, Callable[..., Tensor | tuple[Tensor, ...]]] = {
    "Abs": _plain(torch.abs),
    "Add": _plain(torch.add),
    "AveragePool": _average,
    "Cast": lambda attributes, data: data.to(_TYPES[attributes["to"]]),
    "Clip": _clip,
    "Concat": lambda attributes, *parts: torch.cat(parts, attributes["axis"]),
    "Conv": _conv,
    "Cos": _plain(torch.cos),
    "DepthToSpace": _depth_to_space,
    "Div": _divide,
    "Exp": _plain(torch.exp),
    "Expand": _expand,
    "Floor": _plain(torch.floor),
    "Gather": _gather,
    "Gemm": _gemm,
    "GridSample": _grid_sample,
    "LeakyRelu": lambda attributes, data: functional.leaky_relu(data, attributes.get("alpha", 0.01)),
    "LessOrEqual": _plain(torch.le),
    "MatMul": _plain(torch.matmul),
    "Max": _plain(torch.maximum),
    "Min": _plain(torch.minimum),
    "Mul": _plain(torch.mul),
    "Neg": _plain(torch.neg),
    "Pad": _pad,
    "Pow": _plain(torch.pow),
    "Reciprocal": _plain(torch.reciprocal),
    "ReduceMax": _reduce(torch.amax),
    "ReduceMean": _reduce(torch.mean),
    "ReduceMin": _reduce(torch.amin),
    "ReduceSum": _reduce(torch.sum),
    "Relu": _plain(torch.relu),
    "Reshape": _reshape,
    "Resize": _resize,
    "Sigmoid": _plain(torch.sigmoid),
    "Sin": _plain(torch.sin),
    "Slice": _slice,
    "Softmax": lambda attributes, data: torch.softmax(data, attributes.get("axis", -1)),
    "Split": _split,
    "Sqrt": _plain(torch.sqrt),
    "Squeeze": _squeeze,
    "Sub": _plain(torch.sub),
    "Tanh": _plain(torch.tanh),
    "Tile": lambda attributes, data, repeats: data.repeat(_ints(repeats)),
    "Transpose": lambda attributes, data: data.permute(attributes["perm"]),
    "Unsqueeze": _unsqueeze,
    "Where": _plain(torch.where),
}
