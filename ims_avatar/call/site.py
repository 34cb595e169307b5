"""What all calls of one worker share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ims_avatar.clock import Clock
from ims_avatar.config import Config
from ims_avatar.errors import ImsAvatarError
from ims_avatar.flow import Address
from ims_avatar.inference.client import PoolClient
from ims_avatar.rtp.ports import PortPool
from ims_avatar.signalling.port import DialogTimers, UserAgent
from ims_avatar.signalling.profiles import PeerProfile, load_profile
from ims_avatar.signalling.rules import Rules


@dataclass(slots=True)
class CallSite:
    config: Config
    own_addresses: frozenset[Address]
    """Where we listen: the front and this worker."""
    user_agent: UserAgent
    pool: PoolClient
    ports: PortPool
    clock: Clock
    random: Callable[[], float]
    """Numbers in [0, 1), for glare timers."""
    session_ids: Callable[[], int]
    """o= session ids, unique in this worker."""
    _profiles: dict[tuple[Path | None, str], PeerProfile] = field(default_factory=dict)

    @property
    def rules(self) -> Rules:
        return Rules(self.config, self.own_addresses)

    def profile(self, name: str) -> PeerProfile:
        """Raises `ConfigError`; `serve` has checked every name that the configuration holds."""
        key = (self.config.profiles_path, name)
        if key not in self._profiles:
            self._profiles[key] = load_profile(name, self.config.profiles_path)
        return self._profiles[key]

    def timers_of(self, caller: Address) -> DialogTimers:
        """Of the profile of the peer at this address; the defaults for a stranger, who is refused anyway."""
        try:
            profile = self.profile(self.rules.peer(caller[0]).profile)
        except ImsAvatarError:
            return DialogTimers()
        return DialogTimers(**profile.timers.model_dump())

    def reload(self, config: Config) -> None:
        """For calls that begin from now on."""
        self.config = config
        self._profiles.clear()
