from __future__ import annotations

from pathlib import Path

import pytest

from ims_avatar.avatars.places import new_avatars_directory, user_directory


@pytest.mark.parametrize(
    ("environment", "directory"),
    [
        ({"HOME": "/home/eva"}, Path("/home/eva/.local/share/ims-avatar/avatars")),
        ({"HOME": "/home/eva", "XDG_DATA_HOME": "/data"}, Path("/data/ims-avatar/avatars")),
        ({"HOME": "/home/eva", "XDG_DATA_HOME": "data"}, Path("/home/eva/.local/share/ims-avatar/avatars")),
        ({}, None),
    ],
)
def test_the_users_directory_is_where_xdg_says(environment: dict[str, str], directory: Path | None) -> None:
    assert user_directory(environment) == directory


def test_new_avatars_go_where_the_operator_says_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert new_avatars_directory([Path("/a"), Path("/b")]) == Path("/a")
    assert new_avatars_directory([]) == tmp_path / "ims-avatar" / "avatars"
