from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator

import pytest

from ims_avatar.clock import ManualClock
from ims_avatar.flow import Address
from ims_avatar.rtp.endpoint import OLDEST, READS_A_WAKE, UdpEndpoint
from ims_avatar.rtp.ports import PortPool
from tests.support.rtp_fixtures import datagram
from tests.support.virtual_time import run_virtual

HOST = "127.0.0.1"
Taken = list[tuple[bytes, Address, float]]


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HOST, 0))
        sock.setblocking(False)
        yield sock


class Opened:
    def __init__(self, *, kernel_time: bool = False) -> None:
        self.ports = PortPool(HOST, (30_000, 60_000), ManualClock(), kernel_time=kernel_time)
        self.rtp: Taken = []
        self.rtcp: Taken = []
        self.endpoint = UdpEndpoint(
            self.ports, lambda *what: self.rtp.append(what), lambda *what: self.rtcp.append(what)
        )

    def close(self) -> None:
        self.endpoint.close()
        self.ports.close()


def test_rtp_and_rtcp_come_on_their_ports_and_rtcp_on_one_port_is_told_apart(peer: socket.socket) -> None:
    async def work() -> None:
        opened = Opened()
        sound, report = datagram("rtp_pcmu"), datagram("rtcp_pli")
        peer.sendto(sound, (HOST, opened.endpoint.port))
        peer.sendto(report, (HOST, opened.endpoint.port))
        peer.sendto(report, (HOST, opened.endpoint.port + 1))
        await asyncio.sleep(0.01)
        assert opened.rtp == [(sound, peer.getsockname(), 0.0)]
        assert opened.rtcp == [(report, peer.getsockname(), 0.0)] * 2
        opened.close()

    run_virtual(work())


@pytest.mark.skipif(sys.platform != "linux", reason="the stamp is Linux's")
def test_the_kernel_tells_how_long_a_datagram_waited(peer: socket.socket) -> None:
    async def work() -> None:
        opened = Opened(kernel_time=True)
        for _ in range(3):
            peer.sendto(datagram("rtp_pcmu"), (HOST, opened.endpoint.port))
        await asyncio.sleep(0.01)
        ages = [age for _, _, age in opened.rtp]
        assert len(ages) == 3
        assert all(0.0 < age < OLDEST for age in ages)
        opened.close()

    run_virtual(work())


def test_a_flood_leaves_the_loop_its_turn(peer: socket.socket) -> None:
    async def work() -> None:
        opened = Opened()
        for _ in range(2 * READS_A_WAKE + 5):
            peer.sendto(datagram("rtp_pcmu"), (HOST, opened.endpoint.port))
        seen = []
        for _ in range(4):
            await asyncio.sleep(0)
            seen.append(len(opened.rtp))
        assert max(after - before for before, after in zip([0, *seen], seen, strict=False)) <= READS_A_WAKE
        await asyncio.sleep(0.01)
        assert len(opened.rtp) == 2 * READS_A_WAKE + 5
        opened.close()

    run_virtual(work())


def test_what_leaves_comes_from_the_port_that_sdp_names(peer: socket.socket) -> None:
    async def work() -> None:
        opened = Opened()
        there = peer.getsockname()
        port = opened.endpoint.port
        assert opened.endpoint.send_rtp(b"sound", there)
        assert opened.endpoint.send_rtcp(b"report", there)
        assert opened.endpoint.send_rtcp(b"muxed", there, mux=True)
        came = [peer.recvfrom(100) for _ in range(3)]
        assert came == [(b"sound", (HOST, port)), (b"report", (HOST, port + 1)), (b"muxed", (HOST, port))]
        opened.close()

    run_virtual(work())


def test_what_cannot_be_sent_is_counted_and_raises_nothing() -> None:
    async def work() -> None:
        opened = Opened()
        assert not opened.endpoint.send_rtp(b"x", ("255.255.255.255", 9))
        assert not opened.endpoint.send_rtp(bytes(70_000), (HOST, 9))
        assert opened.endpoint.send_failures == 2
        opened.close()

    run_virtual(work())


def test_a_closed_endpoint_hears_and_says_nothing(peer: socket.socket) -> None:
    async def work() -> None:
        opened = Opened()
        opened.endpoint.close()
        opened.endpoint.close()
        assert opened.ports.resting == 1
        peer.sendto(datagram("rtp_pcmu"), (HOST, opened.endpoint.port))
        await asyncio.sleep(0.01)
        assert opened.rtp == []
        assert not opened.endpoint.send_rtp(b"x", peer.getsockname())
        opened.close()

    run_virtual(work())
