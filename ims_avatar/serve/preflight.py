"""What is refused before anything is started: profiles and avatars that the configuration names but nobody has."""

from __future__ import annotations

from collections.abc import Iterator

from ims_avatar.avatars.repository import AUDIO_ENCODER, AvatarRepository
from ims_avatar.config import Config
from ims_avatar.errors import AvatarError, ConfigError
from ims_avatar.signalling.profiles import load_profile


def check(config: Config) -> None:
    """Raises `ConfigError` for a profile, `AvatarNotFound` or `CorruptModel` for an avatar, naming who wants it."""
    for owner, profile in _profiles(config):
        try:
            load_profile(profile, config.profiles_path)
        except ConfigError as error:
            raise ConfigError(f"{owner}: {_cause(error)}", remedy=error.remedy) from error
    repository = AvatarRepository(config.avatars.paths)
    checked: set[str] = set()
    for owner, avatar in _avatars(config):
        if avatar in checked:
            continue
        try:
            repository.load(avatar)
        except AvatarError as error:
            raise type(error)(f"{owner}: {_cause(error)}", remedy=error.remedy) from error
        checked.add(avatar)
    if checked:
        repository.base_model(AUDIO_ENCODER)


def _profiles(config: Config) -> Iterator[tuple[str, str]]:
    yield from ((f"peer {peer.name!r}", peer.profile) for peer in config.peers)
    yield from ((f"next hop {hop.name!r}", hop.profile) for hop in config.next_hops)


def _avatars(config: Config) -> Iterator[tuple[str, str]]:
    """(who wants it, avatar); the default is wanted only where a rule leaves the choice to it."""
    for rule in config.rules:
        if rule.whose == "nobody":
            continue
        owner = f"rule {rule.name!r}"
        yield owner, rule.avatar or config.avatars.default
        if rule.callee_avatar:
            yield owner, rule.callee_avatar


def _cause(error: ConfigError | AvatarError) -> str:
    return str(error).removesuffix(f". Remedy: {error.remedy}")
