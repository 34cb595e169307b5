"""SIP messages as values (RFC 3261 sections 7 and 25), as much as a proxy needs: pure, strict, nothing lost.

`parse` takes one whole message. What it accepts is well-formed enough to be handed to a SIP stack that was written for
friendlier networks; everything else raises `BadRequest` naming the fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from ims_avatar.errors import BadRequest

MAX_HEADERS: Final = 200
MAX_HEADER_VALUE: Final = 8192

_COMPACT: Final = {
    "i": "Call-ID",
    "m": "Contact",
    "e": "Content-Encoding",
    "l": "Content-Length",
    "c": "Content-Type",
    "f": "From",
    "s": "Subject",
    "k": "Supported",
    "t": "To",
    "v": "Via",
    "r": "Refer-To",
    "b": "Referred-By",
    "o": "Event",
    "u": "Allow-Events",
    "x": "Session-Expires",
    "a": "Accept-Contact",
    "j": "Reject-Contact",
    "d": "Request-Disposition",
}
"""RFC 3261 section 7.3.3 and the registrations that followed."""
_SINGLE: Final = frozenset({"call-id", "from", "to", "cseq", "max-forwards", "content-length"})
_NEEDED: Final = ("via", "from", "to", "call-id", "cseq")
_TOKEN: Final = re.compile(r"[0-9A-Za-z\-.!%*_+`'~]+")
_STATUS_LINE: Final = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: (.*))?", re.IGNORECASE)
_REQUEST_LINE: Final = re.compile(r"([0-9A-Za-z\-.!%*_+`'~]+) (\S+) SIP/2\.0", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CSEQ: Final = re.compile(r"([0-9]{1,10})[ \t]+([0-9A-Za-z\-.!%*_+`'~]+)")


@dataclass(frozen=True, slots=True)
class SipMessage:
    """A request (`method`, `uri`) or a response (`status`, `reason`). Header names long, values unfolded."""

    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    method: str = ""
    uri: str = ""
    status: int = 0
    reason: str = ""

    @property
    def is_request(self) -> bool:
        return not self.status

    def all(self, name: str) -> list[str]:
        """Values of every field of this name; comma lists are not taken apart."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]

    def get(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)

    def items(self, name: str) -> list[str]:
        """Values of a comma-list header such as Via, Route, Record-Route, Contact (RFC 3261 7.3.1)."""
        return [item for value in self.all(name) for item in split_list(value)]

    @property
    def call_id(self) -> str:
        return self.get("Call-ID") or ""

    @property
    def cseq_method(self) -> str:
        return (self.get("CSeq") or " ").split()[-1]

    def without(self, name: str) -> SipMessage:
        wanted = name.lower()
        return replace(self, headers=tuple(h for h in self.headers if h[0].lower() != wanted))

    def with_list(self, name: str, items: list[str]) -> SipMessage:
        """All fields `name` replaced by one per item, where the first one stood (else at the top)."""
        wanted = name.lower()
        at = next((i for i, (key, _) in enumerate(self.headers) if key.lower() == wanted), 0)
        rest = [h for h in self.headers if h[0].lower() != wanted]
        before = sum(1 for key, _ in self.headers[:at] if key.lower() != wanted)
        return replace(self, headers=(*rest[:before], *((name, item) for item in items), *rest[before:]))

    def with_header(self, name: str, value: str) -> SipMessage:
        return self.with_list(name, [value])

    def __bytes__(self) -> bytes:
        start = f"SIP/2.0 {self.status} {self.reason}" if self.status else f"{self.method} {self.uri} SIP/2.0"
        lines = [start, *(f"{name}: {value}" for name, value in self.headers if name.lower() != "content-length")]
        head = "\r\n".join((*lines, f"Content-Length: {len(self.body)}", "", ""))
        return head.encode() + self.body


def parse(data: bytes) -> SipMessage:
    """One datagram or one framed message. Raises `BadRequest` and nothing else."""
    head, separator, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not separator:
        raise BadRequest("SIP message has no end of headers")
    try:
        lines = _unfolded(head.decode())
    except UnicodeDecodeError as error:
        raise BadRequest(f"SIP header byte {error.start} is not UTF-8") from None
    start, fields = lines[0], lines[1:]
    if len(fields) > MAX_HEADERS:
        raise BadRequest(f"more than {MAX_HEADERS} header fields")
    headers = tuple(_field(line) for line in fields)
    status, request = _STATUS_LINE.fullmatch(start), _REQUEST_LINE.fullmatch(start)
    if status:
        message = SipMessage(headers, status=int(status.group(1)), reason=status.group(2) or "")
    elif request:
        message = SipMessage(headers, method=request.group(1), uri=request.group(2))
    else:
        raise BadRequest("neither a SIP/2.0 request line nor a status line")
    _check_headers(message)
    return replace(message, body=_body(message, body))


