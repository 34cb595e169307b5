"""Symmetric RTP with source locking: whose datagrams are taken, and where ours go."""

from __future__ import annotations

import ipaddress

from ims_avatar.flow import Address

RELOCK_AFTER = 3.0
"""Seconds that a locked source must be silent before the signalled address may take its place."""


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

    Before the lock, the signalled address is taken at once; another source (a phone behind NAT) after `packets` in a
    row. From the lock on only the locked source is taken, until SDP signals another address, or until it has been
    silent for `RELOCK_AFTER` and the signalled address speaks.
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
        self._heard = 0.0

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
            self._heard = now
            return True
        if self.locked is not None:
            if source != self._signalled or now - self._heard < RELOCK_AFTER:
                return False
            self.locked = self._candidate = None
        return self._try_to_lock(source, now)

    def _try_to_lock(self, source: Address, now: float) -> bool:
        self._in_a_row = self._in_a_row + 1 if source == self._candidate else 1
        self._candidate = source
        if self._in_a_row >= self._packets:
            self.locked = source
            self._heard = now
        return self.locked is not None or source == self._signalled
