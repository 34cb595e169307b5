"""Where the front sends a message: a stateless proxy (RFC 3261 16.11) before the call workers. Pure.

Peers' initial INVITEs go to a worker with a free place; whatever belongs to a known call, to that call's worker. A peer
on UDP then talks to the worker's Contact directly. A peer on TCP stays connected to the front: Record-Route holds a
token of its connection (a flow, RFC 5626), twice because the transports differ (RFC 5658).
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from ims_avatar.errors import BadRequest
from ims_avatar.flow import Address
from ims_avatar.signalling import sip_message
from ims_avatar.signalling.front_responses import ALLOW, response, salvaged
from ims_avatar.signalling.sip_message import SipMessage, SipUri, parameters_of, parse_uri, uri_of
from ims_avatar.signalling.via import Via, parse_via
from ims_avatar.signalling.worker_places import Destination, WorkerPlaces

MAX_FORWARDS: Final = 70
COOKIE: Final = "z9hG4bK"
"""RFC 3261 8.1.1.7."""
SPARE_BYTES: Final = 256
"""Room in a worker's message size for what its stack adds when it works on the message."""
FLOW: Final = "ims-flow"
"""Parameter of our Via: the connection on which the response goes back."""

Flow: TypeAlias = str
"""Token of one TCP connection."""


@dataclass(frozen=True, slots=True)
class Arrival:
    data: bytes
    source: Address
    flow: Flow | None = None
    """The TCP connection it came on; None: UDP."""


@dataclass(frozen=True, slots=True)
class Datagram:
    data: bytes
    to: Address


