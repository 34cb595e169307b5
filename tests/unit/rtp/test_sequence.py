from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.rtp.sequence import signed_difference


@given(st.integers(0, 65_535), st.integers(-32_768, 32_767))
def test_a_difference_of_sequence_numbers_goes_the_short_way(reference: int, step: int) -> None:
    assert signed_difference((reference + step) & 0xFFFF, reference, 16) == step


@given(st.integers(0, 2**32 - 1), st.integers(-(2**31), 2**31 - 1))
def test_a_difference_of_timestamps_goes_the_short_way(reference: int, step: int) -> None:
    assert signed_difference((reference + step) & 0xFFFFFFFF, reference, 32) == step
