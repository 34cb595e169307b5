"""Formats that need more than the default installation, by the commands that are typed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.cli.main import run


def typed(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        run(["avatar", *map(str, arguments)])
    return int(ended.value.code or 0)


@pytest.mark.parametrize("format_", ["pth", "onnx", "trt", "mindir"])
def test_what_is_not_installed_is_named(
    format_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert typed("export", "clara", "-f", format_, "-o", tmp_path / "out") == 1
    shown = capsys.readouterr().err
    assert "not installed" in shown and "pip install 'ims-avatar[train]'" in shown
    assert not (tmp_path / "out").exists()
    (tmp_path / "x.pth").write_bytes(b"")
    assert typed("import", tmp_path / "x.pth") == 1
    assert "needs torch" in capsys.readouterr().err


@pytest.mark.train
def test_out_as_pth_and_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="needs torch: pip install 'ims-avatar[train]'")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert typed("export", "clara", "-f", "pth", "-o", tmp_path / "clara.pth") == 0
    assert "lip_renderer" in capsys.readouterr().out
    assert typed("import", tmp_path / "clara.pth", "--as", "paula") == 0
    clara, paula = AvatarRepository().load("clara"), AvatarRepository().load("paula")
    assert paula.manifest.files == clara.manifest.files


def test_what_a_runtime_made_is_no_avatar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / "engines.json").write_text("{}")
    assert typed("import", tmp_path / "engines") == 1
    assert "no way back" in capsys.readouterr().err


def test_an_unknown_format_is_wrong_use(tmp_path: Path) -> None:
    assert typed("export", "clara", "-f", "gguf", "-o", tmp_path / "out") == 2
