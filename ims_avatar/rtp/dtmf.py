"""DTMF events (RFC 4733): seen, never read out. The digit itself is personal data and no part of what is told here."""

from __future__ import annotations

from aiortp.dtmf import DtmfEvent

from ims_avatar.errors import BadPacket
from ims_avatar.rtp.packet import RtpPacket

HIGHEST_DIGIT = 15
"""Event codes above are not DTMF (RFC 4733 section 3.2)."""


class DigitDetector:
    """Packets of one telephone-event payload type, in any order, repeated or lost → one True per key pressed."""

    def __init__(self) -> None:
        self._event: tuple[int, int] | None = None
        """SSRC and timestamp: the identity of an event (2.5.1.2), the same in all its packets."""

    def push(self, packet: RtpPacket) -> bool:
        """True with the first packet of a new event. Raises `BadPacket`."""
        try:
            event = DtmfEvent.parse(packet.payload)
        except ValueError as error:
            raise BadPacket(f"telephone-event payload: {error}") from error
        identity = (packet.ssrc, packet.timestamp)
        if event.event > HIGHEST_DIGIT or identity == self._event:
            return False
        self._event = identity
        return True
