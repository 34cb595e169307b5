"""An avatar as one file: a zip archive of `<name>/<version>/`, so that unpacking it by hand gives a folder that works.

The same avatar always gives the same bytes. Reading trusts nothing: only files that the manifest names come out, and no
more bytes of them than it says.
"""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from ims_avatar.avatars.manifest import LARGEST_MANIFEST, MANIFEST, AvatarManifest, read_manifest
from ims_avatar.avatars.repository import Avatar
from ims_avatar.avatars.staging import staged_file
from ims_avatar.errors import CorruptModel

READ_ME = "README.md"
"""The one file beside those of the manifest that an archive may have; it is not imported."""
MOST_BYTES = 1 << 30
"""Of all files of an avatar together."""
_MOST_ENTRIES = 256
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest instant that a zip archive can name: when it was packed must not change the bytes."""
_BLOCK = 1 << 20
_REMEDY = "export the avatar again where it came from"


def write_archive(avatar: Avatar, path: Path) -> None:
    """Packs the avatar. Raises `CorruptModel` if a file is not the manifest's, `AvatarNotWritten` (disk full)."""
    avatar.verify()
    names = sorted({MANIFEST, *(entry.path for entry in avatar.manifest.files.values())})
    prefix = f"{avatar.manifest.name}/{avatar.manifest.version}"
    with staged_file(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        for name in names:
            entry = zipfile.ZipInfo(f"{prefix}/{name}", _EPOCH)
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.create_system = 3  # Unix: otherwise it says on which system it was packed
            archive.writestr(entry, (avatar.folder / name).read_bytes())


def read_archive(path: Path, folder: Path) -> AvatarManifest:
    """Unpacks the archive into `folder`, which is empty; returns its manifest. Hashes are not checked.

    Raises `CorruptModel` for a path that leads elsewhere, a link, a file that the manifest does not name or that has
    another size, a name that is there twice, and what is no archive.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise CorruptModel(f"{path} is not an archive of an avatar ({error})", remedy=_REMEDY) from error
    try:
        with archive:
            return _Unpacking(path, archive, folder).run()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise CorruptModel(f"{path} is not an archive of an avatar ({error})", remedy=_REMEDY) from error


class _Unpacking:
    def __init__(self, path: Path, archive: zipfile.ZipFile, folder: Path) -> None:
        self._path, self._archive, self._folder = path, archive, folder
        self._entries: dict[str, zipfile.ZipInfo] = {}

    def run(self) -> AvatarManifest:
        self._look()
        prefix = self._prefix()
        self._copy(f"{prefix}{MANIFEST}", MANIFEST, LARGEST_MANIFEST)
        manifest = read_manifest(self._folder, AvatarManifest)
        if prefix not in ("", f"{manifest.name}/{manifest.version}/"):
            raise self._refused(f"holds {manifest.name}/{manifest.version} under {prefix!r}")
        sizes = {entry.path: entry.size for entry in manifest.files.values()}
        if sum(sizes.values()) > MOST_BYTES:
            raise self._refused(f"says it unpacks to {sum(sizes.values())} bytes, more than {MOST_BYTES}")
        extra = self._entries.keys() - {prefix + name for name in (*sizes, MANIFEST, READ_ME)}
        if extra:
            raise self._refused(f"holds {min(extra)!r}, which its manifest does not name")
        for name, size in sizes.items():
            if self._copy(prefix + name, name, size) != size:
                raise self._refused(f"has {name!r} shorter than its manifest says")
        return manifest

    def _look(self) -> None:
        """The entries that are files, each with a harmless path of its own."""
        entries = self._archive.infolist()
        if len(entries) > _MOST_ENTRIES:
            raise self._refused(f"holds {len(entries)} files, more than {_MOST_ENTRIES}")
        for entry in entries:
            name, kind = entry.filename, stat.S_IFMT(entry.external_attr >> 16)
            if name.startswith("/") or "\\" in name or ":" in name or ".." in PurePosixPath(name).parts:
                raise self._refused(f"holds {name!r}, a path that leads elsewhere")
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise self._refused(f"holds {name!r}, a link or device")
            if name in self._entries:
                raise self._refused(f"holds {name!r} twice")
            if not entry.is_dir():
                self._entries[name] = entry

    def _prefix(self) -> str:
        """`<name>/<version>/`, or nothing for an archive whose files lie on top."""
        found = [name for name in self._entries if PurePosixPath(name).name == MANIFEST]
        if len(found) != 1:
            raise self._refused(f"holds {len(found)} files called {MANIFEST}, not one")
        return found[0].removesuffix(MANIFEST)

    def _copy(self, inside: str, name: str, most: int) -> int:
        """Unpacks one file; returns its length. It is given up as soon as it is longer than `most` bytes."""
        entry = self._entries.get(inside)
        if entry is None:
            raise self._refused(f"lacks {name!r}")
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        length = 0
        with self._archive.open(entry) as source, target.open("wb") as out:
            while block := source.read(_BLOCK):
                length += len(block)
                if length > most:
                    raise self._refused(f"has {name!r} longer than {most} bytes")
                out.write(block)
        return length

    def _refused(self, why: str) -> CorruptModel:
        return CorruptModel(f"{self._path} {why}", remedy=_REMEDY)
