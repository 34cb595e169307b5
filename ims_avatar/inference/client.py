"""The call worker's end of the pool: streams are attached here, and stay attached whatever happens to the pool process.

Nothing here waits or raises on the voice's account: without a pool, sound is dropped and no picture comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import structlog
import zmq
from pydantic import TypeAdapter, ValidationError

from ims_avatar import errors
from ims_avatar.clock import Clock, SystemClock
from ims_avatar.errors import ImsAvatarError, PoolError, PoolProtocolError, PoolUnavailable
from ims_avatar.flow import AccessUnit, AudioChunk
from ims_avatar.inference import protocol
from ims_avatar.inference.protocol import Message, StreamSpec

OnAccessUnit: TypeAlias = Callable[[AccessUnit], None]
OnEnded: TypeAlias = Callable[[ImsAvatarError], None]
OnAttached: TypeAlias = Callable[[protocol.Attached], None]

SEND_QUEUE = 2_000
"""Messages (40 s of one stream's sound) that may wait for a pool that is connected but does not read."""
RECEIVE_QUEUE = 1_000
RECONNECT_MS = 50
LINGER_MS = 100
_SPEC: TypeAdapter[StreamSpec] = TypeAdapter(StreamSpec)
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Stream:
    spec: StreamSpec
    on_access_unit: OnAccessUnit
    on_ended: OnEnded
    on_attached: OnAttached | None
    needs_keyframe: bool = True
    """Units before the first key frame of an attachment cannot be decoded and are dropped."""


class PoolClient:
    """All streams of one call worker. Use from one asyncio loop; every callback runs on it."""

    def __init__(self, endpoint: str, *, clock: Clock | None = None) -> None:
        """`endpoint` is a ZeroMQ address such as `ipc:///run/ims-avatar/pool`."""
        self._endpoint = endpoint
        self._clock = clock or SystemClock()
        self._streams: dict[int, _Stream] = {}
        self._next_stream = 0
        self._session: str | None = None
        self._last_heard = float("-inf")
        self._available = False
        self._statistics: list[asyncio.Future[protocol.Statistics]] = []
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._socket: zmq.Socket[bytes] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._complained = False

    @property
    def available(self) -> bool:
        """Whether the pool was heard within the last `protocol.SILENCE_LIMIT` seconds."""
        return self._available

    def start(self) -> None:
        """Connect (the pool need not run yet) and keep the heartbeat going. Call on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.set(zmq.SNDHWM, SEND_QUEUE)
        self._socket.set(zmq.RCVHWM, RECEIVE_QUEUE)
        self._socket.set(zmq.LINGER, LINGER_MS)
        self._socket.set(zmq.RECONNECT_IVL, RECONNECT_MS)
        self._socket.set(zmq.IMMEDIATE, 1)  # nothing is kept for a pool that is away
        self._socket.connect(self._endpoint)
        self._loop.add_reader(self._socket.fileno(), self._receive)
        self._beat()

    def close(self) -> None:
        """Detach all streams and let go of the socket. No callback runs after this."""
        for stream in list(self._streams):
            self.detach(stream)
        if self._timer is not None:
            self._timer.cancel()
        if self._socket is not None and self._loop is not None and self._context is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
            self._context.term()
        self._socket = None
        self._available = False
        for future in self._statistics:
            future.cancel()

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
        stream = self._next_stream
        self._next_stream += 1
        self._streams[stream] = _Stream(spec, on_access_unit, on_ended, on_attached)
        try:
            _SPEC.validate_json(_SPEC.dump_json(spec))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            cause = f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"
            asyncio.get_running_loop().call_soon(
                self._end, stream, PoolError(f"no such stream can be had: {cause}", remedy="see StreamSpec's limits")
            )
            return stream
        if self._session is not None:
            self._send(protocol.Attach(stream, spec))
        return stream

    def detach(self, stream: int) -> None:
        """End the stream; no callback of it runs after this. An unknown id is ignored."""
        if self._streams.pop(stream, None) is not None:
            self._send(protocol.Detach(stream))

    def push_audio(self, stream: int, chunk: AudioChunk) -> None:
        """Give the avatar speech. Never blocks, never raises; without a pool the sound is dropped."""
        if self._available and stream in self._streams:
            self._send(protocol.PushAudio.of(stream, chunk))

    def request_keyframe(self, stream: int) -> None:
        """Make the next picture an IDR picture (PLI, FIR, INFO media_control, a completed re-INVITE)."""
        if stream in self._streams:
            self._send(protocol.WantKeyframe(stream))

    def reset_lips(self, stream: int) -> None:
        """Barge-in: forget the speech pushed so far and close the mouth."""
        if stream in self._streams:
            self._send(protocol.ResetLips(stream))

    async def statistics(self, timeout: float = 1.0) -> protocol.Statistics:
        """What the pool reports about itself. Raises `PoolUnavailable` when no answer comes in `timeout` seconds."""
        future = asyncio.get_running_loop().create_future()
        self._statistics.append(future)  # asked again with every heartbeat until it is answered
        self._send(protocol.WantStatistics())
        try:
            answer: protocol.Statistics = await asyncio.wait_for(future, timeout)
        except TimeoutError:
            raise PoolUnavailable("the pool process does not answer", remedy="see the pool's log lines") from None
        finally:
            if future in self._statistics:
                self._statistics.remove(future)
        return answer

    def _beat(self) -> None:
        """Every HEARTBEAT: say hello, take what came, judge whether the pool lives."""
        assert self._loop is not None
        self._timer = self._loop.call_later(protocol.HEARTBEAT, self._beat)
        self._send(protocol.Hello())
        if self._statistics:
            self._send(protocol.WantStatistics())
        self._receive()
        silent = self._clock.monotonic() - self._last_heard
        if self._available and silent > protocol.SILENCE_LIMIT:
            self._available = False
            _log.warning("pool does not answer", silent_s=round(silent, 2), streams=len(self._streams))

    def _send(self, message: Message) -> None:
        if self._socket is None or self._loop is None:
            return
        try:
            self._socket.send_multipart(protocol.encode(message), zmq.NOBLOCK)
        except zmq.Again:
            return
        if int(self._socket.get(zmq.EVENTS)) & zmq.POLLIN:  # sending may have eaten the file descriptor's edge
            self._loop.call_soon(self._receive)

    def _receive(self) -> None:
        while self._socket is not None:
            try:
                parts = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            try:
                message = protocol.decode(parts)
            except PoolProtocolError as error:
                if not self._complained:
                    _log.error("message from the pool not understood", error=str(error))
                self._complained = True
                continue
            self._last_heard = self._clock.monotonic()
            self._handle(message)

    def _handle(self, message: Message) -> None:
        match message:
            case protocol.Picture():
                self._deliver(message)
            case protocol.Alive(session=session):
                self._meet(session)
            case protocol.Attached(stream=stream):
                held = self._streams.get(stream)
                if held is not None and held.on_attached is not None:
                    held.on_attached(message)
            case protocol.Ended(stream=stream):
                self._end(stream, _error_of(message))
            case protocol.Statistics():
                for future in self._statistics:
                    if not future.done():
                        future.set_result(message)
                self._statistics.clear()

    def _meet(self, session: str) -> None:
        """The pool lives. If it knows nothing of us (any more), everything is attached anew."""
        if not self._available:
            _log.info("pool answers", streams=len(self._streams))
        self._available = True
        if session == self._session:
            return
        self._session = session
        for number, stream in list(self._streams.items()):
            stream.needs_keyframe = True
            self._send(protocol.Attach(number, stream.spec))

    def _deliver(self, picture: protocol.Picture) -> None:
        stream = self._streams.get(picture.stream)
        if stream is None or (stream.needs_keyframe and not picture.keyframe):
            return
        stream.needs_keyframe = False
        stream.on_access_unit(picture.unit)

    def _end(self, number: int, error: ImsAvatarError) -> None:
        stream = self._streams.pop(number, None)
        if stream is not None:
            stream.on_ended(error)


def _error_of(ended: protocol.Ended) -> ImsAvatarError:
    kind = getattr(errors, ended.error, PoolError)
    known = isinstance(kind, type) and issubclass(kind, ImsAvatarError)
    return (kind if known else PoolError)(ended.cause, remedy=ended.remedy)
