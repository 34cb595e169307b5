"""What the files of an avatar or a base model are for, and of which kind each must be."""

from __future__ import annotations

from pathlib import PurePosixPath

REQUIRED_ROLES = frozenset({"loop", "loop_matrices", "reference", "decoder", "model_card"})

SUFFIXES: dict[str, frozenset[str]] = {
    "loop": frozenset({".mp4"}),
    "loop_matrices": frozenset({".json"}),
    "reference": frozenset({".onnx"}),
    "decoder": frozenset({".onnx"}),
    "bend_reference": frozenset({".onnx"}),
    "bend_decoder": frozenset({".onnx"}),
    "fit": frozenset({".npz"}),
    "lip_encoder": frozenset({".onnx"}),
    "model": frozenset({".onnx"}),
    "checkpoint": frozenset({".pth"}),
    "model_card": frozenset({".json"}),
    "preprocessing": frozenset({".json", ".npz"}),
}
"""`loop`: the reference film. `loop_matrices`: 2 x 3 for each of its frames, from the paste rectangle to the crop.
`reference`, `decoder`: the renderer's graphs. `bend_reference`, `bend_decoder`: the shared renderer's without its
network. `fit`: further inputs of `reference`; arrays whose name begins with
`frame_` have one row for each frame of the loop. `lip_encoder`: the audio encoder adapted to this person.
`model`: a base model that is one graph.
`checkpoint`: weights to go on training from. `model_card`: data, command, seed, measures. `preprocessing`: where face
and landmarks were found in the reference."""

SHOWN = frozenset({".png", ".jpg", ".webp", ".md"})
"""Pictures and pages for people: under any role of their own, because no program of ours reads them."""


def is_allowed(role: str, path: str) -> bool:
    """Whether a file of this name may have this role. A role that nothing reads must be a picture or a page."""
    return PurePosixPath(path).suffix in SUFFIXES.get(role, SHOWN)
