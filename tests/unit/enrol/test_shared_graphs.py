"""Which of the renderer's graphs draw a picture is what the renderer's card says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ims_avatar.avatars.repository import AvatarRepository, BaseModel, Stored
from ims_avatar.enrol.create import RENDERER
from ims_avatar.enrol.shared_graphs import BENT, DRAWN, MENDED, PHOTOGRAPHED, SharedGraphs, shared_graphs
from ims_avatar.errors import CorruptModel
from ims_avatar.flow import LIP_CODE_SIZE
from ims_avatar.inference.engines.onnx import OnnxGraph
from ims_avatar.training.faces.robust_graphs import example_inputs
from ims_avatar.training.faces.robust_model import RobustRenderer, RobustShape


def with_card(root: Path, **card: object) -> BaseModel:
    shipped = AvatarRepository().base_model(RENDERER)
    shutil.copytree(shipped.folder, root / "renderer")
    (root / "renderer" / "model_card.json").write_text(json.dumps(card))
    return Stored(root / "renderer", shipped.manifest)


def test_the_shipped_one_mends_drawings_only() -> None:
    shipped = AvatarRepository().base_model(RENDERER)
    mended = SharedGraphs(shipped.path("reference"), shipped.path("decoder"), 1.0)
    bent = SharedGraphs(shipped.path("bend_reference"), shipped.path("bend_decoder"), None)
    assert shared_graphs(DRAWN, shipped) == mended
    assert shared_graphs(PHOTOGRAPHED, shipped) == bent


def test_one_trained_on_films_says_so(tmp_path: Path) -> None:
    given = shared_graphs(PHOTOGRAPHED, with_card(tmp_path, mending={PHOTOGRAPHED: 0.8, DRAWN: 1}))
    assert (given.decoder.name, given.mending) == ("decoder.onnx", 0.8)


def test_a_card_that_does_not_say_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptModel, match="does not say how much"):
        shared_graphs(PHOTOGRAPHED, with_card(tmp_path, mending={DRAWN: 1}))


def test_a_renderer_without_the_bend_alone_is_refused(tmp_path: Path) -> None:
    whole = with_card(tmp_path, mending={PHOTOGRAPHED: 0, DRAWN: 1})
    files = {role: entry for role, entry in whole.manifest.files.items() if role != "bend_decoder"}
    with pytest.raises(CorruptModel, match="bend_decoder"):
        shared_graphs(PHOTOGRAPHED, Stored(whole.folder, whole.manifest.model_copy(update={"files": files})))


def test_the_bend_alone_draws_what_the_network_s_share_of_nothing_draws() -> None:
    """The same face by both pairs of graphs."""
    shipped = AvatarRepository().base_model(RENDERER)
    face = {name: tensor.numpy() for name, tensor in example_inputs(RobustRenderer(RobustShape())).items()}
    codes = np.random.default_rng(3).normal(0.0, 0.1, (4, LIP_CODE_SIZE)).astype(np.float32)
    unmended = {**face, "mending": np.zeros(1, np.float32)}
    bent = {name: value for name, value in face.items() if name != "mending"}
    pictures = []
    for roles, inputs in ((MENDED, unmended), (BENT, bent)):
        reference, decoder = (OnnxGraph(shipped.path(role), 1) for role in roles)
        drawn = decoder({"lip_codes": codes, **reference(inputs)})
        pictures.append([np.asarray(drawn[plane], np.int64) for plane in ("luma", "chroma")])
    for one, other in zip(*pictures, strict=True):
        assert np.abs(one - other).max() <= 1 and np.ptp(one) > 50
