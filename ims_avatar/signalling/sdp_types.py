"""SDP as values (RFC 4566): frozen, ordered, nothing lost. `str()` of a description is its wire form with CRLF."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ims_avatar.errors import BadRequest
from ims_avatar.flow import Address, Direction

DIRECTIONS: Final[tuple[Direction, ...]] = ("sendrecv", "sendonly", "recvonly", "inactive")

STATIC_PAYLOAD_TYPES: Final[dict[int, tuple[str, int, int]]] = {
    0: ("PCMU", 8000, 1),
    3: ("GSM", 8000, 1),
    4: ("G723", 8000, 1),
    5: ("DVI4", 8000, 1),
    6: ("DVI4", 16000, 1),
    7: ("LPC", 8000, 1),
    8: ("PCMA", 8000, 1),
    9: ("G722", 8000, 1),
    10: ("L16", 44100, 2),
    11: ("L16", 44100, 1),
    12: ("QCELP", 8000, 1),
    13: ("CN", 8000, 1),
    14: ("MPA", 90000, 1),
    15: ("G728", 8000, 1),
    16: ("DVI4", 11025, 1),
    17: ("DVI4", 22050, 1),
    18: ("G729", 8000, 1),
    25: ("CelB", 90000, 1),
    26: ("JPEG", 90000, 1),
    28: ("nv", 90000, 1),
    31: ("H261", 90000, 1),
    32: ("MPV", 90000, 1),
    33: ("MP2T", 90000, 1),
    34: ("H263", 90000, 1),
}
"""RFC 3551 tables 4 and 5: these need no rtpmap."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """`a=name` (value None) or `a=name:value`."""

    name: str
    value: str | None = None

    def __str__(self) -> str:
        return f"a={self.name}" if self.value is None else f"a={self.name}:{self.value}"


@dataclass(frozen=True, slots=True)
class Origin:
    """o= line. `version` grows by one whenever the description changes (RFC 3264 section 8)."""

    session_id: int
    version: int
    address: str
    username: str = "-"
    address_type: str = "IP4"
    net_type: str = "IN"

    def __str__(self) -> str:
        return f"o={self.username} {self.session_id} {self.version} {self.net_type} {self.address_type} {self.address}"


@dataclass(frozen=True, slots=True)
class Connection:
    """c= line."""

    address: str
    address_type: str = "IP4"
    net_type: str = "IN"

    @classmethod
    def of(cls, address: str) -> Connection:
        return cls(address, address_type_of(address))

    @property
    def unspecified(self) -> bool:
        """Hold as RFC 2543 wrote it (RFC 3264 section 8.4), or the `.invalid` name that takes its place with IPv6."""
        return self.address in ("0.0.0.0", "::") or self.address.lower().endswith(".invalid")

    def __str__(self) -> str:
        return f"c={self.net_type} {self.address_type} {self.address}"


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """b= line: kbit/s for AS (RFC 4566 section 5.8), bit/s for TIAS (RFC 3890), RS and RR (RFC 3556)."""

    modifier: str
    value: int

    def __str__(self) -> str:
        return f"b={self.modifier}:{self.value}"


@dataclass(frozen=True, slots=True)
class Rtpmap:
    """What one payload type means (RFC 4566 section 6)."""

    payload_type: int
    encoding: str
    clock_rate: int
    channels: int = 1

    @property
    def codec(self) -> str:
        """Encoding names compare without case (RFC 4855 section 3); this is the upper-case form."""
        return self.encoding.upper()

    @property
    def attribute(self) -> Attribute:
        channels = f"/{self.channels}" if self.channels != 1 else ""
        return Attribute("rtpmap", f"{self.payload_type} {self.encoding}/{self.clock_rate}{channels}")


@dataclass(frozen=True, slots=True)
class Fmtp:
    """Format parameters of one payload type. Keys in lower case; a bare word such as `0-15` is a key with value ''."""

    payload_type: int
    parameters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, payload_type: int, **parameters: object) -> Fmtp:
        """`Fmtp.of(97, packetization_mode=1)`: underscores stand for hyphens."""
        return cls(payload_type, tuple((key.replace("_", "-"), str(value)) for key, value in parameters.items()))

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.parameters if key == name), default)

    def with_parameter(self, name: str, value: str) -> Fmtp:
        """The same parameters with `name` set, in its old place if it had one."""
        if any(key == name for key, _ in self.parameters):
            changed = tuple((key, value if key == name else old) for key, old in self.parameters)
        else:
            changed = (*self.parameters, (name, value))
        return replace(self, parameters=changed)

    @property
    def attribute(self) -> Attribute:
        text = ";".join(f"{key}={value}" if value else key for key, value in self.parameters)
        return Attribute("fmtp", f"{self.payload_type} {text}")


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


def address_type_of(address: str) -> str:
    return "IP6" if ":" in address else "IP4"


def direction_in(attributes: tuple[Attribute, ...]) -> Direction | None:
    return next((d for a in attributes for d in DIRECTIONS if a.name == d), None)


def parse_rtpmap(text: str) -> Rtpmap:
    """`97 H264/90000`. Raises `BadRequest`."""
    number, _, mapping = text.strip().partition(" ")
    parts = mapping.strip().split("/")
    rate, channels = parts[1:2] or [""], parts[2:3] or ["1"]
    if not (
        payload_type_text(number) and parts[0] and 2 <= len(parts) <= 3 and positive(*rate) and positive(*channels)
    ):
        raise BadRequest(f"rtpmap {text[:60]!r} is not 'payload-type encoding/clock-rate[/channels]'")
    return Rtpmap(int(number), parts[0], int(rate[0]), int(channels[0]))


def parse_fmtp(text: str) -> Fmtp:
    """`97 packetization-mode=1;profile-level-id=42e01f`. Raises `BadRequest`."""
    number, _, rest = text.strip().partition(" ")
    if not payload_type_text(number):
        raise BadRequest(f"fmtp {text[:60]!r} does not start with a payload type")
    pairs = (word.strip().partition("=") for word in rest.split(";") if word.strip())
    return Fmtp(int(number), tuple((key.strip().lower(), value.strip()) for key, _, value in pairs))


def payload_type_text(text: str) -> bool:
    """RFC 3550 section 5.1: seven bits."""
    return text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 127


def positive(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0
