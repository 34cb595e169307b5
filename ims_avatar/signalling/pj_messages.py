"""Between pjsua2's objects and our values: messages that came in, headers that go out."""

from __future__ import annotations

from typing import Any

import pjsua2 as pj
import structlog

from ims_avatar.errors import BadRequest
from ims_avatar.signalling import sip_message
from ims_avatar.signalling.port import Headers
from ims_avatar.signalling.sip_message import SipMessage

log = structlog.get_logger()


def refusal(reason: str) -> Any:
    error = pj.Error()
    error.status, error.title = 70013, reason  # PJ_EINVALIDOP
    return error


def header_vector(headers: Headers) -> Any:
    vector = pj.SipHeaderVector()
    for name, value in headers:
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        vector.push_back(header)
    return vector


def parsed(text: str) -> SipMessage | None:
    """pjsip has read it before us, but with other eyes: what our parser refuses is not used."""
    try:
        return sip_message.parse(text.encode("utf-8", "surrogateescape"))
    except BadRequest as error:
        log.info("SIP message not used", cause=str(error))
        return None


def message_of(event: Any) -> SipMessage | None:
    """The received message of a state change: of its transaction, or by itself (ACK to a 2xx)."""
    if event.type == pj.PJSIP_EVENT_TSX_STATE and event.body.tsxState.type == pj.PJSIP_EVENT_RX_MSG:
        return parsed(event.body.tsxState.src.rdata.wholeMsg)
    if event.type == pj.PJSIP_EVENT_RX_MSG:
        return parsed(event.body.rxMsg.rdata.wholeMsg)
    return None


def retry_after(message: SipMessage) -> int | None:
    value = (message.get("Retry-After") or "").split(";")[0].split("(")[0].strip()
    return int(value) if value.isdigit() and len(value) < 6 else None
