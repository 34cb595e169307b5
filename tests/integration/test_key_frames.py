"""Whoever asks for a whole picture gets one at once: by PLI or FIR over RTCP, or by INFO (RFC 5168)."""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.support.avatar_calls import Lab
from tests.support.own_phone import OwnPhone, media_of
from tests.support.report import measured

PICTURES_AFTER_REQUEST = 3
"""100 ms at 25 pictures a second, and the one that was under way."""
VIDEO = ("a=rtpmap:96 H264/90000", "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1", "a=recvonly")
FAST_UPDATE = (
    '<?xml version="1.0" encoding="utf-8"?><media_control><vc_primitive><to_encoder>'
    "<picture_fast_update/></to_encoder></vc_primitive></media_control>"
)
US = 0x0D15EA5E


@dataclass
class Viewer:
    """A phone that sees the avatar: `screen` receives the pictures, `rtcp` is where the sender hears of losses."""

    phone: OwnPhone
    screen: socket.socket
    rtcp: tuple[str, int]
    ssrc: int = 0

    def picture(self) -> tuple[float, bool]:
        """When the next picture was whole, and whether it is an IDR."""
        idr = False
        while True:
            datagram = self.screen.recv(2048)
            if 72 <= datagram[1] & 0x7F <= 76:
                continue
            self.ssrc = int.from_bytes(datagram[8:12], "big")
            kind = datagram[12] & 31
            idr |= kind == 5 or (kind == 28 and bool(datagram[13] & 0x80) and datagram[13] & 31 == 5)
            if datagram[1] & 0x80:
                return time.monotonic(), idr

    def wait_for_key_frame(self) -> None:
        while not self.picture()[1]:
            continue


def _pli(viewer: Viewer) -> None:
    """RFC 4585 6.3.1."""
    viewer.screen.sendto(struct.pack("!BBHII", 0x81, 206, 2, US, viewer.ssrc), viewer.rtcp)


def _fir(viewer: Viewer) -> None:
    """RFC 5104 4.3.1."""
    viewer.screen.sendto(struct.pack("!BBHIIIB3x", 0x84, 206, 4, US, 0, viewer.ssrc, 7), viewer.rtcp)


def _info(viewer: Viewer) -> None:
    viewer.phone.request("INFO", FAST_UPDATE, content_type="application/media_control+xml")
    viewer.phone.expect(200)


def _nothing(viewer: Viewer) -> None:
    """The twin: without a request the next key frame is the regular one."""


@contextmanager
def _watched(lab: Lab) -> Iterator[Viewer]:
    with (
        OwnPhone(lab.net.host(), lab.product.sip) as caller,
        OwnPhone(lab.net.host(), lab.product.sip) as callee,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as screen,
    ):
        screen.bind((callee.host, 0))
        screen.settimeout(8)
        sound = ("a=rtpmap:8 PCMA/8000",)
        caller.call(f"sip:caller@{callee.address}", caller.sdp("8", *sound))
        callee.expect("INVITE")
        callee.respond(200, callee.sdp("8", *sound))
        caller.expect(200)
        caller.acknowledge()
        callee.expect("INVITE")
        port = screen.getsockname()[1]
        section = (f"m=video {port} RTP/AVP 96", *VIDEO, f"a=rtcp:{port}")
        callee.respond(200, callee.sdp("8", *sound, *section, version=2))
        found = re.search(rb"m=video (\d+)", callee.invite)
        assert found
        yield Viewer(callee, screen, (media_of(callee.invite)[0], int(found[1]) + 1))
        caller.request("BYE")
        caller.expect(200)


@pytest.mark.parametrize(("ask", "answered"), [(_pli, True), (_fir, True), (_info, True), (_nothing, False)])
def test_a_request_brings_a_key_frame(lab: Lab, ask: Callable[[Viewer], None], answered: bool) -> None:
    with _watched(lab) as viewer:
        assert viewer.picture()[1], "the first picture is no key frame"
        viewer.wait_for_key_frame()
        for _ in range(8):
            assert not viewer.picture()[1]
        asked = time.monotonic()
        ask(viewer)
        pictures = [viewer.picture() for _ in range(10)]
        after = [(at, idr) for at, idr in pictures if at > asked]
        key = next((number for number, (_, idr) in enumerate(after) if idr), None)
        assert (key is not None and key < PICTURES_AFTER_REQUEST) == answered
        if key is not None:
            measured(f"key frame after {ask.__name__[1:]}", f"{(after[key][0] - asked) * 1000:.0f} ms")
    lab.product.assert_untouched()
