"""MediaPipe's attention mesh cut into two graphs that plain LiteRT runs.

The model looks at the whole face first, then again at lips and eyes where it found them. Between the two stand three
operators of MediaPipe's own build (Landmarks2TransformMatrix, TransformTensorBilinear, TransformLandmarks: Apache-2.0,
mediapipe/util/tflite/operations), which LiteRT lacks. So the graph is cut there: `trunk` runs before them, `heads`
after, and `look_again` does what the first two do. The third is a matrix product, in `mesh`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import FacesUnavailable
from ims_avatar.faces.models import REMEDY, require_libraries

TRUNK_OUTPUTS = ("output_mesh", "conv_faceflag", "p_re_lu_3")
HEAD_INPUTS = ("transform_tensor_bilinear_v2", "transform_tensor_bilinear_v2_1", "transform_tensor_bilinear_v2_2")
"""Lips, left eye, right eye."""
HEAD_OUTPUTS = ("conv_lips", "conv_left_eye", "conv_right_eye", "conv_left_iris", "conv_right_iris")


class CutModel(NamedTuple):
    trunk: bytes
    """Picture (1, 192, 192, 3) to `TRUNK_OUTPUTS`: mesh, presence, features (1, 48, 48, 32)."""
    heads: bytes
    """Features (1, 16, 16, 32) of lips and eyes to `HEAD_OUTPUTS`."""


def cut_model(model: bytes) -> CutModel:
    """The two graphs of face_landmark_with_attention.tflite. `FacesUnavailable` if it is another model."""
    inputs = _schema().Model.GetRootAsModel(model, 0).Subgraphs(0).InputsAsNumpy()
    return CutModel(
        _part(model, [int(index) for index in inputs], TRUNK_OUTPUTS),
        _part(model, HEAD_INPUTS, HEAD_OUTPUTS),
    )


def look_again(features: NDArray[np.float32], matrix: NDArray[np.floating], size: int) -> NDArray[np.float32]:
    """Features (h, w, c) sampled on a grid of size x size: `matrix` (2, 3) leads from the grid to them. 0 outside.

    Both count from a corner, so the middle of the first cell is (0.5, 0.5).
    """
    height, width, channels = features.shape
    middle = np.arange(size) + 0.5
    grid = np.stack(np.meshgrid(middle, middle), axis=-1).reshape(-1, 2)
    x, y = (grid @ matrix[:, :2].T + matrix[:, 2] - 0.5).T
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    left = np.clip(x, 0, width - 1).astype(np.intp)
    top = np.clip(y, 0, height - 1).astype(np.intp)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across = ((x - left) * inside)[:, None].astype(np.float32)
    down = ((y - top) * inside)[:, None].astype(np.float32)
    flat = features.reshape(-1, channels)
    upper = flat[top * width + left] * (1 - across) + flat[top * width + right] * across
    lower = flat[bottom * width + left] * (1 - across) + flat[bottom * width + right] * across
    sampled: NDArray[np.float32] = (upper * (1 - down) + lower * down) * inside[:, None].astype(np.float32)
    return sampled.reshape(1, size, size, channels)


def _schema() -> Any:
    require_libraries()
    from ai_edge_litert import schema_py_generated

    return schema_py_generated


def _part(model: bytes, inputs: list[int] | tuple[str, ...], outputs: tuple[str, ...]) -> bytes:
    """The model with only those operators that lead from the input tensors to the output tensors."""
    import flatbuffers

    schema = _schema()
    tree = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))
    graph = tree.subgraphs[0]
    names = {tensor.name.decode(): index for index, tensor in enumerate(graph.tensors)}
    try:
        graph.inputs = [names[name] if isinstance(name, str) else name for name in inputs]
        graph.outputs = [names[name] for name in outputs]
    except KeyError as error:
        raise FacesUnavailable(f"another face mesh than expected: no tensor {error}", remedy=REMEDY) from error
    known, wanted, kept = set(graph.inputs), set(graph.outputs), []
    for operator in reversed(graph.operators):
        if wanted.intersection(operator.outputs):
            kept.append(operator)
            wanted.update(set(operator.inputs) - known)
    graph.operators = kept[::-1]
    tree.signatureDefs = tree.metadata = tree.metadataBuffer = None
    builder = flatbuffers.Builder(len(model))
    builder.Finish(tree.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())
