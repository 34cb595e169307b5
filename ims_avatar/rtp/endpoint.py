"""The sockets of one medium of one leg: RTP and RTCP on a port pair, read on the asyncio loop."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import TypeAlias

from ims_avatar.clock import wall_time
from ims_avatar.flow import Address
from ims_avatar.rtp.packet import is_rtcp
from ims_avatar.rtp.ports import SO_TIMESTAMPNS, PortPool

OnDatagram: TypeAlias = Callable[[bytes, Address, float], None]
"""Data, source, and how many seconds ago the datagram arrived."""

MAX_DATAGRAM = 65_535
READS_A_WAKE = 16
"""Datagrams read before other callbacks get their turn."""
OLDEST = 0.5
"""Seconds; an older stamp is a wall clock that was set meanwhile."""

_TIMESPEC = struct.Struct("@qq")
_ANCILLARY = socket.CMSG_SPACE(_TIMESPEC.size)


class UdpEndpoint:
    """Reads with `add_reader` rather than a datagram transport: the same 2.5 µs a packet under uvloop, and opening
    needs no await, so that ports are known when the call object is made.

    The kernel's stamps tell how long a datagram waited for us. On a machine with more work than cores that is what
    makes sound uneven; counted as part of the constant delay, it is not heard.
    """

    def __init__(self, ports: PortPool, on_rtp: OnDatagram, on_rtcp: OnDatagram) -> None:
        """Call on the running loop. Raises `NoFreePort`. RTCP that arrives on the RTP port (RFC 5761) is told apart."""
        self._ports = ports
        self._pair = ports.take()
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self._open = True
        self.port = self._pair.port
        self.send_failures = 0
        """Datagrams that the kernel did not take: buffer full, host or network unreachable."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._pair.rtp, self._read, self._pair.rtp)
        self._loop.add_reader(self._pair.rtcp, self._read, self._pair.rtcp)

    def send_rtp(self, data: bytes, to: Address) -> bool:
        return self._send(self._pair.rtp, data, to)

    def send_rtcp(self, data: bytes, to: Address, *, mux: bool = False) -> bool:
        """`mux`: from the RTP port (RFC 5761)."""
        return self._send(self._pair.rtp if mux else self._pair.rtcp, data, to)

    def close(self) -> None:
        """Idempotent. The ports rest in quarantine."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._pair.rtp)
            self._loop.remove_reader(self._pair.rtcp)
            self._ports.give_back(self._pair)

    def _send(self, sock: socket.socket, data: bytes, to: Address) -> bool:
        if not self._open:
            return False
        try:
            sock.sendto(data, to)
        except OSError:  # a datagram lost before the wire is a datagram lost; RTP lives with it
            self.send_failures += 1
            return False
        return True

    def _read(self, sock: socket.socket) -> None:
        for _ in range(READS_A_WAKE):
            try:
                data, ancillary, _, source = sock.recvmsg(MAX_DATAGRAM, _ANCILLARY)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error of an earlier send is reported here once
                continue
            address = (source[0], source[1])
            if sock is self._pair.rtcp or is_rtcp(data):
                self._on_rtcp(data, address, _age(ancillary))
            else:
                self._on_rtp(data, address, _age(ancillary))
            if not self._open:
                return


def _age(ancillary: list[tuple[int, int, bytes]]) -> float:
    """Seconds since the kernel stamped the datagram; 0 without a stamp."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            age = wall_time() - (seconds + nanoseconds * 1e-9)
            return age if 0.0 < age < OLDEST else 0.0
    return 0.0
