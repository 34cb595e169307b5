"""New files come into being beside their place and move there whole: a crash or a full disk leaves nothing half."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ims_avatar.errors import AvatarExists, AvatarNotWritten

_PREFIX = ".incoming-"
"""Begins with a dot, so that no repository takes it for an avatar."""


@contextmanager
def staging_folder(directory: Path) -> Iterator[Path]:
    """An empty folder on the file system of `directory`, which is made if need be; removed at the end.

    Raises `AvatarNotWritten` when it cannot be made, and for every `OSError` inside the block that is about writing.
    """
    with written(directory):
        directory.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=directory))
        folder.chmod(0o755)
    try:
        with written(directory):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def settle(folder: Path, directory: Path, name: str, version: int) -> Path:
    """Moves a finished folder to `<directory>/<name>/<version>`, never over another one (`AvatarExists`)."""
    target = directory / name / str(version)
    target.parent.mkdir(exist_ok=True)
    if target.exists():
        raise AvatarExists(f"{target} is there already", remedy="give the avatar another name")
    folder.rename(target)
    return target


@contextmanager
def staged_file(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; moved onto it if the block ends well, removed otherwise."""
    with written(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with written(path):
            yield part
            part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def written(what: Path) -> Iterator[None]:
    """Turns the `OSError` of a write into `AvatarNotWritten` that names it."""
    try:
        yield
    except OSError as error:
        raise AvatarNotWritten(
            f"{what} cannot be written ({error.strerror or error})",
            remedy="free some space, or name a directory that you may write to (--into, --out)",
        ) from error
