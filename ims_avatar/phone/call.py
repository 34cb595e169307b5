"""One call on the phone: SIP events in, answers and media out."""

from __future__ import annotations

import asyncio
import secrets
from typing import Literal

import structlog

from ims_avatar.clock import Clock
from ims_avatar.errors import ImsAvatarError, SignallingError
from ims_avatar.flow import NegotiatedMedia
from ims_avatar.phone.media import PhoneMedia
from ims_avatar.phone.plan import CallPlan
from ims_avatar.phone.report import CallReport
from ims_avatar.phone.summary import picture_report, since, sound_report
from ims_avatar.signalling.offer_answer import Answer, settled
from ims_avatar.signalling.own_media import own_answer, own_offer
from ims_avatar.signalling.port import (
    Answered,
    Confirmed,
    Ended,
    IncomingCall,
    InfoReceived,
    OfferAnswered,
    OfferReceived,
    Progress,
    SipEvent,
    SipLeg,
    UpdateAnswered,
)
from ims_avatar.signalling.profiles import PeerProfile
from ims_avatar.signalling.sdp import SessionDescription
from ims_avatar.signalling.sdp_leg import SdpLeg

log = structlog.get_logger()

LINGER_S = 0.5
"""After the last sound, so that the far end's last packets arrive before our BYE."""
DIGITS_AFTER_S = 1.0