@dataclass(frozen=True, slots=True)
class OnFlow:
    data: bytes
    flow: Flow


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one message."""

    send: Datagram | OnFlow | None = None
    refused: int = 0
    """Status of our own final response."""
    why: str = ""
    """For the log, without personal data."""


@dataclass(slots=True)
class FrontSettings:
    address: Address
    """Ours, as in Via and Record-Route."""
    peers: tuple[str, ...]
    """Networks whose requests are taken."""
    retry_after_s: int = 5
    draining: bool = False
    flows: set[Flow] = field(default_factory=set)
    """TCP connections that are open now."""


class FrontRouting:
    def __init__(self, settings: FrontSettings, places: WorkerPlaces) -> None:
        self.settings = settings
        self.places = places
        self._peers: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
        self.allow(settings.peers)

    def allow(self, networks: Iterable[str]) -> None:
        """Peers from now on (after a reload)."""
        self._peers = tuple(ipaddress.ip_network(network, strict=False) for network in networks)

    def handle(self, arrival: Arrival, now: float) -> Verdict:
        """Never raises: what cannot be read or answered is dropped."""
        worker = self.places.at(arrival.source) if arrival.flow is None else None
        known = worker is not None or self._is_peer(arrival.source[0])
        try:
            message = sip_message.parse(arrival.data)
            if not message.is_request:
                return self._response(message) if known else Verdict(why="response from a stranger")
            message = _with_source(message, arrival)
        except BadRequest as error:
            return self._malformed(arrival, str(error)) if known else Verdict(why="malformed, from a stranger")
        try:
            if not known:
                return self._refuse(message, arrival, 403, "not a configured peer")
            return self._request(message, arrival, worker, now)
        except BadRequest as error:
            return self._refuse(message, arrival, 400, str(error))

    # Responses --------------------------------------------------------------------------------------------------------

    def _response(self, message: SipMessage) -> Verdict:
        """RFC 3261 16.11, 18.2.2: our Via off, then to the next one.

        A phone that sends all it has to say to its outbound proxy answers a worker's request here: passed on as it is.
        """
        vias = message.items("Via")
        try:
            ours = parse_via(vias[0])
            worker = self.places.at((ours.host, ours.port or 5060))
            if worker is not None:
                return Verdict(Datagram(bytes(message), worker.address))
            if (ours.host, ours.port) != self.settings.address or len(vias) < 2:
                return Verdict(why="response that is not for us")
            following = parse_via(vias[1])
        except BadRequest as error:
            return Verdict(why=str(error))
        if message.status >= 300 and message.cseq_method == "INVITE":
            self.places.release(message.call_id)
        return self._send(bytes(message.with_list("Via", vias[1:])), following, ours.get(FLOW))

    def _send(self, data: bytes, via: Via, flow: Flow | None) -> Verdict:
        if flow is not None:
            return Verdict(OnFlow(data, flow)) if flow in self.settings.flows else Verdict(why="connection is gone")
        return Verdict(Datagram(data, via.reply_address))

    # Requests ---------------------------------------------------------------------------------------------------------

    def _request(self, message: SipMessage, arrival: Arrival, worker: Destination | None, now: float) -> Verdict:
        hops = message.get("Max-Forwards") or str(MAX_FORWARDS)
        if not hops.isdigit() or len(hops) > 3:
            raise BadRequest("Max-Forwards is not a number")
        if message.method == "OPTIONS" and self._is_for_us(message):
            headers = (("Allow", ALLOW), ("Accept", "application/sdp"), ("Supported", "100rel, timer"))
            return self._refuse(message, arrival, 200, "", *headers)
        if int(hops) == 0:
            return self._refuse(message, arrival, 483, "Max-Forwards is used up")
        message = message.with_header("Max-Forwards", str(int(hops) - 1))
        message, flow = self._without_our_routes(message)
        if worker is not None:
            return self._to_flow(message, arrival, flow)
        return self._to_worker(message, arrival, now)

    def _to_flow(self, message: SipMessage, arrival: Arrival, flow: Flow | None) -> Verdict:
        """From a worker to a peer that stays connected."""
        if flow is None:
            return self._refuse(message, arrival, 403, "a worker sent a request without a connection to put it on")
        if flow not in self.settings.flows:
            return self._refuse(message, arrival, 430, "the peer's connection is gone")
        return Verdict(OnFlow(bytes(self._with_via(message, "TCP", None)), flow))

    def _to_worker(self, message: SipMessage, arrival: Arrival, now: float) -> Verdict:
        initial = "tag" not in parameters_of(message.get("To") or "")
        if initial and message.method == "INVITE":
            return self._initial(message, arrival, now)
        if initial and message.method == "ACK":
            return Verdict(why="ACK without To tag (RFC 3261 17.1.1.3)")
        destination = self._target(message) or self.places.of_call(message.call_id)
        if destination is not None:
            return self._forward(message, arrival, destination)
        if message.method == "ACK":
            return Verdict(why="ACK of no known call")
        if initial and message.method not in ("CANCEL", "BYE", "PRACK", "UPDATE", "INFO"):
            return self._refuse(message, arrival, 405, f"{message.method} outside a call", ("Allow", ALLOW))
        return self._refuse(message, arrival, 481, "no such call")

    def _initial(self, message: SipMessage, arrival: Arrival, now: float) -> Verdict:
        retry = ("Retry-After", str(self.settings.retry_after_s))
        known = self.places.of_call(message.call_id)
        if self.settings.draining and known is None:
            return self._refuse(message, arrival, 503, "draining", retry)
        destination = self.places.reserve(message.call_id, _branch(message), now)
        if destination is None:
            return self._refuse(message, arrival, 503, "all places are taken", retry)
        if arrival.flow is not None:
            message = self._with_record_route(message, arrival.flow)
        return self._forward(message, arrival, destination)

    def _forward(self, message: SipMessage, arrival: Arrival, destination: Destination) -> Verdict:
        data = bytes(self._with_via(message, "UDP", arrival.flow))
        if len(data) > destination.message_size - SPARE_BYTES:
            return self._refuse(message, arrival, 513, "longer than the SIP stack takes")
        return Verdict(Datagram(data, destination.address))

    def _refuse(
        self, message: SipMessage, arrival: Arrival, status: int, why: str, *headers: tuple[str, str]
    ) -> Verdict:
        if message.method == "ACK":
            return Verdict(why=why)
        verdict = self._send(
            bytes(response(message, status, *headers)), parse_via(message.items("Via")[0]), arrival.flow
        )
        return replace(verdict, refused=status, why=why)

    def _malformed(self, arrival: Arrival, why: str) -> Verdict:
        rest = salvaged(arrival.data)
        if rest is None:
            return Verdict(why=why)
        try:
            return self._refuse(_with_source(rest, arrival), arrival, 400, why)
        except BadRequest:
            return Verdict(why=why)

    # Parts ------------------------------------------------------------------------------------------------------------

    def _is_peer(self, host: str) -> bool:
        address = ipaddress.ip_address(host)
        return any(address in network for network in self._peers)

    def _is_ours(self, uri: SipUri) -> bool:
        host, port = self.settings.address
        return uri.host == host and (uri.port or 5060) == port

    def _is_for_us(self, message: SipMessage) -> bool:
        return self._is_ours(parse_uri(message.uri))

    def _target(self, message: SipMessage) -> Destination | None:
        """The worker that the Request-URI names, as its Contact did."""
        try:
            uri = parse_uri(message.uri)
        except BadRequest:  # tel: and others name no worker
            return None
        return self.places.at((uri.host, uri.port or 5060))

    def _without_our_routes(self, message: SipMessage) -> tuple[SipMessage, Flow | None]:
        """RFC 3261 16.4; the flow is the user part of our own Record-Route (RFC 5626 5.2)."""
        routes = message.items("Route")
        flow: Flow | None = None
        while routes and self._is_ours(uri := parse_uri(uri_of(routes[0]))):
            flow = uri.user or flow
            routes = routes[1:]
        return message.with_list("Route", routes) if message.get("Route") else message, flow

    def _with_via(self, message: SipMessage, transport: Literal["UDP", "TCP"], flow: Flow | None) -> SipMessage:
        host, port = self.settings.address
        parameters: list[tuple[str, str | None]] = [("branch", self._branch_of(message))]
        if flow is not None:
            parameters.append((FLOW, flow))
        ours = Via(transport, host, port, tuple(parameters))
        return message.with_list("Via", [str(ours), *message.items("Via")])

    def _branch_of(self, message: SipMessage) -> str:
        """RFC 3261 16.11: the same for a retransmission, a CANCEL and the ACK to a non-2xx as for the INVITE."""
        top = _branch(message)
        if not top.startswith(COOKIE):
            tags = [message.get("To"), message.get("From"), message.call_id, message.uri, message.items("Via")[0]]
            top = "\n".join((*(text or "" for text in tags), (message.get("CSeq") or "").split()[0]))
        via = parse_via(message.items("Via")[0])
        seed = f"{top}\n{via.host}:{via.port}\n{self.settings.address}"
        return COOKIE + hashlib.blake2s(seed.encode(), digest_size=12).hexdigest()

    def _with_record_route(self, message: SipMessage, flow: Flow) -> SipMessage:
        host, port = self.settings.address
        ours = [f"<sip:{flow}@{host}:{port};transport={transport};lr>" for transport in ("udp", "tcp")]
        return message.with_list("Record-Route", [*ours, *message.items("Record-Route")])


def _branch(message: SipMessage) -> str:
    return parse_via(message.items("Via")[0]).branch


def _with_source(message: SipMessage, arrival: Arrival) -> SipMessage:
    """Our note of where it came from in its top Via (RFC 3261 18.2.1)."""
    vias = message.items("Via")
    return message.with_list("Via", [str(parse_via(vias[0]).with_source(arrival.source)), *vias[1:]])
