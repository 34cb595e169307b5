from __future__ import annotations

import pytest

from ims_avatar.errors import BadRequest
from ims_avatar.signalling.stream_framing import MAX_HEAD, PING, StreamFraming

ONE = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 5\r\n\r\nhello"
TWO = b"BYE sip:b SIP/2.0\r\nl : 0\r\n\r\n"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_messages_come_out_whole_however_they_arrive(size: int) -> None:
    stream = b"\r\n" + ONE + PING + TWO + b"\r\n" + ONE
    framing, messages = StreamFraming(), list[bytes]()
    for at in range(0, len(stream), size):
        messages += framing.feed(stream[at : at + size])
    assert messages == [ONE, PING, TWO, ONE]


@pytest.mark.parametrize(
    ("stream", "fault"),
    [
        (b"OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n", "Content-Length"),
        (b"OPTIONS sip:a SIP/2.0\r\nContent-Length: -3\r\n\r\n", "Content-Length"),
        (b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 9999999\r\n\r\n", "oversized"),
        (b"x" * (MAX_HEAD + 1), "do not end"),
    ],
)
def test_a_stream_that_cannot_be_read_on(stream: bytes, fault: str) -> None:
    with pytest.raises(BadRequest, match=fault):
        StreamFraming().feed(stream)
