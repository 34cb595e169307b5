"""`ims-avatar avatar list`."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from ims_avatar.avatars.manifest import AvatarManifest
from ims_avatar.avatars.places import SHIPPED, user_directory
from ims_avatar.avatars.repository import open_folder
from ims_avatar.cli import console
from ims_avatar.cli.avatar.options import ConfigOption, repository_of, size_text
from ims_avatar.config import load_config
from ims_avatar.errors import AvatarError

COLUMNS = ("name", "version", "title", "kind", "size", "licence", "where")


def list_avatars(config: ConfigOption = None) -> None:
    """All avatars: the configured directories', your own, and those shipped. A call shows the first of each name."""
    folders = repository_of(load_config(config)).folders()
    console.out.print(console.table("", COLUMNS, [_row(folder) for folder in folders]))


def _row(folder: Path) -> list[str | Text]:
    root = folder.parent.parent
    where = {SHIPPED: "shipped", user_directory(): "yours"}.get(root, str(root))
    try:
        manifest = open_folder(folder, AvatarManifest).manifest
    except AvatarError as error:
        return [folder.parent.name, folder.name, Text(error.args[0], style="red"), "", "", "", where]
    size = size_text(sum(entry.size for entry in manifest.files.values()))
    return [manifest.name, str(manifest.version), manifest.title, manifest.kind, size, manifest.licence, where]
