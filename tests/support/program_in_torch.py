"""Runs a program (`training/exchange/program.py`) by torch: what its steps mean, to check how they come about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ims_avatar.training.exchange.program import CONSTANT, Program

Numbers = Mapping[str, Any]


def _reduce(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda n, x: function(x, dim=tuple(n["axes"]), keepdim=n["keep"])


def _conv(n: Numbers, x: Tensor, weight: Tensor) -> Tensor:
    top, bottom, left, right = n["pads"]
    padded = functional.pad(x, [left, right, top, bottom])
    return functional.conv2d(padded, weight, None, n["strides"], 0, n["dilations"], n["group"])


def _slice(n: Numbers, x: Tensor) -> Tensor:
    return x[tuple(slice(*cut) for cut in zip(n["begin"], n["end"], n["strides"], strict=True))]


def _sample(n: Numbers, x: Tensor, grid: Tensor) -> Tensor:
    return functional.grid_sample(x, grid, n["mode"], n["outside"], n["corners"])


_PLAIN: dict[str, Callable[..., Tensor]] = {
    "Abs": torch.abs, "Add": torch.add, "Cos": torch.cos, "Div": torch.div, "Exp": torch.exp, "Floor": torch.floor,
    "LessOrEqual": torch.le, "Reciprocal": torch.reciprocal,
    "MatMul": torch.matmul, "Max": torch.maximum, "Min": torch.minimum, "Mul": torch.mul, "Neg": torch.neg,
    "Pow": torch.pow, "Relu": torch.relu, "Sigmoid": torch.sigmoid, "Sin": torch.sin, "Sqrt": torch.sqrt,
    "Sub": torch.sub, "Tanh": torch.tanh, "Where": torch.where,
}  # fmt: skip
_WITH_NUMBERS: dict[str, Callable[..., Tensor]] = {
    "ReduceMax": _reduce(torch.amax),
    "ReduceMean": _reduce(torch.mean),
    "ReduceMin": _reduce(torch.amin),
    "ReduceSum": _reduce(torch.sum),
    "broadcast": lambda n, x: x.expand(n["shape"]),
    "cast": lambda n, x: x.to(getattr(torch, n["to"])),
    "concat": lambda n, *parts: torch.cat(parts, n["axis"]),
    "conv": _conv,
    "enlarge": lambda n, x: functional.interpolate(x, n["size"], mode="nearest"),
    "pad": lambda n, x: functional.pad(x, [amount for pair in reversed(n["pads"]) for amount in pair]),
    "reshape": lambda n, x: x.reshape(n["shape"]),
    "sample": _sample,
    "slice": _slice,
    "transpose": lambda n, x: x.permute(n["order"]),
}
OPERATORS = {*_PLAIN, *_WITH_NUMBERS}


def run_program(program: Program, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Every output of the program."""
    values = {name: torch.from_numpy(np.array(inputs[name])) for name in program.inputs}
    for step in program.steps:
        if step.operator == CONSTANT:
            values[step.output] = torch.from_numpy(np.array(program.weights[step.output]))
            continue
        given = [values[name] for name in step.inputs]
        plain = _PLAIN.get(step.operator)
        values[step.output] = plain(*given) if plain else _WITH_NUMBERS[step.operator](step.numbers, *given)
    return {name: values[name].numpy() for name in program.outputs}
