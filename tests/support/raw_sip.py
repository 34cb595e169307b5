"""A SIP phone by hand: sends whatever bytes it is given and shows what comes back. For what no stack would send."""

from __future__ import annotations

import re
import socket
import time
import uuid
from types import TracebackType
from typing import Self

SOUND = (
    b"v=0\r\no=raw 1 1 IN IP4 %b\r\ns=-\r\nc=IN IP4 %b\r\nt=0 0\r\nm=audio 10000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)


class RawPhone:
    """A UDP socket of `host` that talks to the SIP service at `remote` (host:port)."""

    def __init__(self, host: str, remote: str) -> None:
        self.host = host
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.port = int(self._socket.getsockname()[1])
        name, _, port = remote.rpartition(":")
        self._socket.connect((name, int(port)))

    def sound(self) -> bytes:
        """A good offer of PCMA."""
        address = self.host.encode()
        return SOUND % (address, address)

    def invite(self, uri: str, body: bytes, headers: bytes = b"", length: int | None = None) -> bytes:
        """A well-formed INVITE that carries `body`; `length` overrides Content-Length."""
        token = uuid.uuid4().hex[:12].encode()
        return b"".join(
            [
                b"INVITE %b SIP/2.0\r\n" % uri.encode(),
                b"Via: SIP/2.0/UDP %b:%d;branch=z9hG4bK%b;rport\r\n" % (self.host.encode(), self.port, token),
                b"From: <sip:raw@%b>;tag=%b\r\n" % (self.host.encode(), token),
                b"To: <%b>\r\n" % uri.encode(),
                b"Call-ID: %b@raw\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n" % token,
                b"Contact: <sip:raw@%b:%d>\r\n" % (self.host.encode(), self.port),
                headers,
                b"Content-Type: application/sdp\r\n",
                b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length),
                body,
            ]
        )

    def send(self, message: bytes) -> None:
        self._socket.send(message)

    def receive(self, timeout: float) -> bytes | None:
        """The next message, None when none comes."""
        self._socket.settimeout(max(timeout, 0.001))
        try:
            return self._socket.recv(65536)
        except (TimeoutError, ConnectionRefusedError):
            return None

    def ask(self, request: bytes, timeout: float = 5.0) -> bytes | None:
        """Send an INVITE and wait for its final response, which is acknowledged; None when none comes."""
        self.send(request)
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            answer = self.receive(left)
            if answer and status_of(answer) >= 200:
                self._acknowledge(request, answer)
                return answer
        return None

    def _acknowledge(self, invite: bytes, answer: bytes) -> None:
        uri = invite.split(b" ", 2)[1]
        kept = [line for line in invite.split(b"\r\n") if line.startswith((b"Via:", b"From:", b"Call-ID:", b"Max-"))]
        to = re.search(rb"^(?:To|t) *:.*$", answer, re.MULTILINE | re.IGNORECASE)
        if kept and to:
            head = [b"ACK %b SIP/2.0" % uri, *kept, to[0].strip(), b"CSeq: 1 ACK", b"Content-Length: 0"]
            self.send(b"\r\n".join(head) + b"\r\n\r\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()


def status_of(message: bytes) -> int:
    """Status code of a response, 0 for a request."""
    found = re.match(rb"SIP/2\.0 (\d{3})", message)
    return int(found[1]) if found else 0


def header_of(message: bytes, name: str) -> str | None:
    found = re.search(rb"^%b *: *(.*?)\r?$" % name.encode(), message, re.MULTILINE | re.IGNORECASE)
    return found[1].decode(errors="replace") if found else None
