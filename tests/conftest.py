"""What holds for every test."""

from __future__ import annotations

import os
import tempfile

import pytest

_EMPTY = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Nobody's own avatars: the user directory is an empty one, here and in every process that a test starts."""
    config.stash[_EMPTY] = tempfile.TemporaryDirectory(prefix="ims-avatar-tests-")
    os.environ["XDG_DATA_HOME"] = config.stash[_EMPTY].name


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_EMPTY].cleanup()
