"""The pool's loop: read what came, decide, execute, account, twenty-five times a second."""

from __future__ import annotations

import threading

import structlog

from ims_avatar.clock import Clock
from ims_avatar.errors import ImsAvatarError
from ims_avatar.flow import AccessUnit
from ims_avatar.inference import protocol
from ims_avatar.inference.admission import Admission
from ims_avatar.inference.protocol import Message
from ims_avatar.inference.scheduler import Scheduler, Step
from ims_avatar.pool_process.clients import ClientHub
from ims_avatar.pool_process.loader import AvatarLoader, Load
from ims_avatar.pool_process.streams import Client, Key, PoolStream, StreamTable, failure, perform
from ims_avatar.pool_process.studio import LoadedAvatar, Performer, Studio
from ims_avatar.pool_process.tally import StepRecord, Tally

MOST_MESSAGES = 500
"""Messages read between two looks at the clock, so that a flood of them cannot hold up a step."""
LOADING_WAIT = 0.02
"""Seconds between two looks at the loader while somebody waits for an avatar."""
_log = structlog.get_logger(__name__)


class PoolServer:
    """One pool. `run` is its life; everything happens on the thread that calls it."""

    def __init__(
        self, endpoint: str, load: Load, *, latency: float, capacity: int, encoder_threads: int, clock: Clock
    ) -> None:
        """`latency`: seconds from a frame's pts to its tick. Raises `PoolError` when `endpoint` cannot be bound."""
        self._clock = clock
        self._hub = ClientHub(endpoint)
        self._loader = AvatarLoader(load)
        self._admission = Admission(capacity)
        self._streams = StreamTable(self._admission, self._loader)
        self._scheduler = Scheduler[Key](latency)
        self._studio = Studio(encoder_threads)
        self._tally = Tally()
        self._began = clock.monotonic()
        self._next_beat = self._began
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Make `run` return soon. May be called from a signal handler."""
        self._stopping.set()

    def preload(self, avatar: str) -> None:
        """Load an avatar before somebody asks for it."""
        self._loader.request(avatar)

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._turn()
        finally:
            self._loader.close()
            self._studio.close()
            self._hub.close()

    def _turn(self) -> None:
        now = self._clock.monotonic()
        for client, message in self._hub.receive(now, MOST_MESSAGES):
            self._handle(client, message)
        for name, loaded in self._loader.finished():
            self._on_loaded(name, loaded)
        if now >= self._next_beat:
            self._hub.beat(now)
            self._next_beat = now + protocol.HEARTBEAT
        self._forget_dropped()
        if len(self._scheduler):
            step = self._scheduler.decide(self._clock.monotonic())
            if step is not None:
                self._execute(step)
        self._hub.wait(self._time_to_wait())

    def _time_to_wait(self) -> float:
        now = self._clock.monotonic()
        until = self._next_beat
        if len(self._scheduler):
            until = min(until, self._scheduler.next_due(now))
        if self._streams.loading:
            until = min(until, now + LOADING_WAIT)
        return until - now + 0.0005  # poll counts in whole milliseconds: rather just after than before

    def _execute(self, step: Step[Key]) -> None:
        cast = {}
        for key in step.streams:
            stream = self._streams.get(key)
            if stream is not None and stream.performer is not None:
                cast[stream.performer] = key
        frames = 0
        for performer, outcome in self._studio.step(step.tick, step.pts, list(cast)) if cast else ():
            frames += self._account(cast[performer], outcome)
        self._tally.skipped(step.skipped_steps, step.skipped_frames)
        if cast:
            now = self._clock.monotonic()
            self._tally.add(StepRecord(now, now - step.due, frames, self._studio.times))

    def _account(self, key: Key, outcome: AccessUnit | ImsAvatarError) -> bool:
        """Hand over one result, unless its stream ended meanwhile. Whether a picture left."""
        if not self._scheduler.wanted(key):
            return False
        client, number = key
        if isinstance(outcome, AccessUnit):
            return self._hub.send(client, protocol.Picture(number, outcome.pts, outcome.keyframe, outcome.data))
        self._fail(key, outcome)
        return False

    def _handle(self, client: Client, message: Message) -> None:
        match message:
            case protocol.PushAudio(stream=number):
                if stream := self._streams.get((client, number)):
                    stream.driver.push(message.chunk)
            case protocol.Attach(stream=number):
                self._attach((client, number), message)
            case protocol.Detach(stream=number):
                self._close((client, number))
            case protocol.WantKeyframe(stream=number):
                if performer := self._performer((client, number)):
                    performer.keyframe = True
            case protocol.ResetLips(stream=number):
                if stream := self._streams.get((client, number)):
                    stream.driver.reset()
            case protocol.WantStatistics():
                self._hub.send(client, self._statistics(client))

    def _performer(self, key: Key) -> Performer | None:
        stream = self._streams.get(key)
        return stream.performer if stream else None

    def _attach(self, key: Key, message: protocol.Attach) -> None:
        held = self._streams.get(key)
        if held is not None and held.spec == message.spec:
            return
        self._close(key)
        try:
            stream = self._streams.open(key, message.spec)
        except ImsAvatarError as error:
            self._fail(key, error)
            return
        if stream.performer is not None:
            self._begin(stream)

    def _on_loaded(self, name: str, loaded: LoadedAvatar | ImsAvatarError) -> None:
        waiting = self._streams.waiting_for(name)
        if isinstance(loaded, ImsAvatarError):
            _log.error("avatar not loaded", avatar=name, error=str(loaded), streams=len(waiting))
        else:
            _log.info("avatar loaded", avatar=name, engine=loaded.engine.spec.engine, streams=len(waiting))
        for stream in waiting:
            try:
                if isinstance(loaded, ImsAvatarError):
                    raise loaded
                perform(stream, loaded)
            except ImsAvatarError as error:
                self._fail(stream.key, error)
            else:
                self._begin(stream)

    def _begin(self, stream: PoolStream) -> None:
        rate = self._scheduler.add(stream.key, stream.settings.frame_rate)
        client, number = stream.key
        self._hub.send(client, protocol.Attached(number, stream.settings.width, stream.settings.height, rate))

    def _fail(self, key: Key, error: ImsAvatarError) -> None:
        """This stream is over; the call goes on as voice."""
        self._close(key)
        _log.warning("stream ended", stream=key[1], error=str(error))
        self._hub.send(key[0], protocol.Ended(key[1], *failure(error)))

    def _close(self, key: Key) -> None:
        self._scheduler.remove(key)
        self._streams.close(key)

    def _forget_dropped(self) -> None:
        for client in self._hub.dropped():
            for stream in self._streams.of_client(client):
                self._close(stream.key)

    def _statistics(self, client: Client) -> protocol.Statistics:
        now = self._clock.monotonic()
        return protocol.Statistics(
            session=self._hub.session(client),
            uptime=now - self._began,
            capacity=self._admission.capacity,
            streams=len(self._streams),
            loading=self._streams.loading,
            clients=len(self._hub),
            frames=self._tally.frames,
            late_frames=self._tally.late_frames,
            skipped_steps=self._tally.skipped_steps,
            frame_rate=self._tally.frame_rate(now),
            batch=self._tally.batch(),
            step_ms=self._tally.step_ms(),
        )
