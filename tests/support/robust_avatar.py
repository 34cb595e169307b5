"""An avatar of the robust renderer with random weights: `fit.npz`, a rectangle of its own size, many operators."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from ims_avatar.avatars.manifest import AvatarManifest, read_manifest
from ims_avatar.avatars.repository import Avatar, Stored
from ims_avatar.avatars.writing import file_entries
from ims_avatar.training.faces.robust_export import export_robust
from ims_avatar.training.faces.robust_graphs import FIT_INPUTS, example_inputs
from ims_avatar.training.faces.robust_model import RobustRenderer, RobustShape
from tests.support.avatar_folders import avatar_copy, change_manifest


def robust_avatar(root: Path) -> Avatar:
    """`<root>/otto/1`: the film of the shipped avatar, drawn on by another renderer."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    renderer = RobustRenderer(RobustShape()).eval()
    for name, parameter in renderer.named_parameters():
        if name.endswith("weight") and not parameter.any():
            torch.nn.init.normal_(parameter, std=0.02)  # the last layers begin at zero and would draw nothing
    avatar = avatar_copy(root)
    export_robust(renderer, avatar.folder)
    fit = {name: tensor.numpy() for name, tensor in example_inputs(renderer).items() if name in FIT_INPUTS}
    frames = avatar.manifest.loop_frames
    fit["frame_rest"] = np.repeat(fit.pop("rest")[None], frames, axis=0)
    np.savez(avatar.folder / "fit.npz", allow_pickle=False, **fit)
    paths = {role: entry.path for role, entry in avatar.manifest.files.items()} | {"fit": "fit.npz"}
    files = {role: entry.model_dump() for role, entry in file_entries(avatar.folder, paths).items()}
    _, _, height, width = example_inputs(renderer)["luma"].shape
    paste = {"left": 164, "top": 300, "width": width, "height": height}
    change_manifest(avatar.folder, kind="robust", base_model="renderer/4", paste=paste, files=files)
    return Stored(avatar.folder, read_manifest(avatar.folder, AvatarManifest))
