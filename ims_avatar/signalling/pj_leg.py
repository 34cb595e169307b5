"""One leg on pjsua2, its asyncio side: posts every command to the SIP thread."""

from __future__ import annotations

from collections.abc import Callable

import pjsua2 as pj

from ims_avatar.signalling.pj_call import LegHost, PjCall
from ims_avatar.signalling.port import Headers, OfferAnswerer, OfferRefused
from ims_avatar.signalling.sdp import SessionDescription


class PjLeg:
    """Implements `port.SipLeg`: posts every command to the SIP thread."""

    def __init__(self, host: LegHost, name: str, owns_call_id: bool) -> None:
        self._host = host
        self._name = name
        self._owns_call_id = owns_call_id
        self.call: PjCall | None = None
        """Touched on the SIP thread only; None before and after the life of the pj object."""

    @property
    def name(self) -> str:
        return self._name

    @property
    def owns_call_id(self) -> bool:
        return self._owns_call_id

    def provisional(self, status: int, sdp: SessionDescription | None = None, headers: Headers = ()) -> None:
        self._post(lambda call: call.respond(status, sdp, headers))

    def answer(self, sdp: SessionDescription | None, headers: Headers = ()) -> None:
        self._post(lambda call: call.respond(200, sdp, headers))

    def reject(self, status: int, headers: Headers = (), reason: str = "") -> None:
        self._post(lambda call: call.end(status, headers, reason))

    def offer(self, sdp: SessionDescription) -> None:
        def command(call: PjCall) -> None:
            try:
                call.reinvite_with(sdp)
            except pj.Error:
                self._host.emit(OfferRefused(self, 491))
                raise

        self._post(command)

    def accept_offer(self, sdp: SessionDescription) -> None:
        self._post(lambda call: call.finish_reinvite(200, sdp, ()))

    def refuse_offer(self, status: int, headers: Headers = ()) -> None:
        self._post(lambda call: call.finish_reinvite(status, None, headers))

    def prepare(self, answerer: OfferAnswerer, standing_offer: SessionDescription) -> None:
        self._post(lambda call: call.prepare(answerer, standing_offer))

    def send_info(self, content_type: str, body: str) -> None:
        self._post(lambda call: call.send_info(content_type, body))

    def hang_up(self, status: int = 0, headers: Headers = ()) -> None:
        self._post(lambda call: call.end(status, headers, ""))

    def abandon(self) -> None:
        """The stack closes: nobody waits for the far end any more. On the SIP thread."""
        if self.call is not None:
            self.call.abandon()

    def _post(self, command: Callable[[PjCall], None]) -> None:
        def on_sip_thread() -> None:
            if self.call is None:
                return
            try:
                command(self.call)
            except pj.Error as error:
                self.call.on_command_failed(error)

        self._host.run(on_sip_thread)
