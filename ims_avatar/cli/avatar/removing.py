"""`ims-avatar avatar remove`."""

from __future__ import annotations

from typing import Annotated

import typer

from ims_avatar.avatars.removal import removable, remove_folder
from ims_avatar.cli import console
from ims_avatar.cli.avatar.options import AvatarArgument, ConfigOption, IntoOption, named, repository_of
from ims_avatar.config import load_config


def remove(
    avatar: AvatarArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    into: IntoOption = None,
    config: ConfigOption = None,
) -> None:
    """Delete an avatar of yours: one version, or all of them. Those that are shipped stay.

    A running service shows an avatar that it has loaded until it starts again.
    """
    name, version = named(avatar)
    folders = removable(repository_of(load_config(config), into), name, version)
    for folder in folders:
        console.err.print(str(folder), markup=False, soft_wrap=True)
    if not yes:
        typer.confirm("Delete for good?", abort=True, err=True)
    for folder in folders:
        remove_folder(folder)
    versions = ", ".join(folder.name for folder in folders)
    console.out.print(f"removed {name}, version {versions}", markup=False, soft_wrap=True)
