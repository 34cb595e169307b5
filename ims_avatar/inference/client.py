"""The call worker's end of the pool: streams are attached here, and stay attached whatever happens to the pool process.

Nothing here waits or raises on the voice's account: without a pool, sound is dropped and no picture comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog
import zmq
from pydantic import TypeAdapter, ValidationError

from ims_avatar import errors
from ims_avatar.clock import Clock, SystemClock
from ims_avatar.errors import ImsAvatarError, PoolError, PoolProtocolError, PoolUnavailable
from ims_avatar.flow import AccessUnit, AudioChunk
from ims_avatar.inference import protocol
from ims_avatar.inference.protocol import StreamSpec

OnAccessUnit: TypeAlias = Callable[[AccessUnit], None]
OnEnded: TypeAlias = Callable[[ImsAvatarError], None]
OnAttached: TypeAlias = Callable[[protocol.Attached], None]

SEND_QUEUE = 2_000
"""Messages (40 s of one stream's sound) that may wait for a pool that is connected but does not read."""
_SPEC = TypeAdapter(StreamSpec)
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Stream:
    spec: StreamSpec
    on_access_unit: OnAccessUnit
    on_ended: OnEnded
    on_attached: OnAttached | None
    needs_keyframe: bool = field(default=True)
    """Units before the first key frame of an attachment cannot be decoded and are dropped."""


class PoolClient:
    """All streams of one call worker. Use from one asyncio loop; every callback runs on it."""

    def __init__(self, endpoint: str, *, clock: Clock | None = None) -> None:
        """`endpoint` is a ZeroMQ address such as `ipc:///run/ims-avatar/pool`."""
        self._endpoint = endpoint
        self._clock = clock or SystemClock()
        self._streams: dict[int, _Stream] = {}
        self._next_stream = 0

    @property
    def available(self) -> bool:
        """Whether the pool was heard within the last `protocol.SILENCE_LIMIT` seconds."""
        raise NotImplementedError

    def start(self) -> None:
        """Connect (the pool need not run yet) and keep the heartbeat going. Call on the running loop."""
        raise NotImplementedError

    def close(self) -> None:
        """Detach all streams and let go of the socket."""
        raise NotImplementedError

    def attach(
        self,
        spec: StreamSpec,
        on_access_unit: OnAccessUnit,
        on_ended: OnEnded,
        on_attached: OnAttached | None = None,
    ) -> int:
        """Ask for pictures; returns the stream's id at once. Never raises.

        `on_access_unit(unit)`: a picture; the first one of every attachment is a key frame. While the pool is away none
        come. `on_attached(message)`: the avatar is loaded (again after each restart of the pool).
        `on_ended(error)`: the pool refused or gave up this stream (no place, avatar missing or corrupt); it is
        detached by then, and nothing more comes.
        """
        raise NotImplementedError

    def detach(self, stream: int) -> None:
        """End the stream; no callback of it runs after this. An unknown id is ignored."""
        raise NotImplementedError

    def push_audio(self, stream: int, chunk: AudioChunk) -> None:
        """Give the avatar speech. Never blocks, never raises; without a pool the sound is dropped."""
        raise NotImplementedError

    def request_keyframe(self, stream: int) -> None:
        """Make the next picture an IDR picture (PLI, FIR, INFO media_control, a completed re-INVITE)."""
        raise NotImplementedError

    def reset_lips(self, stream: int) -> None:
        """Barge-in: forget the speech pushed so far and close the mouth."""
        raise NotImplementedError

    async def statistics(self, timeout: float = 1.0) -> protocol.Statistics:
        """What the pool reports about itself. Raises `PoolUnavailable` when no answer comes in `timeout` seconds."""
        raise NotImplementedError
