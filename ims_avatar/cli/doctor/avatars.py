"""Avatars found, each with its hashes checked."""

from __future__ import annotations

from collections.abc import Iterator

from ims_avatar.avatars.repository import AUDIO_ENCODER, AvatarRepository
from ims_avatar.cli.doctor.finding import Finding, ok, problem
from ims_avatar.config import Config
from ims_avatar.errors import AvatarError


def check_avatars(config: Config) -> Iterator[Finding]:
    repository = AvatarRepository(config.avatars.paths)
    try:
        encoder = repository.base_model(AUDIO_ENCODER).manifest
        yield ok("audio encoder", f"version {encoder.version}, hashes right")
    except AvatarError as error:
        yield problem("audio encoder", str(error).removesuffix(f". Remedy: {error.remedy}"), error.remedy)
    names = repository.names()
    if not names:
        yield problem(
            "avatars", "none found", "install the package again, or name a directory of avatars in avatars.paths"
        )
    for name in names:
        subject = f"avatar {name}"
        try:
            avatar = repository.load(name)
        except AvatarError as error:
            yield problem(
                subject, str(error).removesuffix(f". Remedy: {error.remedy}"), error.remedy, f"no calls with {name}"
            )
            continue
        manifest = avatar.manifest
        default = ", the default" if name == config.avatars.default else ""
        yield ok(
            subject,
            f"{manifest.title}, version {manifest.version}, {manifest.width}x{manifest.height}, hashes right{default}",
        )
    if names and config.avatars.default not in names:
        yield problem(
            "default avatar",
            f"no avatar {config.avatars.default!r}",
            f"set avatars.default to one of {', '.join(names)}",
        )
