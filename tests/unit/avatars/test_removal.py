from __future__ import annotations

from pathlib import Path

import pytest

from ims_avatar.avatars.removal import removable, remove_folder
from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.errors import AvatarError, AvatarNotFound
from tests.support.avatar_folders import avatar_copy, everything_below


def test_one_version_or_all_of_them_leave(tmp_path: Path) -> None:
    for version in (1, 2, 3):
        avatar_copy(tmp_path, version=version)
    repository = AvatarRepository([tmp_path])
    assert removable(repository, "otto", 2) == [tmp_path / "otto" / "2"]
    remove_folder(tmp_path / "otto" / "2")
    assert [folder.name for folder in removable(repository, "otto", None)] == ["3", "1"]
    for folder in removable(repository, "otto", None):
        remove_folder(folder)
    assert everything_below(tmp_path) == []


def test_what_is_shipped_stays(tmp_path: Path) -> None:
    with pytest.raises(AvatarError, match="shipped"):
        removable(AvatarRepository([tmp_path]), "clara", None)
    own = avatar_copy(tmp_path, "clara", 2)
    assert removable(AvatarRepository([tmp_path]), "clara", None) == [own.folder]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    avatar_copy(tmp_path)
    with pytest.raises(AvatarNotFound, match="otto/2"):
        removable(AvatarRepository([tmp_path]), "otto", 2)
    with pytest.raises(AvatarNotFound, match=r"clara.*otto"):
        removable(AvatarRepository([tmp_path]), "nobody", None)
