"""Which call worker takes a call: a place is reserved before it is used, and free again by time at the latest. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ims_avatar.flow import Address

RESERVATION_S: Final = 5.0
"""Until the worker must have reported the call, which it does at once: an INVITE that its SIP stack drops unread must
not hold a place for long."""
REMEMBERED_S: Final = 40.0
"""How long late messages of an ended call (ACK to a non-2xx, retransmissions) still find their worker."""


@dataclass(slots=True)
class _Worker:
    address: Address
    capacity: int
    message_size: int
    active: set[str] = field(default_factory=set)
    """Call-IDs that it reported."""
    reserved: dict[str, float] = field(default_factory=dict)
    """Call-ID to the end of its reservation."""

    @property
    def free(self) -> int:
        return self.capacity - len(self.active) - len(self.reserved)


@dataclass(slots=True)
class _Memory:
    worker: str
    branch: str
    """Of the INVITE: a retransmission has the same."""
    until: float


@dataclass(frozen=True, slots=True)
class Destination:
    worker: str
    address: Address
    message_size: int
    """Bytes of the largest message that its SIP stack takes."""


class WorkerPlaces:
    def __init__(self) -> None:
        self._workers: dict[str, _Worker] = {}
        self._calls: dict[str, _Memory] = {}

    # What workers say -------------------------------------------------------------------------------------------------

    def add(self, worker: str, address: Address, capacity: int, message_size: int) -> None:
        """A worker that says hello again has started anew: its old calls are gone."""
        self._workers[worker] = _Worker(address, capacity, message_size)

    def remove(self, worker: str) -> None:
        self._workers.pop(worker, None)
        self._calls = {call_id: memory for call_id, memory in self._calls.items() if memory.worker != worker}

    def report(self, worker: str, active: Iterable[str], ended: Iterable[str], now: float) -> None:
        state = self._workers.get(worker)
        if state is None:
            return
        state.active = set(active)
        for call_id in (*state.active, *ended):
            state.reserved.pop(call_id, None)
        for call_id in ended:
            if call_id in self._calls:
                self._calls[call_id].until = now + REMEMBERED_S

    def release(self, call_id: str) -> None:
        """Its INVITE was refused, perhaps by the worker's SIP stack before the worker knew. A running call stays."""
        for state in self._workers.values():
            state.reserved.pop(call_id, None)

    # What the front asks ----------------------------------------------------------------------------------------------

    def reserve(self, call_id: str, branch: str, now: float) -> Destination | None:
        """The place of this call's INVITE: its own for a retransmission, else the emptiest worker's. None: full."""
        self._expire(now)
        known = self._calls.get(call_id)
        if known is not None and (known.branch == branch or self._holds(known.worker, call_id)):
            return self._destination(known.worker)
        name = max(self._workers, key=lambda name: self._workers[name].free, default=None)
        if name is None or self._workers[name].free <= 0:
            return None
        self._workers[name].reserved[call_id] = now + RESERVATION_S
        self._calls[call_id] = _Memory(name, branch, now + RESERVATION_S + REMEMBERED_S)
        return self._destination(name)

    def of_call(self, call_id: str) -> Destination | None:
        known = self._calls.get(call_id)
        return self._destination(known.worker) if known else None

    def at(self, address: Address) -> Destination | None:
        """The worker that listens there."""
        name = next((name for name, worker in self._workers.items() if worker.address == address), None)
        return self._destination(name) if name is not None else None

    @property
    def free(self) -> int:
        return sum(max(0, worker.free) for worker in self._workers.values())

    def _destination(self, name: str) -> Destination | None:
        worker = self._workers.get(name)
        return Destination(name, worker.address, worker.message_size) if worker else None

    def _holds(self, name: str, call_id: str) -> bool:
        worker = self._workers.get(name)
        return worker is not None and (call_id in worker.active or call_id in worker.reserved)

    def _expire(self, now: float) -> None:
        for worker in self._workers.values():
            for call_id in [call_id for call_id, end in worker.reserved.items() if end <= now]:
                del worker.reserved[call_id]
        over = [c for c, m in self._calls.items() if m.until <= now and not self._holds(m.worker, c)]
        for call_id in over:
            del self._calls[call_id]
