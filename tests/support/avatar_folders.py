"""Avatars to break: the shipped one under another name or version, whole and consistent in itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from ims_avatar.avatars.manifest import AvatarManifest, read_manifest
from ims_avatar.avatars.repository import Avatar, AvatarRepository, Stored
from ims_avatar.avatars.writing import file_entries


def avatar_copy(root: Path, name: str = "otto", version: int = 1) -> Avatar:
    """`<root>/<name>/<version>` with the files of the shipped avatar."""
    folder = root / name / str(version)
    shutil.copytree(AvatarRepository().find("clara").folder, folder)
    change_manifest(folder, name=name, version=version)
    return Stored(folder, read_manifest(folder, AvatarManifest))


def change_manifest(folder: Path, **fields: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def replace_file(avatar: Avatar, role: str, path: str, content: bytes) -> Avatar:
    """The avatar with this file in this role, its hash in the manifest: damage that hashes do not show."""
    (avatar.folder / path).write_bytes(content)
    entry = file_entries(avatar.folder, {role: path})[role].model_dump()
    files = {r: e.model_dump() for r, e in avatar.manifest.files.items()} | {role: entry}
    change_manifest(avatar.folder, files=files)
    return Stored(avatar.folder, read_manifest(avatar.folder, AvatarManifest))


def everything_below(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))
