# ruff: noqa: E402  What follows needs the packages that are asked for first.
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'ims-avatar[train]'")

from ims_avatar.avatars.intake import Admission, Admitted
from ims_avatar.avatars.repository import Avatar, AvatarRepository
from ims_avatar.errors import AvatarNotFound, AvatarNotWritten, CorruptModel, ExchangeError
from ims_avatar.inference.engines.onnx import onnx_engine
from ims_avatar.training.drawn.renderer_model import Renderer, RendererShape
from ims_avatar.training.exchange.pth import export_pth, import_pth
from ims_avatar.training.exchange.samples import decibels, sample_lip_codes
from tests.support.avatar_folders import everything_below

pytestmark = pytest.mark.train
CLARA = AvatarRepository().find("clara")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pth") / "clara.pth"
    torch.set_num_threads(1)
    result = export_pth(CLARA, path)
    assert result.agreement >= 55 and result.renderer == "lip_renderer"
    return path


def take(source: Path, home: Path, name: str | None = "paula", changed: bool = False) -> Admitted:
    return import_pth(source, Admission(home, name, changed=changed), AvatarRepository([home]), lambda avatar: None)


def changed_copy(source: Path, target: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    content = torch.load(source, weights_only=True)
    change(content)
    torch.save(content, target)
    return target


def pictures(avatar: Avatar) -> np.ndarray[Any, Any]:
    return onnx_engine(avatar).render(40, sample_lip_codes()).copy()


def test_an_avatar_comes_back_from_it_byte_for_byte(exported: Path, tmp_path: Path) -> None:
    back = take(exported, tmp_path)
    assert back.new and back.avatar.manifest.files == CLARA.manifest.files
    assert decibels(pictures(back.avatar), pictures(CLARA)) >= 55
    assert not take(exported, tmp_path, None).new, "under its own name it is there already"


def test_its_weights_fit_our_module(exported: Path) -> None:
    content = torch.load(exported, weights_only=True)
    shape: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in content["renderer"]["shape"].items()
    }
    module = Renderer(RendererShape(**shape))
    module.load_state_dict(content["state_dict"])
    assert content["renderer"]["mask"].shape == (shape["height"], shape["width"])
    assert content["loop_matrices"].shape == (CLARA.manifest.loop_frames, 2, 3)


def darker(content: dict[str, Any]) -> None:
    content["state_dict"]["decoder.out.bias"] -= 0.2


def test_changed_weights_are_refused_unless_that_is_meant(exported: Path, tmp_path: Path) -> None:
    path = changed_copy(exported, tmp_path / "changed.pth", darker)
    home = tmp_path / "home"
    for name in (None, "paula"):
        with pytest.raises(CorruptModel, match=r"decoder\.onnx"):
            take(path, home, name)
    with pytest.raises(ExchangeError, match="another avatar"):
        take(path, home, None, changed=True)
    assert not home.exists() or everything_below(home) == []


def test_what_was_trained_outside_becomes_another_avatar(exported: Path, tmp_path: Path) -> None:
    path = changed_copy(exported, tmp_path / "changed.pth", darker)
    home = tmp_path / "home"
    avatar = take(path, home, changed=True).avatar
    assert AvatarRepository([home]).load("paula").manifest == avatar.manifest
    assert pictures(avatar).mean() < pictures(CLARA).mean() - 1
    assert "sheet_1x" not in avatar.manifest.files and "model_card_page" not in avatar.manifest.files
    assert "changed outside" in avatar.path("model_card").read_text()
    assert {p.name for p in avatar.folder.iterdir()} == {
        "manifest.json",
        *(entry.path for entry in avatar.manifest.files.values()),
    }


def test_changed_is_for_networks_only(exported: Path, tmp_path: Path) -> None:
    def other_film(content: dict[str, Any]) -> None:
        darker(content)
        content["files"]["loop"][-1] ^= 1

    with pytest.raises(CorruptModel, match=r"loop\.mp4"):
        take(changed_copy(exported, tmp_path / "x.pth", other_film), tmp_path / "home", changed=True)
    with pytest.raises(CorruptModel, match="not changed"):
        take(exported, tmp_path / "home", changed=True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda c: c.update(format="other 7"), "no avatar"),
        (lambda c: c.pop("manifest"), "'manifest'"),
        (lambda c: c.update(manifest="{}"), "manifest"),
        (lambda c: c.pop("state_dict"), "'state_dict'"),
        (lambda c: c["state_dict"].pop("decoder.out.bias"), "lack 'decoder.out.bias'"),
        (
            lambda c: c["state_dict"].update({"decoder.out.bias": torch.zeros(7)}),
            "'decoder.out.bias' is float32 \\(7,\\)",
        ),
        (lambda c: c["state_dict"].update({"decoder.out.bias": torch.zeros(6).double()}), "float64"),
        (lambda c: c["state_dict"].update({"decoder.out.bias": "text"}), "no tensors"),
        (lambda c: c["constants"].pop("decoder"), "no tensors"),
        (lambda c: c["graphs"].update(decoder=torch.zeros(9, dtype=torch.uint8)), "decoder"),
        (lambda c: c["graphs"].update(decoder=torch.zeros(9)), "no bytes"),
        (lambda c: c["files"].pop("loop"), "files.loop"),
        (lambda c: c["files"]["loop"].__setitem__(100, 77), "sha256"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    exported: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object], why: str
) -> None:
    home = tmp_path / "home"
    with pytest.raises(CorruptModel, match=why):
        take(changed_copy(exported, tmp_path / "x.pth", change), home)
    assert not home.exists() or everything_below(home) == []


def test_what_is_no_file_of_weights_is_refused(exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    torch.save(torch.nn.Linear(2, 2), path)
    with pytest.raises(CorruptModel, match="could execute code"):
        take(path, tmp_path / "home")
    path.write_bytes(exported.read_bytes()[:-1000])
    with pytest.raises(CorruptModel, match=r"not a file that torch\.save wrote"):
        take(path, tmp_path / "home")
    torch.save([1, 2], path)
    with pytest.raises(CorruptModel, match="no avatar"):
        take(path, tmp_path / "home")
    with pytest.raises(AvatarNotFound, match="none"):
        take(tmp_path / "none.pth", tmp_path / "home")


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AvatarNotWritten, match="file"):
        export_pth(CLARA, tmp_path / "file" / "clara.pth")
