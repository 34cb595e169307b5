"""A graph with all that does not depend on its inputs computed beforehand: shapes, index arithmetic, constants."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import onnx
import onnxruntime as ort

from ims_avatar.training.exchange.graph import load_graph, parse_graph

BATCH = "batch"
"""Name of the dynamic dimension: how many lip codes are drawn at once."""


def folded(graph: Path | bytes, batch: int | None = None) -> Any:
    """The graph, of standard operators still, with the batch fixed if one is given: then all shapes are known.

    ONNX Runtime folds it, as it does whenever it loads a model.
    """
    model = load_graph(graph) if isinstance(graph, Path) else parse_graph(graph, "the graph")
    if batch is not None:
        for value in [*model.graph.input, *model.graph.output]:
            _fix(value.type.tensor_type.shape, batch)
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


def _fix(shape: Any, batch: int) -> None:
    for dimension in shape.dim:
        if dimension.dim_param == BATCH:
            dimension.Clear()
            dimension.dim_value = batch
        elif dimension.dim_param:
            dimension.Clear()
