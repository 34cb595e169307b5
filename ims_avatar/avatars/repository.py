"""Where avatars live: `<name>/<version>/manifest.json` below each directory; base models below `base/`.

The operator's directories come first, then the user's own, then the shipped library. Loading checks every hash and
what each file holds, and executes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from ims_avatar.avatars.file_safety import objection_to
from ims_avatar.avatars.manifest import (
    MANIFEST,
    AvatarManifest,
    BaseModelManifest,
    FileEntry,
    ManifestT,
    read_manifest,
)
from ims_avatar.avatars.places import SHIPPED, user_directory
from ims_avatar.errors import AvatarNotFound, CorruptModel

BASE = "base"
"""Name of the folder that holds base models; no avatar can have it."""
AUDIO_ENCODER = "audio_encoder"
"""Name of the base model that drives every avatar by sound."""
LIP_ENCODER = "lip_encoder"
"""Role of the audio encoder that was adapted to one person; avatars without it use the base model."""


@dataclass(frozen=True, slots=True)
class Stored(Generic[ManifestT]):
    """A folder whose manifest was read. `verified` once every file had the manifest's hash."""

    folder: Path
    manifest: ManifestT

    def path(self, role: str) -> Path:
        """The file for this role, e.g. `decoder`. Raises `CorruptModel` if the manifest has none."""
        entry = self.manifest.files.get(role)
        if entry is None:
            raise CorruptModel(f"{self.folder / MANIFEST} names no file for {role!r}", remedy="restore the folder")
        return self.folder / entry.path

    def verify(self) -> None:
        """Raises `CorruptModel` naming the first file that is missing, is not the manifest's, or could do harm."""
        for role, entry in self.manifest.files.items():
            _verify(self.path(role), role, entry)


Avatar = Stored[AvatarManifest]
BaseModel = Stored[BaseModelManifest]


class AvatarRepository:
    """Avatars and base models of the operator's directories, of the user's own and of the shipped library."""

    def __init__(self, paths: Sequence[Path] = (), *, shipped: Path = SHIPPED) -> None:
        own = user_directory()
        self.writable = tuple(dict.fromkeys([*paths, own] if own else paths))
        """Directories whose avatars may be added to and removed, in the order of search."""
        self._roots = (*self.writable, shipped)

    def names(self) -> list[str]:
        """Names of all avatars, sorted."""
        return sorted({name for root in self._roots for name in _subfolders(root) if _versions(root / name)} - {BASE})

    def folders(self) -> list[Path]:
        """`<directory>/<name>/<version>` of every version there is: by name, and those that `find` prefers first."""
        return [
            root / name / str(version)
            for name in self.names()
            for root in self._roots
            for version in reversed(_versions(root / name))
        ]

    def list(self) -> list[Avatar]:
        """The newest version of every avatar, hashes not checked. Raises `CorruptModel` for an unusable manifest."""
        return [self._open(self._roots, name, None, AvatarManifest) for name in self.names()]

    def find(self, name: str, version: int | None = None) -> Avatar:
        """One avatar (the newest version if none is named), hashes not checked.

        Raises `AvatarNotFound` naming those that exist, `CorruptModel` for a manifest it cannot use.
        """
        return self._open(self._roots, name, version, AvatarManifest)

    def load(self, name: str, version: int | None = None) -> Avatar:
        """Like `find`, and every file has the manifest's hash; otherwise `CorruptModel`."""
        avatar = self.find(name, version)
        avatar.verify()
        return avatar

    def base_model(self, name: str, version: int | None = None) -> BaseModel:
        """A base model, hashes checked. Raises as `load` does."""
        model = self._open([root / BASE for root in self._roots], name, version, BaseModelManifest)
        model.verify()
        return model

    def _open(self, roots: Sequence[Path], name: str, version: int | None, kind: type[ManifestT]) -> Stored[ManifestT]:
        for root in roots if _is_name(name) else ():
            versions = _versions(root / name)
            if versions and (version is None or version in versions):
                return open_folder(root / name / str(versions[-1] if version is None else version), kind)
        wanted = name if version is None else f"{name}, version {version}"
        there = ", ".join(self.names()) or "none"
        raise AvatarNotFound(
            f"no {'base model' if kind is BaseModelManifest else 'avatar'} {wanted!r}",
            remedy=f"avatars found: {there}; `ims-avatar avatar import` adds one, avatars.paths names directories",
        )


def open_folder(folder: Path, kind: type[ManifestT]) -> Stored[ManifestT]:
    """What is stored in `<name>/<version>`, hashes not checked. Raises `CorruptModel` for an unusable manifest."""
    stored = Stored(folder, read_manifest(folder, kind))
    if (stored.manifest.name, str(stored.manifest.version)) != (folder.parent.name, folder.name):
        raise CorruptModel(
            f"{folder / MANIFEST} is of {stored.manifest.name}/{stored.manifest.version}",
            remedy="give the folder the name and version its manifest has",
        )
    return stored


def _is_name(name: str) -> bool:
    return bool(name) and name not in (".", "..") and "/" not in name and "\\" not in name and "\0" not in name


def _subfolders(root: Path) -> Iterator[str]:
    if root.is_dir():
        yield from (entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def _versions(folder: Path) -> list[int]:
    """Versions in ascending order: subfolders that are whole numbers and hold a manifest."""
    names = [n for n in _subfolders(folder) if n.isascii() and n.isdecimal() and str(int(n)) == n]
    return sorted(int(name) for name in names if (folder / name / MANIFEST).is_file())


def _verify(path: Path, role: str, entry: FileEntry) -> None:
    remedy = "restore the file from where the avatar came, or install the package again"
    try:
        if path.stat().st_size != entry.size:
            raise CorruptModel(f"{path} has {path.stat().st_size} bytes, its manifest says {entry.size}", remedy=remedy)
        content = path.read_bytes()
    except OSError as error:
        raise CorruptModel(f"{path} cannot be read ({error.strerror})", remedy=remedy) from error
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise CorruptModel(f"{path} is not the file its manifest describes (its sha256 hash differs)", remedy=remedy)
    objection = objection_to(role, entry.path, content)
    if objection:
        raise CorruptModel(f"{path} {objection}", remedy="do not use this avatar; get it from somebody you trust")
