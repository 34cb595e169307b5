"""kill -9: a call worker takes only its own calls with it; the pool only the picture, which comes back."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.avatar_calls import Lab, RecordedCall, SippCall, assert_voice_unbroken
from tests.support.film import develop
from tests.support.ports import Loopback
from tests.support.process import process_exists, wait_until
from tests.support.product import Product, configuration
from tests.support.requirement import require, require_capture
from tests.support.wire import Capture

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def doomed(tmp_path_factory: pytest.TempPathFactory, sipp_media: Path) -> Iterator[Lab]:
    """A service of two call workers, whose processes may be killed."""
    require("sipp")
    require_capture()
    folder = tmp_path_factory.mktemp("doomed")
    net = Loopback()
    product = Product.ready(folder, configuration(net, net.host(), sip={"workers": 2}))
    yield Lab(net, product, sipp_media, folder)
    product.stop()


def test_pool_dies(doomed: Lab, tmp_path: Path) -> None:
    capture = Capture(tmp_path / "wire.pcap", doomed.net.network)
    call = SippCall(doomed, tmp_path, "caller_long", "callee_gets_video", "caller")
    wait_until(lambda: call.callee.saw(r"(?s)ACK .*ACK "), 10, "the re-INVITE was not finished")
    seen = time.monotonic() + 2
    wait_until(lambda: time.monotonic() > seen, 3, "")
    pool = doomed.product.pids.pool
    before = len(doomed.product.said("process died"))
    os.kill(pool, signal.SIGKILL)
    doomed.product.wait_said("process died", 5, child="pool")
    call.finish()
    wire = capture.finish()
    recorded = RecordedCall(call, wire)
    assert_voice_unbroken(*recorded.forth)
    assert_voice_unbroken(*recorded.back)
    assert len(doomed.product.said("process died")) == before + 1
    video = wire.video_to(call.callee.host)
    film = develop(video)
    assert film.findings.faults == []
    times = [picture.arrival for picture in film.pictures]
    pauses = [(later - earlier, index + 1) for index, (earlier, later) in enumerate(itertools.pairwise(times))]
    longest, back_again = max(pauses)
    assert longest > 0.2, "killing the pool stopped no picture"
    assert film.pictures[back_again].keyframe, "the first picture after the pause is no key frame"
    assert times[-1] > recorded.forth[1].end - 1, "the picture did not come back before the end of the call"


def test_call_worker_dies(doomed: Lab, tmp_path: Path) -> None:
    """Calls fill both workers; one is killed."""
    with_calls = [
        SippCall(doomed, tmp_path / str(n), "caller_audio", "callee_audio", "bob", patience_s=6) for n in range(4)
    ]
    try:
        wait_until(lambda: all(call.callee.saw("^ACK ") for call in with_calls), 15, "not all calls were answered")
        victim = doomed.product.pids.workers[0]
        os.kill(victim, signal.SIGKILL)
        doomed.product.wait_said("process died", 5)
        outcomes = [(call.caller.status(), call.callee.popen.poll()) for call in with_calls]
        assert sum(caller == 0 for caller, _ in outcomes) == 2, outcomes
        assert process_exists(doomed.product.pids.workers[1])
        assert process_exists(doomed.product.pids.front)
    finally:
        for call in with_calls:
            call.stop()
    SippCall(doomed, tmp_path / "after", "caller_short", "callee_gets_video", "caller").finish()
