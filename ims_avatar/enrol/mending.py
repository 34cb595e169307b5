"""How much of the renderer's correction a picture takes: its network knows the kinds of people it was trained on."""

from __future__ import annotations

import json

from ims_avatar.avatars.repository import BaseModel
from ims_avatar.errors import CorruptModel

PHOTOGRAPHED, DRAWN = "photographed", "drawn"
"""Kinds of pictures, as the renderer's model card names them."""


def mending_for(kind: str, renderer: BaseModel) -> float:
    """The share, 0..1, that the renderer's card states for this kind of pictures. Raises `CorruptModel` if it does not.

    0: the training-free bend alone, which is right for anybody; 1: all that the network adds to it.
    """
    path = renderer.path("model_card")
    try:
        share = float(json.loads(path.read_text(encoding="utf-8"))["mending"][kind])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorruptModel(
            f"{path} does not say how much of it {kind} pictures take", remedy="train the renderer again"
        ) from error
    return min(1.0, max(0.0, share))
