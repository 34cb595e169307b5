"""Where the pool's avatars come from: the repository, an engine for each, one audio encoder for all
but those who have their own."""

from __future__ import annotations

from functools import cache

from ims_avatar.avatars.repository import AUDIO_ENCODER, LIP_ENCODER, Avatar, AvatarRepository
from ims_avatar.config import Config
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.inference.engines.load import load_engine
from ims_avatar.pool_process.loader import Load
from ims_avatar.pool_process.studio import LoadedAvatar

BATCHES = (1, 2, 4, 8, 16, 32)
"""Batch sizes rendered once at load; those between them cost little the first time."""


def avatar_loader(config: Config) -> Load:
    """A function from avatar name to loaded avatar, over the configured and the shipped directories.

    Pictures come at full speed from the first one on: some batch sizes are rendered once. The function raises
    `AvatarNotFound` naming those there are, `CorruptModel` for a file that is not the manifest's, and `AvatarError`.
    """
    repository = AvatarRepository(config.avatars.paths)

    @cache
    def shared_encoder() -> AudioEncoder:
        return AudioEncoder(repository.base_model(AUDIO_ENCODER).folder)

    def load(name: str) -> LoadedAvatar:
        avatar = repository.load(name)
        engine = load_engine(avatar, config.pool.engine, threads=config.pool.render_threads)
        engine.warm_up([batch for batch in BATCHES if batch < config.pool.capacity] + [config.pool.capacity])
        return LoadedAvatar(engine, own_encoder(avatar) or shared_encoder())

    return load


def own_encoder(avatar: Avatar) -> AudioEncoder | None:
    """The audio encoder that was adapted to the person shown, if the avatar brings one."""
    return AudioEncoder(avatar.path(LIP_ENCODER)) if LIP_ENCODER in avatar.manifest.files else None
