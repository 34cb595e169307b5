"""Which of the shared renderer's graphs draw a kind of pictures: its network knows the people it was trained on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ims_avatar.avatars.repository import BaseModel
from ims_avatar.errors import CorruptModel

PHOTOGRAPHED, DRAWN = "photographed", "drawn"
"""Kinds of pictures, as the renderer's model card names them."""
MENDED, BENT = ("reference", "decoder"), ("bend_reference", "bend_decoder")
"""Roles of the renderer's graphs: the bend with the network's correction, and the training-free bend alone."""


@dataclass(frozen=True, slots=True)
class SharedGraphs:
    """What an avatar that was not trained takes from the shared renderer."""

    reference: Path
    decoder: Path
    mending: float | None
    """The share of the network's correction, 0..1, which these graphs are told; None for graphs without a network."""


def shared_graphs(kind: str, renderer: BaseModel) -> SharedGraphs:
    """Those that the renderer's card names best for this kind. Raises `CorruptModel` if it does not say.

    Where the network's share is 0 the bend alone, which is right for anybody, does half the work.
    """
    path = renderer.path("model_card")
    try:
        share = float(json.loads(path.read_text(encoding="utf-8"))["mending"][kind])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptModel(
            f"{path} does not say how much of it {kind} pictures take", remedy="train the renderer again"
        ) from error
    reference, decoder = (renderer.path(role) for role in (MENDED if share > 0 else BENT))
    return SharedGraphs(reference, decoder, min(1.0, share) if share > 0 else None)
