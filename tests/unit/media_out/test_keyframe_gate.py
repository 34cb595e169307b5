from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.media_out.keyframe_gate import INTERVAL, KeyframeGate
from ims_avatar.rtp.feedback import FullIntraRequest


def test_the_first_request_passes_at_once() -> None:
    assert KeyframeGate().request(5.0)


def test_a_second_one_is_kept_and_passed_on_when_its_time_has_come() -> None:
    gate = KeyframeGate()
    gate.request(5.0)
    assert not gate.request(5.05)
    assert not gate.poll(5.1)
    assert gate.poll(5.0 + INTERVAL)
    assert not gate.poll(9.0)
    assert gate.requests == 2


@given(st.lists(st.floats(0, 0.3), max_size=60))
def test_passed_on_requests_keep_their_distance_and_none_is_forgotten(gaps: list[float]) -> None:
    gate, now, passed, asked = KeyframeGate(), 0.0, [], 0.0
    for gap in gaps:
        now += gap
        if gate.poll(now):
            passed.append(now)
        asked = now
        if gate.request(now):
            passed.append(now)
    if gate.poll(now + INTERVAL):
        passed.append(now + INTERVAL)
    assert all(after - before >= INTERVAL - 1e-9 for before, after in itertools.pairwise(passed))
    assert not gaps or passed[-1] >= asked


def test_a_repeated_command_number_is_no_new_request() -> None:
    gate = KeyframeGate()
    assert gate.is_new(FullIntraRequest(1, ((77, 255),)), 77)
    assert not gate.is_new(FullIntraRequest(1, ((77, 255),)), 77)
    assert gate.is_new(FullIntraRequest(1, ((77, 0),)), 77)
    assert gate.is_new(FullIntraRequest(2, ((77, 0),)), 77)
    assert not gate.is_new(FullIntraRequest(3, ((78, 0),)), 77)
