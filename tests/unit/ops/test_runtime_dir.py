from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ims_avatar.errors import ConfigError
from ims_avatar.ops.runtime_dir import runtime_directory


def test_only_the_owner_may_enter_and_it_is_gone_afterwards(tmp_path: Path) -> None:
    with runtime_directory(tmp_path) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        (path / "control").write_text("x")
    assert not path.exists()


def test_it_follows_xdg_runtime_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with runtime_directory() as path:
        assert path.parent == tmp_path


def test_a_stale_xdg_runtime_dir_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    with runtime_directory() as path:
        assert path.exists()


def test_two_services_have_two_directories(tmp_path: Path) -> None:
    with runtime_directory(tmp_path) as one, runtime_directory(tmp_path) as two:
        assert one != two


def test_no_directory_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="XDG_RUNTIME_DIR"), runtime_directory(tmp_path / "missing"):
        pass


def test_a_path_too_long_for_sockets_is_refused(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    with pytest.raises(ConfigError, match="too long"), runtime_directory(deep):
        pass
    assert list(deep.iterdir()) == []
