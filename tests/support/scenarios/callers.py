"""The calling phones of the SIPp family. `[service]@[target]` is the called URI."""

from __future__ import annotations

from tests.support.scenarios.messages import (
    AUDIO_HELD,
    HELD,
    PLAY_VIDEO,
    PROVISIONAL,
    WANTS_AUDIO,
    WANTS_VIDEO,
    action,
    caller_request,
    expect,
    hop_request,
    initial_invite,
    must_match,
    must_not_match,
    pause,
    play_voice,
    respond,
    sdp,
    use,
)

VOICE = play_voice("caller")
ANSWERED = initial_invite(sdp()) + PROVISIONAL + expect(200) + caller_request("ACK", 1)
CALL = ANSWERED + VOICE
ANSWER_RELAYED_HOLD = (
    expect("INVITE", action(must_match("a=(sendonly|inactive)", "held")), timeout=12_000)
    + respond(200, "OK", sdp(2, audio_direction="recvonly"), in_dialog=True)
    + expect("ACK")
    + expect("INVITE", action(must_not_match(AUDIO_HELD, "resumed")), timeout=12_000)
    + respond(200, "OK", sdp(3), in_dialog=True)
    + expect("ACK")
)


def hang_up(cseq: int = 2) -> str:
    return caller_request("BYE", cseq) + expect(200)


def refused(status: int) -> str:
    """The call is refused with exactly this status."""
    return (
        initial_invite(sdp())
        + expect(100, optional=True)
        + expect(180, optional=True)
        + expect(status)
        + hop_request("ACK", "[peer_tag_param]")
    )


def _renegotiate(cseq: int, content: str, *checks: str) -> str:
    return (
        caller_request("INVITE", cseq, content)
        + expect(100, optional=True)
        + expect(200, action(*checks) if checks else "")
        + caller_request("ACK", cseq)
    )


def _gets_video(video: str) -> str:
    """Answers the re-INVITE that adds video; `video`: direction of the answer, or `off`."""
    return (
        CALL
        + expect("INVITE", action(must_match(WANTS_VIDEO, "offered")), timeout=12_000)
        + respond(200, "OK", sdp(2, video=video), in_dialog=True)
        + expect("ACK")
        + pause(3000)
        + hang_up()
        + use("offered")
    )


CALLERS = {
    "caller_audio": CALL + pause(3200) + hang_up(),
    "caller_long": CALL + pause(8000) + hang_up(),
    "caller_of_other_type": ANSWERED + play_voice("caller", payload_type=0) + pause(4000) + hang_up(),
    "caller_short": CALL + pause(1000) + hang_up(),
    "caller_waits": CALL + expect("BYE", timeout=30_000) + respond(200, "OK", in_dialog=True),
    "caller_gets_video": _gets_video("recvonly"),
    "caller_offers_video": (
        initial_invite(sdp(video="sendrecv"))
        + PROVISIONAL
        + expect(200, action(must_match(WANTS_VIDEO, "answered")))
        + caller_request("ACK", 1)
        + VOICE
        + PLAY_VIDEO
        + pause(4000)
        + hang_up()
        + use("answered")
    ),
    "caller_late_offer": (
        initial_invite("")
        + PROVISIONAL
        + expect(200, action(must_match(WANTS_AUDIO, "offered")))
        + caller_request("ACK", 1, sdp())
        + VOICE
        + pause(4000)
        + hang_up()
        + use("offered")
    ),
    "caller_holds": (
        CALL
        + pause(2000)
        + _renegotiate(2, sdp(2, audio_direction="sendonly"), must_match(HELD, "held"))
        + pause(1500)
        + _renegotiate(3, sdp(3), must_not_match(HELD, "resumed"))
        + pause(2500)
        + hang_up(4)
        + use("held", "resumed")
    ),
    "caller_is_held": CALL + ANSWER_RELAYED_HOLD + pause(2500) + hang_up() + use("held", "resumed"),
    "caller_cancels": (
        initial_invite(sdp())
        + expect(100, optional=True)
        + expect(180)
        + pause(300)
        + hop_request("CANCEL")
        + expect(200)
        + expect(487)
        + hop_request("ACK", "[peer_tag_param]")
    ),
    **{f"caller_refused_{status}": refused(status) for status in (400, 403, 404, 480, 486, 488, 503)},
}
