from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'ims-avatar[train]'")
pytest.importorskip("onnx", reason="needs onnx: pip install 'ims-avatar[train]'")

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.errors import ExchangeError
from ims_avatar.training.exchange.mindir import ENVIRONMENT, export_mindir
from tests.support.avatar_folders import everything_below

pytestmark = pytest.mark.train
CLARA = AvatarRepository().find("clara")
MINDSPORE = Path(os.environ.get(ENVIRONMENT) or Path.home() / ".local/share/ims-avatar/mindspore")


@pytest.mark.timeout(600)
@pytest.mark.skipif(not (MINDSPORE / "bin" / "python").is_file(), reason="needs MindSpore: bash deploy/mindspore.sh")
def test_mindspore_draws_the_same_pictures_after_it_loaded_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(MINDSPORE))
    found = export_mindir(CLARA, tmp_path / "out", 2)
    assert found.agreement >= 55 and found.reload_difference == 0
    assert everything_below(tmp_path) == ["out", "out/decoder.mindir", "out/reference.mindir", "out/report.json"]
    record = json.loads((tmp_path / "out" / "report.json").read_text())
    assert record["reload_difference"] == 0 and record["graphs"]["decoder"]["inputs"][0] == "lip_codes"


def environment(folder: Path, python: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").write_text(f"#!/bin/sh\n{python}\n")
    (folder / "bin" / "python").chmod(0o755)
    return folder


def test_without_mindspore_it_is_said_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "none"))
    with pytest.raises(ExchangeError, match=r"no MindSpore in .*none") as caught:
        export_mindir(CLARA, tmp_path / "out", 8)
    assert "deploy/mindspore.sh" in caught.value.remedy
    monkeypatch.delenv(ENVIRONMENT)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(ExchangeError, match="ims-avatar/mindspore"):
        export_mindir(CLARA, tmp_path / "out", 8)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'ImportError: no mindspore' >&2; exit 1", "ImportError: no mindspore"),
        ("exit 3", "exit status 3"),
        ("exit 0", "cannot export reference"),
    ],
)
def test_what_mindspore_says_is_told_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: str
) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(environment(tmp_path / "env", script)))
    with pytest.raises(ExchangeError, match=why):
        export_mindir(CLARA, tmp_path / "there" / "out", 8)
    assert everything_below(tmp_path / "there") == []
