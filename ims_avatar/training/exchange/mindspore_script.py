"""Builds a program (`program.py`) in MindSpore and exports it: a script for the environment that has MindSpore only.

    python mindspore_script.py FOLDER

FOLDER holds `program.json`, `weights.npz` and `samples.npz`, the program's inputs. Written there are `graph.mindir`,
`before.npz` and `after.npz`, the outputs of the network before it was exported and after it was loaded again, and
`versions.json`.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mindspore as ms  # type: ignore[import-not-found]
import numpy as np
from mindspore import nn, ops

_TYPES = {"float32": ms.float32, "uint8": ms.uint8, "int32": ms.int32, "int64": ms.int64}
Step = dict[str, Any]


class Constant(nn.Cell):
    """A weight."""

    def __init__(self, value: np.ndarray[Any, Any], name: str) -> None:
        super().__init__()
        self.value = ms.Parameter(ms.Tensor(value), name=name, requires_grad=False)

    def construct(self) -> Any:
        return self.value


class Called(nn.Cell):
    """A function of MindSpore with numbers that are known beforehand."""

    def __init__(self, function: Callable[..., Any], *numbers: Any) -> None:
        super().__init__()
        self.function, self.numbers = function, numbers

    def construct(self, *given: Any) -> Any:
        return self.function(*given, *self.numbers)


class Concatenated(nn.Cell):
    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def construct(self, *given: Any) -> Any:
        return ops.cat(given, self.axis)


def _sampled(picture: Any, grid: Any, mode: str, outside: str, corners: bool) -> Any:
    # A weight is a reference to a tensor, which grid_sample does not take; reshaped, it is a tensor.
    return ops.grid_sample(ops.reshape(picture, picture.shape), grid, mode, outside, corners)


def _conv(step: Step) -> Any:
    return ops.Conv2D(
        step["channels"],
        tuple(step["kernel"]),
        pad_mode="pad",
        pad=tuple(step["pads"]),
        stride=tuple(step["strides"]),
        dilation=tuple(step["dilations"]),
        group=step["group"],
    )


OPERATORS: dict[str, Callable[[Step], Any]] = {
    "Abs": lambda step: ops.Abs(),
    "Add": lambda step: ops.Add(),
    "Cos": lambda step: ops.Cos(),
    "Div": lambda step: ops.RealDiv(),
    "Exp": lambda step: ops.Exp(),
    "Floor": lambda step: ops.Floor(),
    "LessOrEqual": lambda step: ops.LessEqual(),
    "MatMul": lambda step: Called(ops.matmul),
    "Max": lambda step: ops.Maximum(),
    "Min": lambda step: ops.Minimum(),
    "Mul": lambda step: ops.Mul(),
    "Neg": lambda step: ops.Neg(),
    "Pow": lambda step: ops.Pow(),
    "Reciprocal": lambda step: ops.Reciprocal(),
    "ReduceMax": lambda step: Called(ops.amax, tuple(step["axes"]), step["keep"]),
    "ReduceMean": lambda step: Called(ops.ReduceMean(step["keep"]), tuple(step["axes"])),
    "ReduceMin": lambda step: Called(ops.amin, tuple(step["axes"]), step["keep"]),
    "ReduceSum": lambda step: Called(ops.ReduceSum(step["keep"]), tuple(step["axes"])),
    "Relu": lambda step: ops.ReLU(),
    "Sigmoid": lambda step: ops.Sigmoid(),
    "Sin": lambda step: ops.Sin(),
    "Sqrt": lambda step: ops.Sqrt(),
    "Sub": lambda step: ops.Sub(),
    "Tanh": lambda step: ops.Tanh(),
    "Where": lambda step: ops.Select(),
    "broadcast": lambda step: ops.BroadcastTo(tuple(step["shape"])),
    "cast": lambda step: Called(ops.cast, _TYPES[step["to"]]),
    "concat": lambda step: Concatenated(step["axis"]),
    "conv": _conv,
    "enlarge": lambda step: ops.ResizeNearestNeighbor(tuple(step["size"])),
    "pad": lambda step: ops.Pad(tuple(map(tuple, step["pads"]))),
    "reshape": lambda step: Called(ops.reshape, tuple(step["shape"])),
    "sample": lambda step: Called(_sampled, step["mode"], step["outside"], step["corners"]),
    "slice": lambda step: Called(ops.strided_slice, *(tuple(step[name]) for name in ("begin", "end", "strides"))),
    "transpose": lambda step: Called(ops.transpose, tuple(step["order"])),
}


def network_of(program: Step, weights: dict[str, np.ndarray[Any, Any]], folder: Path) -> Any:
    """A cell that computes the program.

    MindSpore compiles the source text of `construct`: it is written into `folder`, a line a step, numbers for names.
    """
    numbers = {name: number for number, name in enumerate(program["inputs"])}
    cells: list[Any] = []
    lines = []
    for number, step in enumerate(program["steps"]):
        given = ", ".join(f"v{numbers[name]}" for name in step["inputs"])
        numbers[step["output"]] = len(program["inputs"]) + number
        lines.append(f"v{numbers[step['output']]} = self.s{number}({given})")
        cells.append(_constant(step, weights) if step["operator"] == "constant" else OPERATORS[step["operator"]](step))
    source = _SOURCE.format(
        inputs=", ".join(f"v{number}" for number in range(len(program["inputs"]))),
        lines="\n        ".join(lines),
        outputs=", ".join(f"v{numbers[name]}" for name in program["outputs"]),
    )
    (folder / "network.py").write_text(source, encoding="utf-8")
    sys.path.insert(0, str(folder))  # MindSpore imports the module once more, by its name
    return importlib.import_module("network").Network(cells)


_SOURCE = """from mindspore import nn


class Network(nn.Cell):
    def __init__(self, steps):
        super().__init__()
        for number, step in enumerate(steps):
            setattr(self, f"s{{number}}", step)

    def construct(self, {inputs}):
        {lines}
        return ({outputs},)
"""


def _constant(step: Step, weights: dict[str, np.ndarray[Any, Any]]) -> Constant:
    return Constant(weights[step["output"]], step["output"].replace("::", ".").replace("/", "."))


def _save(path: Path, names: list[str], values: Any) -> None:
    np.savez(path, **{name: value.asnumpy() for name, value in zip(names, values, strict=True)})


def main(folder: Path) -> None:
    ms.set_context(mode=ms.GRAPH_MODE)
    program = json.loads((folder / "program.json").read_text(encoding="utf-8"))
    with np.load(folder / "weights.npz") as weights, np.load(folder / "samples.npz") as samples:
        network = network_of(program, dict(weights), folder)
        inputs = [ms.Tensor(samples[name]) for name in program["inputs"]]
    network.set_train(False)
    _save(folder / "before.npz", program["outputs"], network(*inputs))
    ms.export(network, *inputs, file_name=str(folder / "graph"), file_format="MINDIR")
    loaded = nn.GraphCell(ms.load(str(folder / "graph.mindir")))
    _save(folder / "after.npz", program["outputs"], loaded(*inputs))
    versions = {"mindspore": ms.__version__, "python": sys.version.split()[0]}
    (folder / "versions.json").write_text(json.dumps(versions), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
