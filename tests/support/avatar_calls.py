"""Calls between two SIPp phones through the service, with everything that was on the wire."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.support.ports import Loopback
from tests.support.pressure import OVERLOADED
from tests.support.product import Product
from tests.support.report import measured
from tests.support.rtp_stream import RtpStream
from tests.support.sipp import Sipp, SippSettings
from tests.support.wire import Capture, Wire


@dataclass(frozen=True)
class Lab:
    """Where calls of one test module happen."""

    net: Loopback
    product: Product
    media: Path
    """Folder of SIPp's sound and picture files."""
    folder: Path


class SippCall:
    """`caller` calls `user` at `callee` through the service. Both phones run until `finish`."""

    def __init__(
        self, lab: Lab, folder: Path, caller: str, callee: str, user: str, transport: str = "u1", patience_s: int = 20
    ) -> None:
        settings = SippSettings(lab.media, patience_s=patience_s)
        self.callee = Sipp(callee, folder, lab.net.host(), settings)
        settings = dataclasses.replace(
            settings, remote=lab.product.sip, service=user, target=self.callee.uri_host, transport=transport
        )
        self.caller = Sipp(caller, folder, lab.net.host(), settings)

    def finish(self, timeout: float = 45.0) -> Self:
        """Both scenarios went as written."""
        try:
            self.caller.expect_success(timeout)
            self.callee.expect_success(10)
        finally:
            self.stop()
        return self

    def stop(self) -> None:
        self.caller.stop()
        self.callee.stop()


@dataclass(frozen=True)
class RecordedCall:
    call: SippCall
    wire: Wire

    @property
    def forth(self) -> tuple[RtpStream, RtpStream]:
        """The caller's voice: as it reached the service, as it left towards the callee."""
        return self.wire.voice_from(self.call.caller.host), self.wire.voice_to(self.call.callee.host)

    @property
    def back(self) -> tuple[RtpStream, RtpStream]:
        """The callee's voice."""
        return self.wire.voice_from(self.call.callee.host), self.wire.voice_to(self.call.caller.host)


def record_call(lab: Lab, folder: Path, caller: str, callee: str, user: str, transport: str = "u1") -> RecordedCall:
    """One whole call and its capture."""
    capture = Capture(folder / "wire.pcap", lab.net.network)
    try:
        call = SippCall(lab, folder, caller, callee, user, transport=transport).finish()
    finally:
        wire = capture.finish()
    return RecordedCall(call, wire)


STALLED_S = 0.100
"""The start of a syllable. One late wake-up on a shared machine holds up less; a service that stops the voice, more."""


def assert_voice_unbroken(arrived: RtpStream, left: RtpStream) -> None:
    """No packet of the voice was lost or changed, nor the voice stopped, between its arrival and its departure.

    How late single packets were is shown, not judged: that is the machine's doing.
    """
    assert len(left.voice()) > 40, f"hardly any voice left the service: {left}"
    assert left.lost == 0 and left.reordered == 0, f"{left.lost} lost, {left.reordered} out of order: {left}"
    sent, relayed = [packet.payload for packet in arrived.voice()], [packet.payload for packet in left.voice()]
    start = sent.index(relayed[0])
    assert relayed == sent[start : start + len(relayed)], f"the voice is not what was said: {arrived}, {left}"
    stalled = left.stalled() - arrived.stalled()
    if stalled > 0:
        gaps = f"{left.longest_gap() * 1000:.0f} ms at most, the phone itself for {arrived.longest_gap() * 1000:.0f} ms"
        measured("voice paused between two packets for", gaps)
        assert stalled < STALLED_S or left.pressure > OVERLOADED, f"voice stopped for {stalled * 1000:.0f} ms: {gaps}"
