"""The exchange formats know of no renderer: one of another kind, with inputs of its own, goes the same ways."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'ims-avatar[train]'")

from ims_avatar.avatars.intake import Admission
from ims_avatar.avatars.repository import Avatar, AvatarRepository
from ims_avatar.inference.engines.onnx import onnx_engine
from ims_avatar.training.exchange.fold import folded
from ims_avatar.training.exchange.lowerings import program_of
from ims_avatar.training.exchange.onnx_folder import export_onnx
from ims_avatar.training.exchange.pth import export_pth, import_pth
from ims_avatar.training.exchange.samples import decibels, reference_inputs, run_onnx, sample_lip_codes
from ims_avatar.training.exchange.trt import export_trt
from tests.support.program_in_torch import run_program
from tests.support.robust_avatar import robust_avatar

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def otto(tmp_path_factory: pytest.TempPathFactory) -> Avatar:
    return robust_avatar(tmp_path_factory.mktemp("avatars"))


def test_it_moves_its_lips(otto: Avatar) -> None:
    pictures = onnx_engine(otto).render(3, sample_lip_codes())
    assert np.ptp(pictures.astype(int), axis=0).max() > 20


def test_as_pth_and_back(otto: Avatar, tmp_path: Path) -> None:
    found = export_pth(otto, tmp_path / "otto.pth")
    assert found.agreement >= 55 and found.renderer is None
    terms = Admission(tmp_path / "home", "anna")
    back = import_pth(tmp_path / "otto.pth", terms, AvatarRepository(), lambda avatar: None).avatar
    codes = sample_lip_codes()
    assert back.manifest.files == otto.manifest.files
    assert decibels(onnx_engine(back).render(3, codes), onnx_engine(otto).render(3, codes)) >= 55


def test_as_onnx(otto: Avatar, tmp_path: Path) -> None:
    found = export_onnx(otto, tmp_path / "otto")
    assert found.torch >= 55 and (found.openvino is None or found.openvino >= 55)
    assert "`still_lines`" in (tmp_path / "otto" / "README.md").read_text()


@pytest.mark.skipif(importlib.util.find_spec("tensorrt_rtx") is None, reason="needs TensorRT")
def test_as_engines(otto: Avatar, tmp_path: Path) -> None:
    assert export_trt(otto, tmp_path / "otto", (75,), 8).agreement > 45


def test_as_steps_for_mindspore(otto: Avatar) -> None:
    inputs, codes = reference_inputs(otto, 5), {"lip_codes": sample_lip_codes(2)}
    prepared = run_onnx(otto.path("reference"), inputs)
    steps = run_program(program_of(folded(otto.path("reference"), inputs, 2)), inputs)
    drawn = run_program(program_of(folded(otto.path("decoder"), steps, 2)), codes | steps)
    right = run_onnx(otto.path("decoder"), codes | prepared)
    assert min(decibels(drawn[name], right[name]) for name in ("luma", "chroma")) >= 55
