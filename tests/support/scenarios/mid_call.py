"""Phones that use more of SIP than a plain call: UPDATE, INFO, REFER, PRACK, re-INVITE without offer."""

from __future__ import annotations

from tests.support.scenarios.callees import ANSWER, END
from tests.support.scenarios.callers import CALL, hang_up
from tests.support.scenarios.messages import (
    AUDIO_HELD,
    CONTACT,
    FROM_CALLER,
    HELD,
    SAVE_DIALOG,
    SAVE_REQUEST,
    TO_CALLED,
    VIA,
    VIDEO,
    WANTS_AUDIO,
    action,
    caller_request,
    expect,
    initial_invite,
    must_match,
    must_not_match,
    pause,
    play_voice,
    respond,
    save_header,
    sdp,
    send,
    use,
)

DIGIT = "Signal=5\nDuration=160\n"
FAST_UPDATE = (
    '<?xml version="1.0" encoding="utf-8"?><media_control><vc_primitive><to_encoder><picture_fast_update/>'
    "</to_encoder></vc_primitive></media_control>\n"
)


def _request(method: str, cseq: int, headers: str, content: str = "") -> str:
    return send(
        f"{method} [next_url] SIP/2.0\n{VIA}[routes]\n{FROM_CALLER}{TO_CALLED}[peer_tag_param]\nCall-ID: [call_id]\n"
        f"CSeq: {cseq} {method}\n{CONTACT}Max-Forwards: 70\n{headers}Content-Length: [len]\n\n{content}",
        retransmit=True,
    )


def _told_hold_then_resume() -> str:
    return (
        expect("INVITE", action(must_match(AUDIO_HELD, "held")), timeout=12_000)
        + respond(200, "OK", sdp(2, audio_direction="recvonly"), in_dialog=True)
        + expect("ACK")
        + expect("INVITE", action(must_not_match(AUDIO_HELD, "resumed")), timeout=12_000)
        + respond(200, "OK", sdp(3), in_dialog=True)
        + expect("ACK")
    )


MID_CALL = {
    "caller_updates": (
        CALL
        + pause(500)
        + caller_request("UPDATE", 2, sdp(2, audio_direction="sendonly"))
        + expect(200, action(must_match(HELD, "held")))
        + pause(500)
        + caller_request("UPDATE", 3, sdp(3))
        + expect(200, action(must_not_match(HELD, "resumed")))
        + pause(1500)
        + hang_up(4)
        + use("held", "resumed")
    ),
    "caller_asks_for_an_offer": (
        CALL
        + pause(500)
        + caller_request("INVITE", 2)
        + expect(100, optional=True)
        + expect(200, action(must_match(WANTS_AUDIO, "offered")))
        + caller_request("ACK", 2, sdp(2, audio_direction="sendonly"))
        + pause(1000)
        + caller_request("INVITE", 3)
        + expect(100, optional=True)
        + expect(200, action(must_match("a=sendrecv", "reopened")))
        + caller_request("ACK", 3, sdp(3))
        + pause(1500)
        + hang_up(4)
        + use("offered", "reopened")
    ),
    "caller_sends_info": (
        CALL
        + pause(500)
        + _request("INFO", 2, "Content-Type: application/dtmf-relay\n", DIGIT)
        + expect(200)
        + _request("INFO", 3, "Content-Type: application/dtmf\n", "5\n")
        + expect(200)
        + _request("INFO", 4, "Content-Type: application/media_control+xml\n", FAST_UPDATE)
        + expect(200)
        + _request("INFO", 5, "")
        + expect(200)
        + pause(500)
        + hang_up(6)
    ),
    "caller_refers": (
        CALL
        + pause(500)
        + _request("REFER", 2, "Refer-To: <sip:elsewhere@[target]>\n")
        + expect(603)
        + pause(500)
        + hang_up(3)
    ),
    "caller_wants_reliable_progress": (
        initial_invite(sdp(), headers="Supported: 100rel\nRequire: 100rel\n")
        + expect(100, optional=True)
        + expect(
            183,
            action(must_match("RSeq: [0-9]+", "reliable"), save_header("RSeq", "rseq", "[0-9]+")),
            jump=' rrs="true"',
        )
        + _request("PRACK", 2, "RAck: [$rseq] 1 INVITE\n")
        + expect(200)
        + expect(200)
        + caller_request("ACK", 1)
        + play_voice("caller")
        + pause(2000)
        + hang_up(3)
        + use("reliable")
    ),
    "caller_asks_at_once": (
        CALL
        + caller_request("INVITE", 2)
        + expect(100, optional=True)
        + expect(200, action(must_match(WANTS_AUDIO, "offered"), must_not_match("s=pjmedia", "ours")))
        + caller_request("ACK", 2, sdp(2))
        + pause(1000)
        + hang_up(3)
        + use("offered", "ours")
    ),
    "callee_mends_its_answer": (
        expect("INVITE", action(SAVE_DIALOG, SAVE_REQUEST))
        + respond(183, "Session Progress", "v=0\nthis is no SDP\n")
        + expect("CANCEL")
        + respond(200, "OK")
        + respond(200, "OK", sdp(), saved=True)
        + expect("ACK")
        + expect("BYE")
        + respond(200, "OK", in_dialog=True)
        + use("caller", "callee", "target")
    ),
    "callee_answers_too_much": (
        expect("INVITE", action(SAVE_DIALOG))
        + respond(200, "OK", sdp() + VIDEO + "m=text 0 RTP/AVP 98\n")
        + expect("ACK")
        + expect("BYE")
        + respond(200, "OK", in_dialog=True)
        + use("caller", "callee", "target")
    ),
    "callee_is_told_hold": ANSWER + _told_hold_then_resume() + END + use("held", "resumed"),
    "callee_gets_digits": (
        ANSWER
        + expect("INFO", action(must_match("Signal=5", "first")), timeout=12_000)
        + respond(200, "OK", in_dialog=True)
        + expect("INFO", action(must_match("application/dtmf", "second")))
        + respond(200, "OK", in_dialog=True)
        + expect("INFO", action(must_match("picture_fast_update", "third")))
        + respond(200, "OK", in_dialog=True)
        + END
        + use("first", "second", "third")
    ),
}
