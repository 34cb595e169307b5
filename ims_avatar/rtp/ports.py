"""UDP port pairs for RTP and RTCP out of the configured range.

A pair stays bound, but unread, for a while after its call has ended: whoever still sends to it reaches nobody, and no
other call (of this or of another worker process) can be given the port meanwhile.
"""

from __future__ import annotations

import errno
import random
import socket
import sys
from collections import deque
from dataclasses import dataclass

from ims_avatar.clock import Clock
from ims_avatar.errors import NoFreePort

QUARANTINE = 5.0
"""Seconds that a pair stays bound after use."""

SO_TIMESTAMPNS = 35
"""socket(7): Linux stamps each datagram when it arrives; Python's socket module does not name it."""

SOCKET_BUFFER = 1 << 18
"""Bytes the kernel may hold for us: several key frames, while the loop is busy."""


@dataclass(frozen=True, slots=True)
class PortPair:
    """Two bound, non-blocking sockets: RTP on the even port, RTCP on the next (RFC 3550 section 11)."""

    rtp: socket.socket
    rtcp: socket.socket

    @property
    def port(self) -> int:
        """The RTP port."""
        return int(self.rtp.getsockname()[1])

    def close(self) -> None:
        self.rtp.close()
        self.rtcp.close()


class PortPool:
    """Gives out port pairs. One per process; several processes may share a range, since binding decides."""

    def __init__(
        self,
        address: str,
        ports: tuple[int, int],
        clock: Clock,
        *,
        quarantine: float = QUARANTINE,
        start: int | None = None,
        kernel_time: bool = sys.platform == "linux",
    ) -> None:
        """`ports`: lowest and highest port, both included. `start`: where to look first (random: fewer collisions).

        `kernel_time`: let the kernel stamp each datagram (see `UdpEndpoint`); tests in virtual time cannot have it.
        """
        self.kernel_time = kernel_time
        self._address = address
        self._family = socket.AF_INET6 if ":" in address else socket.AF_INET
        low, high = ports
        self._low = low + low % 2
        self._pairs = (high + 1 - self._low) // 2
        self._clock = clock
        self._quarantine = quarantine
        self._next = random.randrange(max(self._pairs, 1)) if start is None else (start - self._low) // 2
        self._resting: deque[tuple[float, PortPair]] = deque()
        self._range = f"{low}-{high}"

    @property
    def address(self) -> str:
        return self._address

    @property
    def resting(self) -> int:
        """Pairs that are still bound after use."""
        return len(self._resting)

    def take(self) -> PortPair:
        """A pair nobody else has. Raises `NoFreePort` when every pair of the range is bound."""
        self._let_go()
        for _ in range(self._pairs):
            port = self._low + 2 * (self._next % self._pairs)
            self._next += 1
            pair = self._bind(port)
            if pair is not None:
                return pair
        raise NoFreePort(
            f"no free RTP port pair in {self._range} on {self._address} ({self.resting} pairs rest after a call)",
            remedy="widen media.rtp_ports, or find what else holds these UDP ports (ss -lunp)",
        )

    def give_back(self, pair: PortPair) -> None:
        """The pair's call is over. The caller must have stopped reading from it."""
        self._let_go()
        self._resting.append((self._clock.monotonic() + self._quarantine, pair))

    def close(self) -> None:
        """End the quarantine of all pairs: the process ends."""
        while self._resting:
            self._resting.popleft()[1].close()

    def _let_go(self) -> None:
        now = self._clock.monotonic()
        while self._resting and self._resting[0][0] <= now:
            self._resting.popleft()[1].close()

    def _bind(self, port: int) -> PortPair | None:
        bound: list[socket.socket] = []
        try:
            for number in (port, port + 1):
                sock = socket.socket(self._family, socket.SOCK_DGRAM)
                bound.append(sock)
                sock.setblocking(False)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
                if self.kernel_time:
                    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
                sock.bind((self._address, number))
        except OSError as error:
            for sock in bound:
                sock.close()
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return None
            if error.errno in (errno.EMFILE, errno.ENFILE):
                raise NoFreePort("no file descriptor left for an RTP socket", remedy="raise ulimit -n") from error
            raise NoFreePort(
                f"cannot bind {self._address}:{port} ({error.strerror})",
                remedy="set media.address to an address of this machine",
            ) from error
        return PortPair(*bound)
