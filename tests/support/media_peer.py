"""A far end made of two bare sockets: sends the datagrams that a test writes, keeps those that come with their time."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field

from ims_avatar.flow import Address
from ims_avatar.rtp.packet import RtpPacket, is_rtcp, parse_rtp
from ims_avatar.rtp.rtcp import RtcpPacket, parse_rtcp

LOOPBACK = "127.0.0.1"


def _bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((LOOPBACK, 0))
    sock.setblocking(False)
    return sock


@dataclass
class MediaPeer:
    """Use on the running loop."""

    received: list[tuple[float, RtpPacket]] = field(default_factory=list)
    """(time, packet)."""
    rtcp_received: list[tuple[float, RtcpPacket]] = field(default_factory=list)
    muxed_rtcp: list[tuple[float, RtcpPacket]] = field(default_factory=list)
    """What came on the RTP port (RFC 5761)."""
    sizes: list[int] = field(default_factory=list)
    """Bytes of each RTP datagram."""

    def __post_init__(self) -> None:
        self._rtp, self._rtcp = _bound(), _bound()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._rtp, self._read_rtp)
        loop.add_reader(self._rtcp, self._read_rtcp)

    @property
    def rtp_address(self) -> Address:
        return (LOOPBACK, int(self._rtp.getsockname()[1]))

    @property
    def rtcp_address(self) -> Address:
        return (LOOPBACK, int(self._rtcp.getsockname()[1]))

    @property
    def packets(self) -> list[RtpPacket]:
        return [packet for _, packet in self.received]

    def rtcp_of(self, kind: type[RtcpPacket]) -> list[RtcpPacket]:
        return [packet for _, packet in self.rtcp_received if isinstance(packet, kind)]

    def send(self, datagram: bytes, port: int) -> None:
        self._rtp.sendto(datagram, (LOOPBACK, port))

    def send_rtcp(self, datagram: bytes, port: int) -> None:
        """`port` is the RTP port; RTCP goes to the next one."""
        self._rtcp.sendto(datagram, (LOOPBACK, port + 1))

    def close(self) -> None:
        loop = asyncio.get_running_loop()
        for sock in (self._rtp, self._rtcp):
            loop.remove_reader(sock)
            sock.close()

    def _read_rtp(self) -> None:
        data, now = self._rtp.recv(65_535), asyncio.get_running_loop().time()
        if is_rtcp(data):
            self.muxed_rtcp += [(now, packet) for packet in parse_rtcp(data)]
            return
        self.sizes.append(len(data))
        self.received.append((now, parse_rtp(data)))

    def _read_rtcp(self) -> None:
        now = asyncio.get_running_loop().time()
        self.rtcp_received += [(now, packet) for packet in parse_rtcp(self._rtcp.recv(65_535))]
