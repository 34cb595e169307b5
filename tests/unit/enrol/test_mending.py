"""How much of the renderer's network a picture takes is what the renderer's card says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ims_avatar.avatars.repository import AvatarRepository, BaseModel, Stored
from ims_avatar.enrol.create import RENDERER
from ims_avatar.enrol.mending import DRAWN, PHOTOGRAPHED, mending_for
from ims_avatar.errors import CorruptModel


def with_card(root: Path, **card: object) -> BaseModel:
    shipped = AvatarRepository().base_model(RENDERER)
    shutil.copytree(shipped.folder, root / "renderer")
    (root / "renderer" / "model_card.json").write_text(json.dumps(card))
    return Stored(root / "renderer", shipped.manifest)


def test_the_shipped_one_mends_drawings_only() -> None:
    shipped = AvatarRepository().base_model(RENDERER)
    assert mending_for(DRAWN, shipped) == 1.0 and mending_for(PHOTOGRAPHED, shipped) == 0.0


def test_one_trained_on_films_says_so(tmp_path: Path) -> None:
    assert mending_for(PHOTOGRAPHED, with_card(tmp_path, mending={PHOTOGRAPHED: 0.8, DRAWN: 1})) == 0.8


def test_a_card_that_does_not_say_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptModel, match="does not say how much"):
        mending_for(PHOTOGRAPHED, with_card(tmp_path, mending={DRAWN: 1}))
