"""Symmetric RTP with source locking: whose datagrams are taken, and where ours go."""

from __future__ import annotations

import ipaddress

from ims_avatar.flow import Address

FOREIGN_WAIT = 0.2
"""Seconds that another host than the signalled one must send alone before it is believed: a scanner is often quicker
than the phone, a phone behind NAT loses the first syllable at most."""


def is_reachable(address: Address | None) -> bool:
    """False for the hold address of RFC 2543 (0.0.0.0, `::`; RFC 3264 8.4), port 0, a host name, and nothing."""
    if address is None or address[1] == 0:
        return False
    try:
        return not ipaddress.ip_address(address[0]).is_unspecified
    except ValueError:
        return False


class SourceLock:
    """One per port. Pure.

    The signalled address is always right: it is taken at once, and takes the lock from whoever has it. Another source
    (a phone behind NAT) is taken after `packets` in a row, and from another host only when it has sent alone for
    `FOREIGN_WAIT`. From then on nobody else is, until the signalled address speaks or SDP signals another one.
    """

    def __init__(self, packets: int) -> None:
        self.locked: Address | None = None
        self._packets = packets
        self._signalled: Address | None = None
        self._reachable = False
        self._reached: Address | None = None
        """The last signalled address that was none of hold: a resume at the same address keeps the lock."""
        self._candidate: Address | None = None
        self._in_a_row = 0
        self._first_heard = 0.0

    @property
    def destination(self) -> Address | None:
        """Where to send: the locked source, else the signalled address; None on hold by address or before SDP."""
        return (self.locked or self._signalled) if self._reachable else None

    def signal(self, address: Address | None) -> None:
        """The address in the far end's SDP. A changed one opens the lock; the hold address does not."""
        if address == self._signalled:
            return
        self._reachable = is_reachable(address)
        if self._reachable and address != self._reached:
            self.locked = self._candidate = None
            self._reached = address
        self._signalled = address

    def accepts(self, source: Address, now: float) -> bool:
        if source == self.locked:
            return True
        if source == self._signalled:
            self.locked = source
            return True
        if self.locked is not None:
            return False
        if source != self._candidate:
            self._candidate, self._in_a_row, self._first_heard = source, 0, now
        self._in_a_row += 1
        if self._in_a_row < self._packets or now - self._first_heard < self._wait_for(source):
            return False
        self.locked = source
        return True

    def _wait_for(self, source: Address) -> float:
        same_host = self._signalled is not None and source[0] == self._signalled[0]
        return 0.0 if same_host else FOREIGN_WAIT
