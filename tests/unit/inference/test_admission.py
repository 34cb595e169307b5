"""Never more places than promised, and every place comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ims_avatar.errors import PoolFull
from ims_avatar.inference.admission import Admission, Reservation


def test_the_error_names_the_capacity_and_says_that_the_voice_goes_on() -> None:
    admission = Admission(1)
    admission.reserve()
    with pytest.raises(PoolFull, match=r"all 1 places .* goes on as voice"):
        admission.reserve()


def test_a_failed_load_gives_the_place_back() -> None:
    admission = Admission(1)
    with pytest.raises(OSError), admission.reserve():
        raise OSError
    assert admission.taken == 0


def test_releasing_twice_gives_back_one_place() -> None:
    admission = Admission(2)
    first = admission.reserve()
    admission.reserve()
    first.release()
    first.release()
    assert (admission.taken, first.held) == (1, False)


class Places(RuleBasedStateMachine):
    """Offers, failing loads and endings in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.admission = Admission(3)
        self.running: list[Reservation] = []
        self.gone: list[Reservation] = []

    @rule(load_fails=st.booleans())
    def offer(self, load_fails: bool) -> None:
        try:
            reservation = self.admission.reserve()
        except PoolFull:
            assert len(self.running) == 3
            return
        if load_fails:
            reservation.release()
            self.gone.append(reservation)
        else:
            self.running.append(reservation)

    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        if self.running:
            reservation = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
            reservation.release()
            self.gone.append(reservation)

    @rule()
    def release_again(self) -> None:
        for reservation in self.gone:
            reservation.release()

    @invariant()
    def never_more_than_promised(self) -> None:
        assert self.admission.taken == len(self.running) <= self.admission.capacity


TestPlaces = Places.TestCase


@given(st.integers(1, 20), st.integers(0, 60))
def test_many_offers_at_once_admit_the_capacity_and_no_more(capacity: int, offers: int) -> None:
    admission = Admission(capacity)
    admitted = 0
    for _ in range(offers):
        try:
            admission.reserve()
            admitted += 1
        except PoolFull:
            continue
    assert admitted == min(capacity, offers) == admission.taken
