"""Packets that should not be there: from a stranger, of an unknown type, no RTP at all. The voice stays the voice."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.avatar_calls import Lab, RecordedCall, SippCall, assert_voice_unbroken, record_call
from tests.support.film import develop
from tests.support.process import wait_until
from tests.support.requirement import require, require_capture
from tests.support.wire import Capture

pytestmark = pytest.mark.peers
PACKETS = 150


def _rtp(number: int, payload_type: int, payload: bytes, ssrc: int = 0xBAD0BAD0) -> bytes:
    return struct.pack("!BBHII", 0x80, payload_type, number, number * 160, ssrc) + payload


NOISE: dict[str, Callable[[int], bytes]] = {
    "voice": lambda number: _rtp(number, 8, bytes([number % 256]) * 160),
    "video": lambda number: _rtp(number, 96, b"\x65" + bytes(200)),
    "unknown-type": lambda number: _rtp(number, 77, b"\x55" * 160),
    "no-rtp": lambda number: b"\x00" * (number % 40),
    "rtcp-cut-off": lambda number: b"\x80\xc8\x00\x06" + b"\x00" * (number % 8),
    "too-large": lambda number: _rtp(number, 8, b"\x55" * 4000),
    "pli-flood": lambda number: struct.pack("!BBHII", 0x81, 206, 2, 0xBAD0BAD0, number),
}


@pytest.mark.parametrize("kind", NOISE)
def test_stranger_cannot_speak(lab: Lab, tmp_path: Path, kind: str) -> None:
    """From an address that is no party of the call, to the ports (RTP, RTCP, video) that our SDP names."""
    require("sipp")
    require_capture()
    capture = Capture(tmp_path / "wire.pcap", lab.net.network)
    call = SippCall(lab, tmp_path, "caller_audio", "callee_gets_video", "caller")
    wait_until(lambda: call.callee.saw(r"(?s)ACK .*ACK "), 10, "the re-INVITE was not finished")
    ports = {int(port) + more for port in _our_ports(call) for more in (0, 1)}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((lab.net.host(), 0))
        for number in range(PACKETS):
            for port in ports:
                stranger.sendto(NOISE[kind](number), (lab.product.sip_host, port))
            time.sleep(0.01)
        name = stranger.getsockname()[0]
    call.finish()
    recorded = RecordedCall(call, capture.finish())
    assert_voice_unbroken(*recorded.forth)
    assert_voice_unbroken(*recorded.back)
    assert develop(recorded.wire.video_to(call.callee.host)).findings.faults == []
    assert recorded.wire.received_by(name) == []
    lab.product.assert_untouched()


def test_payload_type_that_was_not_negotiated_is_not_passed_on(lab: Lab, tmp_path: Path) -> None:
    """RFC 3550 5.1: it is ignored (PCMU where only PCMA was agreed). The other direction does not suffer."""
    require("sipp")
    require_capture()
    recorded = record_call(lab, tmp_path, "caller_of_other_type", "callee_gets_video", "caller")
    assert_voice_unbroken(*recorded.back)
    to_callee = recorded.wire.received_by(recorded.call.callee.host)
    assert 0 not in {packet.payload_type for stream in to_callee for packet in stream.packets}
    assert develop(recorded.wire.video_to(recorded.call.callee.host)).findings.faults == []
    lab.product.assert_untouched()


def _our_ports(call: SippCall) -> set[str]:
    """Ports of the service's own m= lines, as both phones were told."""
    ports = set()
    for phone in (call.caller, call.callee):
        for message in phone.messages().split("message received"):
            if "o=lab" in message:
                continue
            ports |= {line.split()[1] for line in message.splitlines() if line.startswith(("m=audio", "m=video"))}
    return ports - {"0"}