def _unfolded(head: str) -> list[str]:
    """RFC 3261 7.3.1: a line that begins with white space continues the one before."""
    lines = list[str]()
    for line in head.split("\r\n"):
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return lines


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name, value = name.rstrip(), value.strip()
    if not colon or not _TOKEN.fullmatch(name):
        raise BadRequest("a header line is not 'name: value'")
    if len(value) > MAX_HEADER_VALUE or _CONTROL.search(value):
        raise BadRequest(f"header {name[:40]} is too long or holds control characters")
    return long_name(name), value


def long_name(name: str) -> str:
    """A header name without its compact form (RFC 3261 7.3.3)."""
    return _COMPACT.get(name.lower(), name)


def _check_headers(message: SipMessage) -> None:
    seen = [name.lower() for name, _ in message.headers]
    for name in _NEEDED:
        if name not in seen:
            raise BadRequest(f"header {name.title()} is missing")
    for name in _SINGLE:
        if seen.count(name) > 1:
            raise BadRequest(f"header {name.title()} stands twice")
    cseq = _CSEQ.fullmatch(message.get("CSeq") or "")
    if not cseq or int(cseq.group(1)) >= 2**31:
        raise BadRequest("CSeq is not 'number method' (RFC 3261 8.1.1.5)")
    if message.is_request and cseq.group(2) != message.method:
        raise BadRequest("CSeq names another method than the request line")
    if not message.items("Via"):
        raise BadRequest("header Via is empty")
    if not message.call_id or " " in message.call_id:
        raise BadRequest("Call-ID is not one word")


def _body(message: SipMessage, body: bytes) -> bytes:
    length = message.get("Content-Length")
    if length is None:
        return body
    if not (length.isascii() and length.isdigit() and len(length) <= 7):
        raise BadRequest("Content-Length is not a number")
    if int(length) > len(body):
        raise BadRequest("the body is shorter than Content-Length says (RFC 3261 18.3)")
    return body[: int(length)]


def split_list(value: str) -> list[str]:
    """Items of a comma list; commas inside quotes and angle brackets do not count."""
    return [item for item in _split(value, ",") if item]


def _split(value: str, separator: str) -> Iterator[str]:
    begin, quoted, depth, escaped = 0, False, 0, False
    for at, character in enumerate(value):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif not quoted and character == "<":
            depth += 1
        elif not quoted and character == ">":
            depth = max(0, depth - 1)
        elif character == separator and not quoted and not depth:
            yield value[begin:at].strip()
            begin = at + 1
    yield value[begin:].strip()


def uri_of(name_addr: str) -> str:
    """The URI of `"Name" <uri>;params` or of the bare form, whose parameters are header parameters (RFC 3261 20.10)."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", name_addr)
    if "<" in bare:
        return bare.partition("<")[2].partition(">")[0].strip()
    return bare.partition(";")[0].strip()


def parameters_of(value: str) -> dict[str, str]:
    """Header parameters behind the address, lower-case names: `{"tag": ...}`."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', value)
    rest = bare.rpartition(">")[2] if ">" in bare else bare
    pairs = (part.partition("=") for part in rest.split(";")[1:])
    return {name.strip().lower(): text.strip() for name, _, text in pairs}


@dataclass(frozen=True, slots=True)
class SipUri:
    """`scheme:user@host:port;parameters` (RFC 3261 19.1); `port` 0 when absent."""

    scheme: str
    user: str
    host: str
    port: int
    parameters: dict[str, str]


_URI: Final = re.compile(
    r"(sips?):(?:([^@<>\s]+)@)?(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.\-_]+)(?::([0-9]{1,5}))?(;[^?\s<>]*)?(?:\?[^\s<>]*)?",
    re.IGNORECASE,
)


def parse_uri(text: str) -> SipUri:
    """Raises `BadRequest`."""
    found = _URI.fullmatch(text)
    if not found or int(found.group(4) or 0) > 65_535:
        raise BadRequest("not a SIP URI")
    pairs = (part.partition("=") for part in (found.group(5) or "").split(";")[1:])
    return SipUri(
        scheme=found.group(1).lower(),
        user=found.group(2) or "",
        host=found.group(3).strip("[]").lower(),
        port=int(found.group(4) or 0),
        parameters={name.lower(): value for name, _, value in pairs},
    )
