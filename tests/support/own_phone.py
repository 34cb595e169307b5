"""A SIP phone by hand that takes part in a call step by step, with any SDP and any RTP. Both ends in one test thread:

caller.call(uri, sdp); callee.expect("INVITE"); callee.answer(sdp); caller.expect(200); caller.acknowledge()
"""

from __future__ import annotations

import re
import socket
import struct
import time
import uuid
from types import TracebackType
from typing import Self

from tests.support.raw_sip import header_of, status_of


class OwnPhone:
    """At `host`, a UDP socket for SIP and one for RTP. `remote` (host:port) gets everything that is sent."""

    def __init__(self, host: str, remote: str, port: int = 0) -> None:
        self.host = host
        name, _, remote_port = remote.rpartition(":")
        self._remote = (name, int(remote_port))
        self._sip, self._rtp = _socket(host, port), _socket(host)
        self.port, self.media_port = (int(s.getsockname()[1]) for s in (self._sip, self._rtp))
        self.identity = f"sip:own@{host}"
        self._tag = uuid.uuid4().hex[:8]
        self._call_id = f"{uuid.uuid4().hex}@{host}"
        self._cseq = self._invite_cseq = 0
        self._headers: dict[str, str] = {}
        """From, To, Call-ID and the target of our requests."""
        self.invite = b""
        """The last one that came."""
        self._seen: set[bytes] = set()
        self._sent_invite: list[str] = []

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def sdp(self, formats: str, *lines: str, version: int = 1) -> str:
        """One m=audio line with `formats` (payload types) and further lines of its section."""
        head = ["v=0", f"o=own 1 {version} IN IP4 {self.host}", "s=-", f"c=IN IP4 {self.host}", "t=0 0"]
        return "\r\n".join([*head, f"m=audio {self.media_port} RTP/AVP {formats}", *lines]) + "\r\n"

    # Requests ---------------------------------------------------------------------------------------------------------

    def call(self, uri: str, sdp: str, *headers: str) -> None:
        self._headers = {
            "From": f"<{self.identity}>;tag={self._tag}",
            "To": f"<{uri}>",
            "Call-ID": self._call_id,
            "target": uri,
        }
        self.request("INVITE", sdp, *headers)

    def request(self, method: str, body: str = "", *headers: str, content_type: str = "application/sdp") -> None:
        """Inside the dialog, or the first INVITE of it."""
        self._cseq += 1
        if method == "INVITE":
            self._invite_cseq = self._cseq
        self._send_request(method, self._cseq, body, *headers, content_type=content_type)

    def acknowledge(self, sdp: str = "") -> None:
        """The 2xx that `expect` saw last."""
        self._send_request("ACK", self._invite_cseq, sdp)

    def _send_request(
        self, method: str, cseq: int, body: str, *headers: str, content_type: str = "application/sdp"
    ) -> None:
        branch = f"z9hG4bK{uuid.uuid4().hex[:12]}"
        head = [
            f"{method} {self._headers['target']} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.address};branch={branch};rport",
            *(f"{name}: {self._headers[name]}" for name in ("From", "To", "Call-ID")),
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:own@{self.address}>",
            "Max-Forwards: 70",
            *headers,
        ]
        if method == "INVITE":
            self._sent_invite = head
        self._send(head, body, content_type)

    # Responses --------------------------------------------------------------------------------------------------------

    def respond(self, status: int, sdp: str = "", *headers: str, request: bytes = b"") -> None:
        """To the last INVITE, or to another `request`."""
        request = request or self.invite
        lines = request.decode().split("\r\n\r\n")[0].split("\r\n")
        kept = [line for line in lines if line.split(":")[0] in ("Via", "Record-Route", "From", "Call-ID", "CSeq")]
        to = header_of(request, "To") or ""
        to += "" if ";tag=" in to else f";tag={self._tag}"
        contact = f"Contact: <sip:own@{self.address}>"
        self._send([f"SIP/2.0 {status} Test", *kept, f"To: {to}", contact, *headers], sdp)

    # Receiving --------------------------------------------------------------------------------------------------------

    def expect(self, what: str | int, timeout: float = 8.0) -> bytes:
        """The next message of this method or status. Retransmissions, 100, and ACKs not asked for are passed over."""
        deadline = time.monotonic() + timeout
        others = []
        while (left := deadline - time.monotonic()) > 0:
            message = self.receive(left)
            if message is None:
                break
            if (status_of(message) or message.split(b" ", 1)[0].decode()) == what:
                return message
            others.append(message.split(b"\r\n", 1)[0])
            if status_of(message) >= 300:
                break
        raise AssertionError(f"{self.host} waited for {what}; came: {others}")

    def receive(self, timeout: float) -> bytes | None:
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            self._sip.settimeout(left)
            try:
                message = self._sip.recv(65_536)
            except TimeoutError:
                return None
            if message.strip() and message not in self._seen and status_of(message) != 100:
                self._seen.add(message)
                self._take(message)
                return message
        return None

    def _take(self, message: bytes) -> None:
        """Keeps what further messages need, and does what no test wants to think of: ACK of a failure, 200 to BYE."""
        if status_of(message) >= 300 and (header_of(message, "CSeq") or "").endswith("INVITE"):
            kept = [line for line in self._sent_invite if line.startswith(("Via", "From", "Call-ID", "Max-Forwards"))]
            uri = self._sent_invite[0].split()[1]
            to = f"To: {header_of(message, 'To')}"
            self._send([f"ACK {uri} SIP/2.0", *kept, to, f"CSeq: {self._invite_cseq} ACK"], "")
        if message.startswith(b"BYE"):
            self.respond(200, request=message)
        contact = re.search(r"<([^>]*)>", header_of(message, "Contact") or "")
        if message.startswith(b"INVITE"):
            self.invite = message
            ours, theirs = header_of(message, "To") or "", header_of(message, "From") or ""
            ours += "" if ";tag=" in ours else f";tag={self._tag}"
            call_id = header_of(message, "Call-ID") or ""
            self._headers = {"From": ours, "To": theirs, "Call-ID": call_id, "target": contact[1] if contact else ""}
        elif 200 <= status_of(message) < 300 or b"\r\nRSeq:" in message:
            self._headers["To"] = header_of(message, "To") or self._headers["To"]
            if contact:
                self._headers["target"] = contact[1]

    # Media ------------------------------------------------------------------------------------------------------------

    def talk(self, to: tuple[str, int], payload_type: int, payloads: list[bytes], first: int = 1) -> None:
        """One packet of 160 ticks every 5 ms."""
        for number, payload in enumerate(payloads, first):
            self._rtp.sendto(struct.pack("!BBHII", 0x80, payload_type, number, number * 160, self.port) + payload, to)
            time.sleep(0.005)

    def heard(self, count: int, timeout: float = 3.0) -> list[tuple[int, bytes]]:
        """(payload type, payload) of the next RTP packets, `count` at most."""
        packets: list[tuple[int, bytes]] = []
        deadline = time.monotonic() + timeout
        while len(packets) < count and (left := deadline - time.monotonic()) > 0:
            self._rtp.settimeout(left)
            try:
                datagram = self._rtp.recv(2048)
            except TimeoutError:
                break
            if not 72 <= datagram[1] & 0x7F <= 76:
                packets.append((datagram[1] & 0x7F, datagram[12:]))
        return packets

    def _send(self, head: list[str], body: str, content_type: str = "application/sdp") -> None:
        content = [f"Content-Type: {content_type}"] if body else []
        lines = [*head, *content, f"Content-Length: {len(body.encode())}", "", body]
        target = self._remote
        self._sip.sendto("\r\n".join(lines).encode(), target)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self.receive(0.2) is not None:
            continue  # a BYE, if one is on its way
        self._sip.close()
        self._rtp.close()


def media_of(message: bytes) -> tuple[str, int]:
    """Address of the first m= line of the SDP in a message."""
    body = message.decode().partition("\r\n\r\n")[2]
    host = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    assert host and port, f"no audio in {body!r}"
    return host[1], int(port[1])


def _socket(host: str, port: int = 0) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, port))
    return sock
