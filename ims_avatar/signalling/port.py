"""The port to the SIP stack: what the rest of the house knows of SIP. No pjsua2 here; `user_agent.py` implements it.

Two threads meet here. Commands (methods of `SipLeg` and `UserAgent`) return at once and are carried out in order on the
SIP thread; they never raise for what the network does. Whatever happens comes back as one of the frozen events below,
delivered in order on the asyncio loop. After `Ended` a leg is dead: further commands on it are ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from ims_avatar.flow import Address
from ims_avatar.signalling.sdp import SessionDescription

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Header fields in the order of the message: long names, unfolded values; a name may stand several times."""

OfferAnswerer: TypeAlias = Callable[[SessionDescription], SessionDescription | None]
"""Offer in, answer out (None: refuse with 488). Pure, quick and thread-safe: it runs on the SIP thread."""


class SipLeg(Protocol):
    """One dialog of ours with one far end: the caller's (we are UAS) or the callee's (we are UAC)."""

    @property
    def name(self) -> str:
        """Short name for the log, unique in the process; holds no personal data."""
        ...

    @property
    def owns_call_id(self) -> bool:
        """True when we made the Call-ID, i.e. placed the call (the longer glare timer, RFC 3261 14.1)."""
        ...

    def provisional(self, status: int, sdp: SessionDescription | None = None, headers: Headers = ()) -> None:
        """180 or 183; with `sdp` it carries our answer (RFC 3261 13.3.1.1)."""
        ...

    def answer(self, sdp: SessionDescription | None, headers: Headers = ()) -> None:
        """200 to the INVITE: `sdp` is our answer, or our offer when the INVITE had none (late offer). None: the answer
        stood in a provisional response."""
        ...

    def reject(self, status: int, headers: Headers = (), reason: str = "") -> None:
        """Final response 3xx–6xx to the INVITE. `reason` replaces the standard reason phrase."""
        ...

    def offer(self, sdp: SessionDescription) -> None:
        """re-INVITE with our offer; ends in `OfferAnswered` or `OfferRefused`."""
        ...

    def accept_offer(self, sdp: SessionDescription) -> None:
        """200 to the re-INVITE of `OfferReceived`: our answer."""
        ...

    def refuse_offer(self, status: int, headers: Headers = ()) -> None:
        """Final response 4xx–6xx to the re-INVITE of `OfferReceived`: the session stays as it was."""
        ...

    def prepare(self, answerer: OfferAnswerer, standing_offer: SessionDescription) -> None:
        """What must be answered at once, so beforehand: `answerer` for an UPDATE with an offer (RFC 3311 5.2; without
        it 488), `standing_offer` for a re-INVITE without one (its answer comes as `OfferAnswered`)."""
        ...

    def send_info(self, content_type: str, body: str) -> None:
        """INFO inside the dialog (RFC 2976 style: DTMF, media_control)."""
        ...

    def hang_up(self, status: int = 0, headers: Headers = ()) -> None:
        """End the leg whatever its state: BYE, CANCEL, or `status` (0: 603) to an INVITE not answered yet."""
        ...


Use: TypeAlias = Literal["off", "optional", "required"]


@dataclass(frozen=True, slots=True)
class DialogTimers:
    """Session timers (RFC 4028) and reliable provisional responses (RFC 3262) of one call."""

    session_timer: Use = "optional"
    session_expires_s: int = 1800
    min_se_s: int = 90
    reliable_provisional: Use = "optional"
    """`off` and `optional` both take what the far end sends reliably; `required` demands it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingCall:
    """What `UserAgent.place` needs."""

    request_uri: str
    to: str
    """Name-addr of the To header; often `<request_uri>`."""
    from_: str
    """Name-addr of the From header, without tag."""
    offer: SessionDescription
    routes: tuple[str, ...] = ()
    """URIs of the pre-loaded route set (RFC 3261 8.1.2), each with `;lr`; empty: the Request-URI is the next hop."""
    headers: Headers = ()
    timers: DialogTimers = DialogTimers()


class UserAgent(Protocol):
    """The SIP stack of one process. Every event of every leg goes to the one handler given at construction."""

    @property
    def capacity(self) -> int:
        """Legs that this build of the stack holds at once (found at start, nobody assumes a number)."""
        ...

    @property
    def address(self) -> Address:
        """Where it listens (UDP), as in its Contact."""
        ...

    def place(self, call: OutgoingCall) -> SipLeg:
        """INVITE a far end. Progress, the answer, or failure come as events of the leg."""
        ...

    def stop(self) -> None:
        """Hang up what is left and end the SIP thread; returns when it is over (seconds at most)."""
        ...


# Events ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """An initial INVITE. The stack has said 100; the handler answers by commands on `leg`."""

    leg: SipLeg
    request_uri: str
    from_: str
    """From header with its tag."""
    to: str
    headers: Headers
    offer: SessionDescription | None
    """None: the caller leaves the offer to us (late offer)."""
    source: Address
    """The caller as the front saw it (`received`/`rport` of the caller's Via, RFC 3581), else the packet's source."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A provisional response other than 100."""

    leg: SipLeg
    status: int
    sdp: SessionDescription | None = None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """2xx to our INVITE. `sdp` is None when the answer came in a reliable provisional response already."""

    leg: SipLeg
    sdp: SessionDescription | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Confirmed:
    """ACK sent or received: the dialog may now carry requests. `sdp`: the answer in the ACK of a late offer."""

    leg: SipLeg
    sdp: SessionDescription | None = None


@dataclass(frozen=True, slots=True)
class OfferReceived:
    """A re-INVITE that waits for `accept_offer` or `refuse_offer`."""

    leg: SipLeg
    sdp: SessionDescription


@dataclass(frozen=True, slots=True)
class OfferWithdrawn:
    """The far end cancelled the re-INVITE of `OfferReceived` before we answered it."""

    leg: SipLeg


@dataclass(frozen=True, slots=True)
class OfferAnswered:
    """2xx to our re-INVITE, or the ACK that answers our `standing_offer`."""

    leg: SipLeg
    sdp: SessionDescription


@dataclass(frozen=True, slots=True)
class OfferRefused:
    """Our re-INVITE failed; the session goes on as before (RFC 3261 14.1). 408: nobody answered it."""

    leg: SipLeg
    status: int
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class UpdateAnswered:
    """An UPDATE with an offer came and was answered by the leg's `OfferAnswerer`."""

    leg: SipLeg
    offer: SessionDescription
    answer: SessionDescription


@dataclass(frozen=True, slots=True)
class InfoReceived:
    """INFO (already answered 200)."""

    leg: SipLeg
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class TransferRefused:
    """The far end sent REFER; it was declined with 603."""

    leg: SipLeg


@dataclass(frozen=True, slots=True)
class Ended:
    """The leg is over; the last event of a leg."""

    leg: SipLeg
    status: int
    """Final status of the INVITE transaction; 200 for a call that was up and got a BYE."""
    reason: str = ""
    headers: Headers = field(default=())
    """Of the final response or of the BYE (Reason, Contact of a 3xx, Retry-After ...)."""


SipEvent: TypeAlias = (
    IncomingCall
    | Progress
    | Answered
    | Confirmed
    | OfferReceived
    | OfferWithdrawn
    | OfferAnswered
    | OfferRefused
    | UpdateAnswered
    | InfoReceived
    | TransferRefused
    | Ended
)

EventHandler: TypeAlias = Callable[[SipEvent], None]
