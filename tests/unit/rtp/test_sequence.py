from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.rtp.sequence import sequence_unwrapper, signed_difference, timestamp_unwrapper


def test_counters_go_on_over_the_wrap_and_back() -> None:
    unwrapper = sequence_unwrapper()
    assert [unwrapper.unwrap(value) for value in (65_534, 65_535, 1, 0, 2)] == [65_534, 65_535, 65_537, 65_536, 65_538]


def test_disorder_at_the_start_goes_below_the_first() -> None:
    unwrapper = sequence_unwrapper()
    assert [unwrapper.unwrap(value) for value in (0, 65_535, 1)] == [0, -1, 1]


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(-(2**30), 2**31 - 1), max_size=20))
def test_an_endless_counter_comes_back(start: int, steps: list[int]) -> None:
    unwrapper, value = timestamp_unwrapper(), start
    assert unwrapper.unwrap(value) == value
    highest = value
    for step in steps:
        value = highest + step
        assert unwrapper.unwrap(value & 0xFFFFFFFF) == value
        highest = max(highest, value)


@given(st.integers(0, 65_535), st.integers(-32_768, 32_767))
def test_a_difference_goes_the_short_way(reference: int, step: int) -> None:
    assert signed_difference((reference + step) & 0xFFFF, reference, 16) == step
