"""What the commands of `ims-avatar avatar` have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from ims_avatar.avatars.places import new_avatars_directory
from ims_avatar.avatars.repository import Avatar, AvatarRepository
from ims_avatar.config import Config, load_config
from ims_avatar.errors import AvatarNotFound, ConfigError

ConfigOption: TypeAlias = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="Configuration (YAML) with avatars.paths.")
]
AvatarArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="NAME[/VERSION]", help="Without version: the newest.")
]
IntoOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--into", metavar="DIR", help="Directory of avatars; else the first of avatars.paths, or yours."),
]


def repository_of(config: Config, into: Path | None = None) -> AvatarRepository:
    return AvatarRepository([*([into] if into else []), *config.avatars.paths])


def destination(config: Config, into: Path | None) -> Path:
    """Where a new avatar goes. Raises `ConfigError` for a user without a home directory who names none."""
    directory = into or new_avatars_directory(config.avatars.paths)
    if directory is None:
        raise ConfigError("there is no directory for new avatars", remedy="name one: --into DIR, or avatars.paths")
    return directory


def named(reference: str) -> tuple[str, int | None]:
    """`otto` or `otto/2` taken apart. Raises `AvatarNotFound` for a version that is no number."""
    name, slash, version = reference.partition("/")
    if not slash:
        return name, None
    if not (version.isascii() and version.isdecimal()):
        raise AvatarNotFound(f"{reference!r} names no version", remedy="write e.g. otto or otto/2")
    return name, int(version)


def avatar_named(reference: str, config: Path | None) -> Avatar:
    """The avatar, hashes checked. Raises as `AvatarRepository.load` does."""
    return repository_of(load_config(config)).load(*named(reference))


def size_text(size: float) -> str:
    """Bytes as people read them."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
