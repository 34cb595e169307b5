from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import structlog
from numpy.typing import NDArray

from ims_avatar.avatars.loop import read_loop
from ims_avatar.avatars.repository import Avatar, AvatarRepository
from ims_avatar.avatars.writing import file_entries, write_manifest
from ims_avatar.errors import AvatarError, CorruptModel
from ims_avatar.inference.engine import AvatarEngine
from ims_avatar.inference.engines.graphs import GraphEngine, Tensors
from ims_avatar.inference.engines.load import load_engine
from ims_avatar.inference.engines.onnx import onnx_engine


@pytest.fixture
def otto(tmp_path: Path) -> Avatar:
    """A copy of the shipped avatar that a test may spoil; `resealed` makes its hashes hold again."""
    folder = tmp_path / "otto" / "1"
    shutil.copytree(AvatarRepository().find("clara").folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "name": "otto"}))
    return AvatarRepository([tmp_path]).load("otto")


def resealed(avatar: Avatar) -> Avatar:
    roles = {role: entry.path for role, entry in avatar.manifest.files.items()}
    manifest = avatar.manifest.model_copy(update={"files": file_entries(avatar.folder, roles)})
    write_manifest(avatar.folder, manifest)
    return AvatarRepository([avatar.folder.parent.parent]).load(manifest.name)


def test_auto_takes_openvino_only_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "openvino" else real(name))
    avatar = AvatarRepository().load("clara")
    with structlog.testing.capture_logs() as logs:
        assert load_engine(avatar).spec.engine.startswith("onnxruntime")
    assert logs[-1]["reason"] == "openvino is not installed"
    with pytest.raises(AvatarError, match="openvino") as caught:
        load_engine(avatar, "openvino")
    assert "pip install" in caught.value.remedy


def test_auto_goes_on_without_openvino_when_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(avatar: Avatar, threads: int) -> AvatarEngine:
        raise AvatarError(f"no {avatar.manifest.name} on {threads} thread")

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name == "openvino" else real(name))
    monkeypatch.setattr("ims_avatar.inference.engines.load._openvino", refuse)
    with structlog.testing.capture_logs() as logs:
        assert load_engine(AvatarRepository().find("clara")).spec.engine.startswith("onnxruntime")
    assert "no clara on 1 thread" in logs[-1]["reason"]


def test_a_graph_that_is_none_is_named(otto: Avatar) -> None:
    otto.path("decoder").write_bytes(b"\x08\x07not a model")
    with pytest.raises(CorruptModel, match=r"decoder\.onnx"):
        onnx_engine(resealed(otto))


def test_graphs_in_each_others_place_are_refused(otto: Avatar) -> None:
    shutil.copy(otto.path("reference"), otto.path("decoder"))
    with pytest.raises(AvatarError, match="decoder"):
        onnx_engine(resealed(otto))


@pytest.mark.parametrize("content", ["", "[]", "[[[1, 2, 3]]]", '"x"', "[[[NaN, 0, 0], [0, 1, 0]]]"])
def test_matrices_that_are_none_are_refused(otto: Avatar, content: str) -> None:
    otto.path("loop_matrices").write_text(content)
    with pytest.raises(CorruptModel, match="loop_matrices"):
        onnx_engine(resealed(otto))


def never(inputs: Mapping[str, NDArray[np.generic]]) -> Tensors:
    raise AssertionError("was asked to draw")


def drawing(avatar: Avatar, **change: NDArray[np.generic]) -> GraphEngine:
    """An engine whose graphs give what the manifest promises, but for `change`."""
    box = avatar.manifest.paste
    good: Tensors = {
        "luma": np.zeros((1, box.height, box.width), np.uint8),
        "chroma": np.zeros((1, 2, box.height // 2, box.width // 2), np.uint8),
        "level": np.zeros(1, np.float32),
    }
    prepared: Tensors = {"feature": change.pop("feature", np.zeros(1, np.float32))}
    return GraphEngine(avatar, lambda _: prepared, lambda _: {**good, **change}, engine="test", device="cpu")


def test_output_as_promised_is_pasted(otto: Avatar) -> None:
    box = otto.manifest.paste
    picture = drawing(otto).render(0, np.full((1, 8), 0.1, np.float32))[0]
    rows, columns = slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)
    assert (picture[rows, columns] == 0).all() and picture[: box.top].min() > 0


def test_a_resting_mouth_is_the_loop_s_own_and_costs_nothing(otto: Avatar) -> None:
    size = otto.manifest
    loop = read_loop(otto.path("loop"), size.width, size.height, size.loop_frames)
    engine = drawing(otto)
    engine._decoder = never
    assert (engine.render(3, np.zeros((2, 8), np.float32)) == loop[3]).all()


def test_lips_that_begin_to_move_show_part_of_what_is_drawn(otto: Avatar) -> None:
    box = otto.manifest.paste
    rows, columns = slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)
    engine = drawing(otto)
    codes = np.zeros((1, 8), np.float32)
    seen = []
    for opening in (0.0, 0.01, 0.02, 0.03):
        codes[0, 0] = opening
        seen.append(engine.render(0, codes)[0, rows, columns].astype(float).mean())
    assert np.array(seen) / seen[0] == pytest.approx([1, 2 / 3, 1 / 3, 0], abs=0.01)


def test_only_calls_whose_lips_move_are_drawn(otto: Avatar) -> None:
    box = otto.manifest.paste
    middle = (box.top + box.height // 2, box.left + box.width // 2)
    pictures = drawing(otto).render(0, np.array([[0] * 8, [0.2] * 8, [0] * 8], np.float32))
    assert pictures[1][middle] == 0 and pictures[0][middle] == pictures[2][middle] > 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"luma": np.zeros((1, 10, 10), np.uint8)}, "luma"),
        ({"chroma": np.zeros((1, 2, 10, 10), np.uint8)}, "chroma"),
        ({"luma": np.zeros((1, 134, 184), np.float32)}, "float32"),
        ({"level": np.array([np.nan], np.float32)}, "decoder gives values that are not finite"),
        ({"feature": np.array([np.inf], np.float32)}, "reference gives values that are not finite"),
    ],
)
def test_output_other_than_promised_is_refused_at_load(
    otto: Avatar,
    change: dict[str, NDArray[np.generic]],
    named: str,
) -> None:
    with pytest.raises(AvatarError, match=named) as caught:
        drawing(otto, **change)
    assert "otto/1" in str(caught.value) and caught.value.remedy
