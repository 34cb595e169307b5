from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'ims-avatar[train]'")

import onnx

from ims_avatar.avatars.intake import Admission, import_avatar
from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.errors import AvatarError, ExchangeError
from ims_avatar.training.exchange.onnx_folder import export_onnx
from tests.support.avatar_folders import avatar_copy, everything_below, replace_file

pytestmark = pytest.mark.train


def test_three_runtimes_agree_and_the_folder_comes_back(tmp_path: Path) -> None:
    avatar = AvatarRepository().find("clara")
    found = export_onnx(avatar, tmp_path / "clara")
    assert found.opset >= 17 and found.torch >= 55
    if importlib.util.find_spec("openvino") is not None:
        assert found.openvino is not None and found.openvino >= 55
    page = (tmp_path / "clara" / "README.md").read_text()
    assert "| in | `lip_codes` | float (batch, 8) |" in page and "| out | `luma` | uint8 (batch, 134, 184) |" in page
    terms = Admission(tmp_path / "home", "paula")
    back = import_avatar(tmp_path / "clara", terms, AvatarRepository(), lambda avatar: None)
    assert back.avatar.manifest.files == avatar.manifest.files
    assert "README.md" not in everything_below(back.avatar.folder)


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match="there already"):
        export_onnx(AvatarRepository().find("clara"), tmp_path)
    assert everything_below(tmp_path) == []


def test_a_batch_that_is_fixed_is_refused(tmp_path: Path) -> None:
    avatar = avatar_copy(tmp_path / "from")
    model = onnx.load(str(avatar.path("decoder")))
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 8
    fixed = replace_file(avatar, "decoder", "decoder.onnx", model.SerializeToString())
    with pytest.raises(AvatarError, match=r"decoder\.onnx cannot be run.*lip_codes"):
        export_onnx(fixed, tmp_path / "out")


def test_an_old_opset_is_refused(tmp_path: Path) -> None:
    avatar = avatar_copy(tmp_path / "from")
    model = onnx.load(str(avatar.path("decoder")))
    model.opset_import[0].version = 16
    old = replace_file(avatar, "decoder", "decoder.onnx", model.SerializeToString())
    with pytest.raises(ExchangeError, match="opset 16"):
        export_onnx(old, tmp_path / "out")
    assert not (tmp_path / "out").exists()
