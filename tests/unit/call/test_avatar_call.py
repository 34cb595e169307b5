"""SIP events of two legs in, commands on two legs out, with real offer/answer and media between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest

from ims_avatar.config import RuleConfig
from ims_avatar.errors import Forbidden, LoopDetected, PoolFull
from ims_avatar.signalling import port as sip
from ims_avatar.signalling import sdp
from ims_avatar.signalling.causes import Cause
from ims_avatar.signalling.sdp import SessionDescription
from tests.unit.call.conftest import ANSWER, AUDIO, VIDEO, CallUnderTest, RecordedLeg

MakeCall = Callable[..., CallUnderTest]
CALLEE_SEES = RuleConfig(name="r", whose="caller")
CALLER_SEES = RuleConfig(name="r", whose="callee")
IN_OFFER = RuleConfig(name="r", whose="caller", when="offer")
NO_VIDEO = "m=video 0 RTP/AVP 97\r\n"


def described(command: tuple[object, ...]) -> SessionDescription:
    return cast(SessionDescription, command[-1])


def lines(description: SessionDescription) -> list[tuple[str, bool, str]]:
    """(medium, accepted, direction) of each m= line."""
    return [(m.media, not m.rejected, description.direction(m)) for m in description.media]


def confirm(test: CallUnderTest) -> None:
    test.call.on_sip_event(sip.Confirmed(test.callee))
    test.call.on_sip_event(sip.Confirmed(test.caller))


def answered(test: CallUnderTest, answer: str = ANSWER) -> CallUnderTest:
    test.call.on_sip_event(sip.Answered(test.callee, sdp.parse(answer)))
    assert [command[0] for command in test.caller.take()] == ["answer"]
    confirm(test)
    assert test.call.up
    return test


def with_video(test: CallUnderTest, viewer: RecordedLeg, sound: str) -> None:
    """The re-INVITE with our picture is out; the viewer takes it."""
    ((kind, offer),) = viewer.take()
    assert (kind, lines(cast(SessionDescription, offer))[1]) == ("offer", ("video", True, "sendonly"))
    test.call.on_sip_event(sip.OfferAnswered(viewer, sdp.parse(sound + VIDEO + "a=recvonly\r\n")))


async def test_invite_goes_out_as_a_dialog_of_its_own(make_call: MakeCall) -> None:
    test = make_call()
    assert test.invite.request_uri == "sip:bob@127.0.0.1:5070"
    assert test.invite.from_ == '"Alice" <sip:alice@127.0.0.9>'
    assert test.invite.headers == ()
    assert "127.0.0.9" not in str(test.invite.offer)
    assert lines(test.invite.offer) == [("audio", True, "sendrecv")]


async def test_ringing_early_media_and_answer(make_call: MakeCall) -> None:
    test = make_call()
    test.call.on_sip_event(sip.Progress(test.callee, 180))
    test.call.on_sip_event(sip.Progress(test.callee, 183, sdp.parse(ANSWER)))
    test.call.on_sip_event(sip.Progress(test.callee, 180))
    ringing, early, again = test.caller.take()
    assert (ringing, again) == (("provisional", 180, None), ("provisional", 180, None))
    assert early[1] == 183 and lines(described(early)) == [("audio", True, "sendrecv")]
    test.call.on_sip_event(sip.Answered(test.callee, sdp.parse(ANSWER)))
    assert test.caller.take() == [("answer", None)]


async def test_video_is_added_for_the_callee_and_driven_by_the_caller(make_call: MakeCall) -> None:
    test = answered(make_call(CALLEE_SEES))
    with_video(test, test.callee, ANSWER)
    (spec,) = test.specs
    assert (spec.avatar, spec.width, spec.bit_rate) == ("clara", 512, 400_000)
    assert test.call.video
    assert test.caller.take() == []


async def test_video_in_the_answer_for_a_caller_that_offers_it(make_call: MakeCall) -> None:
    test = make_call(CALLER_SEES, AUDIO + VIDEO)
    assert lines(test.invite.offer) == [("audio", True, "sendrecv")]
    test.call.on_sip_event(sip.Answered(test.callee, sdp.parse(ANSWER)))
    (answer,) = test.caller.take()
    assert lines(described(answer))[1] == ("video", True, "sendonly")
    confirm(test)
    assert len(test.specs) == 1
    assert test.caller.take() == [] and test.callee.take() == []


async def test_video_in_the_first_offer(make_call: MakeCall) -> None:
    test = make_call(IN_OFFER)
    assert lines(test.invite.offer)[1] == ("video", True, "sendonly")
    answered(test, ANSWER + NO_VIDEO)
    assert test.callee.take() == [] and not test.call.video


async def test_late_offer(make_call: MakeCall) -> None:
    test = make_call(CALLEE_SEES, None)
    assert test.invite.offer.first("audio") is not None
    test.call.on_sip_event(sip.Answered(test.callee, sdp.parse(ANSWER)))
    ((kind, offer),) = test.caller.take()
    assert kind == "answer" and cast(SessionDescription, offer).first("audio") is not None
    test.call.on_sip_event(sip.Confirmed(test.callee))
    test.call.on_sip_event(sip.Confirmed(test.caller, sdp.parse(AUDIO.replace("8 0 101", "8 101"))))
    assert test.call.up


async def test_late_offer_that_is_never_answered(make_call: MakeCall) -> None:
    test = make_call(None, None)
    test.call.on_sip_event(sip.Answered(test.callee, sdp.parse(ANSWER)))
    test.caller.take()
    test.call.on_sip_event(sip.Confirmed(test.caller, None))
    assert [command[:2] for command in test.caller.take() + test.callee.take()] == [("hang_up", 488)] * 2


@pytest.mark.parametrize("status", [488, 415, 606, 408])
async def test_refused_video_leaves_the_voice(make_call: MakeCall, status: int) -> None:
    test = answered(make_call(CALLEE_SEES))
    test.callee.take()
    test.call.on_sip_event(sip.OfferRefused(test.callee, status))
    await test.later(60)
    assert test.call.up and not test.call.video
    assert test.callee.take() == [] and test.caller.take() == []


async def test_port_zero_leaves_the_voice(make_call: MakeCall) -> None:
    test = answered(make_call(CALLEE_SEES))
    test.callee.take()
    test.call.on_sip_event(sip.OfferAnswered(test.callee, sdp.parse(ANSWER + NO_VIDEO)))
    await test.later(60)
    assert test.call.up and not test.call.video and test.callee.take() == []


async def test_glare_is_tried_again(make_call: MakeCall) -> None:
    test = answered(make_call(CALLEE_SEES))
    test.callee.take()
    test.call.on_sip_event(sip.OfferRefused(test.callee, 491))
    assert test.callee.take() == []
    await test.later(4.1)
    with_video(test, test.callee, ANSWER)
    assert test.call.video


async def test_hold_and_resume_cross_with_the_picture_kept(make_call: MakeCall) -> None:
    test = answered(make_call(CALLEE_SEES))
    with_video(test, test.callee, ANSWER)
    for caller_says, callee_hears, callee_says, caller_hears in (
        ("sendonly", "sendonly", "recvonly", "recvonly"),
        ("sendrecv", "sendrecv", "sendrecv", "sendrecv"),
    ):
        offer = sdp.parse(AUDIO.replace("sendrecv", caller_says))
        test.call.on_sip_event(sip.OfferReceived(test.caller, offer))
        ((kind, carried),) = test.callee.take()
        assert kind == "offer"
        assert lines(cast(SessionDescription, carried)) == [
            ("audio", True, callee_hears),
            ("video", True, "sendonly"),
        ]
        assert test.caller.take() == []
        answer = ANSWER.replace("sendrecv", callee_says) + VIDEO + "a=recvonly\r\n"
        test.call.on_sip_event(sip.OfferAnswered(test.callee, sdp.parse(answer)))
        ((kind, given),) = test.caller.take()
        assert kind == "accept_offer"
        assert lines(cast(SessionDescription, given)) == [("audio", True, caller_hears)]
    assert test.call.video


async def test_callee_holds(make_call: MakeCall) -> None:
    test = answered(make_call())
    test.call.on_sip_event(sip.OfferReceived(test.callee, sdp.parse(ANSWER.replace("sendrecv", "inactive"))))
    ((kind, carried),) = test.caller.take()
    assert (kind, lines(cast(SessionDescription, carried))) == ("offer", [("audio", True, "inactive")])
    test.call.on_sip_event(sip.OfferRefused(test.caller, 488))
    assert test.callee.take() == [("refuse_offer", 488)]
    assert test.call.up


async def test_a_new_address_is_our_own_affair(make_call: MakeCall) -> None:
    """The far end moves its media: answered at once, the other side hears nothing."""
    test = answered(make_call())
    test.call.on_sip_event(sip.OfferReceived(test.caller, sdp.parse(AUDIO.replace("10000", "20000"))))
    assert [command[0] for command in test.caller.take()] == ["accept_offer"]
    assert test.callee.take() == []


async def test_viewer_removes_the_picture_and_takes_it_back(make_call: MakeCall) -> None:
    test = answered(make_call(CALLEE_SEES))
    with_video(test, test.callee, ANSWER)
    test.call.on_sip_event(sip.OfferReceived(test.callee, sdp.parse(ANSWER + NO_VIDEO)))
    assert lines(described(test.callee.take()[0]))[1] == ("video", False, "sendrecv")
    assert not test.call.video and test.specs == []
    test.call.on_sip_event(sip.OfferReceived(test.callee, sdp.parse(ANSWER + VIDEO)))
    assert lines(described(test.callee.take()[0]))[1] == ("video", True, "sendonly")
    assert test.call.video and len(test.specs) == 1
    assert test.caller.take() == []


async def test_update_is_answered_from_what_was_prepared(make_call: MakeCall) -> None:
    test = answered(make_call())
    assert test.caller.answerer is not None
    offer = sdp.parse(AUDIO.replace("sendrecv", "sendonly"))
    answer = test.caller.answerer(offer)
    assert answer is not None and lines(answer) == [("audio", True, "recvonly")]
    assert test.caller.answerer(sdp.parse(AUDIO.replace("8 0 101", "9 101"))) is None
    test.call.on_sip_event(sip.UpdateAnswered(test.caller, offer, answer))
    ((kind, told),) = test.callee.take()
    assert (kind, lines(cast(SessionDescription, told))) == ("offer", [("audio", True, "sendonly")])


async def test_reinvite_without_offer_gets_the_standing_one(make_call: MakeCall) -> None:
    test = answered(make_call())
    assert test.callee.standing_offer is not None
    test.call.on_sip_event(sip.OfferAnswered(test.callee, sdp.parse(ANSWER.replace("sendrecv", "sendonly"))))
    ((kind, told),) = test.caller.take()
    assert (kind, lines(cast(SessionDescription, told))) == ("offer", [("audio", True, "sendonly")])


async def test_info(make_call: MakeCall) -> None:
    test = answered(make_call(CALLEE_SEES))
    with_video(test, test.callee, ANSWER)
    test.pool.keyframes.clear()
    control = (
        "<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>"
    )
    test.call.on_sip_event(sip.InfoReceived(test.callee, "application/media_control+xml", control))
    assert len(test.pool.keyframes) == 1 and test.caller.take() == []
    test.call.on_sip_event(sip.InfoReceived(test.caller, "application/dtmf-relay", "Signal=5\r\n"))
    assert test.callee.take() == [("info", "application/dtmf-relay", "Signal=5\r\n")]


async def test_a_full_pool_leaves_the_voice(make_call: MakeCall) -> None:
    test = answered(make_call(CALLEE_SEES))
    with_video(test, test.callee, ANSWER)
    ((stream, ended),) = test.pool.ends.items()
    ended(PoolFull("all 16 places are taken"))
    assert test.call.up and not test.call.video and stream == 0


async def test_redirection_is_followed_to_next_hops_only(make_call: MakeCall) -> None:
    test = make_call()
    first = test.callee
    moved = (("Contact", "<sip:bob@127.0.0.1:5099>"),)
    test.call.on_sip_event(sip.Ended(first, 302, "Moved Temporarily", moved))
    assert len(test.agent.placed) == 2 and test.invite.request_uri == "sip:bob@127.0.0.1:5099"
    assert test.caller.take() == []
    test.call.on_sip_event(sip.Ended(test.callee, 302, "", (("Contact", "<sip:bob@198.51.100.7>"),)))
    assert test.caller.take() == [("hang_up", 480, (("Reason", 'SIP;cause=480;text="Redirection not followed"'),))]


async def test_redirections_end(make_call: MakeCall) -> None:
    test = make_call()
    for _ in range(10):
        test.call.on_sip_event(sip.Ended(test.callee, 302, "", (("Contact", "<sip:bob@127.0.0.1:5099>"),)))
    assert len(test.agent.placed) == 6
    assert test.caller.take()[0][:2] == ("hang_up", 480)


async def test_no_common_codec(make_call: MakeCall) -> None:
    test = make_call()
    test.call.on_sip_event(sip.Answered(test.callee, sdp.parse(ANSWER.replace("8 101", "9"))))
    assert test.caller.take()[0][:2] == ("hang_up", 488)
    assert test.callee.take()[0][:2] == ("hang_up", 488)


async def test_silence_on_both_sides_ends_the_call(make_call: MakeCall, monkeypatch: pytest.MonkeyPatch) -> None:
    test = answered(make_call())
    silence = {"seconds": 59.0}
    monkeypatch.setattr(test.call._media, "inactive_for", lambda: silence["seconds"])
    test.call.check_activity()
    assert test.caller.take() == []
    silence["seconds"] = 61.0
    test.call.check_activity()
    reason = (("Reason", 'SIP;cause=408;text="RTP inactivity"'),)
    assert test.caller.take() == [("hang_up", 408, reason)]
    assert test.callee.take() == [("hang_up", 408, reason)]


async def test_everything_is_released_once_at_the_end(make_call: MakeCall) -> None:
    test = answered(make_call(CALLEE_SEES))
    with_video(test, test.callee, ANSWER)
    test.call.on_sip_event(sip.Ended(test.caller, 200, "", (("Reason", "Q.850;cause=16"),)))
    assert test.callee.take() == [("hang_up", 200, (("Reason", "Q.850;cause=16"),))]
    test.call.on_sip_event(sip.Ended(test.callee, 200))
    assert test.finished == [test.call] and test.specs == []
    test.call.end(Cause(503))
    assert test.finished == [test.call]


@pytest.mark.parametrize(
    ("request_uri", "error"),
    [("sip:bob@198.51.100.7", Forbidden), ("sip:bob@127.0.0.1:5060", LoopDetected)],
)
async def test_calls_go_to_next_hops_only(make_call: MakeCall, request_uri: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        make_call(request_uri=request_uri)


async def test_strangers_cannot_call(make_call: MakeCall) -> None:
    test = make_call()
    stranger = replace(test.incoming, source=("198.51.100.7", 5060))
    with pytest.raises(Forbidden):
        type(test.call)(test.site, stranger, test.call._hooks, "call-2")
