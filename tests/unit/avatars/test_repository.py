from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ims_avatar.avatars.manifest import BaseModelManifest
from ims_avatar.avatars.places import SHIPPED
from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.avatars.writing import file_entries, write_manifest
from ims_avatar.errors import AvatarNotFound, CorruptModel


def shipped_copy(root: Path, name: str = "clara", version: int = 1) -> Path:
    """The shipped avatar under another name or version, consistent in itself."""
    folder = root / name / str(version)
    shutil.copytree(AvatarRepository().find("clara").folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "name": name, "version": version}))
    return folder


def test_the_shipped_avatar_is_found_and_its_hashes_hold() -> None:
    avatar = AvatarRepository().load("clara")
    assert avatar.folder.parent.parent == SHIPPED
    assert avatar.manifest.consent and avatar.manifest.licence == "Apache-2.0"
    assert avatar.path("decoder").is_file()
    assert sum(file.stat().st_size for file in avatar.folder.rglob("*")) < 6_000_000


def test_a_missing_avatar_names_those_that_exist(tmp_path: Path) -> None:
    shipped_copy(tmp_path, "otto")
    with pytest.raises(AvatarNotFound, match=r"'nobody'.*clara.*otto"):
        AvatarRepository([tmp_path]).load("nobody")


@pytest.mark.parametrize("name", ["", ".", "..", "../clara", "clara/1", "base", "a\0b", "c\\d"])
def test_a_name_is_never_a_path(name: str) -> None:
    with pytest.raises(AvatarNotFound):
        AvatarRepository().find(name)


def test_the_operators_directory_comes_first_and_the_newest_version_wins(tmp_path: Path) -> None:
    shipped_copy(tmp_path, version=2)
    shipped_copy(tmp_path, version=10)
    (tmp_path / "clara" / "notes").mkdir()
    (tmp_path / "clara" / "11").mkdir()
    repository = AvatarRepository([tmp_path])
    assert repository.find("clara").folder == tmp_path / "clara" / "10"
    assert repository.find("clara", 2).folder == tmp_path / "clara" / "2"
    assert repository.find("clara", 1).folder.is_relative_to(SHIPPED)
    assert [a.manifest.version for a in repository.list() if a.manifest.name == "clara"] == [10]
    with pytest.raises(AvatarNotFound, match="version 3"):
        repository.find("clara", 3)


def test_a_directory_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert "clara" in AvatarRepository([tmp_path / "none"]).names()


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("role", ["loop", "loop_matrices", "reference", "decoder", "model_card"])
@pytest.mark.parametrize("damage", [flip_a_byte, cut_short, Path.unlink])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, role: str, damage: object) -> None:
    shipped_copy(tmp_path, "otto")
    repository = AvatarRepository([tmp_path])
    path = repository.load("otto").path(role)
    assert callable(damage)
    damage(path)
    with pytest.raises(CorruptModel, match=path.name) as caught:
        repository.load("otto")
    assert "restore" in caught.value.remedy


def test_a_folder_that_is_somebody_elses_is_refused(tmp_path: Path) -> None:
    folder = shipped_copy(tmp_path, "otto")
    folder.parent.rename(tmp_path / "anna")
    with pytest.raises(CorruptModel, match="otto/1"):
        AvatarRepository([tmp_path]).find("anna")


def test_base_models_live_below_base(tmp_path: Path) -> None:
    folder = tmp_path / "base" / "ears" / "1"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text('{"measures": 1}')
    files = file_entries(folder, {"model_card": "card.json"})
    write_manifest(
        folder,
        BaseModelManifest(format=1, kind="audio_encoder", name="ears", version=1, licence="Apache-2.0", files=files),
    )
    repository = AvatarRepository([tmp_path])
    assert "measures" in repository.base_model("ears").path("model_card").read_text()
    assert "base" not in repository.names()
    (folder / "card.json").write_text('{"measures": 2}')
    with pytest.raises(CorruptModel, match=r"card\.json"):
        repository.base_model("ears")
    with pytest.raises(AvatarNotFound, match="base model 'eyes'"):
        repository.base_model("eyes")
    with pytest.raises(CorruptModel, match="names no file for 'nose'"):
        repository._open([tmp_path / "base"], "ears", 1, BaseModelManifest).path("nose")
