"""The single lines of SDP as values (RFC 4566): what stands in a section."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ims_avatar.errors import BadRequest
from ims_avatar.flow import Direction

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
