"""Runs an ONNX graph by torch, node by node: what is exported is thereby known to be what torch computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

from ims_avatar.errors import ExchangeError
from ims_avatar.training.exchange.graph import Node, nodes_of
from ims_avatar.training.exchange.torch_operators import OPERATORS


def run_in_torch(model: Any, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Every output of a graph whose shapes are folded (`fold.py`).

    Raises `ExchangeError` naming an operator, or a way of one, that is not known here.
    """
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    values: dict[str, Tensor | None] = {"": None}
    values |= {name: torch.from_numpy(np.array(value)) for name, value in {**weights, **inputs}.items()}
    with torch.no_grad():
        for node in nodes_of(model):
            results = _run(node, [values[name] for name in node.inputs])
            values.update(zip(node.outputs, results, strict=False))
    outputs = {value.name: values[value.name] for value in model.graph.output}
    return {name: tensor.numpy() for name, tensor in outputs.items() if tensor is not None}


def _run(node: Node, inputs: list[Any]) -> tuple[Tensor, ...]:
    operator = OPERATORS.get(node.operator)
    if operator is None:
        raise ExchangeError(f"torch is not taught the operator {node.operator!r}", remedy="export it as onnx instead")
    result = operator(node.attributes, *inputs)
    return result if isinstance(result, tuple) else (result,)
