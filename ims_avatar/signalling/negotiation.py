"""The offer/answer of both legs of one call: who was told what, and what the next description says. Pure.

`b2bua.Session` decides when; `offer_answer` knows how; this keeps the two legs' descriptions between the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from ims_avatar.errors import BadRequest, NotAcceptable
from ims_avatar.flow import NegotiatedMedia
from ims_avatar.signalling.codec_match import common, formats_of
from ims_avatar.signalling.dialog import Side, other_side
from ims_avatar.signalling.offer_answer import Answer, relayed_answer, relayed_offer, reoffer, settled
from ims_avatar.signalling.own_media import own_offer
from ims_avatar.signalling.port import OfferAnswerer
from ims_avatar.signalling.sdp_leg import SdpLeg, VideoRole, direction_of
from ims_avatar.signalling.sdp_types import MediaDescription, SessionDescription


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """Where the picture towards one side comes from, and when it may stand in SDP."""

    role: VideoRole
    in_first_offer: bool = True
    """Our initial INVITE to this side may offer it."""
    in_first_answer: bool = True
    """Our answer to this side's initial INVITE may hold it."""


class Negotiation:
    """Raises `NotAcceptable` or `BadRequest` where no voice can be agreed; then nothing has changed."""

    def __init__(self, legs: Mapping[Side, SdpLeg], plans: Mapping[Side, VideoPlan]) -> None:
        self._legs = dict(legs)
        self._plans = plans
        self._offers: dict[Side, SessionDescription] = {}
        """Offers of the far ends that we have not answered."""
        self._ours: dict[Side, SessionDescription] = {}
        """Offers of ours that the far ends have not answered."""
        self._carry: dict[Side, SessionDescription] = {}
        """What the next offer to this side passes on: the other side's latest word."""

    def leg(self, side: Side) -> SdpLeg:
        return self._legs[side]

    def answered(self, side: Side) -> bool:
        """A first offer/answer of this leg is complete."""
        return self._legs[side].remote is not None

    # The first exchange -----------------------------------------------------------------------------------------------

    def first_offer(self, caller_offer: SessionDescription | None) -> SessionDescription:
        """Our offer to the called side: what the caller offered, or our own when it leaves the offer to us."""
        callee, plan = self._legs["callee"], self._plans["callee"]
        role: VideoRole = plan.role if plan.in_first_offer else "none"
        if caller_offer is not None:
            self._offers["caller"] = caller_offer
            offer = relayed_offer(self._legs["caller"], callee, caller_offer, role)
        else:
            offer = own_offer(callee, video="sendonly" if role == "avatar" else None)
        return self._sent("callee", offer)

    def first_answer(self) -> Answer:
        """Ours to the caller, from what the called side answered."""
        plan = self._plans["caller"]
        return self._answer("caller", plan.role if plan.in_first_answer else "none")

    def late_offer(self) -> SessionDescription:
        """To a caller that left the offer to us: what the called side answered."""
        plan, callee = self._plans["caller"], self._legs["callee"]
        if callee.remote is None:
            raise NotAcceptable(
                "the called side answered without SDP", remedy="it must answer our offer (RFC 3261 13.3)"
            )
        role: VideoRole = plan.role if plan.in_first_answer else "none"
        return self._sent("caller", relayed_offer(callee, self._legs["caller"], callee.remote, role))

    # Any exchange -----------------------------------------------------------------------------------------------------

    def take_offer(self, side: Side, offer: SessionDescription) -> bool:
        """A re-INVITE came. True: what it changes concerns the other side, which must be asked before we answer."""
        self._offers[side] = offer
        carry = self._concerns_other(side, offer)
        if carry:
            self._carry[other_side(side)] = offer
        return carry

    def withdraw_offer(self, side: Side) -> None:
        """The far end cancelled it: the other side hears what holds still."""
        self._offers.pop(side, None)
        remote = self._legs[side].remote
        if remote is not None:
            self._carry[other_side(side)] = remote

    def answer(self, side: Side) -> Answer:
        """Ours to the re-INVITE of `take_offer`."""
        return self._answer(side, self._plans[side].role)

    def offer(self, side: Side, video: bool) -> SessionDescription:
        """The next re-INVITE to `side`."""
        plan, leg = self._plans[side], self._legs[side]
        role: VideoRole = plan.role if plan.role != "avatar" or video else "none"
        carried = self._carry.pop(side, None)
        if carried is not None:
            return self._sent(side, relayed_offer(self._legs[other_side(side)], leg, carried, role))
        return self._sent(side, reoffer(leg, role))

    def settle(self, side: Side, answer: SessionDescription) -> NegotiatedMedia:
        """The far end's answer to our last offer (or to `standing_offer`)."""
        offer = self._ours.get(side) or self.standing_offer(side)
        media = settled(self._legs[side], offer, answer)
        self._ours.pop(side, None)
        self._legs[side] = self._legs[side].agreed(offer, answer)
        return media

    def refused(self, side: Side) -> None:
        """The far end refused our last offer: everything stays as it was."""
        self._ours.pop(side, None)

    def offered_video(self, side: Side) -> bool:
        """Our offer that waits for its answer, or the far end's that waits for ours, has a picture in it."""
        pending = (self._ours.get(side), self._offers.get(side))
        return any(description is not None and description.first("video") is not None for description in pending)

    # What must be answered at once ------------------------------------------------------------------------------------

    def answerer(self, side: Side) -> OfferAnswerer:
        """For an UPDATE: the descriptions of this moment, frozen, so that it may run on another thread."""
        leg, other, role = self._legs[side], self._legs[other_side(side)], self._plans[side].role

        def answer(offer: SessionDescription) -> SessionDescription | None:
            try:
                return relayed_answer(leg, offer, other.remote, role).description if other.remote else None
            except (NotAcceptable, BadRequest):
                return None

        return answer

    def updated(self, side: Side, offer: SessionDescription) -> tuple[NegotiatedMedia, bool]:
        """An UPDATE was answered by `answerer`: what it settled, and whether the other side should hear of it."""
        concerns = self.take_offer(side, offer)
        return self._answer(side, self._plans[side].role).media, concerns

    def standing_offer(self, side: Side) -> SessionDescription:
        """Ours to a re-INVITE without offer: the running session, with the voice open both ways."""
        role = self._plans[side].role
        running = self._legs[side].local
        if role == "avatar" and (running is None or running.first("video") is None):
            role = "none"
        return reoffer(self._legs[side], role, "sendrecv")

    def changed_voice(self, side: Side, answer: SessionDescription) -> bool:
        """Whether an answer to `standing_offer` says something new for the other side; then it is passed on next."""
        if not self._concerns_other(side, answer):
            return False
        self._carry[other_side(side)] = answer
        return True

    # ------------------------------------------------------------------------------------------------------------------

    def _answer(self, side: Side, role: VideoRole) -> Answer:
        offer, other = self._offers[side], self._legs[other_side(side)].remote
        if other is None:
            raise NotAcceptable(
                "the other side answered without SDP", remedy="it must answer our offer (RFC 3261 13.3)"
            )
        answer = relayed_answer(self._legs[side], offer, other, role)
        self._offers.pop(side)
        self._legs[side] = self._legs[side].agreed(answer.description, offer)
        return answer

    def _sent(self, side: Side, offer: SessionDescription) -> SessionDescription:
        self._ours[side] = offer
        self._legs[side] = self._legs[side].sent(offer)
        return offer

    def _concerns_other(self, side: Side, said: SessionDescription) -> bool:
        """Where media goes is our affair; which way it flows and in which codec is the other side's too."""
        before = self._legs[side].remote
        if before is None:
            return True
        kinds = ("audio", "video") if self._plans[other_side(side)].role == "relay" else ("audio",)
        return any(_differs(self._legs[side], before, said, kind) for kind in kinds)


def _differs(leg: SdpLeg, before: SessionDescription, after: SessionDescription, kind: str) -> bool:
    old, new = before.first(kind), after.first(kind)
    if old is None or new is None:
        return old is not new
    if direction_of(before, old) != direction_of(after, new):
        return True
    ours = leg.local.first(kind) if leg.local else None
    return ours is not None and not _still_offered(ours, old, new)


def _still_offered(ours: MediaDescription, old: MediaDescription, new: MediaDescription) -> bool:
    """The running codec, which is the first that both sections of the last exchange name, under its old number."""
    forth = common(formats_of(ours), formats_of(old))
    back = ((b, a) for a, b in common(formats_of(old), formats_of(ours)))  # whichever of the two was the offer
    by_meaning = (theirs.payload_type for _, theirs in (*forth, *back) if not theirs.is_helper)
    by_number = (number for number in old.payload_types if number in ours.payload_types)
    running = next(chain(by_meaning, by_number), None)
    if running is None:
        return True
    return running in new.payload_types and old.rtpmap(running) == new.rtpmap(running)
