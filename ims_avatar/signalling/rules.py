"""Who may call, where calls may go, and which of them get an avatar: decided from the configuration, pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from ims_avatar.config import Config, NextHopConfig, PeerConfig, RuleConfig, Side
from ims_avatar.errors import BadRequest, Forbidden, LoopDetected, NotFound
from ims_avatar.flow import Address
from ims_avatar.signalling.sip_message import parse_uri, uri_of

When = Literal["auto", "offer", "reinvite"]

DEFAULT_PORT: Final = 5060


@dataclass(frozen=True, slots=True)
class AvatarStream:
    """One picture to show: `avatar` moves its lips to the voice of `speaker`, and `viewer` sees it."""

    speaker: Side
    viewer: Side
    avatar: str


@dataclass(frozen=True, slots=True)
class Intercept:
    """What the rules make of one call. No streams: it passes through, its video relayed."""

    rule: str | None
    """Name of the rule that matched; None when none did."""
    streams: tuple[AvatarStream, ...] = ()
    when: When = "auto"
    route: str | None = None
    """URI of the next hop; None: the Request-URI."""

    def seen_by(self, viewer: Side) -> AvatarStream | None:
        return next((stream for stream in self.streams if stream.viewer == viewer), None)


@dataclass(frozen=True, slots=True)
class NextHop:
    """A permitted next hop. `host` may be a name that the SIP stack looks up."""

    name: str
    host: str
    port: int
    profile: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The decisions of one configuration. `own`: where we listen ourselves, so that no call is sent back to us."""

    config: Config
    own: frozenset[Address] = frozenset()

    def peer(self, host: str) -> PeerConfig:
        """The peer that packets from this IP address belong to. Raises `Forbidden`."""
        found = next((peer for peer in self.config.peers if _in_networks(host, peer.networks)), None)
        if found is None:
            raise Forbidden(
                "the call comes from an address that is no configured peer",
                remedy="add its network to peers in the config",
            )
        return found

    def intercept(self, called: str, calling: str, headers: Iterable[tuple[str, str]] = ()) -> Intercept:
        """The first rule that matches decides. `called` is the Request-URI, `calling` the asserted or From URI."""
        fields = tuple(headers)
        for rule in self.config.rules:
            if _matches(rule, called, calling, fields):
                streams = _streams(rule, self.config.avatars.default)
                return Intercept(rule.name, streams, rule.when, rule.route)
        return Intercept(None)

    def next_hop(self, uri: str) -> NextHop:
        """Where a request to `uri` may go. Raises `NotFound`, `LoopDetected` or `Forbidden`."""
        try:
            target = parse_uri(uri)
        except BadRequest:
            raise NotFound(
                "the next hop is no SIP URI with a host", remedy="mend route of the rule, or dial sip:user@host"
            ) from None
        if "?" in uri or "maddr" in target.parameters:
            # Either would let a request leave for somewhere else than its host (RFC 3261 sections 19.1.1, 19.1.5).
            raise Forbidden("the URI carries maddr or headers", remedy="dial a plain sip:user@host")
        host = target.host.rstrip(".")
        port = target.port or (DEFAULT_PORT + 1 if target.scheme == "sips" else DEFAULT_PORT)
        if any(port == our_port and _same_host(host, our_host) for our_host, our_port in self.own):
            raise LoopDetected(
                "the next hop is ourselves", remedy="give the rule a route, or dial an address that is not ours"
            )
        hop = next((hop for hop in self.config.next_hops if _leads_to(hop, host)), None)
        if hop is None:
            raise Forbidden(
                "the call goes to a host that is no configured next hop", remedy="add it to next_hops in the config"
            )
        return NextHop(hop.name, host, port, hop.profile)


def calling_uri(from_: str, headers: Iterable[tuple[str, str]]) -> str:
    """URI of the caller: P-Asserted-Identity (RFC 3325) before From. Both may be name-addr or addr-spec."""
    asserted = next((value for name, value in headers if name.lower() == "p-asserted-identity"), None)
    return uri_of(asserted) if asserted else uri_of(from_)


def _matches(rule: RuleConfig, called: str, calling: str, fields: tuple[tuple[str, str], ...]) -> bool:
    match = rule.match
    if match.called is not None and not re.search(match.called, called):
        return False
    if match.calling is not None and not re.search(match.calling, calling):
        return False
    return all(
        any(name.lower() == wanted.lower() and re.search(pattern, value) for name, value in fields)
        for wanted, pattern in match.headers.items()
    )


def _streams(rule: RuleConfig, default: str) -> tuple[AvatarStream, ...]:
    """Speaker and viewer of each picture. Nobody sees both avatars: one picture a leg."""
    if rule.whose == "nobody":
        return ()
    speakers: tuple[Side, ...] = ("caller", "callee") if rule.whose == "both" else (rule.whose,)
    streams = [
        AvatarStream(speaker, viewer, _avatar(rule, speaker, default))
        for speaker in speakers
        for viewer in _viewers(rule, speaker)
    ]
    return tuple(streams)


def _viewers(rule: RuleConfig, speaker: Side) -> tuple[Side, ...]:
    other: Side = "callee" if speaker == "caller" else "caller"
    if rule.viewer == "both":
        return "caller", "callee"
    return (other,) if rule.viewer == "other" else (rule.viewer,)


def _avatar(rule: RuleConfig, speaker: Side, default: str) -> str:
    named = rule.callee_avatar if speaker == "callee" and rule.callee_avatar else rule.avatar
    return named or default


def _leads_to(hop: NextHopConfig, host: str) -> bool:
    return host in {name.lower().rstrip(".") for name in hop.hosts} or _in_networks(host, hop.networks)


def _in_networks(host: str, networks: Iterable[str]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in ipaddress.ip_network(network) for network in networks)


def _same_host(host: str, other: str) -> bool:
    if host == "localhost":
        return ipaddress.ip_address(other).is_loopback
    try:
        return ipaddress.ip_address(host) == ipaddress.ip_address(other)
    except ValueError:
        return host == other.lower()
