"""How an avatar from elsewhere comes into a directory of avatars: whole and checked, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from ims_avatar.avatars.archive import MOST_BYTES, READ_ME, read_archive
from ims_avatar.avatars.changed import restate
from ims_avatar.avatars.manifest import MANIFEST, AvatarManifest, Name, read_manifest
from ims_avatar.avatars.repository import BASE, Avatar, AvatarRepository, Stored
from ims_avatar.avatars.staging import settle, staging_folder
from ims_avatar.avatars.writing import write_manifest
from ims_avatar.errors import AvatarError, AvatarExists, AvatarNotFound, CorruptModel, ExchangeError

TryOut: TypeAlias = Callable[[Avatar], None]
"""Uses the avatar once before it is let in; raises `AvatarError` when it does not work."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Under which conditions an avatar comes in."""

    directory: Path
    name: str | None = None
    """Instead of the name that it brings; it is then version 1 of that name."""
    update: bool = False
    """Whether it may come in beside other versions of the same name."""
    changed: bool = False
    """Whether its networks were changed on purpose, so that their hashes are not those of its manifest."""


@dataclass(frozen=True, slots=True)
class Admitted:
    avatar: Avatar
    new: bool
    """False: the very same avatar was there before, and nothing was written."""


def import_avatar(source: Path, terms: Admission, repository: AvatarRepository, try_out: TryOut) -> Admitted:
    """Takes in an archive, or a folder `<name>/<version>`.

    Raises `AvatarExists` when the name is taken by another avatar, `CorruptModel` for a file that is damaged, foreign
    or harmful, `AvatarNotWritten` (disk full), and what `try_out` raises. In every such case nothing is left behind.
    """
    with arrival(source, terms, repository, try_out) as (folder, admit):
        if source.is_dir():
            copy_folder(source, folder)
        else:
            _unpack(source, folder)
        return admit()


@contextmanager
def arrival(
    source: Path, terms: Admission, repository: AvatarRepository, try_out: TryOut
) -> Iterator[tuple[Path, Callable[[], Admitted]]]:
    """An empty folder to put an avatar's files into, and what then lets it in. Raises as `import_avatar` does.

    Errors name `source`, not the folder.
    """
    _check_name(terms.name)
    if terms.changed and terms.name is None:
        raise ExchangeError("changed networks make another avatar", remedy="give it a name of its own: --as NAME")
    with staging_folder(terms.directory) as folder:
        try:
            yield folder, lambda: _admit(folder, terms, repository, try_out)
        except AvatarError as error:
            cause = error.args[0].replace(f"{folder}/", f"{source}: ")
            raise type(error)(cause, remedy=error.remedy) from error


def _check_name(name: str | None) -> None:
    try:
        TypeAdapter(Name | None).validate_python(name)
    except ValidationError:
        name_is_bad = True
    else:
        name_is_bad = name == BASE
    if name_is_bad:
        raise ExchangeError(
            f"{name!r} cannot be an avatar's name", remedy="use small letters, digits, - and _, e.g. --as clara-2"
        )


def _unpack(source: Path, folder: Path) -> None:
    if not source.is_file():
        raise AvatarNotFound(f"{source} is not there", remedy="name an archive made by `ims-avatar avatar export`")
    read_archive(source, folder)


def copy_folder(source: Path, folder: Path) -> None:
    """Copies the files that the manifest in `source` names. Raises `CorruptModel` for links and for other files."""
    if not (source / MANIFEST).exists():
        raise CorruptModel(
            f"{source} is no avatar: it has no {MANIFEST}",
            remedy="import what export wrote as avatar, pth or onnx; from trt and mindir there is no way back",
        )
    manifest = read_manifest(source, AvatarManifest)
    names = {MANIFEST, *(entry.path for entry in manifest.files.values())}
    if sum(entry.size for entry in manifest.files.values()) > MOST_BYTES:
        raise CorruptModel(f"{source} has more than {MOST_BYTES} bytes", remedy="this is no avatar of ours")
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source).as_posix()
        if path.is_symlink() or (path.is_file() and name not in {*names, READ_ME}):
            what = "a link" if path.is_symlink() else "which its manifest does not name"
            raise CorruptModel(f"{source} holds {name!r}, {what}", remedy="remove it, or export the avatar again")
    for name in sorted(names):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            content = (source / name).read_bytes()
        except OSError as error:
            remedy = "export the avatar again where it came from"
            raise CorruptModel(f"{source / name} cannot be read ({error.strerror})", remedy=remedy) from error
        target.write_bytes(content)


def _admit(folder: Path, terms: Admission, repository: AvatarRepository, try_out: TryOut) -> Admitted:
    manifest = read_manifest(folder, AvatarManifest)
    if terms.changed:
        manifest = restate(folder, manifest)
    avatar = Stored(folder, manifest)
    avatar.verify()
    if terms.name is not None:
        avatar = Stored(folder, manifest.model_copy(update={"name": terms.name, "version": 1}))
        _drop_other_files(avatar)
        write_manifest(folder, avatar.manifest)
    there = _same(avatar.manifest, repository)
    if there is not None:
        return Admitted(there, new=False)
    manifest = avatar.manifest
    _check_free(manifest, terms, repository)
    try_out(avatar)
    return Admitted(Stored(settle(folder, terms.directory, manifest.name, manifest.version), manifest), new=True)


def _drop_other_files(avatar: Avatar) -> None:
    kept = {avatar.folder / entry.path for entry in avatar.manifest.files.values()}
    for path in avatar.folder.rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()


def _same(manifest: AvatarManifest, repository: AvatarRepository) -> Avatar | None:
    """The avatar that is there already under this name and version, if it is this one and undamaged."""
    try:
        there = repository.load(manifest.name, manifest.version)
    except AvatarError:
        return None
    return there if there.manifest == manifest else None


def _check_free(manifest: AvatarManifest, terms: Admission, repository: AvatarRepository) -> None:
    name, version = manifest.name, manifest.version
    if name == BASE:
        raise ExchangeError(f"no avatar may be called {BASE!r}", remedy="give it another name: --as NAME")
    versions = {folder.name for folder in repository.folders() if folder.parent.name == name}
    if str(version) in versions:
        raise AvatarExists(
            f"another avatar {name}/{version} is there already", remedy="give this one another name: --as NAME"
        )
    if versions and not terms.update:
        raise AvatarExists(
            f"the name {name!r} is taken by version {', '.join(sorted(versions, key=int))}, this is version {version}",
            remedy="--as NAME gives it another name; --update lets it in as a version of the same avatar",
        )
