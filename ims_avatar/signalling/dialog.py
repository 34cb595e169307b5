"""State of one leg: its dialog, its offer/answer exchange, its picture. Changed by `b2bua.Session` only."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal, TypeAlias

Side: TypeAlias = Literal["caller", "callee"]


def other_side(side: Side) -> Side:
    return "callee" if side == "caller" else "caller"


class DialogState(enum.Enum):
    """RFC 3261 section 12, with what comes before and after."""

    IDLE = enum.auto()
    """No INVITE yet."""
    EARLY = enum.auto()
    """INVITE without final response."""
    ACCEPTED = enum.auto()
    """2xx sent or received, ACK not seen: no re-INVITE yet (RFC 3261 14.1)."""
    CONFIRMED = enum.auto()
    ENDING = enum.auto()
    """We sent CANCEL, BYE or a final response and wait for the stack's last word."""
    ENDED = enum.auto()


class Exchange(enum.Enum):
    """The offer/answer exchange that is in progress by re-INVITE (RFC 3264 section 4: one at a time)."""

    NONE = enum.auto()
    OURS = enum.auto()
    """Our re-INVITE waits for the far end."""
    THEIRS = enum.auto()
    """The far end's re-INVITE waits for us."""


class Video(enum.Enum):
    """The picture that we want this side to see."""

    UNWANTED = enum.auto()
    WANTED = enum.auto()
    """Not negotiated yet."""
    ACTIVE = enum.auto()
    REFUSED = enum.auto()
    """The far end said no, in whatever way: not asked again by us; the far end may still offer it."""


@dataclass(slots=True)
class Leg:
    side: Side
    owns_call_id: bool
    video: Video = Video.UNWANTED
    state: DialogState = DialogState.IDLE
    exchange: Exchange = Exchange.NONE
    offer_due: float | None = None
    """When our next re-INVITE may go out, monotonic seconds; None: none is wanted."""
    attempts: int = 0
    """Re-INVITEs in a row that met 491 or 500."""
    exchange_deadline: float | None = None

    @property
    def alive(self) -> bool:
        return self.state in (DialogState.EARLY, DialogState.ACCEPTED, DialogState.CONFIRMED)

    @property
    def may_offer(self) -> bool:
        return self.state is DialogState.CONFIRMED and self.exchange is Exchange.NONE

    def settle(self) -> None:
        """The exchange is over."""
        self.exchange = Exchange.NONE
        self.exchange_deadline = None
