from __future__ import annotations

import socket

import pytest

from ims_avatar.clock import ManualClock
from ims_avatar.errors import NoFreePort
from ims_avatar.rtp.ports import QUARANTINE, PortPair, PortPool
from tests.support.ports import is_bound

HOST = "127.0.0.1"


def small_range(pairs: int = 2) -> tuple[int, int]:
    """Free ports for so many pairs, as far as one can know."""
    clock = ManualClock()
    pool = PortPool(HOST, (30_000, 60_000), clock)
    for _ in range(100):
        pair = pool.take()
        port = pair.port
        pair.close()
        if not any(is_bound(HOST, number) for number in range(port, port + 2 * pairs)):
            return port, port + 2 * pairs - 1
    raise AssertionError("no free range of ports")


def test_a_pair_is_even_and_odd_and_bound() -> None:
    pool = PortPool(HOST, (30_000, 60_000), ManualClock())
    pair = pool.take()
    assert pair.port % 2 == 0
    assert pair.rtcp.getsockname() == (HOST, pair.port + 1)
    assert is_bound(HOST, pair.port)
    pair.close()


def test_an_odd_start_of_the_range_is_rounded_up() -> None:
    low, high = small_range(3)
    pool = PortPool(HOST, (low + 1, high), ManualClock(), start=low + 2)
    taken = [pool.take(), pool.take()]
    assert sorted(pair.port for pair in taken) == [low + 2, low + 4]
    with pytest.raises(NoFreePort):
        pool.take()
    for pair in taken:
        pair.close()


def test_a_used_up_range_is_an_error_that_names_the_remedy() -> None:
    ports = small_range()
    pool = PortPool(HOST, ports, ManualClock())
    taken = [pool.take(), pool.take()]
    with pytest.raises(NoFreePort, match=r"rtp_ports") as caught:
        pool.take()
    assert (caught.value.sip_status, caught.value.retry) == (503, True)
    for pair in taken:
        pair.close()


@pytest.mark.parametrize("held", [0, 1])
def test_a_port_that_somebody_else_holds_is_passed_over(held: int) -> None:
    ports = small_range()
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind((HOST, ports[0] + held))
    pool = PortPool(HOST, ports, ManualClock(), start=ports[0])
    pair = pool.take()
    assert pair.port == ports[0] + 2
    pair.close()
    stranger.close()


def test_a_pair_rests_before_anybody_gets_it_again() -> None:
    ports, clock = small_range(1), ManualClock()
    pool = PortPool(HOST, ports, clock)
    pair = pool.take()
    port = pair.port
    pool.give_back(pair)
    with pytest.raises(NoFreePort, match="1 pairs rest"):
        pool.take()
    clock.advance(QUARANTINE - 0.1)
    with pytest.raises(NoFreePort):
        pool.take()
    clock.advance(0.2)
    again = pool.take()
    assert again.port == port
    again.close()


def test_a_strangers_packets_are_not_inherited() -> None:
    ports, clock = small_range(1), ManualClock()
    pool = PortPool(HOST, ports, clock)
    pair = pool.take()
    pool.give_back(pair)
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.sendto(b"late", (HOST, ports[0]))
    clock.advance(QUARANTINE + 1)
    again = pool.take()
    with pytest.raises(BlockingIOError):
        again.rtp.recv(10)
    again.close()
    stranger.close()


def test_two_processes_may_share_a_range() -> None:
    ports = small_range()
    one, other = (PortPool(HOST, ports, ManualClock(), start=ports[0]) for _ in range(2))
    pairs: list[PortPair] = [one.take(), other.take()]
    assert pairs[0].port != pairs[1].port
    for pair in pairs:
        pair.close()


def test_an_address_that_is_not_ours_is_told() -> None:
    with pytest.raises(NoFreePort, match=r"media\.address"):
        PortPool("192.0.2.1", (30_000, 60_000), ManualClock()).take()


def test_the_end_of_the_process_ends_the_quarantine() -> None:
    pool = PortPool(HOST, small_range(1), ManualClock())
    pair = pool.take()
    port = pair.port
    pool.give_back(pair)
    pool.close()
    assert pool.resting == 0
    assert not is_bound(HOST, port)
