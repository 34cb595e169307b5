"""What becomes of an initial INVITE: who calls, which rule holds, where the other leg goes. Decides, does nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ims_avatar.errors import BadRequest, NotFound
from ims_avatar.signalling.port import DialogTimers, Headers, IncomingCall, OutgoingCall
from ims_avatar.signalling.profiles import PeerProfile
from ims_avatar.signalling.rules import Intercept, Rules, calling_uri
from ims_avatar.signalling.sdp import SessionDescription
from ims_avatar.signalling.sip_message import SipUri, parse_uri, uri_of

MAX_REDIRECTS: Final = 5
"""RFC 3261 8.1.3.4 leaves the limit to us."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the called side's INVITE goes; checked against the configured next hops."""

    request_uri: str
    routes: tuple[str, ...]
    profile: str
    """Name of the next hop's profile."""


@dataclass(frozen=True, slots=True)
class Route:
    caller_profile: str
    intercept: Intercept
    target: Target


def route_call(rules: Rules, incoming: IncomingCall) -> Route:
    """Raises `SignallingError` with the status that the caller gets."""
    peer = rules.peer(incoming.source[0])
    intercept = rules.intercept(incoming.request_uri, calling_uri(incoming.from_, incoming.headers), incoming.headers)
    return Route(peer.profile, intercept, _target(rules, incoming.request_uri, intercept.route))


def redirect_target(rules: Rules, contact: str) -> Target:
    """A Contact of a 3xx, followed only to a configured next hop. Raises `SignallingError`."""
    return _target(rules, uri_of(contact), None)


def _target(rules: Rules, request_uri: str, route: str | None) -> Target:
    hop = rules.next_hop(route or request_uri)
    if route is None:
        return Target(_plain(request_uri), (), hop.profile)
    if "lr" in _uri(route).parameters:
        # Headers in a URI (RFC 3261 19.1.1) would become header fields of our INVITE, Route among them.
        return Target(request_uri.partition("?")[0], (f"<{route}>",), hop.profile)
    return Target(_readdressed(request_uri, route), (), hop.profile)


def _plain(request_uri: str) -> str:
    """As it came, without what could turn it elsewhere: the next hop was checked by host and port."""
    uri = _uri(request_uri)
    transport = uri.parameters.get("transport", "")
    user = f"{uri.user}@" if uri.user else ""
    host = f"[{uri.host}]" if ":" in uri.host else uri.host
    port = f":{uri.port}" if uri.port else ""
    kept = "".join(f";{n}={v}" if v else f";{n}" for n, v in uri.parameters.items() if n in ("user", "transport"))
    if transport and transport.lower() not in ("udp", "tcp"):
        raise NotFound(f"transport {transport[:10]} is not served", remedy="dial over udp or tcp")
    return f"{uri.scheme}:{user}{host}{port}{kept}"


def _readdressed(request_uri: str, route: str) -> str:
    """The dialled user at the next hop: a route without `;lr` is the place itself, not a proxy on the way."""
    hop = _uri(route)
    if request_uri.lower().startswith("tel:"):
        user, phone = request_uri[4:].partition(";")[0], ";user=phone"
    else:
        user, phone = _uri(request_uri).user, ""
    host = f"[{hop.host}]" if ":" in hop.host else hop.host
    parameters = "".join(f";{name}={value}" if value else f";{name}" for name, value in hop.parameters.items())
    port = f":{hop.port}" if hop.port else ""
    return f"{hop.scheme}:{user or hop.user}{'@' if user or hop.user else ''}{host}{port}{parameters}{phone}"


def _uri(text: str) -> SipUri:
    try:
        return parse_uri(text)
    except BadRequest:
        raise NotFound("the called URI is no SIP URI with a host", remedy="dial sip:user@host") from None


def outgoing_call(
    incoming: IncomingCall, target: Target, offer: SessionDescription, caller: PeerProfile, callee: PeerProfile
) -> OutgoingCall:
    """The called side's INVITE. Only headers that both sides' profiles trust cross (RFC 3325 section 9)."""
    call = OutgoingCall(
        request_uri=target.request_uri,
        to=f"<{uri_of(incoming.to).partition('?')[0]}>",
        from_=_without_parameters(incoming.from_),
        offer=offer,
        routes=target.routes,
        headers=_copied(incoming.headers, caller, callee),
        timers=DialogTimers(**callee.timers.model_dump()),
    )
    if callee.transport != "tcp":
        return call
    if target.routes:
        return replace(call, routes=(_over_tcp(target.routes[0]), *target.routes[1:]))
    return replace(call, request_uri=_over_tcp(target.request_uri))


def _over_tcp(uri: str) -> str:
    """A URI, or one in `<>`, with the transport of the profile where it names none itself."""
    if "transport=" in uri.lower():
        return uri
    return f"{uri[:-1]};transport=tcp>" if uri.endswith(">") else f"{uri};transport=tcp"


def _copied(headers: Headers, caller: PeerProfile, callee: PeerProfile) -> Headers:
    wanted = {name.lower() for name in caller.copied_headers} & {name.lower() for name in callee.copied_headers}
    return tuple((name, value) for name, value in headers if name.lower() in wanted)


def _without_parameters(name_addr: str) -> str:
    """Display name and URI without the tag: the tag of our own dialog is ours."""
    if "<" in name_addr:
        return name_addr.rpartition(">")[0] + ">"
    return f"<{uri_of(name_addr)}>"
