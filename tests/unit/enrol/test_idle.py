from __future__ import annotations

import itertools

import pytest

from ims_avatar.enrol.idle import BLINKS, LOOP_LENGTH, blink, breath, sway


def test_the_loop_has_no_seam() -> None:
    for frame in (0, 1, 7):
        before, after = sway(frame, breath(frame)), sway(frame + LOOP_LENGTH, breath(frame + LOOP_LENGTH))
        assert (after.dx, after.dy, after.rotation) == pytest.approx((before.dx, before.dy, before.rotation))
    assert blink(0) == blink(LOOP_LENGTH - 1) == 0.0


def test_lids_fall_faster_than_they_rise() -> None:
    closure = [blink(frame) for frame in range(BLINKS[0] - 1, BLINKS[0] + 8)]
    assert max(closure) == 1.0
    falling, rising = closure[: closure.index(1.0)], closure[closure.index(1.0) + 1 :]
    assert sum(share > 0 for share in falling) < sum(share > 0 for share in rising)
    assert closure[0] == closure[-1] == 0.0


def test_the_head_moves_a_little_and_never_jumps() -> None:
    places = [sway(frame, breath(frame)) for frame in range(LOOP_LENGTH)]
    assert 1.5 < max(place.dx for place in places) < 5
    assert max(abs(a.dx - b.dx) for a, b in itertools.pairwise(places)) < 0.25


def test_a_calmer_person_sways_less() -> None:
    assert abs(sway(40, 0.0, strength=0.5).dx) == pytest.approx(abs(sway(40, 0.0).dx) / 2)
