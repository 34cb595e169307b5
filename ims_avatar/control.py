"""What the processes of `ims-avatar serve` say to each other: small JSON messages over one ZeroMQ socket pair each.

The supervisor binds a ROUTER; the front and every call worker connect a DEALER whose identity is the process's name
(`front`, `worker-1` ...). The supervisor passes `WorkerHello`, `WorkerStatus` and `WorkerGone` on to the front.

    call worker --WorkerHello, WorkerStatus, Drained--> supervisor --the same, WorkerGone, Drain, Reload, Stop--> front
    call worker <--Drain, EndAll, Reload, Stop-- supervisor <--FrontHello-- front

All processes are started with the same arguments:
`python -m ims_avatar.call_worker --name worker-1 --config FILE.json --control ipc://... --pool ipc://...` and
`python -m ims_avatar.front_process --name front --config FILE.json --control ipc://...`, where FILE.json is
`Config.model_dump_json()`.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ims_avatar.errors import ImsAvatarError


class ControlError(ImsAvatarError):
    """A control message that this version does not understand."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkerHello(_Message):
    """First message of a call worker: it takes calls from now on."""

    kind: Literal["worker-hello"] = "worker-hello"
    worker: str
    pid: int
    sip_host: str
    sip_port: int
    """UDP port of the worker's SIP stack, as it stands in its Contact."""
    calls: int
    """B2BUA calls it can hold at once (two legs each)."""
    message_size: int = 4000
    """Bytes of the largest message that its SIP stack takes."""


class CallSummary(_Message):
    """One running call, for status pages and benches. No personal data."""

    call: str
    """Our call id, as in the log."""
    call_id: str
    """Call-ID of the caller's leg: the front's reservation key. Never logged."""
    state: Literal["early", "up", "ending"]
    age_s: float
    video: bool
    """An avatar is being sent on at least one leg."""
    media: dict[str, float | int | str | None] = Field(default_factory=dict)
    """Counters of the call's media."""


class WorkerStatus(_Message):
    """At once when a call begins or ends, and every second."""

    kind: Literal["worker-status"] = "worker-status"
    worker: str
    calls: tuple[CallSummary, ...] = ()
    ended: tuple[str, ...] = ()
    """Call-IDs whose places are free again since the last status."""
    draining: bool = False


class WorkerGone(_Message):
    """Supervisor to front: the process died or was told to go; its calls and reservations are no more."""

    kind: Literal["worker-gone"] = "worker-gone"
    worker: str


class FrontHello(_Message):
    """The front listens (the port matters when `sip.port` is 0)."""

    kind: Literal["front-hello"] = "front-hello"
    pid: int
    sip_host: str
    sip_port: int


class Drain(_Message):
    """No new calls: the front says 503 with Retry-After; a worker answers `Drained` when its last call is over."""

    kind: Literal["drain"] = "drain"


class EndAll(_Message):
    """A worker ends its calls with BYE."""

    kind: Literal["end-all"] = "end-all"


class Drained(_Message):
    kind: Literal["drained"] = "drained"
    worker: str


class Reload(_Message):
    """Read the configuration again from the file named at the start: it holds for calls that begin from now on.

    Sent to the front and to every worker after SIGHUP, once the supervisor has checked and written the file. Sections
    bound at the start (addresses, ports, number of workers, pool, log) are unchanged in it.
    """

    kind: Literal["reload"] = "reload"


class Reloaded(_Message):
    """The answer to `Reload`: calls that begin from now on follow the new configuration."""

    kind: Literal["reloaded"] = "reloaded"


class Stop(_Message):
    """End the process in good order."""

    kind: Literal["stop"] = "stop"


ControlMessage: TypeAlias = (
    WorkerHello | WorkerStatus | WorkerGone | FrontHello | Drain | EndAll | Drained | Reload | Reloaded | Stop
)

_ADAPTER: TypeAdapter[ControlMessage] = TypeAdapter(Annotated[ControlMessage, Field(discriminator="kind")])


def encode(message: ControlMessage) -> bytes:
    return message.model_dump_json().encode()


def decode(data: bytes) -> ControlMessage:
    """Raises `ControlError`."""
    try:
        return _ADAPTER.validate_json(data)
    except ValidationError as error:
        problem = error.errors()[0]
        raise ControlError(
            f"control message not understood: {problem['msg']} at {'.'.join(map(str, problem['loc'])) or 'the top'}",
            remedy="run the same version of ims-avatar in all processes",
        ) from None
