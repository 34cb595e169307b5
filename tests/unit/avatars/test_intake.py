from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

import pytest

from ims_avatar.avatars.archive import write_archive
from ims_avatar.avatars.intake import Admission, Admitted, import_avatar
from ims_avatar.avatars.repository import Avatar, AvatarRepository
from ims_avatar.errors import AvatarError, AvatarExists, AvatarNotFound, AvatarNotWritten, CorruptModel, ExchangeError
from tests.support.avatar_folders import avatar_copy, change_manifest, everything_below, replace_file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def take(source: Path, home: Path, name: str | None = None, update: bool = False) -> Admitted:
    terms = Admission(home, name, update)
    return import_avatar(source, terms, AvatarRepository([home]), lambda avatar: None)


def packed(tmp_path: Path, name: str = "otto", version: int = 1) -> Path:
    path = tmp_path / f"{name}-{version}.zip"
    write_archive(avatar_copy(tmp_path / "from", name, version), path)
    return path


def test_an_archive_becomes_an_avatar(tmp_path: Path, home: Path) -> None:
    admitted = take(packed(tmp_path), home)
    assert admitted.new and admitted.avatar.folder == home / "otto" / "1"
    assert AvatarRepository([home]).load("otto").manifest == admitted.avatar.manifest
    assert [name for name in everything_below(home) if name.startswith(".")] == []


def test_a_folder_becomes_an_avatar(tmp_path: Path, home: Path) -> None:
    assert take(avatar_copy(tmp_path / "from").folder, home).new
    assert AvatarRepository([home]).load("otto")


def test_the_same_avatar_twice_is_no_error(tmp_path: Path, home: Path) -> None:
    source = packed(tmp_path)
    take(source, home)
    assert not take(source, home).new


