"""Who is told what: control messages in, control messages out. Pure; the supervisor carries them."""

from __future__ import annotations

from dataclasses import dataclass, field

from ims_avatar.control import (
    ControlMessage,
    Drain,
    Drained,
    EndAll,
    FrontHello,
    Reload,
    Reloaded,
    Stop,
    WorkerGone,
    WorkerHello,
    WorkerStatus,
)

FRONT = "front"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message for the process named `to`."""

    to: str
    message: ControlMessage


@dataclass
class Switchboard:
    """What the supervisor knows of its processes by what they said."""

    worker_names: tuple[str, ...]
    front: FrontHello | None = None
    workers: dict[str, WorkerHello] = field(default_factory=dict)
    statuses: dict[str, WorkerStatus] = field(default_factory=dict)
    draining: bool = False
    _drained: set[str] = field(default_factory=set)
    _reloading: set[str] = field(default_factory=set)
    _was_reloaded: bool = False

    @property
    def ready(self) -> bool:
        """The front listens and every worker takes calls."""
        return self.front is not None and set(self.worker_names) <= set(self.workers)

    @property
    def capacity(self) -> int:
        """Calls that all workers hold together."""
        return sum(hello.calls for hello in self.workers.values())

    @property
    def running_calls(self) -> int:
        return sum(len(status.calls) for status in self.statuses.values())

    @property
    def drained(self) -> bool:
        """No worker has a call left; one that died has none."""
        return set(self.workers) <= self._drained

    @property
    def reloaded(self) -> bool:
        """Everybody who was told follows the new configuration."""
        return not self._reloading

    def receive(self, sender: str, message: ControlMessage) -> list[Outgoing]:
        """What follows from a message of the process `sender`. Names in messages count for nothing."""
        match message:
            case FrontHello() if sender == FRONT:
                self.front = message
                known: list[ControlMessage] = [*self.workers.values(), *self.statuses.values()]
                return self._to_front(*known, *self._news(sender))
            case WorkerHello() if sender in self.worker_names:
                self.workers[sender] = message
                self.statuses.pop(sender, None)
                self._drained.discard(sender)
                news = [Outgoing(sender, told) for told in self._news(sender)]
                return [*news, *self._to_front(message)]
            case WorkerStatus() if sender in self.workers:
                self.statuses[sender] = message.model_copy(update={"ended": ()})
                return self._to_front(message)
            case Drained() if sender in self.workers:
                self._drained.add(sender)
            case Reloaded():
                self._reloading.discard(sender)
        return []

    def gone(self, name: str) -> list[Outgoing]:
        """The process `name` died."""
        self._reloading.discard(name)  # it will come back with the new configuration
        if name == FRONT:
            self.front = None
            return []
        self.workers.pop(name, None)
        self.statuses.pop(name, None)
        return self._to_front(WorkerGone(worker=name)) if name in self.worker_names else []

    def drain(self) -> list[Outgoing]:
        """No new calls from now on; what runs may finish."""
        self.draining = True
        return [*self._to_front(Drain()), *self._to_workers(Drain())]

    def end_calls(self) -> list[Outgoing]:
        """The calls that are left get their BYE."""
        return self._to_workers(EndAll())

    def reload(self) -> list[Outgoing]:
        messages = [*self._to_front(Reload()), *self._to_workers(Reload())]
        self._reloading = {outgoing.to for outgoing in messages}
        self._was_reloaded = True
        return messages

    def stop_workers(self) -> list[Outgoing]:
        return self._to_workers(Stop())

    def stop_front(self) -> list[Outgoing]:
        return self._to_front(Stop())

    def _news(self, name: str) -> list[ControlMessage]:
        """What a process that has just come up may have missed: it read its configuration some time before."""
        if self._was_reloaded:
            self._reloading.add(name)
        return [*([Reload()] if self._was_reloaded else []), *([Drain()] if self.draining else [])]

    def _to_front(self, *messages: ControlMessage) -> list[Outgoing]:
        return [Outgoing(FRONT, message) for message in messages] if self.front else []

    def _to_workers(self, message: ControlMessage) -> list[Outgoing]:
        return [Outgoing(name, message) for name in self.workers]
