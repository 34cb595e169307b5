"""How a version of an avatar leaves: out of sight at once, then off the disk."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.avatars.staging import staging_folder
from ims_avatar.errors import AvatarError, AvatarNotFound


def removable(repository: AvatarRepository, name: str, version: int | None) -> list[Path]:
    """Folders of this version, or of all versions of this name, in directories that are the user's.

    Raises `AvatarNotFound` if there is none, `AvatarError` if there are only shipped ones.
    """
    found = [
        folder for folder in repository.folders() if folder.parent.name == name and version in (None, int(folder.name))
    ]
    own = [folder for folder in found if folder.parent.parent in repository.writable]
    if found and not own:
        raise AvatarError(
            f"{name} is shipped with the program and stays",
            remedy="an avatar of your own with the same name comes before it",
        )
    if not own:
        wanted = name if version is None else f"{name}/{version}"
        raise AvatarNotFound(f"no avatar {wanted!r}", remedy=f"there are: {', '.join(repository.names())}")
    return own


def remove_folder(folder: Path) -> None:
    """Removes `<directory>/<name>/<version>`, and the name's folder with its last version.

    It moves aside first, so that nobody ever sees half of it. Raises `AvatarNotWritten` if it may not be removed.
    """
    with staging_folder(folder.parent.parent) as aside:
        folder.rename(aside / folder.name)
        shutil.rmtree(aside / folder.name)
    with suppress(OSError):  # other versions are there, which is no fault
        folder.parent.rmdir()
