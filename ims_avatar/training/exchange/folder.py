"""A new folder of exported files: it appears whole, and never over another one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ims_avatar.avatars.staging import staging_folder
from ims_avatar.errors import ExchangeError


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to write into that becomes `path` when the block ends well.

    Raises `ExchangeError` if `path` is there already, `AvatarNotWritten` when something cannot be written.
    """
    if path.exists():
        raise ExchangeError(f"{path} is there already", remedy="name another folder, or remove this one")
    with staging_folder(path.absolute().parent) as folder:
        yield folder
        folder.rename(path)
