"""Avatars are loaded on a thread of their own, once each, so that no running stream waits for one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeAlias

import structlog

from ims_avatar.errors import AvatarError, ImsAvatarError
from ims_avatar.pool_process.studio import LoadedAvatar

Load: TypeAlias = Callable[[str], LoadedAvatar]
"""Avatar name to loaded and warmed-up avatar. Raises `ImsAvatarError`. Runs on the loader's thread."""
Loaded: TypeAlias = LoadedAvatar | ImsAvatarError

LONGEST_LOAD = 5.0
"""Seconds that ending waits for an avatar that is being loaded."""
_log = structlog.get_logger(__name__)


class AvatarLoader:
    """Asked and read from one thread; loads on another. What was loaded stays; what failed is tried again."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._wanted: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[str, Loaded]] = queue.SimpleQueue()
        self._loaded: dict[str, LoadedAvatar] = {}
        self._asked: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="avatar-loader", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop after the avatar that is being loaded: a thread inside a runtime must not be there at exit."""
        self._wanted.put(None)
        self._thread.join(LONGEST_LOAD)

    def request(self, name: str) -> LoadedAvatar | None:
        """The avatar if it is loaded; otherwise None, and `finished` will tell."""
        loaded = self._loaded.get(name)
        if loaded is None and name not in self._asked:
            self._asked.add(name)
            self._wanted.put(name)
        return loaded

    def finished(self) -> list[tuple[str, Loaded]]:
        """What was loaded, or failed to, since the last call."""
        news = []
        while not self._done.empty():
            name, loaded = self._done.get()
            self._asked.discard(name)
            if isinstance(loaded, LoadedAvatar):
                self._loaded[name] = loaded
            news.append((name, loaded))
        return news

    def _run(self) -> None:
        while (name := self._wanted.get()) is not None:
            try:
                loaded: Loaded = self._load(name)
            except ImsAvatarError as error:
                loaded = error
            except Exception as error:  # noqa: BLE001  (a broken avatar must not end the thread)
                _log.exception("avatar cannot be loaded", avatar=name)
                loaded = AvatarError(
                    f"avatar {name!r} cannot be loaded ({type(error).__name__}: {error})",
                    remedy="run `ims-avatar doctor`; the log of the pool has the details",
                )
            self._done.put((name, loaded))
