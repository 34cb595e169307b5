"""The private directory of one running service: control and pool sockets that only this user may open."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ims_avatar.errors import ConfigError

UNIX_PATH_MAX = 107
"""Longest path of a Unix socket (unix(7): sun_path holds 108 bytes with the closing zero)."""
LONGEST_SOCKET_NAME = 24


@contextmanager
def runtime_directory(parent: Path | None = None) -> Iterator[Path]:
    """A fresh directory of mode 0700 under $XDG_RUNTIME_DIR (else the temporary directory), removed at the end.

    Raises `ConfigError` when none can be made or its path is too long for Unix sockets.
    """
    base = parent or _base()
    try:
        path = Path(tempfile.mkdtemp(prefix="ims-avatar-", dir=base))
    except OSError as error:
        raise ConfigError(
            f"no runtime directory can be made in {base} ({error.strerror})",
            remedy="point XDG_RUNTIME_DIR to a directory that this user may write to",
        ) from error
    try:
        if len(os.fsencode(path)) + 1 + LONGEST_SOCKET_NAME > UNIX_PATH_MAX:
            raise ConfigError(f"{path} is too long for Unix sockets", remedy="point XDG_RUNTIME_DIR to a shorter path")
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _base() -> Path:
    named = os.environ.get("XDG_RUNTIME_DIR")
    if named and Path(named).is_dir() and os.access(named, os.W_OK):
        return Path(named)
    return Path(tempfile.gettempdir())
