"""Engines are really built; to run one takes a GPU."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("onnx", reason="needs onnx: pip install 'ims-avatar[train]'")
pytest.importorskip("scipy", reason="needs scipy: pip install 'ims-avatar[train]'")
pytest.importorskip("torch", reason="needs torch: pip install 'ims-avatar[train]'")

import torch

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.errors import ExchangeError
from ims_avatar.training.exchange import trt_runtime
from ims_avatar.training.exchange.trt import Builder, TrtExport, architectures, export_trt
from tests.support.avatar_folders import everything_below

pytestmark = pytest.mark.train
CLARA = AvatarRepository().find("clara")
INSTALLED = importlib.util.find_spec("tensorrt_rtx") is not None
needs_tensorrt = pytest.mark.skipif(
    not INSTALLED, reason="needs TensorRT: deploy/test.sh puts tensorrt-rtx beside the packages"
)


def test_where_it_must_be_it_is() -> None:
    assert INSTALLED or os.environ.get("IMS_AVATAR_TENSORRT") != "required", "deploy/test.sh did not install it"


@needs_tensorrt
def test_engines_are_built_for_the_gpus_that_are_named(tmp_path: Path) -> None:
    found = export_trt(CLARA, tmp_path / "trt", (75, 86), 4)
    assert found.agreement > 50 and found.architectures == (75, 86)
    record = json.loads((tmp_path / "trt" / "engines.json").read_text())
    assert record["compute_capabilities"] == [75, 86] and record["lip_codes"] == [1, 4]
    decoder = record["engines"]["decoder"]
    assert decoder["inputs"]["lip_codes"] == "float (-1, 8)"
    assert decoder["outputs"] == {
        "luma": "uint8 (-1, 134, 184)",
        "chroma": "uint8 (-1, 2, 67, 92)",
        "level": "float (-1,)",
    }
    assert record["engines"]["reference"]["inputs"]["luma"] == "uint8 (1, 1, 134, 184)"
    for name in ("reference", "decoder"):
        engine = (tmp_path / "trt" / f"{name}.trt").read_bytes()
        assert len(engine) == found.sizes[name] > 1_000_000
        assert engine != (tmp_path / "trt" / "reference.trt").read_bytes() or name == "reference"


@needs_tensorrt
def test_a_graph_it_cannot_use_is_refused_with_its_reason() -> None:
    with pytest.raises(ExchangeError, match="cannot use decoder"):
        Builder.found().build(b"\x08\x08broken", "decoder", (75,), 1)
    with pytest.raises(ExchangeError, match="legalUINT8"):
        Builder.found().build(CLARA.path("decoder").read_bytes(), "decoder", (75,), 1)
    with pytest.raises(ExchangeError, match=r"cannot build reference.*Turing"):
        Builder.found().build(CLARA.path("reference").read_bytes(), "reference", (75,), 1)


@needs_tensorrt
def test_a_gpu_it_does_not_know_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match="does not build for 20, 90") as caught:
        export_trt(CLARA, tmp_path / "trt", (20, 75, 90), 8)
    assert "75,80,86,89" in caught.value.remedy and everything_below(tmp_path) == []


def test_architectures_are_numbers() -> None:
    assert architectures("86,75,86") == (75, 86) and architectures("any") == ()
    for text in ("", "x", "75,", "7.5", "sm_75"):
        with pytest.raises(ExchangeError, match="architectures"):
            architectures(text)


def test_without_tensorrt_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExchangeError, match="not installed") as caught:
        export_trt(CLARA, tmp_path / "trt", (75,), 8)
    assert "ims-avatar[tensorrt]" in caught.value.remedy and everything_below(tmp_path) == []


def test_an_engine_that_a_gpu_does_not_take_is_refused_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    # As TensorRT-RTX 1.7 answers on an H200, which it was not made for.
    monkeypatch.setattr(trt_runtime, "gpu_name", lambda: "NVIDIA H200")
    log = SimpleNamespace(lines=["The engine cannot run on this GPU, which has compute capability 9.0."])
    trt = SimpleNamespace(Runtime=lambda log: SimpleNamespace(deserialize_cuda_engine=lambda content: None))
    with pytest.raises(ExchangeError, match=r"does not run reference on NVIDIA H200 \(.*capability 9.0") as caught:
        trt_runtime.GpuEngine(trt, log, b"engine", "reference")
    assert "--architecture" in caught.value.remedy


def test_without_a_gpu_engines_are_built_and_it_is_said_that_none_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    builder = Builder(SimpleNamespace(__version__="1"), by_architecture=True)
    assert builder.run({}, (86,), {}, {}, 8) is None
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (9, 0))
    assert builder.run({}, (86,), {}, {}, 8) is None, "built for another GPU"
    told = TrtExport("tensorrt-rtx 1", (86,), 8, 67.0, {"decoder": 1_000_000})
    assert "not run" in told.lines()[1] and "8.6" in told.lines()[0]


def test_on_a_server_the_package_for_its_own_gpu_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    both: dict[str, Any] = {"tensorrt": SimpleNamespace(__version__="11.4"), "tensorrt_rtx": SimpleNamespace()}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: both.get(name))
    monkeypatch.setitem(sys.modules, "tensorrt", both["tensorrt"])
    builder = Builder.found()
    assert builder.name == "tensorrt 11.4" and builder.targets((80, 86)) == ()
