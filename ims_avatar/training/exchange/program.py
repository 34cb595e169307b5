"""A graph as a list of steps of the simplest kind, all sizes known: what a framework without an ONNX reader can follow.

A step takes values by name and gives one. `CONSTANT` gives a weight. All else that a step needs is plain numbers, so a
program is JSON beside a file of weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from ims_avatar.errors import ExchangeError

CONSTANT = "constant"
PLAIN = frozenset(
    {
        *("Abs", "Cos", "Exp", "Floor", "Neg", "Reciprocal", "Relu", "Sigmoid", "Sin", "Sqrt", "Tanh"),
        *("Add", "Div", "LessOrEqual", "MatMul", "Max", "Min", "Mul", "Pow", "Sub", "Where"),
    }
)
"""Operators that are steps as they are: they need their inputs only."""


@dataclass(frozen=True, slots=True)
class Step:
    operator: str
    inputs: tuple[str, ...]
    output: str
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Program:
    inputs: list[str]
    outputs: list[str]
    steps: list[Step] = field(default_factory=list)
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """All but the weights, for JSON."""
        steps = [
            {"operator": s.operator, "inputs": list(s.inputs), "output": s.output, **s.numbers} for s in self.steps
        ]
        return {"inputs": self.inputs, "outputs": self.outputs, "steps": steps}


class Lowering:
    """A program in the making: what the lowerings of nodes add steps to."""

    def __init__(self, model: Any) -> None:
        graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
        self.constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        values = [*graph.value_info, *graph.input, *graph.output]
        self.shapes = {v.name: tuple(d.dim_value for d in v.type.tensor_type.shape.dim) for v in values}
        self.shapes |= {name: value.shape for name, value in self.constants.items()}
        self.program = Program([v.name for v in graph.input], [v.name for v in graph.output])

    def step(self, operator: str, inputs: tuple[str, ...], output: str, **numbers: Any) -> None:
        """Adds a step, and before it one for each constant that it is the first to take."""
        for name in inputs:
            if name in self.constants and name not in self.program.weights:
                self.program.weights[name] = self.constants[name]
                self.program.steps.append(Step(CONSTANT, (), name))
        self.program.steps.append(Step(operator, inputs, output, numbers))

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """A constant of our own."""
        self.constants[name], self.shapes[name] = value, value.shape
        return name

    def ints(self, name: str) -> list[int]:
        """What an input holds that must be known beforehand."""
        if name not in self.constants:
            raise self.unknown("sizes that depend on values")
        return [int(value) for value in self.constants[name].reshape(-1)]

    def shape(self, name: str) -> list[int]:
        shape = self.shapes.get(name)
        if shape is None or 0 in shape:
            raise self.unknown(f"a value of unknown size, {name!r}")
        return list(shape)

    def unknown(self, what: str) -> ExchangeError:
        return ExchangeError(f"there is no step for {what}", remedy="export it as onnx instead")
