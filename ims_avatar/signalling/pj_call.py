"""One leg on pjsua2, its SIP thread side: every line here runs there.

Why it looks as it does stands in pjsua2's sources (2.15): what must be sent is put in place of pjsua's own proposal in
`onCallSdpCreated`, except for an answer to an INVITE or re-INVITE, which is handed to `answer()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

import pjsua2 as pj
import structlog

from ims_avatar.errors import BadRequest
from ims_avatar.signalling import sdp
from ims_avatar.signalling.pj_messages import header_vector, message_of, parsed, refusal, retry_after
from ims_avatar.signalling.pj_native import answer_request
from ims_avatar.signalling.port import (
    Answered,
    Confirmed,
    Ended,
    Headers,
    InfoReceived,
    OfferAnswered,
    OfferAnswerer,
    OfferReceived,
    OfferRefused,
    OfferWithdrawn,
    OutgoingCall,
    Progress,
    SipEvent,
    SipLeg,
    TransferRefused,
    UpdateAnswered,
)
from ims_avatar.signalling.request_watch import pjsip_refuses_sdp
from ims_avatar.signalling.sdp import SessionDescription
from ims_avatar.signalling.sip_message import SipMessage

log = structlog.get_logger()


_PROVISIONAL: Final = {(180, True): 183, (181, True): 183, (182, False): 180, (183, False): 180}
"""(status, with SDP) to what pjsip sends so."""


class LegHost(Protocol):
    """What a leg needs of its user agent."""

    account: Any
    """Of incoming calls."""

    @property
    def request_sdp(self) -> bytes:
        """SDP of the request that pjsip handles now."""
        ...

    def run(self, command: Callable[[], None]) -> None:
        """Have it done on the SIP thread, in order, outside any callback of pjsua2."""
        ...

    def emit(self, event: SipEvent) -> None: ...

    def learn(self, description: SessionDescription) -> None:
        """Before pjsip gets a description of ours."""
        ...

    def account_for(self, call: OutgoingCall) -> Any:
        """An account with the route set and the timers of this call, valid for placing it now."""
        ...


class OwnLeg(SipLeg, Protocol):
    call: PjCall | None
    """None before and after the life of the pj object."""


class PjCall(pj.Call):  # type: ignore[misc]
    def __init__(self, leg: OwnLeg, host: LegHost, account: Any, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, call_id)
        self._leg = leg
        self._host = host
        self._next_local: str | None = None
        """SDP that takes the place of pjsua's next proposal."""
        self._update_body = b""
        self._answerer: OfferAnswerer | None = None
        self._standing_offer = ""
        self._last_local = ""
        """SDP that we sent last."""
        self._answer_given = False
        """Our SDP for the INVITE has left."""
        self._media_agreed = False
        """pjsip has completed an offer/answer of this leg."""
        self._answered = False
        self._confirmed = False
        self._offering = False
        """Our re-INVITE has no final response yet."""
        self._offered_media = 0
        """m= lines of the re-INVITE that waits for our answer; 0: none waits."""
        self._offer_by_us_in_200 = False
        """Late offer: the answer comes in the ACK."""
        self._verdict = 0
        """Status that we ended it with, whatever the far end says to our CANCEL or BYE."""
        self._last: SipMessage | None = None
        """The message that ended it, or will."""
        leg.call = self

    # Commands ---------------------------------------------------------------------------------------------------------

    def place(self, call: OutgoingCall) -> None:
        self._next_local = self._sent(call.offer)
        parameters = pj.CallOpParam(True)
        parameters.opt.audioCount = len(call.offer.media)
        parameters.txOption.headers = header_vector(call.headers)
        parameters.txOption.localUri = call.from_
        parameters.txOption.targetUri = call.request_uri
        self.makeCall(call.to, parameters)

    def respond(self, status: int, description: SessionDescription | None, headers: Headers) -> None:
        """pjsip puts SDP, if need be its own, in every 18x but 180 and 181, and takes an answer once only."""
        if self._answer_given:
            description = None
        elif status < 200:
            status = _PROVISIONAL.get((status, description is not None), status)
        # With call settings pjsua would write an offer of its own for a late offer.
        parameters = pj.CallOpParam(not self._late or description is not None)
        parameters.statusCode = status
        parameters.txOption.headers = header_vector(headers)
        if description is not None and self._late:
            self._next_local, self._offer_by_us_in_200 = self._sent(description), True
            parameters.opt.audioCount = len(description.media)
        elif description is not None:
            parameters.sdp.wholeSdp = self._sent(description)
        self._answer_given = self._answer_given or description is not None
        self.answer(parameters)

    _late = False

    def expect_late_offer(self) -> None:
        self._late = True

    def reinvite_with(self, description: SessionDescription) -> None:
        """pjsua must propose as many m= lines as we put in their place; it adds them as audio."""
        info = self.getInfo()
        if len(description.media) < len(info.media):
            raise refusal("an offer may not have fewer m= lines than the session (RFC 3264 8)")
        if self._offering or self._offered_media or self._offer_by_us_in_200:
            raise refusal("another offer waits for its answer")  # pjsip would assert
        parameters = pj.CallOpParam(True)
        parameters.opt.audioCount = self._audio_count(len(description.media))
        parameters.opt.videoCount = 0
        self._next_local, self._offering = self._sent(description), True
        try:
            self.reinvite(parameters)
        except pj.Error:
            self._offering, self._next_local = False, None
            raise

    def finish_reinvite(self, status: int, description: SessionDescription | None, headers: Headers) -> None:
        expected, self._offered_media = self._offered_media, 0
        if not expected:
            return
        if description is not None and len(description.media) != expected:
            log.error("answer has another number of m= lines than the offer", leg=self._leg.name)
            status, description = 500, None
        parameters = pj.CallOpParam(True)
        parameters.statusCode = status
        parameters.txOption.headers = header_vector(headers)
        if description is not None:
            parameters.sdp.wholeSdp = self._sent(description)
        self.answer(parameters)

    def prepare(self, answerer: OfferAnswerer, standing_offer: SessionDescription) -> None:
        self._answerer, self._standing_offer = answerer, self._text(standing_offer)

    def send_info(self, content_type: str, body: str) -> None:
        parameters = pj.CallSendRequestParam()
        parameters.method = "INFO"
        parameters.txOption.contentType = content_type
        parameters.txOption.msgBody = body
        self.sendRequest(parameters)

    def end(self, status: int, headers: Headers, reason: str) -> None:
        parameters = pj.CallOpParam()
        parameters.statusCode = status if not self._confirmed else 0
        parameters.reason = reason
        parameters.txOption.headers = header_vector(headers)
        self.hangup(parameters)

    def _text(self, description: SessionDescription) -> str:
        self._host.learn(description)
        return str(description)

    def _sent(self, description: SessionDescription) -> str:
        self._last_local = self._text(description)
        return self._last_local

    def _audio_count(self, lines: int) -> int:
        """With which pjsua proposes `lines` m= lines (it never proposes fewer than the session has): those it takes for
        audio, and as many more as are new."""
        info = self.getInfo()  # the object must outlive the walk over its media: SWIG frees temporaries
        kinds = [medium.type for medium in info.media]
        return sum(1 for kind in kinds if kind == pj.PJMEDIA_TYPE_AUDIO) + max(0, lines - len(kinds))

    def on_command_failed(self, error: Any) -> None:
        """A command that came too late (the leg changed meanwhile) or that pjsip refused."""
        log.debug("command refused by pjsip", leg=self._leg.name, status=error.status, title=error.title)

    # Callbacks of pjsua2 ----------------------------------------------------------------------------------------------

    def onCallSdpCreated(self, prm: Any) -> None:
        if self._next_local is not None:
            prm.sdp.wholeSdp, self._next_local = self._next_local, None

    def onCallTxOffer(self, prm: Any) -> None:
        """A re-INVITE without offer asks for ours, at once; what we said last is an offer too."""
        if not self._confirmed:
            return
        info = self.getInfo()
        lines = len(info.media)
        offer = self._standing_offer if self._standing_offer.count("\r\nm=") >= lines else self._last_local
        prm.opt.audioCount = self._audio_count(offer.count("\r\nm="))
        prm.opt.videoCount = 0
        self._next_local, self._offer_by_us_in_200 = offer, True

    def onCallTsxState(self, prm: Any) -> None:
        if prm.e.type != pj.PJSIP_EVENT_TSX_STATE:
            return
        state = prm.e.body.tsxState
        if state.type != pj.PJSIP_EVENT_RX_MSG:
            if state.tsx.method == "INVITE":
                self._on_invite_without_message(state.tsx)
            return
        message = parsed(state.src.rdata.wholeMsg)
        if message is None:
            return
        if message.is_request:
            self._on_request(message)
            if message.method == "INFO":
                # At once: pjsua refuses what it does not know itself, and media_control in a build without video.
                answer_request(state.tsx.pjTransaction, state.src.rdata.pjRxData, 200)
        elif state.tsx.method == "INVITE":
            self._on_invite_response(message)

    def _on_invite_without_message(self, transaction: Any) -> None:
        """Our re-INVITE timed out or its transport failed (RFC 3261 17.1.1.2), or theirs is over."""
        if transaction.role == pj.PJSIP_ROLE_UAC:
            if self._offering and transaction.statusCode >= 300:
                self._offering = False
                self._host.emit(OfferRefused(self._leg, transaction.statusCode))
        elif self._confirmed and transaction.state == pj.PJSIP_TSX_STATE_TERMINATED:
            self._offer_by_us_in_200 = False  # its ACK came; an answer in it was seen by onCallMediaState

    def onCallMediaState(self, prm: Any) -> None:
        """Offer and answer are complete. Only one answer reaches us nowhere else: the one in the ACK of a re-INVITE."""
        self._media_agreed = True
        if not (self._confirmed and self._offer_by_us_in_200):
            return
        self._offer_by_us_in_200 = False
        try:
            self._host.emit(OfferAnswered(self._leg, sdp.parse(self._host.request_sdp)))
        except BadRequest as error:
            log.info("answer in ACK is of no use", leg=self._leg.name, cause=str(error))

    def _on_request(self, message: SipMessage) -> None:
        if message.method == "UPDATE":
            self._update_body = message.body
        elif message.method == "INFO":
            content_type = (message.get("Content-Type") or "").strip()
            body = message.body.decode(errors="replace")
            self._host.emit(InfoReceived(self._leg, content_type, body))
        elif message.method in ("BYE", "CANCEL"):
            if message.method == "CANCEL" and self._confirmed:
                self._withdraw_offer()
            else:
                self._last = message

    def _withdraw_offer(self) -> None:
        if self._offered_media:
            self._offered_media = 0
            self._host.emit(OfferWithdrawn(self._leg))

    def _on_invite_response(self, message: SipMessage) -> None:
        """pjsip has dealt with it already."""
        if self._confirmed:
            if message.status >= 200:
                self._on_reinvite_answered(message)
        elif message.status >= 300:
            self._last = message
        elif message.status >= 200:
            self._on_answered(message)
        elif message.status > 100 and not self._verdict:
            self._on_progress(message)

    def _on_progress(self, message: SipMessage) -> None:
        description = self._description(message)
        if description is not None and not self._media_agreed:
            self._give_up()
        else:
            self._host.emit(Progress(self._leg, message.status, description, message.headers))

    def _give_up(self) -> None:
        """An answer that cannot be used. Within the callback: pjsip asserts when it sees a good one after it."""
        self._verdict = 488
        self.end(0, (), "")

    def _on_answered(self, message: SipMessage) -> None:
        """2xx to the initial INVITE; seen first as a change of state, then perhaps as one of the transaction."""
        if not self._answered and not self._verdict:
            self._answered = True
            self._host.emit(Answered(self._leg, self._description(message), message.headers))

    def _on_reinvite_answered(self, message: SipMessage) -> None:
        if not self._offering or message.status in (401, 407):
            return
        self._offering = False
        description = self._description(message)
        if message.status < 300 and description is not None:
            self._host.emit(OfferAnswered(self._leg, description))
        else:
            status = message.status if message.status >= 300 else 488
            self._host.emit(OfferRefused(self._leg, status, retry_after(message)))

    def onCallState(self, prm: Any) -> None:
        info = self.getInfo()
        if info.state in (pj.PJSIP_INV_STATE_EARLY, pj.PJSIP_INV_STATE_CONNECTING):
            message = message_of(prm.e)
            if message is None or message.is_request:
                return
            if self._of_no_use(message, prm.e.body.tsxState.src.rdata.pjRxData):
                self._give_up()
            elif message.status // 100 == 2:
                self._on_answered(message)
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._on_confirmed(prm)
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._on_disconnected(info)

    def _of_no_use(self, message: SipMessage, received: Any) -> bool:
        """An answer that we or pjsip cannot read."""
        return bool(message.body) and (self._description(message) is None or pjsip_refuses_sdp(received))

    def _on_confirmed(self, prm: Any) -> None:
        description = None
        message = message_of(prm.e)
        if self._offer_by_us_in_200 and message is not None and message.method == "ACK":
            self._offer_by_us_in_200 = False
            description = self._description(message)
        self._confirmed = True
        self._host.emit(Confirmed(self._leg, description))

    def _on_disconnected(self, info: Any) -> None:
        message, leg, host = self._last, self._leg, self._host
        status = self._verdict or info.lastStatusCode or 487
        headers = message.headers if message else ()
        leg.call = None
        host.emit(Ended(leg, status, info.lastReason, headers))
        # At once, but outside this callback: a dead Call collected later hangs up the new call in its slot.
        host.run(self._destroy)

    def abandon(self) -> None:
        self._leg.call = None
        self._host.emit(Ended(self._leg, 503))
        self._host.run(self._destroy)

    def _destroy(self) -> None:
        self._answerer = None
        pj.Call.__swig_destroy__(self)

    def onCallRxReinvite(self, prm: Any) -> None:
        message = parsed(prm.rdata.wholeMsg)
        description = self._description(message) if message else None
        if description is None:
            prm.statusCode = 488
            return
        prm.isAsync = True
        self._offered_media = len(description.media)
        self._host.emit(OfferReceived(self._leg, description))

    def onCallRxOffer(self, prm: Any) -> None:
        """An offer outside INVITE: an UPDATE, which must be answered at once (RFC 3311 5.2)."""
        answer = None
        try:
            offer = sdp.parse(self._update_body)
            answer = self._answerer(offer) if self._answerer else None
        except BadRequest as error:
            log.info("UPDATE refused", leg=self._leg.name, cause=str(error))
        if answer is None or len(answer.media) != len(offer.media):
            prm.statusCode = 488
            return
        self._next_local = self._sent(answer)
        self._host.emit(UpdateAnswered(self._leg, offer, answer))

    def onCallTransferRequest(self, prm: Any) -> None:
        prm.statusCode = 603
        log.info("REFER declined", leg=self._leg.name)
        self._host.emit(TransferRefused(self._leg))

    def onCallRedirected(self, prm: Any) -> int:
        return int(pj.PJSIP_REDIRECT_STOP)

    def _description(self, message: SipMessage) -> SessionDescription | None:
        """The SDP of a message; None when there is none, or (logged) when it is of no use."""
        content_type = (message.get("Content-Type") or "").partition(";")[0].strip().lower()
        if not message.body or content_type != "application/sdp":
            return None
        try:
            return sdp.parse(message.body)
        except BadRequest as error:
            log.info("SDP of the far end is of no use", leg=self._leg.name, cause=str(error))
            return None
