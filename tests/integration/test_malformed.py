"""Bad SIP and bad SDP: refused with a status that says so, or not at all, while a call next to it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.avatar_calls import Lab, RecordedCall, SippCall, assert_voice_unbroken
from tests.support.malformed import BAD_SDP, BAD_SIP
from tests.support.raw_sip import RawPhone, status_of
from tests.support.requirement import require, require_capture
from tests.support.wire import Capture

CLIENT_IS_TO_BLAME = {*range(400, 500), 505, 513, 606} - {408, 480, 486, 487}


@pytest.mark.parametrize("name", BAD_SDP)
def test_bad_sdp_is_refused(lab: Lab, name: str) -> None:
    with RawPhone(lab.net.host(), lab.product.sip) as phone:
        answer = phone.ask(phone.invite(f"sip:caller@{lab.net.host()}:5060", BAD_SDP[name](phone)))
        assert answer is not None, "no final response"
        assert status_of(answer) in CLIENT_IS_TO_BLAME, answer[:400]


@pytest.mark.parametrize("name", BAD_SIP)
def test_bad_sip_does_no_harm(lab: Lab, name: str) -> None:
    """No answer is an answer to what is no SIP; a 2xx or a 500 is not. After it the service answers an honest phone."""
    with RawPhone(lab.net.host(), lab.product.sip) as phone:
        uri = f"sip:caller@{lab.net.host()}:5060"
        phone.send(BAD_SIP[name](phone, uri))
        while answer := phone.receive(0.3):
            assert status_of(answer) in CLIENT_IS_TO_BLAME | {100, 480, 408, 503}, answer[:400]
        phone.send(phone.invite(f"sip:{lab.product.sip}", b"").replace(b"INVITE", b"OPTIONS"))
        honest = phone.receive(3)
        assert honest is not None
        assert status_of(honest) == 200
    lab.product.assert_untouched()


@pytest.mark.peers
def test_a_running_call_does_not_notice(lab: Lab, tmp_path: Path) -> None:
    require("sipp")
    require_capture()
    capture = Capture(tmp_path / "wire.pcap", lab.net.network)
    call = SippCall(lab, tmp_path, "caller_long", "callee_gets_video", "caller")
    call.caller.wait_log("", 1)
    with RawPhone(lab.net.host(), lab.product.sip) as phone:
        uri = f"sip:caller@{call.callee.uri_host}"
        for make in BAD_SIP.values():
            phone.send(make(phone, uri))
            phone.receive(0.05)
        for body in BAD_SDP.values():
            phone.ask(phone.invite(uri, body(phone)), 1)
    call.finish()
    recorded = RecordedCall(call, capture.finish())
    assert_voice_unbroken(*recorded.forth)
    assert_voice_unbroken(*recorded.back)
    lab.product.assert_untouched()
