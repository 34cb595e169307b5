"""Beginning and end of calls: each leg is told the right thing, and nothing stays behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.avatar_calls import Lab, SippCall
from tests.support.raw_sip import RawPhone, header_of, status_of
from tests.support.requirement import require

pytestmark = pytest.mark.peers


@pytest.fixture(autouse=True)
def peers() -> None:
    require("sipp")


@pytest.mark.parametrize("user", ["caller", "bob"])
@pytest.mark.parametrize(
    ("caller", "callee"),
    [
        ("caller_cancels", "callee_rings"),
        ("caller_refused_486", "callee_busy"),
        ("caller_short", "callee_slow"),
    ],
    ids=["cancel", "busy", "slow-answer"],
)
def test_both_legs_end_as_they_should(lab: Lab, tmp_path: Path, caller: str, callee: str, user: str) -> None:
    SippCall(lab, tmp_path, caller, callee, user).finish()


def test_callee_hangs_up(lab: Lab, tmp_path: Path) -> None:
    SippCall(lab, tmp_path, "caller_waits", "callee_hangs_up", "caller").finish()


def test_legs_know_nothing_of_each_other(lab: Lab, tmp_path: Path) -> None:
    """Two independent dialogs: no address, tag, Call-ID or Via of one side reaches the other."""
    call = SippCall(lab, tmp_path, "caller_short", "callee_audio", "caller").finish()
    seen_by_callee, seen_by_caller = call.callee.messages(), call.caller.messages()
    caller_id = next(line for line in seen_by_caller.splitlines() if line.startswith("Call-ID:"))
    assert caller_id.strip() not in seen_by_callee
    assert f"{call.caller.host}:{call.caller.port}" not in seen_by_callee
    assert f"tag={call.caller.pid}caller" not in seen_by_callee
    assert f"tag={call.callee.pid}callee" not in seen_by_caller
    contacts = [line for line in seen_by_caller.splitlines() if line.startswith("Contact:")]
    assert not [line for line in contacts if call.callee.host in line]


def test_stranger_gets_403(lab: Lab) -> None:
    """An address of another network may not call, however well its INVITE is formed."""
    with RawPhone(lab.net.stranger(), lab.product.sip) as phone:
        answer = phone.ask(phone.invite(f"sip:bob@{lab.net.host()}:5060", phone.sound()))
        assert answer is not None
        assert status_of(answer) == 403
    lab.product.wait_said("request refused", status=403)


def test_nobodys_open_relay(lab: Lab) -> None:
    """A peer may not reach a place that is no configured next hop."""
    elsewhere = lab.net.stranger()
    with RawPhone(lab.net.host(), lab.product.sip) as phone:
        for uri in (f"sip:bob@{elsewhere}:5060", "sip:bob@sip.example.org"):
            answer = phone.ask(phone.invite(uri, phone.sound()))
            assert answer is not None
            assert status_of(answer) == 403


def test_options_is_answered(lab: Lab) -> None:
    """What registrars and dispatchers ping with."""
    with RawPhone(lab.net.host(), lab.product.sip) as phone:
        request = phone.invite(f"sip:{lab.product.sip}", b"").replace(b"INVITE", b"OPTIONS")
        phone.send(request)
        answer = phone.receive(3)
        assert answer is not None
        assert status_of(answer) == 200
        assert "INVITE" in (header_of(answer, "Allow") or "")
