"""Two dialogs make a session (RFC 7092): what happens to one leg when something happens on the other. Pure.

Events go in, actions come out, time is an argument. No SDP here: `Session` decides *when* something is offered,
answered or ended; what stands in it is `offer_answer`'s business. `call.AvatarCall` joins the two with the real legs.

Rules of the house: whatever happens to video leaves the voice alone; both legs end together, with the cause of the one
that ended first.

A re-INVITE of ours that nobody answers (408, or a timeout) leaves the call as it was, although RFC 3261 12.2.1.2 would
end it: the voice may be well, and if it is not, RTP inactivity ends the call. After 481 the stack ends that leg itself,
as the far end has said that the dialog is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ims_avatar.signalling.causes import Cause, cause_for_caller
from ims_avatar.signalling.dialog import DialogState, Exchange, Leg, Side, Video, other_side
from ims_avatar.signalling.session_events import (
    AcceptOffer,
    Action,
    AnswerCaller,
    CalleeAnswered,
    CalleeProgress,
    DialogConfirmed,
    EndLeg,
    EndSession,
    Finished,
    LegEnded,
    MediaChanged,
    OfferAccepted,
    OfferArrived,
    OfferCancelled,
    OfferDeclined,
    PlaceCallee,
    ProgressToCaller,
    RefuseOffer,
    SendOffer,
    SessionEvent,
    VideoSettled,
)

GLARE: Final = 491
"""Request Pending (RFC 3261 21.4.27)."""
RETRY_LATER: Final = 500
"""With Retry-After: a re-INVITE of ours met another one (RFC 3261 14.2)."""
GLARE_STEP_S: Final = 0.01
"""RFC 3261 14.1: 2.1 to 4 s for the owner of the Call-ID, 0 to 2 s for the other, in units of 10 ms."""
EXCHANGE_TIMEOUT_S: Final = 40.0
"""Longer than Timer B (32 s): the stack reports first; this only mends a lost report."""
LOCAL_REFUSALS: Final = frozenset({415, 488, 606, GLARE})
"""Refusals that the originator of a carried re-INVITE may see as they are. Others become 488: a 408 or 481 would tell
it that its dialog is gone (RFC 3261 12.2.1.2)."""


@dataclass(frozen=True, slots=True)
class SideSettings:
    wants_video: bool = False
    """This side is to see an avatar."""
    by_reinvite: bool = True
    """Video may be added after the answer."""
    reinvite_delay_s: float = 0.0
    glare_retries: int = 3
    video_timeout_s: float = EXCHANGE_TIMEOUT_S
    """Until a re-INVITE that adds video is given up. An answer that comes later is still taken."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    caller: SideSettings = SideSettings()
    callee: SideSettings = SideSettings()
    answer_timeout_s: float = 120.0

    def of(self, side: Side) -> SideSettings:
        return self.caller if side == "caller" else self.callee


