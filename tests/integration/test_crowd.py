"""Eight calls with an avatar at once over four call workers, and the ninth."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.avatar_calls import Lab, SippCall
from tests.support.film import develop
from tests.support.process import wait_until
from tests.support.raw_sip import RawPhone, header_of, status_of
from tests.support.report import measured
from tests.support.requirement import require, require_capture
from tests.support.wire import Capture

pytestmark = pytest.mark.peers
CALLS = 8


def test_eight_avatars_at_once_and_no_place_for_a_ninth(lab: Lab, tmp_path: Path) -> None:
    require("sipp")
    require_capture()
    assert lab.product.calls >= CALLS
    capture = Capture(tmp_path / "wire.pcap", lab.net.network)
    with ExitStack() as stack:
        calls = []
        for _ in range(CALLS):
            call = SippCall(lab, tmp_path, "caller_long", "callee_gets_video", "caller")
            stack.callback(call.stop)
            calls.append(call)
        wait_until(lambda: all(call.callee.saw("^ACK ") for call in calls), 15, "not all calls were answered")
        if lab.product.calls == CALLS:
            _assert_full(lab)
        for call in calls:
            call.finish()
    wire = capture.finish()
    rates = []
    for call in calls:
        voice = wire.voice_to(call.callee.host)
        assert voice.lost == 0 and voice.reordered == 0
        film = develop(wire.video_to(call.callee.host))
        assert film.findings.faults == []
        rates.append(wire.video_to(call.callee.host).frame_rate())
        assert len(film.pictures) > 30
    measured(f"frame rates of {CALLS} concurrent avatars", [round(rate, 1) for rate in rates])


def _assert_full(lab: Lab) -> None:
    with RawPhone(lab.net.host(), lab.product.sip) as phone:
        answer = phone.ask(phone.invite(f"sip:bob@{lab.net.host()}:5060", phone.sound()))
        assert answer is not None
        assert status_of(answer) == 503
        assert int(header_of(answer, "Retry-After") or 0) >= 1
