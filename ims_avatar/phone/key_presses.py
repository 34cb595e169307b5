"""Keys that the far end pressed (RFC 4733). The phone's owner wants to know which; the service never asks."""

from __future__ import annotations

from aiortp.dtmf import DtmfEvent

from ims_avatar.rtp.packet import RtpPacket


class KeyPresses:
    """Packets of a telephone-event payload type, in any order, repeated or lost → the keys."""

    def __init__(self) -> None:
        self.digits = ""
        self._event: tuple[int, int] | None = None
        """SSRC and timestamp, the same in all packets of one press (2.5.1.2)."""

    def push(self, packet: RtpPacket) -> None:
        """What cannot be read is passed over."""
        try:
            event = DtmfEvent.parse(packet.payload)
        except ValueError:
            return
        identity = (packet.ssrc, packet.timestamp)
        if identity != self._event and event.digit != "?":
            self._event = identity
            self.digits += event.digit