class Session:
    """One call. `random` gives numbers in [0, 1) for the glare timers."""

    def __init__(self, settings: SessionSettings, random: Callable[[], float]) -> None:
        self._settings = settings
        self._random = random
        self._legs: dict[Side, Leg] = {
            "caller": Leg("caller", owns_call_id=False),
            "callee": Leg("callee", owns_call_id=True),
        }
        for side, leg in self._legs.items():
            leg.video = Video.WANTED if settings.of(side).wants_video else Video.UNWANTED
        self._carried_from: Side | None = None
        """Whose re-INVITE waits until the other leg has answered ours."""
        self._carried_sent = False
        """Ours has left; before that the other leg may still be busy with another one."""
        self._answer_deadline: float | None = None
        self._actions: list[Action] = []

    def leg(self, side: Side) -> Leg:
        """For looking at."""
        return self._legs[side]

    @property
    def up(self) -> bool:
        return all(leg.state is DialogState.CONFIRMED for leg in self._legs.values())

    @property
    def over(self) -> bool:
        return all(leg.state in (DialogState.ENDED, DialogState.IDLE) for leg in self._legs.values())

    @property
    def deadline(self) -> float | None:
        """When `tick` has something to do at the latest."""
        due = [self._answer_deadline]
        for leg in self._legs.values():
            due += [leg.exchange_deadline, leg.offer_due if leg.may_offer else None]
        return min((instant for instant in due if instant is not None), default=None)

    def start(self, now: float) -> list[Action]:
        for leg in self._legs.values():
            leg.state = DialogState.EARLY
        self._answer_deadline = now + self._settings.answer_timeout_s
        return [PlaceCallee()]

    def tick(self, now: float) -> list[Action]:
        if self._answer_deadline is not None and now >= self._answer_deadline:
            self._end_both(Cause(408, "No answer"))
        for leg in self._legs.values():
            if leg.exchange_deadline is not None and now >= leg.exchange_deadline:
                self._on_declined(OfferDeclined(leg.side, 408), now)
        return self._flush(now)

    def handle(self, event: SessionEvent, now: float) -> list[Action]:
        match event:
            case CalleeProgress():
                self._on_progress(event)
            case CalleeAnswered():
                self._on_answered()
            case DialogConfirmed(side):
                self._on_confirmed(side, now)
            case OfferArrived():
                self._on_offer(event, now)
            case OfferCancelled(side):
                self._on_cancelled(side, now)
            case OfferAccepted(side):
                self._on_accepted(side)
            case OfferDeclined():
                self._on_declined(event, now)
            case MediaChanged(side):
                self._want_offer(other_side(side), now)
            case VideoSettled():
                self._on_video(event)
            case LegEnded():
                self._on_ended(event)
            case EndSession(cause):
                self._end_both(cause)
        return self._flush(now)

    # The call as a whole ----------------------------------------------------------------------------------------------

    def _on_progress(self, event: CalleeProgress) -> None:
        if self._legs["caller"].state is DialogState.EARLY and self._legs["callee"].state is DialogState.EARLY:
            self._actions.append(ProgressToCaller(event.status, event.media))

    def _on_answered(self) -> None:
        caller, callee = self._legs["caller"], self._legs["callee"]
        if callee.state is not DialogState.EARLY:
            return  # it crossed our CANCEL; the stack sends BYE
        callee.state = DialogState.ACCEPTED
        self._answer_deadline = None
        if caller.state is DialogState.EARLY:
            caller.state = DialogState.ACCEPTED
            self._actions.append(AnswerCaller())

    def _on_confirmed(self, side: Side, now: float) -> None:
        leg = self._legs[side]
        if leg.state not in (DialogState.EARLY, DialogState.ACCEPTED):
            return
        leg.state = DialogState.CONFIRMED
        if leg.video is Video.WANTED and self._settings.of(side).by_reinvite:
            leg.offer_due = now + self._settings.of(side).reinvite_delay_s

    def _on_ended(self, event: LegEnded) -> None:
        leg, other = self._legs[event.side], self._legs[other_side(event.side)]
        leg.state = DialogState.ENDED
        leg.settle()
        if other.alive:
            cause = cause_for_caller(event.cause) if other.state is DialogState.EARLY else event.cause
            self._end(other, cause)
        if self.over:
            self._answer_deadline = None
            self._actions.append(Finished())

    def _end_both(self, cause: Cause) -> None:
        for leg in self._legs.values():
            if leg.alive:
                self._end(leg, cause)

    def _end(self, leg: Leg, cause: Cause) -> None:
        leg.state = DialogState.ENDING
        leg.offer_due = None
        leg.settle()
        self._answer_deadline = None
        self._carried_from = None
        self._actions.append(EndLeg(leg.side, cause))

    # Renegotiation ----------------------------------------------------------------------------------------------------

    def _on_offer(self, event: OfferArrived, now: float) -> None:
        leg, other = self._legs[event.side], self._legs[other_side(event.side)]
        if leg.state is not DialogState.CONFIRMED:
            return
        if not event.carry or other.state is not DialogState.CONFIRMED:
            self._actions.append(AcceptOffer(event.side))
        elif self._carried_from is not None or other.exchange is Exchange.THEIRS:
            # Both sides changed the voice at once: each would wait for the other for ever.
            self._actions.append(RefuseOffer(event.side, GLARE))
        else:
            leg.exchange = Exchange.THEIRS
            leg.exchange_deadline = now + EXCHANGE_TIMEOUT_S
            self._carried_from, self._carried_sent = event.side, False
            other.offer_due = now

    def _on_cancelled(self, side: Side, now: float) -> None:
        self._legs[side].settle()
        if self._carried_from == side:
            self._carried_from = None
            other = self._legs[other_side(side)]
            # What the other side was told, or is being told, no longer holds: say how it is now.
            other.offer_due = now if self._carried_sent or other.video is Video.WANTED else None

    def _on_accepted(self, side: Side) -> None:
        self._legs[side].settle()
        self._legs[side].attempts = 0
        if self._carries_to(side):
            self._finish_carried(None)

    def _on_declined(self, event: OfferDeclined, now: float) -> None:
        leg = self._legs[event.side]
        carried = self._carries_to(event.side)
        if leg.exchange is Exchange.THEIRS:  # our own answer never came about
            leg.settle()
            self._carried_from = None
            self._actions.append(RefuseOffer(event.side, 488))
            return
        leg.settle()
        if leg.state is DialogState.CONFIRMED and self._retries(leg, event, now):
            return
        leg.attempts = 0
        if leg.video is Video.WANTED:
            leg.video = Video.REFUSED
            if carried:  # the picture may be what was refused: once more with the voice alone
                leg.offer_due = now
                return
        if carried:
            self._finish_carried(event.status if event.status in LOCAL_REFUSALS else 488)

    def _carries_to(self, side: Side) -> bool:
        """Our offer to `side` is the one that the other side's re-INVITE waits for."""
        return self._carried_from == other_side(side) and self._carried_sent

    def _retries(self, leg: Leg, event: OfferDeclined, now: float) -> bool:
        if event.status != GLARE and not (event.status == RETRY_LATER and event.retry_after is not None):
            return False
        if leg.attempts >= self._settings.of(leg.side).glare_retries:
            return False
        leg.attempts += 1
        if event.status == RETRY_LATER:
            leg.offer_due = now + float(event.retry_after or 0)
        else:
            leg.offer_due = now + glare_delay(leg.owns_call_id, self._random())
        return True

    def _finish_carried(self, refusal: int | None) -> None:
        origin, self._carried_from = self._carried_from, None
        if origin is None:
            return
        self._legs[origin].settle()
        self._actions.append(AcceptOffer(origin) if refusal is None else RefuseOffer(origin, refusal))

    def _on_video(self, event: VideoSettled) -> None:
        leg = self._legs[event.side]
        if leg.video is Video.UNWANTED:
            return
        leg.video = Video.ACTIVE if event.outcome == "active" else Video.REFUSED
        if self._carried_from != other_side(event.side):
            leg.offer_due = None

    def _want_offer(self, side: Side, now: float) -> None:
        if self._legs[side].alive:
            self._legs[side].offer_due = now

    def _flush(self, now: float) -> list[Action]:
        """Re-INVITEs that are due and possible, then everything that was decided."""
        for leg in self._legs.values():
            if leg.may_offer and leg.offer_due is not None and now >= leg.offer_due:
                leg.offer_due = None
                leg.exchange = Exchange.OURS
                adds_video = leg.video is Video.WANTED
                patience = self._settings.of(leg.side).video_timeout_s if adds_video else EXCHANGE_TIMEOUT_S
                leg.exchange_deadline = now + patience
                if self._carried_from == other_side(leg.side):
                    self._carried_sent = True
                video = leg.video in (Video.WANTED, Video.ACTIVE)
                self._actions.append(SendOffer(leg.side, video))
        actions, self._actions = self._actions, []
        return actions


def glare_delay(owns_call_id: bool, random: float) -> float:
    """RFC 3261 14.1, `random` in [0, 1)."""
    low, high = (2.1, 4.0) if owns_call_id else (0.0, 2.0)
    steps = round((high - low) / GLARE_STEP_S)
    return low + GLARE_STEP_S * int(random * (steps + 1))