def test_one_that_is_shipped_is_there_already(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "clara.zip"
    write_archive(AvatarRepository().find("clara"), path)
    admitted = take(path, home)
    assert not admitted.new and everything_below(home) == []


def test_another_avatar_of_the_same_name_and_version_is_refused(tmp_path: Path, home: Path) -> None:
    take(packed(tmp_path), home)
    other = replace_file(avatar_copy(tmp_path / "other"), "model_card", "model_card.json", b'{"other": 1}')
    before = everything_below(home)
    with pytest.raises(AvatarExists, match="otto/1") as caught:
        take(other.folder, home, update=True)
    assert "--as" in caught.value.remedy and everything_below(home) == before


def test_a_name_that_is_taken_is_not_taken_over_by_accident(tmp_path: Path, home: Path) -> None:
    take(packed(tmp_path), home)
    with pytest.raises(AvatarExists, match="taken by version 1, this is version 2") as caught:
        take(packed(tmp_path, version=2), home)
    assert "--update" in caught.value.remedy
    assert take(packed(tmp_path / "again", version=2), home, update=True).new
    assert AvatarRepository([home]).find("otto").manifest.version == 2


def test_another_name_makes_it_version_1_of_that_name(tmp_path: Path, home: Path) -> None:
    admitted = take(packed(tmp_path, version=7), home, name="anna")
    assert AvatarRepository([home]).load("anna", 1).manifest == admitted.avatar.manifest
    with pytest.raises(AvatarExists):
        take(replaced_card(tmp_path), home, name="anna")


def replaced_card(tmp_path: Path) -> Path:
    return replace_file(avatar_copy(tmp_path / "card"), "model_card", "model_card.json", b"{}").folder


@pytest.mark.parametrize("name", ["", "Anna", "../anna", "a/b", "base", ".anna"])
def test_a_name_is_a_plain_word(tmp_path: Path, home: Path, name: str) -> None:
    with pytest.raises(ExchangeError, match="name"):
        take(packed(tmp_path), home, name=name)
    assert not home.exists()


def refused_whole(source: Path, home: Path, error: type[AvatarError], why: str) -> None:
    with pytest.raises(error, match=why) as caught:
        take(source, home)
    assert ".incoming" not in str(caught.value), "names what the user gave, not where it was unpacked"
    assert not home.exists() or everything_below(home) == []


@pytest.mark.parametrize("role", ["loop", "loop_matrices", "reference", "decoder", "model_card"])
def test_a_damaged_file_is_refused_by_its_hash(tmp_path: Path, home: Path, role: str) -> None:
    avatar = avatar_copy(tmp_path / "from")
    content = bytearray(avatar.path(role).read_bytes())
    content[len(content) // 2] ^= 1
    avatar.path(role).write_bytes(content)
    refused_whole(avatar.folder, home, CorruptModel, "sha256")


@pytest.mark.parametrize(
    ("role", "name", "content", "why"),
    [
        ("decoder", "decoder.onnx", b"\x3a\x04\x0a\x02\x3a\x00", "ONNX|domain"),
        ("fit", "fit.npz", b"PK", "file of arrays"),
        ("hook", "hook.py", b"print()", "cannot be"),
        ("sheet", "sheet.png", b"<svg onload=''>", "not what its name says"),
    ],
)
def test_a_harmful_file_is_refused_although_its_hash_is_right(
    tmp_path: Path, home: Path, role: str, name: str, content: bytes, why: str
) -> None:
    avatar = replace_file(avatar_copy(tmp_path / "from"), role, name, content)
    if role == "decoder":
        replace_file(avatar, role, name, content.replace(b"\x3a\x00", b"\x3a\x01"))
    refused_whole(avatar.folder, home, CorruptModel, why)


def test_links_and_other_files_in_a_folder_are_refused(tmp_path: Path, home: Path) -> None:
    avatar = avatar_copy(tmp_path / "from")
    (avatar.folder / "README.md").write_text("# fine")
    (avatar.folder / "more.bin").write_text("?")
    refused_whole(avatar.folder, home, CorruptModel, "more.bin")
    (avatar.folder / "more.bin").unlink()
    (avatar.folder / "secret").symlink_to("/etc/passwd")
    refused_whole(avatar.folder, home, CorruptModel, "a link")
    (avatar.folder / "secret").unlink()
    assert take(avatar.folder, home).new


def test_what_is_not_there_is_said(tmp_path: Path, home: Path) -> None:
    refused_whole(tmp_path / "none.zip", home, AvatarNotFound, r"none\.zip")
    avatar = avatar_copy(tmp_path / "from")
    avatar.path("loop").unlink()
    refused_whole(avatar.folder, home, CorruptModel, r"loop\.mp4")
    shutil.rmtree(avatar.folder)
    avatar.folder.mkdir()
    refused_whole(avatar.folder, home, CorruptModel, "manifest")


def test_base_is_no_name_for_an_avatar(tmp_path: Path, home: Path) -> None:
    avatar = avatar_copy(tmp_path / "from")
    change_manifest(avatar.folder, name="base")
    refused_whole(avatar.folder, home, ExchangeError, "base")


def test_one_that_does_not_work_is_refused(tmp_path: Path, home: Path) -> None:
    def broken(avatar: Avatar) -> None:
        assert avatar.path("decoder").is_file()
        raise CorruptModel("its decoder gives nothing")

    with pytest.raises(CorruptModel, match="gives nothing"):
        import_avatar(packed(tmp_path), Admission(home), AvatarRepository([home]), broken)
    assert everything_below(home) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = packed(tmp_path)
    opened = Path.open

    def full(path: Path, mode: str = "r", **options: Any) -> object:
        if mode == "wb" and path.name == "loop.mp4":
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, mode, **options)

    monkeypatch.setattr(Path, "open", full)
    refused_whole(source, home, AvatarNotWritten, "No space left")


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AvatarNotWritten, match="file"):
        take(packed(tmp_path), tmp_path / "file" / "home")
