from __future__ import annotations

import importlib.machinery
from pathlib import Path

import av
import pytest

import ims_avatar
from ims_avatar.avatars.manifest import ConsentRecord
from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.cli.main import run
from ims_avatar.faces import models

pytest.importorskip("ai_edge_litert", reason="finding faces needs pip install 'ims-avatar[vision]'")
pytest.importorskip("cv2", reason="finding faces needs pip install 'ims-avatar[vision]'")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    film = Path(ims_avatar.__file__).parent / "avatars/library/clara/1/loop.mp4"
    path = tmp_path / "clara.png"
    with av.open(str(film)) as container:
        next(container.decode(video=0)).save(str(path))
    return path


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "data" / "ims-avatar" / "avatars"


def _create(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        run(["avatar", "create", *map(str, arguments)])
    return int(ended.value.code or 0)


def test_a_picture_becomes_an_avatar_with_its_consent(
    photo: Path, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _create("jane", "-r", photo, "--consent", "Shows nobody: drawn.", "--title", "Jane", "--licence", "CC0") == 0
    assert f"created jane/1: {mine / 'jane/1'}" in capsys.readouterr().out
    manifest = AvatarRepository([mine]).load("jane").manifest
    assert (manifest.title, manifest.licence) == ("Jane", "CC0")
    assert isinstance(manifest.consent, ConsentRecord)
    assert manifest.consent.statement == "Shows nobody: drawn." and manifest.consent.recorded_by


@pytest.mark.parametrize("consent", [(), ("--consent", " ")])
def test_without_consent_nothing_is_made(
    consent: tuple[str, ...], photo: Path, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _create("jane", "-r", photo, *consent) == 1
    error = capsys.readouterr().err
    assert "must have agreed" in error and "Remedy" in error
    assert not mine.exists()


def test_without_the_extra_its_name_is_said(
    photo: Path, mine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def found(name: str) -> importlib.machinery.ModuleSpec | None:
        return None if name == "cv2" else importlib.machinery.ModuleSpec(name, None)

    monkeypatch.setattr(models, "find_spec", found)
    assert _create("jane", "-r", photo, "--consent", "drawn") == 1
    assert "ims-avatar[vision]" in capsys.readouterr().err


def test_a_reference_that_is_not_there_is_named(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _create("jane", "-r", "missing.jpg", "--consent", "drawn") == 1
    assert "missing.jpg" in capsys.readouterr().err
    assert not mine.exists()
