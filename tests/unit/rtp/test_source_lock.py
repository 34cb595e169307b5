from __future__ import annotations

import pytest

from ims_avatar.flow import Address
from ims_avatar.rtp.source_lock import FOREIGN_WAIT, SourceLock, is_reachable

SIGNALLED: Address = ("192.0.2.1", 4000)
NAT: Address = ("198.51.100.9", 61_000)
STRANGER: Address = ("203.0.113.66", 5555)


def lock(packets: int = 3) -> SourceLock:
    made = SourceLock(packets)
    made.signal(SIGNALLED)
    return made


def locked_to_nat() -> SourceLock:
    source = lock(1)
    source.accepts(NAT, -FOREIGN_WAIT)
    assert source.accepts(NAT, 0.0)
    return source


def test_nothing_is_sent_before_sdp() -> None:
    assert SourceLock(3).destination is None


def test_the_signalled_address_is_taken_at_once() -> None:
    source = lock()
    assert source.accepts(SIGNALLED, 0.0)
    assert source.locked == SIGNALLED


def test_another_port_of_the_signalled_host_is_taken_after_so_many_in_a_row() -> None:
    source = lock()
    other_port = (SIGNALLED[0], 61_000)
    assert [source.accepts(other_port, 0.02 * index) for index in range(4)] == [False, False, True, True]
    assert source.destination == other_port


def test_another_host_must_send_alone_for_a_while() -> None:
    source = lock()
    assert source.destination == SIGNALLED
    taken = [source.accepts(NAT, 0.02 * index) for index in range(20)]
    assert taken == [False] * 10 + [True] * 10
    assert source.destination == NAT


def test_a_scanner_that_is_quicker_than_the_phone_gets_nothing() -> None:
    source = lock()
    assert not any(source.accepts(STRANGER, 0.01 * index) for index in range(15))
    assert source.accepts(SIGNALLED, 0.15)
    assert not any(source.accepts(STRANGER, 0.2 + 0.01 * index) for index in range(1000))
    assert source.accepts(SIGNALLED, 11.0)


def test_a_row_is_broken_by_another() -> None:
    source = lock()
    taken = [source.accepts(NAT if index % 3 else STRANGER, 0.1 * index) for index in range(90)]
    assert not any(taken)
    assert source.locked is None


def test_nobody_takes_over_from_a_locked_source_but_the_signalled_address() -> None:
    source = locked_to_nat()
    assert not any(source.accepts(STRANGER, 0.1 * index) for index in range(200))
    assert source.accepts(NAT, 21.0)
    assert source.accepts(SIGNALLED, 21.1)
    assert source.locked == SIGNALLED
    assert not source.accepts(NAT, 21.2)


def test_new_sdp_opens_the_lock_and_the_same_sdp_does_not() -> None:
    source = locked_to_nat()
    source.signal(SIGNALLED)
    assert source.locked == NAT
    source.signal(STRANGER)
    assert source.locked is None
    assert source.destination == STRANGER


@pytest.mark.parametrize("held", [("0.0.0.0", 4000), ("::", 4000), ("192.0.2.1", 0), None])
def test_hold_by_address_sends_nothing_and_keeps_the_lock(held: Address | None) -> None:
    source = locked_to_nat()
    source.signal(held)
    assert source.destination is None
    assert source.accepts(NAT, 0.1)
    source.signal(SIGNALLED)
    assert source.destination == NAT


def test_a_host_name_is_never_sent_to() -> None:
    """Resolving it would block the loop; SDP that holds one is resolved before it comes here."""
    assert not is_reachable(("phone.example", 4000))
    assert is_reachable(("2001:db8::1", 4000))
