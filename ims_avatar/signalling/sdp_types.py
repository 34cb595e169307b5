"""SDP as values (RFC 4566): frozen, ordered, nothing lost. `str()` of a description is its wire form with CRLF."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ims_avatar.errors import BadRequest
from ims_avatar.flow import Address, Direction
from ims_avatar.signalling.sdp_lines import (
    DIRECTIONS,
    STATIC_PAYLOAD_TYPES,
    Attribute,
    Bandwidth,
    Connection,
    Fmtp,
    Origin,
    Rtpmap,
    direction_in,
    parse_fmtp,
    parse_rtpmap,
)


@dataclass(frozen=True, slots=True)
class MediaDescription:
    """One m= section. `port` 0 means refused or removed."""

    media: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    attributes: tuple[Attribute, ...] = ()
    connection: Connection | None = None
    bandwidths: tuple[Bandwidth, ...] = ()
    port_count: int = 1
    title: str | None = None
    """i= line."""
    key: str | None = None
    """k= line."""

    @property
    def rejected(self) -> bool:
        return self.port == 0

    @property
    def is_rtp(self) -> bool:
        return "RTP/" in self.protocol

    @property
    def payload_types(self) -> tuple[int, ...]:
        """In the order of preference. Empty for media that are not RTP."""
        return tuple(int(text) for text in self.formats) if self.is_rtp else ()

    @property
    def direction(self) -> Direction | None:
        """What this section itself says; `SessionDescription.direction` knows the defaults."""
        return direction_in(self.attributes)

    def has(self, name: str) -> bool:
        return any(attribute.name == name for attribute in self.attributes)

    def values(self, name: str) -> tuple[str, ...]:
        return tuple(a.value or "" for a in self.attributes if a.name == name)

    def value(self, name: str) -> str | None:
        return next(iter(self.values(name)), None)

    def rtpmap(self, payload_type: int) -> Rtpmap | None:
        """From the rtpmap lines, else from RFC 3551; None when nobody says what the number means."""
        for text in self.values("rtpmap"):
            rtpmap = parse_rtpmap(text)
            if rtpmap.payload_type == payload_type:
                return rtpmap
        static = STATIC_PAYLOAD_TYPES.get(payload_type)
        return Rtpmap(payload_type, *static) if static else None

    def fmtp(self, payload_type: int) -> Fmtp:
        """Without parameters when there is no such line."""
        found = Fmtp(payload_type)
        for text in self.values("fmtp"):
            fmtp = parse_fmtp(text)
            if fmtp.payload_type == payload_type:
                found = replace(found, parameters=found.parameters + fmtp.parameters)
        return found

    def bandwidth(self, modifier: str) -> int | None:
        return next((b.value for b in self.bandwidths if b.modifier.upper() == modifier), None)

    def with_direction(self, direction: Direction) -> MediaDescription:
        kept = tuple(a for a in self.attributes if a.name not in DIRECTIONS)
        return replace(self, attributes=(*kept, Attribute(direction)))

    def __str__(self) -> str:
        port = f"{self.port}/{self.port_count}" if self.port_count != 1 else str(self.port)
        lines = [" ".join((f"m={self.media}", port, self.protocol, *self.formats))]
        lines += [f"i={self.title}"] if self.title is not None else []
        lines += [str(line) for line in (self.connection, *self.bandwidths) if line is not None]
        lines += [f"k={self.key}"] if self.key is not None else []
        lines += [str(attribute) for attribute in self.attributes]
        return "".join(f"{line}\r\n" for line in lines)


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """A whole description. Compare two with `==`; change one with `dataclasses.replace`."""

    origin: Origin
    media: tuple[MediaDescription, ...] = ()
    connection: Connection | None = None
    attributes: tuple[Attribute, ...] = ()
    bandwidths: tuple[Bandwidth, ...] = ()
    name: str = "-"
    about: tuple[str, ...] = ()
    """Lines i=, u=, e=, p= as they stand."""
    timing: tuple[str, ...] = ("t=0 0",)
    """Lines t=, r=, z=, k= as they stand."""

    def direction(self, media: MediaDescription) -> Direction:
        """Of a section, with the session's direction and then sendrecv as default (RFC 3264 section 5.1)."""
        return media.direction or direction_in(self.attributes) or "sendrecv"

    def connection_of(self, media: MediaDescription) -> Connection:
        connection = media.connection or self.connection
        if connection is None:
            raise BadRequest(f"SDP: no c= line for m={media.media}", remedy="send one, per session or per media")
        return connection

    def rtp_address(self, media: MediaDescription) -> Address:
        return self.connection_of(media).address, media.port

    def rtcp_address(self, media: MediaDescription) -> Address:
        """Where RTCP goes: a=rtcp (RFC 3605), else the next higher port (RFC 3550 section 11)."""
        host, port = self.rtp_address(media)
        text = media.value("rtcp")
        if text is None:
            return host, min(port + 1, 65_535)
        words = text.split()
        return (words[3] if len(words) == 4 else host), int(words[0])

    def first(self, kind: str) -> MediaDescription | None:
        """The first accepted section of this kind."""
        return next((m for m in self.media if m.media == kind and not m.rejected), None)

    def __str__(self) -> str:
        lines = ["v=0", str(self.origin), f"s={self.name}", *self.about]
        lines += [str(line) for line in (self.connection, *self.bandwidths) if line is not None]
        lines += [*self.timing, *(str(attribute) for attribute in self.attributes)]
        return "".join(f"{line}\r\n" for line in lines) + "".join(str(m) for m in self.media)


def revised(previous: SessionDescription | None, current: SessionDescription) -> SessionDescription:
    """`current` with the origin that RFC 3264 section 8 wants after `previous`: same session, version +1 if changed."""
    if previous is None:
        return current
    unchanged = replace(current, origin=previous.origin) == previous
    version = previous.origin.version + (0 if unchanged else 1)
    return replace(current, origin=replace(previous.origin, version=version))
