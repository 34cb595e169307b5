"""Responses that the front gives by itself, statelessly (RFC 3261 8.2.6, 8.2.7, 16.11). Pure."""

from __future__ import annotations

import hashlib
from typing import Final

from ims_avatar.errors import BadRequest
from ims_avatar.signalling import sip_message
from ims_avatar.signalling.sip_message import SipMessage, parameters_of

REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    430: "Flow Failed",
    481: "Call/Transaction Does Not Exist",
    483: "Too Many Hops",
    503: "Service Unavailable",
    513: "Message Too Large",
}
ALLOW: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY"
_COPIED: Final = ("via", "from", "to", "call-id", "cseq")


def response(request: SipMessage, status: int, *headers: tuple[str, str]) -> SipMessage:
    """To `request` as it was received (its top Via completed). The To tag is the same for every retransmission."""
    copied = [(name, value) for name, value in request.headers if name.lower() in _COPIED]
    with_tag = [(name, _tagged(value, request) if name.lower() == "to" else value) for name, value in copied]
    return SipMessage((*with_tag, *headers), status=status, reason=REASONS[status])


def _tagged(to: str, request: SipMessage) -> str:
    if "tag" in parameters_of(to):
        return to
    seed = "\n".join((request.call_id, request.get("CSeq") or "", *request.items("Via")[:1]))
    return f"{to};tag={hashlib.blake2s(seed.encode(), digest_size=8).hexdigest()}"


def salvaged(data: bytes) -> SipMessage | None:
    """What is left of a malformed request, enough for a 400; None when it cannot be answered, or is an ACK."""
    head = data.lstrip(b"\r\n").partition(b"\r\n\r\n")[0].decode(errors="replace").split("\r\n")
    start = head[0].split(" ")
    if len(start) < 3 or start[-1].upper() != "SIP/2.0":
        return None
    kept: dict[str, str] = {}
    for line in head[1:]:
        name, colon, _ = line.partition(":")
        long = sip_message.long_name(name.strip())
        if "\ufffd" in line and long.lower() in _COPIED:
            return None  # a response that repeats it wrongly would not be recognised
        if colon and long.lower() in _COPIED and long.lower() not in kept:
            kept[long.lower()] = line
    method = start[0]
    cleaned = f"{method} sip:unknown.invalid SIP/2.0\r\n" + "\r\n".join(kept.values()) + "\r\n\r\n"
    try:
        return sip_message.parse(cleaned.encode()) if method != "ACK" else None
    except BadRequest:
        return None
