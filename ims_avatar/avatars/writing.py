"""Writes the manifest of a folder whose files are complete. Versions are never edited: a folder is written once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from ims_avatar.avatars.manifest import MANIFEST, AvatarManifest, BaseModelManifest, FileEntry


def file_entries(folder: Path, files: Mapping[str, str]) -> dict[str, FileEntry]:
    """Hash and size of each file, given as path below `folder` by what it is for."""
    return {role: _entry(folder, path) for role, path in files.items()}


def _entry(folder: Path, path: str) -> FileEntry:
    content = (folder / path).read_bytes()
    return FileEntry(path=path, sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def write_manifest(folder: Path, manifest: AvatarManifest | BaseModelManifest) -> None:
    text = manifest.model_dump_json(indent=2, exclude_none=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