class PhoneCall:
    """Placed: give `offer()` to the stack, then `placed(leg)`. Taken: `take(event)`. Then every event of the leg."""

    def __init__(self, plan: CallPlan, media: PhoneMedia, profile: PeerProfile, address: str, clock: Clock) -> None:
        self.ended = asyncio.Event()
        self.uri = ""
        """The Request-URI."""
        self.plan = plan
        self.media = media
        self.leg: SipLeg | None = None
        self.answered_at: float | None = None
        self._clock = clock
        self._sdp = SdpLeg(
            profile=profile,
            address=address,
            audio_port=media.audio_session.port,
            video_port=media.video_session.port,
            session_id=secrets.randbits(30) + 1,
        )
        self._offer: SessionDescription | None = None
        self._began = clock.monotonic()
        self._rang_at: float | None = None
        self._ended_at: float | None = None
        self._status = 0
        self._ended_by = "nobody"
        self._added_by: str | None = None
        self._refused = 0
        self._hanging_up = False
        self._info_digits = ""
        self._timers: list[asyncio.TimerHandle] = []

    def offer(self) -> SessionDescription:
        """Our offer in the first INVITE."""
        video: Literal["recvonly"] | None = "recvonly" if self.plan.offer_video else None
        self._offer = own_offer(self._sdp, codecs=self.plan.codecs, video=video)
        self._sdp = self._sdp.sent(self._offer)
        self._began = self._clock.monotonic()
        return self._offer

    def placed(self, leg: SipLeg, uri: str) -> None:
        self.leg = leg
        self.uri = uri
        self._after(self.plan.give_up_after, self._give_up)

    def take(self, event: IncomingCall) -> None:
        """An INVITE came."""
        self.leg = event.leg
        self.uri = event.request_uri
        self._began = self._clock.monotonic()
        if self.plan.reject is not None:
            event.leg.reject(self.plan.reject)
            return
        event.leg.provisional(180)
        self._rang_at = self._clock.monotonic()
        self._after(self.plan.answer_after, lambda: self._answer(event))

    def handle(self, event: SipEvent) -> None:
        match event:
            case Progress(status=status, sdp=sdp):
                self._rang_at = self._rang_at or (self._clock.monotonic() if status >= 180 else None)
                self._settle(sdp)
            case Answered(sdp=sdp):
                self._settle(sdp)
                self._up()
            case Confirmed(sdp=sdp):
                self._settle(sdp)
                self._up()
            case OfferReceived(sdp=offer):
                self._on_offer(offer)
            case OfferAnswered(sdp=sdp):
                self._settle(sdp)
            case UpdateAnswered(offer=offer, answer=answer):
                self._agree(offer, self._answer_to(offer), answer)
            case InfoReceived(content_type=kind, body=body):
                self._on_info(kind, body)
            case Ended(status=status):
                self._on_ended(status)

    def hang_up(self) -> None:
        """Idempotent; the end comes as an event."""
        if self.leg is not None and not self._hanging_up and self._ended_at is None:
            self._hanging_up = True
            self.leg.hang_up()

    def report(self) -> CallReport:
        sound = self.media.sound
        pressed = self._info_digits + (sound.keys.digits if sound else "")
        duration = (self._ended_at or self._clock.monotonic()) - self.answered_at if self.answered_at else 0.0
        return CallReport(
            uri=self.uri,
            answered=self.answered_at is not None,
            status=self._status,
            ended_by=self._ended_by,
            rang_after_s=since(self._began, self._rang_at),
            answered_after_s=since(self._began, self.answered_at),
            duration_s=round(duration, 3),
            sound=sound_report(self.media, self.answered_at),
            picture=picture_report(self.media, self.answered_at, self._added_by or ""),
            video_offers_refused=self._refused,
            digits_sent=self.media.sender.digits_sent if self.media.sender else "",
            digits_received=pressed,
        )

    def _answer(self, event: IncomingCall) -> None:
        if self._ended_at is not None:
            return
        try:
            if event.offer is None:
                event.leg.answer(self.offer())
                return
            answer = self._answer_to(event.offer)
            event.leg.answer(answer.description)
            self._agree(event.offer, answer, answer.description)
        except SignallingError as error:
            event.leg.reject(error.sip_status, reason=str(error)[:60])

    def _on_offer(self, offer: SessionDescription | None) -> None:
        if self.leg is None or offer is None:
            return
        try:
            if self.plan.video == "488" and self._is_new_video(offer):
                self._refused += 1
                self.leg.refuse_offer(488)
                return
            answer = self._answer_to(offer)
            self.leg.accept_offer(answer.description)
            self._agree(offer, answer, answer.description)
        except SignallingError as error:
            log.info("offer refused", cause=str(error))
            self.leg.refuse_offer(error.sip_status)

    def _answer_to(self, offer: SessionDescription) -> Answer:
        video: Literal["recvonly"] | None = "recvonly" if self.plan.video == "accept" else None
        return own_answer(self._sdp, offer, codecs=self.plan.codecs, video=video)

    def _agree(self, offer: SessionDescription, answer: Answer, sent: SessionDescription) -> None:
        if answer.media.video is None and self._is_new_video(offer):
            self._refused += 1
        self._sdp = self._sdp.agreed(sent, offer)
        self._apply(answer.media)

    def _settle(self, answer: SessionDescription | None) -> None:
        """The far end's answer to our offer."""
        if answer is None or self._offer is None:
            return
        try:
            media = settled(self._sdp, self._offer, answer)
        except ImsAvatarError as error:
            log.warning("the answer is of no use", cause=str(error))
            self.hang_up()
            return
        self._sdp = self._sdp.agreed(self._offer, answer)
        self._apply(media)

    def _is_new_video(self, offer: SessionDescription) -> bool:
        return offer.first("video") is not None and self.media.video_session.negotiated is None

    def _apply(self, media: NegotiatedMedia) -> None:
        if media.video is not None and self._added_by is None:
            self._added_by = "offer" if self.answered_at is None else "re-INVITE"
        try:
            self.media.apply(media)
        except ImsAvatarError as error:
            log.warning("this call's media cannot be used", cause=str(error))
            self.hang_up()
            return
        if self.leg is not None:
            sdp, plan = self._sdp, self.plan
            video: Literal["recvonly"] | None = "recvonly" if plan.video == "accept" else None
            self._offer = own_offer(sdp, codecs=plan.codecs, video=video if media.video else None)
            self.leg.prepare(lambda offer: _answer_at_once(sdp, offer, plan.codecs, video), self._offer)

    def _on_info(self, kind: str, body: str) -> None:
        """Keys sent the old way (application/dtmf-relay: `Signal=5`)."""
        if "dtmf" in kind.lower():
            signal = next(
                (line.partition("=")[2] for line in body.splitlines() if line.lower().startswith("signal")), body
            )
            self._info_digits += signal.strip()[:1]

    def _up(self) -> None:
        if self.answered_at is not None:
            return
        self.answered_at = self._clock.monotonic()
        self._status = 200
        self._stop_timers()
        self.media.start_sending()
        if self.plan.digits:
            self._after(DIGITS_AFTER_S, lambda: self.media.dial(self.plan.digits))
        if self.plan.seconds is not None:
            self._after(self.plan.seconds, self.hang_up)
        elif self.leg is not None and self.leg.owns_call_id:
            self._after(LINGER_S, self._hang_up_when_said)

    def _hang_up_when_said(self) -> None:
        if self.media.said_everything:
            self._after(LINGER_S, self.hang_up)
        else:
            self._after(LINGER_S / 5, self._hang_up_when_said)

    def _give_up(self) -> None:
        if self.answered_at is None:
            self.hang_up()

    def _on_ended(self, status: int) -> None:
        self._ended_at = self._clock.monotonic()
        self._status = 200 if self.answered_at is not None else status
        self._ended_by = "us" if self._hanging_up else "far end"
        self._stop_timers()
        self.media.close()
        self.ended.set()

    def _after(self, seconds: float, act: object) -> None:
        assert callable(act)
        self._timers.append(asyncio.get_running_loop().call_later(seconds, act))

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


def _answer_at_once(
    sdp: SdpLeg, offer: SessionDescription, codecs: tuple[str, ...], video: Literal["recvonly"] | None
) -> SessionDescription | None:
    """To an UPDATE, on the SIP thread; None refuses it with 488."""
    try:
        return own_answer(sdp, offer, codecs=codecs, video=video).description
    except SignallingError:
        return None
