"""Messages that no honest phone sends: each has a name, and says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.raw_sip import RawPhone

Make = Callable[[RawPhone, str], bytes]


def _lines(phone: RawPhone, *more: bytes) -> bytes:
    return phone.sound() + b"".join(line + b"\r\n" for line in more)


BAD_SDP: dict[str, Callable[[RawPhone], bytes]] = {
    "truncated-in-a-line": lambda phone: phone.sound()[:70],
    "no-version": lambda phone: phone.sound()[5:],
    "not-utf8": lambda phone: phone.sound().replace(b"s=-", b"s=\xff\xfe\x80"),
    "nul-bytes": lambda phone: phone.sound().replace(b"s=-", b"s=\x00\x00"),
    "no-address-for-the-media": lambda phone: phone.sound().replace(b"c=IN IP4 %b\r\n" % phone.host.encode(), b""),
    "port-out-of-range": lambda phone: phone.sound().replace(b"m=audio 10000", b"m=audio 99999"),
    "payload-type-out-of-range": lambda phone: phone.sound().replace(b"RTP/AVP 8", b"RTP/AVP 800"),
    "rtpmap-without-rate": lambda phone: phone.sound().replace(b"PCMA/8000", b"PCMA"),
    "not-sdp-at-all": lambda phone: b"hello, this is a voice call\r\n",
    "empty-lines-only": lambda phone: b"\r\n" * 40,
    "a-thousand-media": lambda phone: _lines(phone, *[b"m=audio 10000 RTP/AVP 8"] * 60),
    "one-line-of-3000-bytes": lambda phone: _lines(phone, b"a=fmtp:8 " + b"x" * 3000),
    "address-is-no-address": lambda phone: phone.sound().replace(
        b"c=IN IP4 " + phone.host.encode(), b"c=IN IP4 no where"
    ),
}
"""Bodies that cannot be used; the INVITE around them is good."""

BAD_SIP: dict[str, Make] = {
    "empty": lambda phone, uri: b"",
    "keep-alive": lambda phone, uri: b"\r\n\r\n",
    "one-byte": lambda phone, uri: b"\x00",
    "noise": lambda phone, uri: bytes(range(256)) * 4,
    "cut-in-the-start-line": lambda phone, uri: phone.invite(uri, phone.sound())[:20],
    "cut-in-a-header": lambda phone, uri: phone.invite(uri, phone.sound())[:120],
    "cut-in-the-body": lambda phone, uri: phone.invite(uri, phone.sound())[:-40],
    "length-too-long": lambda phone, uri: phone.invite(uri, phone.sound(), length=9999),
    "length-negative": lambda phone, uri: phone.invite(uri, phone.sound(), length=-1),
    "no-via": lambda phone, uri: phone.invite(uri, phone.sound()).replace(b"Via:", b"Vai:"),
    "no-from": lambda phone, uri: phone.invite(uri, phone.sound()).replace(b"From:", b"Form:"),
    "no-call-id": lambda phone, uri: phone.invite(uri, phone.sound()).replace(b"Call-ID:", b"Call-DI:"),
    "no-cseq": lambda phone, uri: phone.invite(uri, phone.sound()).replace(b"CSeq:", b"CSqe:"),
    "cseq-of-another-method": lambda phone, uri: phone.invite(uri, phone.sound()).replace(b"1 INVITE", b"1 BYE"),
    "cseq-too-large": lambda phone, uri: phone.invite(uri, phone.sound()).replace(b"1 INVITE", b"99999999999 INVITE"),
    "header-not-utf8": lambda phone, uri: phone.invite(uri, phone.sound(), b"Subject: \xff\xfe\xfd\r\n"),
    "header-of-60000-bytes": lambda phone, uri: phone.invite(uri, phone.sound(), b"X-Long: " + b"a" * 60_000 + b"\r\n"),
    "five-hundred-headers": lambda phone, uri: phone.invite(uri, phone.sound(), b"X-A: 1\r\n" * 500),
    "uri-is-no-uri": lambda phone, uri: phone.invite("sip:::@@[", phone.sound()),
    "version-3": lambda phone, uri: phone.invite(uri, phone.sound()).replace(b"SIP/2.0\r\nVia", b"SIP/3.0\r\nVia"),
    "response-to-nothing": lambda phone, uri: phone.invite(uri, b"").replace(
        b"INVITE %b SIP/2.0" % uri.encode(), b"SIP/2.0 200 OK"
    ),
    "hops-used-up": lambda phone, uri: phone.invite(uri, phone.sound()).replace(
        b"Max-Forwards: 70", b"Max-Forwards: 0"
    ),
}
"""Whole datagrams."""
