"""DTMF events (RFC 4733): seen, never read out. The digit itself is personal data and no part of what is told here."""

from __future__ import annotations

from aiortp.dtmf import DTMF_EVENTS, DtmfEvent

from ims_avatar.errors import BadPacket
from ims_avatar.rtp.packet import RtpPacket

HIGHEST_DIGIT = 15
"""Event codes above are not DTMF (RFC 4733 section 3.2)."""


END_PACKETS = 3
"""The end is sent so often (2.5.1.4)."""
VOLUME = 10
"""-dBm0 (2.3.3)."""


def event_payloads(digit: str, *, duration_ms: int, ptime_ms: int, clock_rate: int) -> list[bytes]:
    """The payloads of one key pressed, one every `ptime_ms`. All carry the timestamp of the first, and that the marker.

    Raises `ValueError` for what is no key of 0-9, *, #, A-D.
    """
    code = DTMF_EVENTS.get(digit.upper())
    if code is None:
        raise ValueError(f"{digit!r} is no DTMF key; use 0-9, *, #, A-D")
    step = clock_rate * ptime_ms // 1000
    steps = max(1, duration_ms // ptime_ms)
    pressed = [DtmfEvent(event=code, end=False, volume=VOLUME, duration=step * n) for n in range(1, steps)]
    released = DtmfEvent(event=code, end=True, volume=VOLUME, duration=step * steps)
    return [event.serialize() for event in [*pressed, *[released] * END_PACKETS]]


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
