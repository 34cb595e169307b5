from __future__ import annotations

import pytest

from ims_avatar.flow import Address
from ims_avatar.rtp.source_lock import RELOCK_AFTER, SourceLock, is_reachable

SIGNALLED: Address = ("192.0.2.1", 4000)
NAT: Address = ("198.51.100.9", 61_000)
STRANGER: Address = ("203.0.113.66", 5555)


def lock(packets: int = 3) -> SourceLock:
    made = SourceLock(packets)
    made.signal(SIGNALLED)
    return made


def test_nothing_is_sent_before_sdp() -> None:
    assert SourceLock(3).destination is None


def test_the_signalled_address_is_taken_at_once() -> None:
    source = lock()
    assert source.accepts(SIGNALLED, 0.0)
    assert source.locked == SIGNALLED


def test_a_flood_from_elsewhere_does_not_come_between() -> None:
    """Two packets of a stranger for each of the phone."""
    source = lock()
    taken = [source.accepts(STRANGER if index % 3 else SIGNALLED, 0.01 * index) for index in range(1, 30)]
    assert taken == [index % 3 == 0 for index in range(1, 30)]
    assert source.destination == SIGNALLED


def test_a_phone_behind_nat_is_taken_after_so_many_in_a_row() -> None:
    source = lock()
    assert source.destination == SIGNALLED
    assert [source.accepts(NAT, 0.0), source.accepts(NAT, 0.02)] == [False, False]
    assert source.accepts(NAT, 0.04)
    assert source.destination == NAT


def test_a_row_is_broken_by_another() -> None:
    source = lock()
    taken = [source.accepts(NAT if index % 3 else STRANGER, 0.0) for index in range(9)]
    assert not any(taken)
    assert source.locked is None


def test_a_stranger_never_takes_over() -> None:
    source = lock(1)
    assert source.accepts(NAT, 0.0)
    assert not any(source.accepts(STRANGER, 0.1 * index) for index in range(200))
    assert source.accepts(NAT, 21.0)


def test_the_signalled_address_takes_over_after_a_long_silence_only() -> None:
    source = lock(1)
    assert source.accepts(NAT, 10.0)
    assert not source.accepts(SIGNALLED, 10.0 + RELOCK_AFTER - 0.1)
    assert source.accepts(SIGNALLED, 10.0 + RELOCK_AFTER)
    assert source.locked == SIGNALLED
    assert not source.accepts(NAT, 10.0 + RELOCK_AFTER + 0.1)


def test_new_sdp_opens_the_lock_and_the_same_sdp_does_not() -> None:
    source = lock(1)
    source.accepts(NAT, 0.0)
    source.signal(SIGNALLED)
    assert source.locked == NAT
    source.signal(STRANGER)
    assert source.locked is None
    assert source.destination == STRANGER


@pytest.mark.parametrize("held", [("0.0.0.0", 4000), ("::", 4000), ("192.0.2.1", 0), None])
def test_hold_by_address_sends_nothing_and_keeps_the_lock(held: Address | None) -> None:
    source = lock(1)
    source.accepts(NAT, 0.0)
    source.signal(held)
    assert source.destination is None
    assert source.accepts(NAT, 0.1)
    source.signal(SIGNALLED)
    assert source.destination == NAT


def test_a_host_name_is_never_sent_to() -> None:
    """Resolving it would block the loop; SDP that holds one is resolved before it comes here."""
    assert not is_reachable(("phone.example", 4000))
    assert is_reachable(("2001:db8::1", 4000))
