"""SIGTERM: no new calls, those that run may finish, what is left after the grace period gets its BYE."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.avatar_calls import Lab, SippCall
from tests.support.ports import Loopback
from tests.support.process import process_exists, wait_until
from tests.support.product import Product, configuration
from tests.support.raw_sip import RawPhone, header_of, status_of
from tests.support.requirement import require

pytestmark = pytest.mark.peers


@pytest.mark.parametrize(("caller", "grace_s"), [("caller_audio", 30.0), ("caller_waits", 1.0)], ids=["finish", "bye"])
def test_drain(tmp_path: Path, sipp_media: Path, caller: str, grace_s: float) -> None:
    require("sipp")
    net = Loopback()
    config = configuration(net, net.host(), sip={"workers": 1, "drain_grace_s": grace_s, "retry_after_s": 7})
    product = Product.ready(tmp_path / "serve", config)
    lab = Lab(net, product, sipp_media, tmp_path)
    try:
        call = SippCall(lab, tmp_path, caller, "callee_audio", "bob")
        wait_until(lambda: call.callee.saw("^ACK "), 10, "the call was not answered")
        product.drain()
        product.wait_said("draining")
        with RawPhone(net.host(), product.sip) as phone:
            answer = phone.ask(phone.invite(f"sip:bob@{net.host()}:5060", phone.sound()))
            assert answer is not None
            assert status_of(answer) == 503
            assert header_of(answer, "Retry-After") == "7"
        call.finish()
        assert product.wait_exit(15) == 0
        assert not [pid for pid in product.pids.all() if process_exists(pid)]
    finally:
        product.stop()
