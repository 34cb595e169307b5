"""An avatar whose networks were changed outside, on purpose: it becomes another avatar and loses what was measured."""

from __future__ import annotations

import json
from pathlib import Path

from ims_avatar.avatars.manifest import AvatarManifest
from ims_avatar.avatars.writing import file_entries
from ims_avatar.errors import CorruptModel

NETWORKS = frozenset({"reference", "decoder", "fit", "lip_encoder"})
"""Roles that training outside can change."""
_KEPT = NETWORKS | {"loop", "loop_matrices", "preprocessing", "model_card"}
"""Pages and sheets show the avatar as it was, and a checkpoint holds other weights: they go."""


def restate(folder: Path, manifest: AvatarManifest) -> AvatarManifest:
    """The manifest that fits the files in `folder`, with a new model card. Writes the card only.

    Raises `CorruptModel` when a file other than a network differs from `manifest`, or no network does.
    """
    found = file_entries(folder, {role: entry.path for role, entry in manifest.files.items() if role in _KEPT})
    differs = sorted(role for role, entry in found.items() if entry != manifest.files[role])
    if not NETWORKS.issuperset(differs):
        wrong = next(role for role in differs if role not in NETWORKS)
        raise CorruptModel(
            f"{folder / found[wrong].path} is not the file its manifest describes", remedy="export again"
        )
    if not differs:
        raise CorruptModel(f"{folder / found['decoder'].path} was not changed", remedy="leave --changed out")
    card = {
        "name": manifest.name,
        "title": manifest.title,
        "what": f"{' and '.join(differs)} changed outside after an export; nothing was measured since",
        "made_of": f"{manifest.name}/{manifest.version}",
        "licence": manifest.licence,
    }
    (folder / found["model_card"].path).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    card_entry = file_entries(folder, {"model_card": found["model_card"].path})
    return manifest.model_copy(update={"files": found | card_entry})
