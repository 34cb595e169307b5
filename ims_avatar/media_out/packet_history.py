"""Packets sent lately, for those that ask again (generic NACK, RFC 4585 6.2.1)."""

from __future__ import annotations

from collections import OrderedDict

CAPACITY = 512
"""Packets: several seconds at the rates of a call."""
RESEND_INTERVAL = 0.03
"""Seconds in which one packet is sent again at most once: a NACK may come twice before the answer arrives."""


class PacketHistory:
    def __init__(self) -> None:
        self._packets: OrderedDict[int, tuple[bytes, float]] = OrderedDict()

    def add(self, datagram: bytes, now: float) -> None:
        self._packets[int.from_bytes(datagram[2:4], "big")] = (datagram, now)
        if len(self._packets) > CAPACITY:
            self._packets.popitem(last=False)

    def again(self, lost: tuple[int, ...], now: float) -> list[bytes]:
        """Datagrams to repeat as they were, of those that are still here."""
        found = []
        for number in lost:
            datagram, sent = self._packets.get(number, (b"", now))
            if datagram and now - sent >= RESEND_INTERVAL:
                self._packets[number] = (datagram, now)
                found.append(datagram)
        return found
