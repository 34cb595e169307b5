"""Where the pool's avatars come from: the repository, an engine for each, one audio encoder for all."""

from __future__ import annotations

from ims_avatar.config import Config
from ims_avatar.errors import AvatarNotFound
from ims_avatar.pool_process.loader import Load
from ims_avatar.pool_process.studio import LoadedAvatar


def avatar_loader(config: Config) -> Load:
    def load(name: str) -> LoadedAvatar:
        raise AvatarNotFound(f"there is no avatar {name!r}")

    return load
