"""The Via header (RFC 3261 20.42, RFC 3581): pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ims_avatar.errors import BadRequest
from ims_avatar.flow import Address

_VIA: Final = re.compile(
    r"SIP\s*/\s*2\.0\s*/\s*([A-Za-z0-9\-]+)\s+(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.\-_]+)\s*(?::\s*([0-9]{1,5}))?\s*((?:;.*)?)",
    re.IGNORECASE,
)
DEFAULT_PORT: Final = {"UDP": 5060, "TCP": 5060, "TLS": 5061}


@dataclass(frozen=True, slots=True)
class Via:
    transport: str
    """Upper case."""
    host: str
    port: int
    """0: none given."""
    parameters: tuple[tuple[str, str | None], ...] = ()

    def get(self, name: str) -> str | None:
        """None when absent; "" when it stands without a value."""
        return next((value or "" for key, value in self.parameters if key.lower() == name), None)

    @property
    def branch(self) -> str:
        return self.get("branch") or ""

    def with_source(self, source: Address) -> Via:
        """As the server that received the message from `source` writes it (RFC 3261 18.2.1, RFC 3581 section 4)."""
        kept = [(k, v) for k, v in self.parameters if k.lower() not in ("received", "rport")]
        if self.get("rport") is not None:
            kept += [("rport", str(source[1])), ("received", source[0])]
        elif self.host != source[0]:
            kept += [("received", source[0])]
        return Via(self.transport, self.host, self.port, tuple(kept))

    @property
    def reply_address(self) -> Address:
        """Where the response goes (RFC 3261 18.2.2, RFC 3581 section 4)."""
        rport = self.get("rport")
        port = int(rport) if rport and rport.isdigit() and len(rport) <= 5 else 0
        port = port if 0 < port <= 65_535 else self.port or DEFAULT_PORT.get(self.transport, 5060)
        return self.get("received") or self.host.strip("[]"), port

    def __str__(self) -> str:
        port = f":{self.port}" if self.port else ""
        parameters = "".join(f";{k}" if v is None else f";{k}={v}" for k, v in self.parameters)
        return f"SIP/2.0/{self.transport} {self.host}{port}{parameters}"


def parse_via(text: str) -> Via:
    """Raises `BadRequest`."""
    found = _VIA.fullmatch(text.strip())
    if not found or int(found.group(3) or 0) > 65_535:
        raise BadRequest("Via is not 'SIP/2.0/transport host[:port];parameters'")
    pairs = (part.partition("=") for part in found.group(4).split(";")[1:])
    return Via(
        transport=found.group(1).upper(),
        host=found.group(2),
        port=int(found.group(3) or 0),
        parameters=tuple((name.strip(), value.strip() if equals else None) for name, equals, value in pairs),
    )
