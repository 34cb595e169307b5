"""SIP messages out of a TCP stream (RFC 3261 18.3): pure. Limits keep a peer from filling our memory."""

from __future__ import annotations

import re
from typing import Final

from ims_avatar.errors import BadRequest

MAX_HEAD: Final = 32_768
MAX_BODY: Final = 65_536
PING: Final = b"\r\n\r\n"
PONG: Final = b"\r\n"
"""Keep-alive of RFC 5626 3.5.1: answered with one CRLF."""

_LENGTH: Final = re.compile(rb"^(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,7})[ \t]*$", re.IGNORECASE | re.MULTILINE)


class StreamFraming:
    """Feed it what arrives; it hands out whole messages, and `PING` for a keep-alive."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Raises `BadRequest` when the stream cannot be read on: the connection must be closed."""
        self._buffer += data
        messages = list[bytes]()
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> bytes | None:
        buffer = self._buffer
        if buffer.startswith(PING):
            del buffer[: len(PING)]
            return PING
        if buffer.startswith((b"\r", b"\n")):
            if len(buffer) < len(PING) and PING.startswith(bytes(buffer)):
                return None  # may become a keep-alive
            del buffer[: len(buffer) - len(buffer.lstrip(b"\r\n"))]
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(buffer) > MAX_HEAD:
                raise BadRequest("SIP stream: the headers do not end")
            return None
        head = bytes(buffer[:end]).replace(b"\r\n", b"\n")
        length = _LENGTH.search(head)
        if length is None:
            raise BadRequest("SIP stream: a message without Content-Length (RFC 3261 18.3)")
        if end > MAX_HEAD or int(length.group(1)) > MAX_BODY:
            raise BadRequest("SIP stream: a message is oversized")
        size = end + 4 + int(length.group(1))
        if len(buffer) < size:
            return None
        message = bytes(buffer[:size])
        del buffer[:size]
        return message
