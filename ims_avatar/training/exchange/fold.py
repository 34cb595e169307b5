"""A graph with all that does not depend on its inputs computed beforehand: shapes, index arithmetic, constants."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from ims_avatar.training.exchange.graph import load_graph, parse_graph

BATCH = "batch"
"""Name of the dynamic dimension: how many lip codes are drawn at once."""


def folded(graph: Path | bytes, inputs: Mapping[str, NDArray[Any]] | None = None, batch: int | None = None) -> Any:
    """The graph, of standard operators still, for inputs of the sizes of `inputs`: then all sizes but the batch's are
    known, and that one too if it is given.

    ONNX Runtime folds it, as it does whenever it loads a model.
    """
    model = load_graph(graph) if isinstance(graph, Path) else parse_graph(graph, "the graph")
    sizes = {name: value.shape for name, value in (inputs or {}).items()}
    for value in model.graph.input:
        _fix(value.type.tensor_type.shape, sizes.get(value.name), batch)
    for value in model.graph.output:
        _fix(value.type.tensor_type.shape, None, batch)
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "folded.onnx"
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(result)
        options.log_severity_level = 3
        ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        simpler = onnx.load(str(result))
    # ONNX Runtime names every domain it knows; no node is of any but the standard's.
    standard = [entry for entry in simpler.opset_import if entry.domain == ""]
    del simpler.opset_import[:]
    simpler.opset_import.extend(standard)
    return simpler


def _fix(shape: Any, sizes: tuple[int, ...] | None, batch: int | None) -> None:
    """Unknown sizes of outputs are left for the runtime to find out: their names could contradict those of inputs."""
    for place, dimension in enumerate(shape.dim):
        if dimension.dim_param == BATCH:
            if batch is not None:
                dimension.dim_value = batch
        elif dimension.dim_param and sizes is not None:
            dimension.dim_value = sizes[place]
        elif dimension.dim_param:
            dimension.Clear()
