"""The life of one call. SIP events come in, `Session` decides, `Negotiation` writes SDP, media and avatars follow."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from ims_avatar.call.route import MAX_REDIRECTS, Route, Target, outgoing_call, redirect_target, route_call
from ims_avatar.call.site import CallSite
from ims_avatar.call.streams import AvatarStreams
from ims_avatar.call_media import CallMedia, CallStatistics
from ims_avatar.errors import BadRequest, NotAcceptable, SignallingError
from ims_avatar.flow import NegotiatedMedia
from ims_avatar.signalling import port as sip
from ims_avatar.signalling import session_events as session
from ims_avatar.signalling.b2bua import Session, SessionSettings, SideSettings
from ims_avatar.signalling.causes import Cause
from ims_avatar.signalling.dialog import Side, Video, other_side
from ims_avatar.signalling.h264 import Picture
from ims_avatar.signalling.negotiation import Negotiation, VideoPlan
from ims_avatar.signalling.profiles import PeerProfile
from ims_avatar.signalling.sdp_leg import SdpLeg

log = structlog.get_logger()

MEDIA_CONTROL: Final = "application/media_control+xml"
"""RFC 5168: picture_fast_update."""
SIDES: Final[tuple[Side, Side]] = ("caller", "callee")


@dataclass(frozen=True, slots=True)
class CallHooks:
    """What the worker wants to know."""

    placed: Callable[[sip.SipLeg, AvatarCall], None]
    """A new leg belongs to this call."""
    finished: Callable[[AvatarCall], None]


class AvatarCall:
    """Made for one `IncomingCall`; raises `ImsAvatarError` when it cannot even begin (then nothing is held)."""

    def __init__(self, site: CallSite, incoming: sip.IncomingCall, hooks: CallHooks, name: str) -> None:
        self.name = name
        self.call_id = next((value for key, value in incoming.headers if key.lower() == "call-id"), "")
        self.began = site.clock.monotonic()
        self._site = site
        self._incoming = incoming
        self._hooks = hooks
        self._loop = asyncio.get_running_loop()
        self._log = log.bind(call=name)
        route = route_call(site.rules, incoming)
        self._target: Target = route.target
        self._caller_profile = site.profile(route.caller_profile)
        callee_profile = site.profile(route.target.profile)
        self._profiles: dict[Side, PeerProfile] = {"caller": self._caller_profile, "callee": callee_profile}
        self._redirects = 0
        self._streams = AvatarStreams(
            route.intercept.streams, site.pool, site.config.video.keyframe_interval_s, call=name
        )
        self._media = CallMedia(site.ports, site.config.media, site.clock, self._streams, call=name)
        self._streams.media = self._media
        self._plans = {side: _video_plan(side, route, self._profiles[side]) for side in SIDES}
        self._negotiation = Negotiation({side: self._sdp_leg(side) for side in SIDES}, self._plans)
        self._session = Session(self._session_settings(), site.random)
        self._legs: dict[Side, sip.SipLeg] = {"caller": incoming.leg}
        self._early_answer = False
        self._timer: asyncio.TimerHandle | None = None
        self._queue: deque[session.SessionEvent] = deque()
        self._busy = False
        self._finished = False
        self._log.info(
            "call begins", leg=incoming.leg.name, rule=route.intercept.rule, late_offer=incoming.offer is None,
            personal_from=incoming.from_, personal_to=incoming.request_uri,
        )  # fmt: skip

    # For the worker ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._hooks.placed(self._incoming.leg, self)
        self._perform(self._session.start(self._now()))

    @property
    def up(self) -> bool:
        return self._session.up

    @property
    def ending(self) -> bool:
        return not any(self._session.leg(side).alive for side in SIDES)

    @property
    def video(self) -> bool:
        return bool(self._streams.viewers())

    def statistics(self) -> CallStatistics:
        return self._media.statistics()

    def first_pictures(self) -> dict[Side, float]:
        """pts of the first access unit sent to each viewer."""
        return dict(self._streams.first_picture)

    def end(self, cause: Cause) -> None:
        self._tell(session.EndSession(cause))

    def abandon(self) -> None:
        """A fault of ours: both legs end, whatever state they are in, and everything is released."""
        for leg in self._legs.values():
            leg.hang_up(500)
        self._finish()

    def check_activity(self) -> None:
        """Call now and then: ends a call in which nothing is heard any more."""
        if self.up and self._media.inactive_for() > self._site.config.media.inactivity_s:
            self._log.info("call ended: no RTP from either side")
            self.end(Cause(408, "RTP inactivity"))

    def on_sip_event(self, event: sip.SipEvent) -> None:
        """Every event of a leg of this call but `IncomingCall`."""
        side = self._side_of(event.leg)
        if side is None or self._finished:
            return  # a leg that was given up (a redirected INVITE), or after `abandon`
        try:
            self._on_sip_event(side, event)
        except (NotAcceptable, BadRequest) as error:
            self._log.info("offer/answer failed", side=side, cause=str(error))
            self._on_negotiation_failed(side, event, error)

    # SIP events -------------------------------------------------------------------------------------------------------

    def _on_sip_event(self, side: Side, event: sip.SipEvent) -> None:
        match event:
            case sip.Progress():
                self._on_progress(event)
            case sip.Answered():
                self._on_answered(event)
            case sip.Confirmed():
                self._on_confirmed(side, event)
            case sip.OfferReceived(sdp=offer):
                carry = self._negotiation.take_offer(side, offer)
                self._tell(session.OfferArrived(side, carry))
            case sip.OfferWithdrawn():
                self._negotiation.withdraw_offer(side)
                self._tell(session.OfferCancelled(side))
            case sip.OfferAnswered():
                self._on_offer_answered(side, event)
            case sip.OfferRefused(status=status, retry_after=retry_after):
                self._log.info("offer refused", side=side, status=status)
                self._negotiation.refused(side)
                self._tell(session.OfferDeclined(side, status, retry_after))
            case sip.UpdateAnswered(offer=offer):
                media, concerns = self._negotiation.updated(side, offer)
                self._apply(side, media, offered=offer.first("video") is not None)
                if concerns:
                    self._tell(session.MediaChanged(side))
            case sip.InfoReceived():
                self._on_info(side, event)
            case sip.Ended():
                self._on_ended(side, event)

    def _on_progress(self, event: sip.Progress) -> None:
        if event.sdp is not None and not self._negotiation.answered("callee"):
            self._apply("callee", self._negotiation.settle("callee", event.sdp), offered=False)
        media = self._negotiation.answered("callee") and self._incoming.offer is not None
        self._tell(session.CalleeProgress(event.status, media))

    def _on_answered(self, event: sip.Answered) -> None:
        if event.sdp is not None and not self._negotiation.answered("callee"):
            offered = self._negotiation.offered_video("callee")
            self._apply("callee", self._negotiation.settle("callee", event.sdp), offered=offered)
        self._tell(session.CalleeAnswered())

    def _on_confirmed(self, side: Side, event: sip.Confirmed) -> None:
        if side == "caller" and self._incoming.offer is None:
            if event.sdp is None:
                raise NotAcceptable(
                    "the ACK of a late offer has no answer", remedy="answer in the ACK (RFC 3261 13.2.1)"
                )
            offered = self._negotiation.offered_video("caller")
            self._apply("caller", self._negotiation.settle("caller", event.sdp), offered=offered)
        self._log.info("leg confirmed", side=side)
        self._prepare(side)
        self._streams.request_keyframe(side)
        self._tell(session.DialogConfirmed(side))

    def _on_offer_answered(self, side: Side, event: sip.OfferAnswered) -> None:
        changed = self._session.leg(side).exchange.name != "OURS"  # an answer to our standing offer
        if changed:
            changed = self._negotiation.changed_voice(side, event.sdp)
        offered = self._negotiation.offered_video(side)
        self._apply(side, self._negotiation.settle(side, event.sdp), offered=offered)
        self._tell(session.MediaChanged(side) if changed else session.OfferAccepted(side))

    def _on_info(self, side: Side, event: sip.InfoReceived) -> None:
        content_type = event.content_type.partition(";")[0].strip().lower()
        if content_type == MEDIA_CONTROL and side in self._streams.viewers():
            if "picture_fast_update" in event.body:
                self._streams.request_keyframe(side)
            return
        other = self._legs.get(other_side(side))
        if other is not None and self._session.up:
            other.send_info(event.content_type, event.body)

    def _on_ended(self, side: Side, event: sip.Ended) -> None:
        if side == "callee" and 300 <= event.status < 400 and self._follow(event):
            return
        reasons = tuple(value for name, value in event.headers if name.lower() == "reason")
        self._log.info("leg ended", side=side, status=event.status)
        self._tell(session.LegEnded(side, Cause(event.status, reasons=reasons)))

    def _follow(self, event: sip.Ended) -> bool:
        """302 and the like, to configured next hops only: this is nobody's open relay."""
        contacts = [value for name, value in event.headers if name.lower() == "contact"]
        if not contacts or self._redirects >= MAX_REDIRECTS or not self._session.leg("caller").alive:
            return False
        try:
            target = redirect_target(self._site.rules, contacts[0])
        except SignallingError as error:
            self._log.info("redirection not followed", cause=str(error))
            return False
        self._redirects += 1
        self._target = target
        self._place()
        return True

    def _on_negotiation_failed(self, side: Side, event: sip.SipEvent, error: SignallingError) -> None:
        """No voice can be agreed. In a running call the exchange fails and the call goes on as it was."""
        if isinstance(event, sip.OfferReceived):
            self._legs[side].refuse_offer(error.sip_status)
        elif isinstance(event, sip.OfferAnswered) and self._session.up:
            self._negotiation.refused(side)
            self._tell(session.OfferDeclined(side, 488))
        elif not isinstance(event, sip.UpdateAnswered):
            self.end(Cause(error.sip_status, "No common media"))

    # Actions of the session -------------------------------------------------------------------------------------------

    def _tell(self, event: session.SessionEvent) -> None:
        self._queue.append(event)
        if not self._busy:
            self._perform([])

    def _perform(self, actions: list[session.Action]) -> None:
        """One thing at a time: what an action causes waits until the actions before it are done."""
        self._busy = True
        try:
            self._do_all(actions)
            while self._queue:
                self._do_all(self._session.handle(self._queue.popleft(), self._now()))
        finally:
            self._busy = False
        self._set_timer()

    def _do_all(self, actions: list[session.Action]) -> None:
        for action in actions:
            try:
                self._do(action)
            except (NotAcceptable, BadRequest) as error:
                self._log.info("offer/answer failed", action=type(action).__name__, cause=str(error))
                self._on_action_failed(action, error)

    def _do(self, action: session.Action) -> None:
        match action:
            case session.PlaceCallee():
                self._place()
            case session.ProgressToCaller(status, media):
                self._progress_to_caller(status, media)
            case session.AnswerCaller():
                self._answer_caller()
            case session.SendOffer(side, video):
                self._log.info("offer sent", side=side, video=video)
                self._legs[side].offer(self._negotiation.offer(side, video))
            case session.AcceptOffer(side):
                offered = self._negotiation.offered_video(side)
                answer = self._negotiation.answer(side)
                self._legs[side].accept_offer(answer.description)
                self._apply(side, answer.media, offered=offered)
            case session.RefuseOffer(side, status):
                self._negotiation.withdraw_offer(side)
                self._legs[side].refuse_offer(status)
            case session.EndLeg(side, cause):
                if side in self._legs:
                    self._legs[side].hang_up(cause.status, cause.headers)
            case session.Finished():
                self._finish()

    def _on_action_failed(self, action: session.Action, error: SignallingError) -> None:
        match action:
            case session.AcceptOffer(side):
                self._negotiation.withdraw_offer(side)
                self._legs[side].refuse_offer(error.sip_status)
            case session.SendOffer(side):
                self._tell(session.OfferDeclined(side, 488))
            case session.ProgressToCaller(status):
                self._legs["caller"].provisional(status)
            case _:
                self.end(Cause(error.sip_status, "No common media"))

    def _place(self) -> None:
        """INVITE the called side; after a redirection its leg takes the place of the old one."""
        profile = self._profiles["callee"] = self._site.profile(self._target.profile)
        offer = self._negotiation.first_offer(self._incoming.offer)
        call = outgoing_call(self._incoming, self._target, offer, self._caller_profile, profile)
        self._legs["callee"] = self._site.user_agent.place(call)
        self._hooks.placed(self._legs["callee"], self)

    def _progress_to_caller(self, status: int, media: bool) -> None:
        if not media or self._early_answer:
            self._legs["caller"].provisional(status)
            return
        answer = self._negotiation.first_answer()
        self._early_answer = True
        self._legs["caller"].provisional(status, answer.description)
        self._apply("caller", answer.media, offered=self._caller_offered_video())

    def _answer_caller(self) -> None:
        caller = self._legs["caller"]
        if self._incoming.offer is None:
            caller.answer(self._negotiation.late_offer())
        elif self._early_answer:
            caller.answer(None)
        else:
            answer = self._negotiation.first_answer()
            caller.answer(answer.description)
            self._apply("caller", answer.media, offered=self._caller_offered_video())

    def _finish(self) -> None:
        if self._finished:
            return
        self._finished = True
        if self._timer is not None:
            self._timer.cancel()
        self._streams.close()
        self._media.close()
        self._log.info("call over", seconds=round(self._now() - self.began, 1))
        self._hooks.finished(self)

    # ------------------------------------------------------------------------------------------------------------------

    def _apply(self, side: Side, media: NegotiatedMedia, *, offered: bool) -> None:
        """Media first, then avatars, then the session. `offered`: a picture stood in this exchange's offer."""
        self._media.leg(side).apply(media)
        self._streams.apply(side, media.video)
        if self._session.leg(side).state.name == "CONFIRMED":
            self._prepare(side)
        if media.video is not None:
            self._tell(session.VideoSettled(side, "active"))
        elif offered or self._session.leg(side).video is Video.ACTIVE:
            self._tell(session.VideoSettled(side, "refused"))

    def _prepare(self, side: Side) -> None:
        self._legs[side].prepare(self._negotiation.answerer(side), self._negotiation.standing_offer(side))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self._session.deadline
        if deadline is not None and not self._finished:
            self._timer = self._loop.call_later(max(0.0, deadline - self._now()), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._perform(self._session.tick(self._now()))

    def _now(self) -> float:
        return self._site.clock.monotonic()

    def _side_of(self, leg: sip.SipLeg) -> Side | None:
        return next((side for side, own in self._legs.items() if own is leg), None)

    def _caller_offered_video(self) -> bool:
        return self._incoming.offer is not None and self._incoming.offer.first("video") is not None

    def _sdp_leg(self, side: Side) -> SdpLeg:
        config, leg = self._site.config, self._media.leg(side)
        return SdpLeg(
            profile=self._profiles[side],
            address=leg.address,
            audio_port=leg.audio_port,
            video_port=leg.video_port,
            session_id=self._site.session_ids(),
            picture=Picture(config.video.width, config.video.height, config.video.frame_rate),
            bit_rate=config.video.bit_rate,
        )

    def _session_settings(self) -> SessionSettings:
        caller, callee = (self._side_settings(side) for side in SIDES)
        return SessionSettings(caller, callee, self._site.config.sip.answer_timeout_s)

    def _side_settings(self, side: Side) -> SideSettings:
        add = self._profiles[side].add_video
        return SideSettings(
            wants_video=self._plans[side].role == "avatar",
            by_reinvite="reinvite" in add.ways,
            reinvite_delay_s=add.reinvite_delay_s,
            glare_retries=add.glare_retries,
            video_timeout_s=add.answer_timeout_s,
        )


def _video_plan(side: Side, route: Route, profile: PeerProfile) -> VideoPlan:
    intercept = route.intercept
    if not intercept.streams:
        return VideoPlan("relay")
    if intercept.seen_by(side) is None:
        return VideoPlan("none")
    ways, when = profile.add_video.ways, intercept.when
    return VideoPlan(
        "avatar",
        in_first_offer=when == "offer" and "offer" in ways,
        in_first_answer=when != "reinvite" and "answer" in ways,
    )
